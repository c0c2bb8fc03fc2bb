"""Every public function under stress: one argument at a time is replaced by what a reader may give by mistake.

Whatever is given, the answer is a finite result or a ValueError that names the argument, within seconds.
"""

import dataclasses
import importlib
import inspect
import pkgutil
import re
import signal
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pytest

import lrnn_helpers
from lrnn_helpers import _flow
from lrnn_helpers.continuous import diagonal, filters, reduced
from lrnn_helpers.fixed_points import descent
from lrnn_helpers.fixed_points import network as fixed_points
from lrnn_helpers.nonlinear import lstm, optimizers, sentiment, tanh_rnn
from lrnn_helpers.nonlinear import tasks as nonlinear_tasks
from lrnn_helpers.page import plots
from lrnn_helpers.steps import gradients, modes, networks, ntk, tasks, training

RNG = np.random.default_rng(0)
RNN = networks.random_rnn(2, 3, 1, 0.9, RNG)
MARKOV = RNN.impulse_response(4)
X, Y = RNG.standard_normal((4, 5, 2)), RNG.standard_normal((5, 1))
FILTER, FILTER_RNN = filters.Filter(0.5, 1.0), filters.random_filter_rnn(4, 0.5, RNG, strength=1.0)
LAYER = diagonal.random_diagonal_rnn(3, 0.1, RNG, turn=1.0)
PAIR = reduced.Pair(1.0, 1.2, 0.5, 0.6, 0.1)
FIXED = fixed_points.random_fixed_point_rnn(4, 0.5, RNG)
TANH = tanh_rnn.random_tanh_rnn(2, 3, 2, 0.9, RNG, dtype="float64")
TRIALS = nonlinear_tasks.flip_flop(3, RNG, duration=15)
LSTM = lstm.random_lstm(len(sentiment.VOCABULARY), 3, 2, 0.9, RNG, dtype="float64")
SENTENCES = sentiment.sentences(3, RNG)
FRAMES = [np.eye(3)[:, :2] for _ in "UVR"]
S = np.array([0.9, 0.5, 0.3])
ALT = "A straight line from the origin, for the tests alone."


def line(height=1.0):
    """A figure, whatever the height."""
    figure, axes = plots.panels()
    axes.plot([0, 1])
    return figure, ALT


def learn(rnn):
    return gradients.loss_gradients(np.ones((4, len(rnn.W_y), rnn.W_x.shape[1])), rnn)


AXES = line()[0].axes[0]
EMPTY = plt.figure(figsize=(1, 1))  # the others draw into AXES, again and again

CALLS = {
    "continuous.coordinates.distance": {"b": [0.5, 0.6], "b_star": 0.9},
    "continuous.coordinates.mode_loss": {"a": 0.5, "b": [0.5, 0.6], "b_star": 0.9},
    "continuous.coordinates.overlap": {"b": [0.5, 0.6], "b_star": 0.9},
    "continuous.coordinates.pole": {"theta": [0.1, 1.0], "coordinate": "tanh"},
    "continuous.coordinates.slope": {"theta": [0.1, 1.0], "coordinate": "tanh"},
    "continuous.diagonal.DiagonalRNN": {"theta": LAYER.theta, "omega": LAYER.omega, "alpha": LAYER.alpha},
    "continuous.diagonal.DiagonalRNN.simulate": {"self": LAYER, "x": np.ones((4, 2))},
    "continuous.diagonal.DiagonalRNN.states": {"self": LAYER, "x": np.ones((4, 2))},
    "continuous.diagonal.loss_and_gradients": {"x": np.ones((4, 2)), "y": np.ones((4, 2)), "rnn": LAYER},
    "continuous.diagonal.random_diagonal_rnn": {"N": 3, "slowest": 0.1, "rng": RNG},
    "continuous.diagonal.scan": {"b": LAYER.poles, "x": np.ones((4, 3))},
    "continuous.filters.Filter": {"c": 0.5, "omega": 1.0},
    "continuous.filters.Filter.impulse_response": {"self": FILTER, "times": [0.0, 1.0]},
    "continuous.filters.Filter.transfer": {"self": FILTER, "s": 1j},
    "continuous.filters.FilterRNN": {"W": FILTER_RNN.W, "u": FILTER_RNN.u, "v": FILTER_RNN.v},
    "continuous.filters.FilterRNN.impulse_response": {"self": FILTER_RNN, "times": [0.0, 1.0]},
    "continuous.filters.FilterRNN.poles": {"self": FILTER_RNN},
    "continuous.filters.damped_oscillator": {"c": 0.5, "omega": 1.0},
    "continuous.filters.leaky_integrator": {"c": 0.5},
    "continuous.filters.random_filter_rnn": {"N": 4, "g": 0.5, "rng": RNG},
    "continuous.lazy.coefficients": {"target": FILTER, "g": 0.5, "n": 3},
    "continuous.lazy.eigenfunctions": {"g": 0.5, "n": 3, "times": [0.0, 1.0]},
    "continuous.lazy.gradient_flow_loss": {"target": FILTER, "g": 0.5, "tau": [0.0, 1.0]},
    "continuous.lazy.kernel": {"g": 0.5, "t": [0.0, 1.0], "s": 2.0},
    "continuous.lazy.ridge": {"target": FILTER, "g": 0.5, "strength": [0.1, 1.0]},
    "continuous.learning.gradient_flow": {"target": FILTER, "rnn": FILTER_RNN, "times": [0.0, 0.1]},
    "continuous.learning.loss": {"target": FILTER, "rnn": FILTER_RNN},
    "continuous.learning.loss_and_gradients": {"target": FILTER, "rnn": FILTER_RNN},
    "continuous.learning.loss_gradients": {"target": FILTER, "rnn": FILTER_RNN},
    "continuous.reduced.outlier_flow": {"target": FILTER, "a0": 0.1, "c0": 1.0, "times": [0.0, 1.0]},
    "continuous.reduced.outlier_loss": {"target": FILTER, "a": [1.0, 2.0], "c": [1.0, 0.5]},
    "continuous.reduced.pair_flow": {"target": FILTER, "start": PAIR, "times": [0.0, 1.0]},
    "continuous.reduced.pair_rnn": PAIR._asdict(),
    "continuous.reduced.real_saddle": {"target": FILTER},
    "fixed_points.descent.finite_time_descent": {"target": 1.0, "rnn": FIXED, "learning_rate": 0.1, "steps": 2,
                                                 "duration": 5},
    "fixed_points.descent.gradient_descent": {"target": 1.0, "rnn": FIXED, "learning_rate": 0.1, "steps": 2},
    "fixed_points.infinite_size.critical_learning_rate": {"target": 0.5, "g": 0.5},
    "fixed_points.infinite_size.early_learning": {"target": 0.5, "g": 0.5, "tau": [0.0, 0.1]},
    "fixed_points.infinite_size.early_outlier": {"target": 0.5, "g": 0.5, "tau": [0.0, 0.1]},
    "fixed_points.infinite_size.infinite_size_flow": {"target": 0.5, "g": 1e-7, "times": [0.0, 0.1]},
    "fixed_points.infinite_size.squared_singular_values": {"g": 0.5},
    "fixed_points.infinite_size.zero_g_solution": {"s": [0.0, 0.5]},
    "fixed_points.low_rank.participation_ratio": {"singular_values": [2.0, 1.0]},
    "fixed_points.low_rank.shuffled": {"W0": np.eye(2), "rng": RNG},
    "fixed_points.low_rank.truncate": {"change": np.eye(2), "rank": 1},
    "fixed_points.network.FixedPointRNN": {"W": FIXED.W, "m": FIXED.m, "w": FIXED.w},
    "fixed_points.network.FixedPointRNN.readout": {"self": FIXED},
    "fixed_points.network.loss": {"target": 1.0, "rnn": FIXED},
    "fixed_points.network.loss_gradients": {"target": 1.0, "rnn": FIXED},
    "fixed_points.network.random_fixed_point_rnn": {"N": 4, "g": 0.5, "rng": RNG},
    "nonlinear.adam.adam": {"loss_and_gradients": lambda rnn, rng: tanh_rnn.loss_and_gradients(TRIALS, rnn),
                            "rnn": TANH, "learning_rate": 0.01, "updates": 2, "rng": RNG},
    "nonlinear.adam.adam_rule": {"weights": TANH.weights, "learning_rate": 0.01},
    "nonlinear.lstm.LSTM": {field.name: getattr(LSTM, field.name) for field in dataclasses.fields(LSTM)},
    "nonlinear.lstm.LSTM.with_weights": {"self": LSTM, "weights": LSTM.weights},
    "nonlinear.lstm.accuracy": {"data": SENTENCES, "lstm": LSTM},
    "nonlinear.lstm.answers": {"data": SENTENCES, "lstm": LSTM},
    "nonlinear.lstm.loss": {"data": SENTENCES, "lstm": LSTM},
    "nonlinear.lstm.loss_and_gradients": {"data": SENTENCES, "lstm": LSTM},
    "nonlinear.lstm.loss_gradients": {"data": SENTENCES, "lstm": LSTM},
    "nonlinear.lstm.random_lstm": {"n_words": 5, "n_in": 3, "n_h": 2, "g": 0.9, "rng": RNG},
    "nonlinear.optimizers.descend": {"gradients": lambda *weights: weights, "weights": TANH.weights,
                                     "rule": optimizers.momentum_rule, "learning_rate": 0.1, "steps": 2},
    "nonlinear.optimizers.momentum_rule": {"weights": TANH.weights, "learning_rate": 0.01, "momentum": 0.5},
    "nonlinear.optimizers.normalized_rule": {"weights": TANH.weights, "learning_rate": 0.01},
    "nonlinear.optimizers.sign_rule": {"weights": TANH.weights, "learning_rate": 0.01},
    "nonlinear.sentiment.load_treebank": {"folder": "."},
    "nonlinear.sentiment.numbered": {"texts": [["good"], ["very", "bad"]], "labels": [1, 0]},
    "nonlinear.sentiment.sentence": {"rng": RNG},
    "nonlinear.sentiment.sentences": {"P": 2, "rng": RNG},
    "nonlinear.sentiment.worth": {"words": ["not", "good"]},
    "nonlinear.tanh_rnn.TanhRNN": {field.name: getattr(TANH, field.name) for field in dataclasses.fields(TANH)},
    "nonlinear.tanh_rnn.TanhRNN.simulate": {"self": TANH, "inputs": TRIALS.inputs},
    "nonlinear.tanh_rnn.TanhRNN.with_weights": {"self": TANH, "weights": TANH.weights},
    "nonlinear.tanh_rnn.loss": {"trials": TRIALS, "rnn": TANH},
    "nonlinear.tanh_rnn.loss_and_gradients": {"trials": TRIALS, "rnn": TANH},
    "nonlinear.tanh_rnn.loss_gradients": {"trials": TRIALS, "rnn": TANH},
    "nonlinear.tanh_rnn.random_tanh_rnn": {"n_x": 2, "n_h": 3, "n_y": 2, "g": 0.9, "rng": RNG},
    "nonlinear.tasks.context_decision": {"P": 2, "rng": RNG},
    "nonlinear.tasks.flip_flop": {"P": 2, "rng": RNG},
    "nonlinear.tasks.parametric_working_memory": {"P": 2, "rng": RNG},
    "page.claims.book_folder": {},
    "page.claims.check": {"name": "a claim", "measured": [1.0, 2.0], "predicted": [1.0, 2.0]},
    "page.claims.check_between": {"name": "a claim", "measured": [1.0, 2.0], "low": 0.0, "high": 3.0},
    "page.claims.collect": {"folder": "no such folder"},
    "page.exercises.check_function": {"attempt": abs, "reference": abs, "cases": [(1.0,)], "mistakes": {"no": hash}},
    "page.exercises.credit": {"attempt": abs, "reference": abs, "cases": [(1.0,)], "points": 3, "slips": {"no": hash},
                              "edges": {"at two": [(2.0,)]}, "mistakes": {"no": hash}},
    "page.exercises.verdict": {"attempt": abs, "reference": abs, "cases": [(1.0,)], "mistakes": {"no": hash}},
    "page.explore.explore": {"draw": line, "labels": {"height": "its height"}, "caption": ALT, "name": "fig-line",
                             "height": [1.0, 2.0]},
    "page.plots.described": {"alt": ALT},
    "page.plots.encode": {"figure": EMPTY},
    "page.plots.heat_map": {"axes": AXES, "matrix": np.eye(2)},
    "page.plots.key": {"axes": AXES},
    "page.plots.panels": {},
    "page.plots.poles": {"axes": AXES, "values": [0.5, 0.5j]},
    "page.plots.shades": {"n": 3},
    "page.plots.show": {"figure": EMPTY, "alt": ALT, "caption": ALT, "name": "fig-line"},
    "page.plots.theory_over_simulation": {"axes": AXES, "x": [0, 1], "simulation": [0, 1], "theory": [0, 1]},
    "page.plots.use_style": {},
    "steps.gradients.loss": {"target": MARKOV, "rnn": RNN},
    "steps.gradients.loss_gradients": {"target": MARKOV, "rnn": RNN},
    "steps.gradients.sample_gradients": {"x": X, "y": Y, "rnn": RNN},
    "steps.gradients.sample_loss": {"x": X, "y": Y, "rnn": RNN},
    "steps.landscape.profile_energy": {"s": S, "b": [0.5, 2.0]},
    "steps.landscape.regularizer": {"u": 0.5, "b": [0.5, 2.0], "T": 3},
    "steps.landscape.sharpness": {"u": 0.5, "b": 0.5, "T": 3},
    "steps.local_rules.e_prop": {"rnn": RNN, "T": 4},
    "steps.local_rules.feedback_alignment": {"rnn": RNN, "T": 4, "feedback": RNN.W_y.T},
    "steps.local_rules.random_feedback": {"rnn": RNN, "T": 4, "leak": 0.5, "feedback": RNN.W_y.T},
    "steps.local_rules.truncated": {"rnn": RNN, "T": 4, "window": 2},
    "steps.local_rules.update": {"target": MARKOV, "rnn": RNN, "blame": np.ones((4, 3, 1))},
    "steps.modes.energy": {"s": S, "a": 0.5, "b": [0.5, 0.9], "c": 0.5},
    "steps.modes.flow": {"s": S, "a0": 0.1, "b0": 0.5, "c0": 0.1, "times": [0.0, 1.0]},
    "steps.modes.geometric_flow": {"delta": 1.0, "lam": 0.5, "T": 3, "a0": 0.1, "b0": 0.5, "c0": 0.1,
                                   "times": [0.0, 1.0]},
    "steps.modes.input_output_solution": {"s": S, "u0": 0.1, "b": 0.5, "times": [0.0, 1.0]},
    "steps.modes.rates": {"s": S, "a": 0.5, "b": [0.5, 0.9], "c": 0.5},
    "steps.networks.LinearRNN": {"W_x": RNN.W_x, "W_h": RNN.W_h, "W_y": RNN.W_y},
    "steps.networks.LinearRNN.impulse_response": {"self": RNN, "T": 3},
    "steps.networks.LinearRNN.simulate": {"self": RNN, "x": X},
    "steps.networks.LinearRNN.states": {"self": RNN, "x": X},
    "steps.networks.aligned_rnn": dict(zip("abcUVR", [*np.ones((3, 2)), *FRAMES])),
    "steps.networks.random_rnn": {"n_x": 2, "n_h": 3, "n_y": 2, "g": 0.9, "rng": RNG},
    "steps.ntk.aligned_distance": {"g": 0.5, "T": 3},
    "steps.ntk.aligned_kernel": {"a": [0.5, 0.4], "b": [0.9, 0.8], "c": [0.5, 0.4], "T": 3},
    "steps.ntk.distance": {"K0": np.eye(2), "K1": np.ones((2, 2))},
    "steps.ntk.filter_kernel": {"rnn": RNN, "T": 3},
    "steps.ntk.kernel": {"rnn": RNN, "x": X},
    "steps.tasks.dirac_dynamics": {"T": 3, "first": 1.0, "last": 0.5},
    "steps.tasks.task_dynamics": {"kind": "exponential", "T": 3},
    "steps.tasks.teacher_targets": {"target": MARKOV, "x": X},
    "steps.tasks.white_inputs": {"P": 8, "T": 3, "n_x": 2, "rng": RNG},
    "steps.training.gradient_descent": {"gradients": learn, "rnn": RNN,
                                        "learning_rate": 0.1, "steps": 2},
    "steps.training.gradient_flow": {"gradients": learn, "rnn": RNN, "times": [0.0, 0.1]},
}
"""One valid call of each function, class and method (its instance under "self")."""

MAY_BE_NAN = ("fixed_points.infinite_size.early_outlier",)  # where no eigenvalue has left the disc, as its text says
SECONDS = 4  # of the processor's time: what takes longer has no end

NETWORKS = {
    networks.LinearRNN: [networks.LinearRNN([[1e5]], [[1e5]], [[1e5]]), networks.LinearRNN([[1e200]] * 3, 1e3 * np.eye(
        3), [[1e200] * 3]), networks.LinearRNN(0 * RNN.W_x, 0 * RNN.W_h, 0 * RNN.W_y)],
    filters.FilterRNN: [filters.FilterRNN(2 * np.eye(4), np.ones(4), np.ones(4)),
                        filters.FilterRNN(0 * np.eye(4), 1e160 * np.ones(4), np.ones(4)),
                        filters.FilterRNN(0 * np.eye(4), 0 * np.ones(4), 0 * np.ones(4))],
    fixed_points.FixedPointRNN: [fixed_points.FixedPointRNN(2 * FIXED.W / np.linalg.norm(FIXED.W), FIXED.m, FIXED.w),
                                 fixed_points.FixedPointRNN(1e200 * FIXED.W, FIXED.m, FIXED.w),
                                 fixed_points.FixedPointRNN(0 * FIXED.W, FIXED.m, FIXED.m)],
    tanh_rnn.TanhRNN: [tanh_rnn.TanhRNN(1e300 * TANH.W_x, 1e300 * TANH.W_h, 1e300 * TANH.W_y, dtype="float64"),
                       tanh_rnn.TanhRNN(0 * TANH.W_x, 0 * TANH.W_h, 0 * TANH.W_y)],
    lstm.LSTM: [LSTM.with_weights([1e300 * W for W in LSTM.weights]), LSTM.with_weights([0 * W for W in LSTM.weights])],
    filters.Filter: [filters.Filter(1e-150), filters.Filter(1e150, 1e150), filters.Filter(1e-5, 1e5)],
}
"""Networks and targets that are legal and wild: unstable, overflowing, silent."""

ANYTHING = [
    None, True, "", "one", b"one", [], [[]], {}, (), set("ab"), object(), lambda *_, **__: None, RNN,
    0, -1, 1, 2, 7, 10**9, 10**12, 10**30, 10**400, -10**400, Fraction(1, 3), np.float32(0.3), np.int8(3),
    0.0, -0.0, 0.5, -0.5, 1.0, 1.5, 3.7, 1e-320, 1e-300, 1e-9, 1e9, 1e100, 1e160, 1e300, -1e300,
    np.nan, np.inf, -np.inf, 1j, 1e200j, complex("nan"),
    [1.0], [np.nan], [0.0, np.nan], [0.0, np.inf], [0.0, 1e9], [0.0, 1e160], [1.0, 0.0], [0, 1, 1], [1j, 2.0], [None],
    ["a", "b"], [["a"], ["b"]], [[1.0], [1.0, 2.0]], [1, "a"], [[1.0, 2.0], [3.0, 4.0]], [-1.0, 2.0], [10**400],
    np.zeros(2), np.ones((2, 2, 2)), np.zeros((0, 3)), np.full((2, 2), 1e200), np.array(None), np.array("a"),
    np.array([1, None], dtype=object), np.array(["2020-01-01"], "M8[D]"), np.array([1.0, 2.0], dtype=np.float16),
    np.ma.masked_array([1.0, 2.0], [True, False]), range(3), iter([1.0, 2.0]), (i for i in "ab"),
]


def _is_list_of_numbers(valid):
    return isinstance(valid, (list, tuple)) and all(isinstance(entry, (int, float, complex)) for entry in valid)


def twisted(valid):
    """What a valid argument may become by a slip."""
    values = list(NETWORKS.get(type(valid), []))
    if isinstance(valid, tuple) and all(isinstance(part, np.ndarray) for part in valid):
        rebuilt = getattr(type(valid), "_make", tuple)
        for i, part in enumerate(valid):
            values += [rebuilt((*valid[:i], new, *valid[i + 1:])) for new in [None, *twisted(part)]]
        return [*values, valid[:-1], valid[::-1], list(valid)]
    if isinstance(valid, np.ndarray) or _is_list_of_numbers(valid):
        array = np.array(valid) + 0.0
        poisoned = [array.copy() for _ in range(2)]
        poisoned[0].flat[-1], poisoned[1].flat[0] = np.nan, -np.inf
        values += [*poisoned, *(array * factor for factor in (1e200, -1e200, 1e-200, 0, -1, 1j, 3)), array + 0.5,
                   array[:0], array[:1], array[:-1], array[::-1], array[None], array[..., 0], array.T,
                   array.astype(object), array.astype(str), array.astype(np.complex64), array.tolist(), array - 1e30]
    return values


def public():
    """The name and the object of all that the package offers; records that it fills in itself have nothing to check."""
    for module in pkgutil.walk_packages(lrnn_helpers.__path__, "lrnn_helpers."):
        if "._" in module.name:
            continue
        for name, thing in vars(importlib.import_module(module.name)).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.name:
                continue
            place = f"{module.name}.{name}".removeprefix("lrnn_helpers.")
            if inspect.isfunction(thing) or hasattr(thing, "__post_init__"):
                yield place, thing
            if inspect.isclass(thing):
                yield from ((f"{place}.{method}", function) for method, function in vars(thing).items()
                            if inspect.isfunction(function) and not method.startswith("_"))


PUBLIC = dict(public())


def test_every_public_function_has_its_row():
    assert set(PUBLIC) == set(CALLS)


class Endless(BaseException):
    """A call has used its time; no `except Exception` stops it."""


def _numbers(result):
    """All arrays of numbers within a result."""
    if isinstance(result, (np.ndarray, float, complex)):
        return [np.asarray(result)] if np.asarray(result).dtype.kind in "fc" else []
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        result = [getattr(result, field.name) for field in dataclasses.fields(result)]
    if isinstance(result, dict):
        result = list(result.values())
    return [array for part in result for array in _numbers(part)] if isinstance(result, (list, tuple)) else []


def says(error, name, function):
    """Whether an error names the argument, or a part of it, or another that it does not fit."""
    owner = getattr(function, "__self__", None)
    parts = [field.name for field in dataclasses.fields(owner)] if dataclasses.is_dataclass(owner) else []
    others = list(inspect.signature(function).parameters) if " shape " in str(error) else []
    return any(re.search(rf"\b{re.escape(word)}\b", str(error)) for word in [name, *parts, *others])


def fault(function, arguments, name, may_be_nan):
    """What is wrong with how a function takes its arguments, of which one may be bad; "" if nothing is."""
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        result = function(**arguments)
    except Endless:
        return f"still running after {SECONDS} s"
    except ValueError as error:
        return "" if says(error, name, function) else f"ValueError({error})"
    except AssertionError as error:
        return "" if str(error).startswith(("the claim", "Not yet")) else repr(error)
    except BaseException as error:
        return f"{type(error).__name__}({error})"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if plt.get_fignums():
            plt.close("all")
    return "" if may_be_nan or all(np.isfinite(array).all() for array in _numbers(result)) else "NaN or infinity"


@pytest.fixture
def hourglass(tmp_path, monkeypatch):
    """Stop what has no end, in a folder with a small treebank; flows are given up early."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_flow, "_MOST_STEPS", 30)
    for part in ("train", "dev", "test"):
        (tmp_path / f"{part}.txt").write_text("(3 (2 It) (4 (2 is) (3 lovely)))")

    def stop(*_):
        raise Endless

    before = signal.signal(signal.SIGPROF, stop)
    yield
    signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize("place", CALLS)
def test_whatever_is_given_the_answer_is_a_result_or_a_sentence(place, hourglass):
    function, valid = PUBLIC[place], CALLS[place]
    call = function if "self" not in valid else function.__get__(valid["self"])
    valid = {name: value for name, value in valid.items() if name != "self"}
    defaults = {name: parameter.default for name, parameter in inspect.signature(call).parameters.items()
                if parameter.default is not parameter.empty}
    faults = []
    for name, value in (defaults | valid).items():
        for bad in [*ANYTHING, *twisted(value)]:
            wrong = fault(call, valid | {name: bad}, name, place in MAY_BE_NAN)
            if wrong:
                faults.append(f"{name} = {str(bad)[:80]}: {wrong[:200]}")
    assert not faults, f"{len(faults)} faults of {place}:\n" + "\n".join(faults)


UNSTABLE, LONG = networks.LinearRNN([[1.0]], [[2.0]], [[1.0]]), np.ones((2000, 1, 1))


@pytest.mark.parametrize("call", [
    lambda: UNSTABLE.impulse_response(2000), lambda: UNSTABLE.simulate(LONG), lambda: gradients.loss(LONG, UNSTABLE),
    lambda: gradients.loss_gradients(LONG, UNSTABLE), lambda: gradients.sample_loss(LONG, LONG[-1], UNSTABLE),
    lambda: gradients.sample_gradients(LONG, LONG[-1], UNSTABLE), lambda: ntk.kernel(UNSTABLE, LONG)])
def test_an_unstable_network_is_said_to_be_so(call):
    with pytest.raises(ValueError, match="^rnn.* must be of moderate size.*unstable"):
        call()


def test_powers_that_overflow_are_said():
    with pytest.raises(ValueError, match="^s, u0, b.* overflows"):
        modes.input_output_solution(np.ones(900), 0.1, 1.5, [0, 1])


@pytest.mark.parametrize("name, call", [
    ("T", lambda: RNN.impulse_response(10**9)), ("N", lambda: filters.random_filter_rnn(10**5, 0.5, RNG)),
    ("T", lambda: ntk.filter_kernel(RNN, 10**6)), ("P, T, n_x", lambda: tasks.white_inputs(10**6, 10**4, 2, RNG)),
    ("duration, dt", lambda: descent.finite_time_descent(1.0, FIXED, 0.1, 2, duration=10**9 + 1, dt=1)),
    ("P, channels", lambda: nonlinear_tasks.flip_flop(10**8, RNG))])
def test_a_size_that_cannot_be_meant_is_refused_with_the_memory_it_needs(name, call):
    with pytest.raises(ValueError, match=f"^{name}.* must be smaller: an array of shape .* would need .* GiB"):
        call()


def test_a_flow_that_will_not_arrive_is_given_up(monkeypatch):
    monkeypatch.setattr(_flow, "_HOPELESS", (100, 1e-5))
    history = training.gradient_flow(learn, networks.LinearRNN([[1e5]], [[1e5]], [[1e5]]), [0, 1.0])
    assert len(history.times) == 1 and "covered hardly any of the time" in history.message


@pytest.mark.parametrize("time", [1.0, 1e3, 1e5, 1e8])
def test_a_filter_is_known_after_any_time(time):
    """The slow mode by its closed form; times far beyond what could be stepped through."""
    rnn = filters.FilterRNN(np.diag([0.5, 1 - 1 / time]), [1.0, 1.0], [1.0, 1.0])
    np.testing.assert_allclose(rnn.impulse_response([0, time])[1], np.exp(-time / 2) + np.exp(-1), rtol=1e-6)
