"""What all flows and descents of the package share: the meaning of times, time first, and one way to end early."""

from dataclasses import asdict

import numpy as np
import pytest

from lrnn_helpers.continuous.filters import FilterRNN, damped_oscillator, leaky_integrator
from lrnn_helpers.continuous.learning import gradient_flow as filter_flow
from lrnn_helpers.continuous.reduced import Pair, outlier_flow, pair_flow
from lrnn_helpers.fixed_points import descent, infinite_size
from lrnn_helpers.fixed_points.network import random_fixed_point_rnn
from lrnn_helpers.nonlinear import adam, tanh_rnn, tasks
from lrnn_helpers.steps import modes, training
from lrnn_helpers.steps.gradients import loss_gradients
from lrnn_helpers.steps.networks import random_rnn

RNN = random_rnn(1, 3, 1, 0.5, np.random.default_rng(0))
FILTER = FilterRNN([[0.2, 0.1], [0.0, 0.3]], [1.0, 0.2], [0.3, 0.4])
PAIR = Pair(0.8, 1.1, 0.2, 0.7, 0.4)
S = np.array([0.4, 0.7, 1.0])


def weights_of(run):
    return {name: np.array([getattr(net, name) for net in run.networks]) for name in "Wuv"}


# Of each flow: its run, what it starts from, and its arrays by name.
FLOWS = {
    "steps": (lambda times: training.gradient_flow(lambda rnn: loss_gradients([[[1.0]], [[0.5]]], rnn), RNN, times),
              dict(zip(("W_x", "W_h", "W_y"), RNN.weights)), lambda run: run.records),
    "modes": (lambda times: modes.flow(S, 0.2, [0.3, -0.1], 0.4, times),
              {"a": [0.2, 0.2], "b": [0.3, -0.1], "c": [0.4, 0.4]}, lambda run: dict(zip("abc", run.strengths))),
    "modes in closed form": (lambda times: modes.geometric_flow(1.0, 0.8, 5, 0.2, [0.3, -0.1], 0.4, times),
                             {"b": [0.3, -0.1]}, lambda run: dict(zip("abc", run.strengths))),
    "input and output": (lambda times: modes.input_output_solution(S, 0.1, 0.5, times, imbalance=0.2),
                         {"u": 0.1}, lambda u: {"u": u}),
    "filters": (lambda times: filter_flow(damped_oscillator(0.3, 0.5), FILTER, times),
                dict(zip("Wuv", FILTER.weights)), weights_of),
    "outlier": (lambda times: outlier_flow(leaky_integrator(0.2), 0.3, 0.9, times), {"a": 0.3, "c": 0.9}, asdict),
    "pair": (lambda times: pair_flow(damped_oscillator(0.3, 0.5), PAIR, times, "all"), PAIR._asdict(), asdict),
    "infinite size": (lambda times: infinite_size.infinite_size_flow(1, 0.5, times),
                      {"z": 0, "norm": 0, "singular_values": np.zeros(4)}, lambda run: run._asdict()),
}


def arrays(flow, times):
    """The run's arrays by name, without its times and its message; all of them have time first."""
    run, _, named = FLOWS[flow]
    return {name: value for name, value in named(run(times)).items() if name not in ("times", "message")}


@pytest.mark.parametrize("first", [0.0, 2.5, -1.0])
@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_starts_at_its_first_time(flow, first):
    for times in ([first], [first, first + 0.1, first + 0.4]):
        found = arrays(flow, times)
        assert {len(series) for series in found.values()} == {len(times)}
        for name, start in FLOWS[flow][1].items():
            np.testing.assert_allclose(found[name][0], start, rtol=0, atol=1e-14)
            assert len(times) == 1 or not np.array_equal(found[name][-1], found[name][0])


@pytest.mark.parametrize("flow", FLOWS)
def test_shifting_all_times_shifts_nothing_else(flow):
    times = np.array([0.0, 0.1, 0.4])
    here, there = arrays(flow, times), arrays(flow, times + 3)
    for name, series in here.items():
        np.testing.assert_allclose(there[name], series, rtol=0, atol=1e-6)


@pytest.mark.parametrize("flow", [flow for flow in FLOWS if flow != "input and output"])
def test_a_flow_that_arrives_says_nothing(flow):
    run = FLOWS[flow][0]([0.0, 0.1])
    assert run.message == "" and run.times.tolist() == [0.0, 0.1]


def escaping(rnn):
    """Gradients that drive all weights to infinity."""
    return [-W for W in rnn.weights]


def exploding(rnn, rng):
    return tanh_rnn.loss_and_gradients(tasks.flip_flop(2, rng), rnn)


def tanh():
    return tanh_rnn.random_tanh_rnn(2, 4, 2, 0.5, np.random.default_rng(0))


def fixed_point():
    return random_fixed_point_rnn(20, 0.5, np.random.default_rng(0))


# Of each run that cannot go on: the run, its series, and how many entries it would have had.
ENDING = {
    "descent in steps": (lambda: training.gradient_descent(escaping, RNN, 1.0, 100), lambda run: run["W_h"], 101),
    "flow in steps": (lambda: training.gradient_flow(escaping, RNN, np.arange(50.0)), lambda run: run["W_h"], 50),
    "modes": (lambda: modes.flow(np.ones(5), 1.0, 1e200, 1.0, [0.0, 1.0, 2.0]), lambda run: run.b, 3),
    "modes in closed form": (lambda: modes.geometric_flow(1.0, 1.0, 5, 1.0, 1e200, 1.0, [0.0, 1.0, 2.0]),
                             lambda run: run.b, 3),
    "filters": (lambda: filter_flow(leaky_integrator(0.1), FilterRNN([[0.95]], [1.0], [0.5]), [0, 0.5, 1, 3], rtol=1e-2,
                                    atol=1e-5), lambda run: run.networks, 4),
    "outlier": (lambda: outlier_flow(leaky_integrator(0.2), 1e160, 1, [0, 1]), lambda run: run.a, 2),
    "pair": (lambda: pair_flow(leaky_integrator(0.2), (1, 1, 0, 1e160, 0), [0, 1], "all"), lambda run: run.p, 2),
    "fixed point": (lambda: descent.gradient_descent(3, fixed_point(), 0.5, 100), lambda run: run.z, 101),
    "fixed point in finite time": (lambda: descent.finite_time_descent(1, fixed_point(), 50, 20),
                                   lambda run: run.z, 21),
    "Adam": (lambda: adam.adam(exploding, tanh(), 3e38, 10, np.random.default_rng(0)), lambda run: run.losses, 10),
}


@pytest.mark.parametrize("ending", ENDING)
def test_a_run_that_cannot_go_on_keeps_what_it_had_and_says_why(capfd, ending):
    run, series, full = ENDING[ending]
    end = run()
    assert len(series(end)) < full
    assert "stopped" in end.message or "diverged" in end.message
    assert getattr(end, "times", None) is None or len(end.times) == len(series(end)) >= 1
    assert capfd.readouterr() == ("", "")
