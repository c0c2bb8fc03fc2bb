"""The tanh network: against automatic differentiation, the linear network, and an independent Adam."""

from dataclasses import replace

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import value_and_grad
from autograd.misc.optimizers import adam as reference_adam
from hypothesis import given, settings
from hypothesis import strategies as st

from lrnn_helpers.nonlinear import tanh_rnn
from lrnn_helpers.nonlinear.tanh_rnn import TanhRNN
from lrnn_helpers.steps import tasks
from lrnn_helpers.steps.networks import LinearRNN

seeds = st.integers(0, 2**32 - 1)
theorem = settings(deadline=None, max_examples=25)


def setting(seed, T=7, batch=3, n_x=2, n_h=5, n_y=2, dt=0.5, g=1.2):
    """A network in double precision and trials of random numbers, with an uneven mask."""
    rng = np.random.default_rng(seed)
    rnn = tanh_rnn.random_tanh_rnn(n_x, n_h, n_y, g, rng, dt=dt, dtype="float64")
    rnn = replace(rnn, W_y=rng.standard_normal((n_y, n_h)))
    mask = rng.uniform(0, 1, (T, batch, n_y)) * (rng.uniform(size=(T, batch, n_y)) < 0.7)
    mask[-1] = 1
    return rnn, (rng.standard_normal((T, batch, n_x)), rng.standard_normal((T, batch, n_y)), mask)


def reference_loss(weights, dt, inputs, targets, mask):
    """The same loss, step by step, for automatic differentiation."""
    W_x, W_h, W_y = weights
    h, total = anp.zeros((inputs.shape[1], len(W_h))), 0.0
    for x, target, seen in zip(inputs, targets, mask):
        h = (1 - dt) * h + dt * (anp.dot(anp.tanh(h), W_h.T) + anp.dot(x, W_x.T))
        total = total + anp.sum(seen * (anp.dot(anp.tanh(h), W_y.T) - target) ** 2)
    return total / np.sum(mask) / 2


@theorem
@given(seeds, st.integers(1, 12), st.integers(1, 4), st.integers(1, 3), st.integers(1, 8), st.integers(1, 3),
       st.sampled_from([0.1, 0.5, 1.0]))
def test_loss_and_gradients_are_those_of_automatic_differentiation(seed, T, batch, n_x, n_h, n_y, dt):
    rnn, trials = setting(seed, T, batch, n_x, n_h, n_y, dt)
    wanted, wanted_gradients = value_and_grad(reference_loss)(rnn.weights, dt, *trials)
    value, gradients = tanh_rnn.loss_and_gradients(rnn, *trials)
    assert value == pytest.approx(wanted, rel=1e-13)
    assert value == tanh_rnn.loss(rnn, *trials)
    for G, G_wanted in zip(gradients, wanted_gradients):
        np.testing.assert_allclose(G, G_wanted, rtol=0, atol=1e-12 * max(1, np.max(np.abs(G_wanted))))


@pytest.mark.parametrize("make, n_x, n_y", [(tasks.flip_flop, 2, 2), (tasks.context_decision, 4, 1),
                                            (tasks.parametric_working_memory, 1, 2)])
def test_gradients_on_the_neuroscience_tasks(make, n_x, n_y):
    rng = np.random.default_rng(0)
    rnn, trials = tanh_rnn.random_tanh_rnn(n_x, 20, n_y, 1.5, rng, dtype="float64"), make(4, rng)
    wanted, wanted_gradients = value_and_grad(reference_loss)(rnn.weights, 0.5, *trials)
    value, gradients = tanh_rnn.loss_and_gradients(rnn, *trials)
    assert value == pytest.approx(wanted, rel=1e-13)
    for G, G_wanted in zip(gradients, wanted_gradients):
        np.testing.assert_allclose(G, G_wanted, rtol=0, atol=1e-12 * np.max(np.abs(G_wanted)))


@theorem
@given(seeds)
def test_single_precision_agrees_with_double(seed):
    double, trials = setting(seed, T=30, n_h=20, g=0.9)
    single = replace(double, dtype="float32")
    value, gradients = tanh_rnn.loss_and_gradients(double, *trials)
    value_32, gradients_32 = tanh_rnn.loss_and_gradients(single, *trials)
    assert value_32 == pytest.approx(value, rel=1e-4)
    for G, G_32 in zip(gradients, gradients_32):
        assert G_32.dtype == np.float32
        np.testing.assert_allclose(G_32, G, rtol=0, atol=1e-4 * np.max(np.abs(G)))


@theorem
@given(seeds)
def test_small_signals_see_a_linear_network(seed):
    rng = np.random.default_rng(seed)
    W_x, W_h, W_y = rng.standard_normal((4, 2)), 0.4 * rng.standard_normal((4, 4)), rng.standard_normal((3, 4))
    x = rng.standard_normal((6, 10, 2))
    linear = LinearRNN(W_x, W_h, W_y).simulate(x)
    tanh = TanhRNN(W_x, W_h, W_y, dt=1, dtype="float64").simulate(1e-5 * x.swapaxes(0, 1)) / 1e-5
    np.testing.assert_allclose(tanh.swapaxes(0, 1), linear, rtol=0, atol=1e-7 * max(1, np.max(np.abs(linear))) ** 3)


def test_outputs_change_sign_with_the_inputs():
    rnn, (inputs, _, _) = setting(1)
    np.testing.assert_array_equal(rnn.simulate(-inputs), -rnn.simulate(inputs))


def test_loss_is_the_masked_mean_of_half_squared_errors():
    rnn, (inputs, targets, mask) = setting(2)
    errors = rnn.simulate(inputs) - targets
    wanted = np.average(errors**2, weights=mask) / 2
    assert tanh_rnn.loss(rnn, inputs, targets, mask) == pytest.approx(wanted, rel=1e-13)
    assert tanh_rnn.loss(rnn, inputs, rnn.simulate(inputs), mask) == 0
    hidden = np.where(mask == 0, 1e3, targets)  # what the mask hides does not count
    assert tanh_rnn.loss(rnn, inputs, hidden, mask) == tanh_rnn.loss(rnn, inputs, targets, mask)


@pytest.mark.parametrize("seed", range(3))
def test_random_weights_have_the_promised_sizes(seed):
    rnn = tanh_rnn.random_tanh_rnn(3, 400, 2, 1.5, np.random.default_rng(seed))
    assert rnn.W_h.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rnn.W_x, axis=0), 20, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(rnn.W_y, axis=1), 1 / 20, rtol=1e-6)
    assert np.std(rnn.W_h) == pytest.approx(1.5 / 20, rel=5 / 400 / np.sqrt(2))  # five standard deviations
    assert np.max(np.abs(np.linalg.eigvals(rnn.W_h))) == pytest.approx(1.5, rel=0.1)


def test_weights_are_copied_and_read_only():
    W_h = np.eye(2)
    rnn = TanhRNN(np.ones((2, 1)), W_h, np.ones((1, 2)))
    W_h[0, 0] = 7
    assert rnn.W_h[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        rnn.W_h[0, 0] = 7


# training


def test_adam_takes_the_steps_of_an_independent_adam():
    rnn, trials = setting(3)
    run = adam.adam(rnn, lambda rng: trials, 25, 0.01, np.random.default_rng(0), progress=False)
    gradient = value_and_grad(reference_loss)
    wanted = reference_adam(lambda weights, i: gradient(weights, rnn.dt, *trials)[1], rnn.weights, num_iters=25,
                            step_size=0.01)
    for W, W_wanted in zip(run.rnn.weights, wanted):
        np.testing.assert_allclose(W, W_wanted, rtol=0, atol=1e-10)
    assert run.losses[0] == tanh_rnn.loss(rnn, *trials)
    assert len(run.losses) == 25 and run.losses[-1] < run.losses[0] and run.message == ""


def test_the_first_step_of_adam_has_the_size_of_the_learning_rate():
    rnn, trials = setting(4)
    run = adam.adam(rnn, lambda rng: trials, 1, 0.01, np.random.default_rng(0), progress=False)
    for before, after, G in zip(rnn.weights, run.rnn.weights, tanh_rnn.loss_and_gradients(rnn, *trials)[1]):
        large = np.abs(G) > 1e-5  # 1e-8 in the denominator then matters by less than 1e-3
        np.testing.assert_allclose((after - before)[large], -0.01 * np.sign(G[large]), rtol=2e-3)


@pytest.mark.parametrize("seed", range(2))
def test_training_learns_the_flip_flop_task_reproducibly_with_a_low_rank_change(seed):
    start = tanh_rnn.random_tanh_rnn(2, 64, 2, 0.9, np.random.default_rng(seed))
    first, second = (adam.adam(start, lambda rng: tasks.flip_flop(16, rng), 120, 0.05 / 64,
                                   np.random.default_rng(seed), progress=False) for _ in range(2))
    np.testing.assert_array_equal(first.losses, second.losses)
    np.testing.assert_array_equal(first.rnn.W_h, second.rnn.W_h)
    assert np.mean(first.losses[-10:]) < 0.1 * first.losses[0]
    s = np.linalg.svd(first.rnn.W_h - start.W_h, compute_uv=False)
    assert np.sum(s[:8] ** 2) > 0.9 * np.sum(s**2)


def test_a_run_that_overflows_stops_with_a_message_and_finite_weights():
    rnn, trials = setting(5)
    single = replace(rnn, dtype="float32")
    run = adam.adam(single, lambda rng: trials, 10, 3e38, np.random.default_rng(0), progress=False)
    assert "learning rate below 3e+38" in run.message
    assert len(run.losses) < 10
    assert all(np.all(np.isfinite(W)) for W in run.rnn.weights)


def test_the_progress_bar_can_be_switched_off(capsys, monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE")
    rnn, trials = setting(6)
    adam.adam(rnn, lambda rng: trials, 2, 0.01, np.random.default_rng(0), progress=False)
    assert capsys.readouterr() == ("", "")
    adam.adam(rnn, lambda rng: trials, 2, 0.01, np.random.default_rng(0))
    shown = capsys.readouterr()
    assert "Adam" in shown.out + shown.err


# bad input


@pytest.mark.parametrize("change, message", [
    ({"W_x": np.ones((4, 2))}, "W_x"), ({"W_h": np.ones((5, 4))}, "W_h"), ({"W_y": np.ones((2, 4))}, "W_y"),
    ({"W_h": np.full((5, 5), np.nan)}, "W_h"), ({"W_x": "a"}, "W_x"), ({"W_h": 1j * np.eye(5)}, "W_h"),
    ({"dt": 0}, "dt"), ({"dt": 1.5}, "dt"), ({"dtype": "float16"}, "dtype"), ({"dtype": np.float32}, "dtype")])
def test_network_refuses(change, message):
    rnn, _ = setting(0)
    with pytest.raises(ValueError, match=message):
        replace(rnn, **change)


@pytest.mark.parametrize("arguments, message", [
    ((0, 4, 1, 1), "n_x"), ((1, 2.5, 1, 1), "n_h"), ((1, 4, 0, 1), "n_y"), ((1, 4, 1, -1), "g"), ((1, 4, 1, "x"), "g")])
def test_random_network_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        tanh_rnn.random_tanh_rnn(*arguments, np.random.default_rng(0))


def test_random_network_refuses_a_seed_instead_of_a_generator():
    with pytest.raises(ValueError, match="rng"):
        tanh_rnn.random_tanh_rnn(1, 4, 1, 1, 0)


@pytest.mark.parametrize("function", [tanh_rnn.loss, tanh_rnn.loss_and_gradients])
def test_loss_refuses(function):
    rnn, (inputs, targets, mask) = setting(0)
    for arguments, message in (
            (("rnn", inputs, targets, mask), "rnn"), ((rnn, inputs[..., :1], targets, mask), "inputs"),
            ((rnn, inputs[0], targets, mask), "inputs"), ((rnn, inputs, targets[1:], mask), "targets"),
            ((rnn, inputs, targets, mask[..., :1]), "mask"), ((rnn, inputs, targets, 0 * mask), "mask"),
            ((rnn, inputs, targets, -mask), "mask"), ((rnn, np.nan * inputs, targets, mask), "inputs"),
            ((rnn, inputs[:0], targets[:0], mask[:0]), "inputs")):
        with pytest.raises(ValueError, match=message):
            function(*arguments)


def test_simulate_refuses():
    rnn, (inputs, _, _) = setting(0)
    with pytest.raises(ValueError, match="inputs"):
        rnn.simulate(inputs[..., :1])


@pytest.mark.parametrize("name, value", [
    ("rnn", None), ("task", "flip_flop"), ("task", lambda rng: None), ("task", lambda rng: (1, 2)), ("updates", 0),
    ("updates", 1.5), ("learning_rate", 0), ("learning_rate", np.nan), ("rng", 3)])
def test_adam_refuses(name, value):
    rnn, trials = setting(0)
    good = {"rnn": rnn, "task": lambda rng: trials, "updates": 2, "learning_rate": 0.1, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=name):
        adam.adam(**(good | {name: value}), progress=False)
