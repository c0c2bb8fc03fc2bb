"""The tanh network: against automatic differentiation and the linear network."""

from dataclasses import replace

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import value_and_grad
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.nonlinear import tanh_rnn, tasks
from lrnn_helpers.nonlinear.tanh_rnn import TanhRNN
from lrnn_helpers.steps.networks import LinearRNN

seeds = st.integers(0, 2**32 - 1)


def setting(seed, T=7, P=3, n_x=2, n_h=5, n_y=2, dt=0.5, g=1.2):
    """A network in double precision and trials of random numbers, with an uneven mask."""
    rng = np.random.default_rng(seed)
    rnn = tanh_rnn.random_tanh_rnn(n_x, n_h, n_y, g, rng, dt=dt, dtype="float64")
    rnn = replace(rnn, W_y=rng.standard_normal((n_y, n_h)))
    mask = rng.uniform(0, 1, (T, P, n_y)) * (rng.uniform(size=(T, P, n_y)) < 0.7)
    mask[-1] = 1
    return rnn, tasks.Trials(rng.standard_normal((T, P, n_x)), rng.standard_normal((T, P, n_y)), mask)


def reference_loss(weights, dt, inputs, targets, mask):
    """The same loss, step by step, for automatic differentiation."""
    W_x, W_h, W_y = weights
    h, total = anp.zeros((inputs.shape[1], len(W_h))), 0.0
    for x, target, seen in zip(inputs, targets, mask):
        h = (1 - dt) * h + dt * (anp.dot(anp.tanh(h), W_h.T) + anp.dot(x, W_x.T))
        total = total + anp.sum(seen * (anp.dot(anp.tanh(h), W_y.T) - target) ** 2)
    return total / np.sum(mask) / 2


@given(seeds, st.integers(1, 12), st.integers(1, 4), st.integers(1, 3), st.integers(1, 8), st.integers(1, 3),
       st.sampled_from([0.1, 0.5, 1.0]))
def test_loss_and_gradients_are_those_of_automatic_differentiation(seed, T, P, n_x, n_h, n_y, dt):
    rnn, trials = setting(seed, T, P, n_x, n_h, n_y, dt)
    wanted, wanted_gradients = value_and_grad(reference_loss)(rnn.weights, dt, *trials)
    value, gradients = tanh_rnn.loss_and_gradients(trials, rnn)
    assert value == pytest.approx(wanted, rel=1e-13)
    assert value == tanh_rnn.loss(trials, rnn)
    for G, G_wanted in zip(gradients, wanted_gradients):
        np.testing.assert_allclose(G, G_wanted, rtol=0, atol=1e-12 * max(1, np.max(np.abs(G_wanted))))


@pytest.mark.parametrize("make, n_x, n_y", [(tasks.flip_flop, 2, 2), (tasks.context_decision, 4, 1),
                                            (tasks.parametric_working_memory, 1, 2)])
def test_gradients_on_the_neuroscience_tasks(make, n_x, n_y):
    rng = np.random.default_rng(0)
    rnn, trials = tanh_rnn.random_tanh_rnn(n_x, 20, n_y, 1.5, rng, dtype="float64"), make(4, rng)
    wanted, wanted_gradients = value_and_grad(reference_loss)(rnn.weights, 0.5, *trials)
    value, gradients = tanh_rnn.loss_and_gradients(trials, rnn)
    assert value == pytest.approx(wanted, rel=1e-13)
    for G, G_wanted in zip(gradients, wanted_gradients):
        np.testing.assert_allclose(G, G_wanted, rtol=0, atol=1e-12 * np.max(np.abs(G_wanted)))


@given(seeds)
def test_single_precision_agrees_with_double(seed):
    double, trials = setting(seed, T=30, n_h=20, g=0.9)
    single = replace(double, dtype="float32")
    value, gradients = tanh_rnn.loss_and_gradients(trials, double)
    value_32, gradients_32 = tanh_rnn.loss_and_gradients(trials, single)
    assert value_32 == pytest.approx(value, rel=1e-4)
    for G, G_32 in zip(gradients, gradients_32):
        assert G_32.dtype == np.float32
        np.testing.assert_allclose(G_32, G, rtol=0, atol=1e-4 * np.max(np.abs(G)))


@given(seeds)
def test_small_signals_see_a_linear_network(seed):
    rng = np.random.default_rng(seed)
    W_x, W_h, W_y = rng.standard_normal((4, 2)), 0.4 * rng.standard_normal((4, 4)), rng.standard_normal((3, 4))
    x = rng.standard_normal((10, 6, 2))
    linear = LinearRNN(W_x, W_h, W_y).simulate(x)
    tanh = TanhRNN(W_x, W_h, W_y, dt=1, dtype="float64").simulate(1e-5 * x) / 1e-5
    np.testing.assert_allclose(tanh, linear, rtol=0, atol=1e-7 * max(1, np.max(np.abs(linear))) ** 3)


def test_outputs_change_sign_with_the_inputs():
    rnn, (inputs, _, _) = setting(1)
    np.testing.assert_array_equal(rnn.simulate(-inputs), -rnn.simulate(inputs))


def test_loss_is_the_masked_mean_of_half_squared_errors():
    rnn, (inputs, targets, mask) = setting(2)
    errors = rnn.simulate(inputs) - targets
    wanted = np.average(errors**2, weights=mask) / 2
    assert tanh_rnn.loss(tasks.Trials(inputs, targets, mask), rnn) == pytest.approx(wanted, rel=1e-13)
    assert tanh_rnn.loss(tasks.Trials(inputs, rnn.simulate(inputs), mask), rnn) == 0
    hidden = np.where(mask == 0, 1e3, targets)  # what the mask hides does not count
    seen, unseen = (tanh_rnn.loss(tasks.Trials(inputs, shown, mask), rnn) for shown in (targets, hidden))
    assert seen == unseen


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


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("function", [tanh_rnn.loss, tanh_rnn.loss_gradients, tanh_rnn.loss_and_gradients])
def test_loss_refuses(function):
    rnn, (inputs, targets, mask) = setting(0)
    for arguments, message in (
            ((inputs[..., :1], targets, mask), "inputs"), ((inputs[0], targets, mask), "inputs"),
            ((inputs, targets[1:], mask), "targets"), ((inputs, targets, mask[..., :1]), "mask"),
            ((inputs, targets, 0 * mask), "mask"), ((inputs, targets, -mask), "mask"),
            ((np.nan * inputs, targets, mask), "inputs"), ((inputs[:0], targets[:0], mask[:0]), "inputs")):
        with pytest.raises(ValueError, match=message):
            function(tasks.Trials(*arguments), rnn)
    with pytest.raises(ValueError, match="^rnn must"):
        function(tasks.Trials(inputs, targets, mask), "rnn")
    with pytest.raises(ValueError, match="^trials must"):
        function((inputs, targets, mask), rnn)


def test_simulate_refuses():
    rnn, (inputs, _, _) = setting(0)
    with pytest.raises(ValueError, match="inputs"):
        rnn.simulate(inputs[..., :1])
