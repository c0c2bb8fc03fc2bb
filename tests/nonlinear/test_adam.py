"""Adam's rule, and training with it: known steps, an independent Adam, runs that overflow."""

from dataclasses import replace

import numpy as np
import pytest
from autograd import value_and_grad
from autograd.misc.optimizers import adam as reference_adam

from lrnn_helpers import _progress
from lrnn_helpers.nonlinear import lstm, tanh_rnn, tasks
from lrnn_helpers.nonlinear.adam import adam, adam_rule
from tests.nonlinear import test_lstm
from tests.nonlinear.test_tanh_rnn import reference_loss, setting

# ---------------------------------------------------------------------------------------------------------------------
# The rule
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_adam_first_moves_every_weight_by_the_learning_rate(scale):
    """m / (1 - 0.9) = G and v / (1 - 0.999) = G^2 after one update, whatever the size of the gradient."""
    rng = np.random.default_rng(3)
    weights = [rng.standard_normal((3, 4)), rng.standard_normal(5)]
    gradients = [scale * rng.uniform(0.5, 2, W.shape) * rng.choice([-1, 1], W.shape) for W in weights]
    moved = adam_rule(weights, 0.01)(gradients)
    for W, V, G in zip(weights, moved, gradients, strict=True):
        np.testing.assert_allclose(W - V, 0.01 * np.sign(G), rtol=1e-4)


def test_adam_with_a_constant_gradient_keeps_its_pace():
    update = adam_rule([np.zeros(3)], 0.1)
    for n in range(1, 20):
        [W] = update([np.array([1.0, -2.0, 4.0])])
        np.testing.assert_allclose(W, [-0.1 * n, 0.1 * n, -0.1 * n], rtol=1e-6)


# ---------------------------------------------------------------------------------------------------------------------
# Training
# ---------------------------------------------------------------------------------------------------------------------


def on_these(trials, rnn, learning_rate, updates, *, progress=False):
    """Training of a tanh network on the same trials at every update."""
    return adam(lambda rnn, rng: tanh_rnn.loss_and_gradients(trials, rnn), rnn, learning_rate, updates,
                np.random.default_rng(0), progress=progress)


def on_sentences(data, net, learning_rate, updates):
    """Training of an LSTM on the same sentences at every update."""
    return adam(lambda net, rng: lstm.loss_and_gradients(data, net), net, learning_rate, updates,
                np.random.default_rng(0), progress=False)


def test_adam_takes_the_steps_of_an_independent_adam():
    rnn, trials = setting(3)
    run = on_these(trials, rnn, 0.01, 25)
    gradient = value_and_grad(reference_loss)
    wanted = reference_adam(lambda weights, i: gradient(weights, rnn.dt, *trials)[1], rnn.weights, num_iters=25,
                            step_size=0.01)
    for W, W_wanted in zip(run.rnn.weights, wanted):
        np.testing.assert_allclose(W, W_wanted, rtol=0, atol=1e-10)
    assert run.losses[0] == tanh_rnn.loss(trials, rnn)
    assert len(run.losses) == 25 and run.losses[-1] < run.losses[0] and run.message == ""


def test_the_first_step_of_adam_has_the_size_of_the_learning_rate():
    rnn, trials = setting(4)
    run = on_these(trials, rnn, 0.01, 1)
    for before, after, G in zip(rnn.weights, run.rnn.weights, tanh_rnn.loss_gradients(trials, rnn)):
        large = np.abs(G) > 1e-5  # 1e-8 in the denominator then matters by less than 1e-3
        np.testing.assert_allclose((after - before)[large], -0.01 * np.sign(G[large]), rtol=2e-3)


@pytest.mark.parametrize("seed", range(2))
def test_training_learns_the_flip_flop_task_reproducibly_with_a_low_rank_change(seed):
    start = tanh_rnn.random_tanh_rnn(2, 64, 2, 0.9, np.random.default_rng(seed))
    first, second = (
        adam(lambda rnn, rng: tanh_rnn.loss_and_gradients(tasks.flip_flop(16, rng), rnn), start, 0.05 / 64, 120,
             np.random.default_rng(seed), progress=False) for _ in range(2))
    np.testing.assert_array_equal(first.losses, second.losses)
    np.testing.assert_array_equal(first.rnn.W_h, second.rnn.W_h)
    assert np.mean(first.losses[-10:]) < 0.1 * first.losses[0]
    s = np.linalg.svd(first.rnn.W_h - start.W_h, compute_uv=False)
    assert np.sum(s[:8] ** 2) > 0.9 * np.sum(s**2)


def test_a_run_that_overflows_stops_with_a_message_and_finite_weights():
    rnn, trials = setting(5)
    single = replace(rnn, dtype="float32")
    run = on_these(trials, single, 3e38, 10)
    assert "learning rate below 3e+38" in run.message
    assert len(run.losses) < 10
    assert all(np.all(np.isfinite(W)) for W in run.rnn.weights)


def test_the_progress_bar_can_be_switched_off(capsys, monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE")
    rnn, trials = setting(6)
    on_these(trials, rnn, 0.01, 2)
    assert capsys.readouterr() == ("", "")
    tqdm = _progress.tqdm
    monkeypatch.setattr(_progress, "tqdm", lambda *given, **options: tqdm(*given, **options | {"delay": 0}))
    on_these(trials, rnn, 0.01, 2, progress=True)
    shown = capsys.readouterr()
    assert "Adam" in shown.out + shown.err


def test_the_first_step_of_an_lstm_has_the_size_of_the_learning_rate():
    net, data = test_lstm.setting(2)
    trained = on_sentences(data, net, 0.01, 1)
    np.testing.assert_allclose(np.abs(trained.rnn.read - net.read), 0.01, rtol=1e-4)
    assert trained.losses[0] == lstm.loss_and_gradients(data, net)[0]


@pytest.mark.parametrize("seed", range(2))
def test_training_learns_a_few_sentences_by_heart_and_repeats_itself(seed):
    net, data = test_lstm.setting(seed, n_h=8, n_in=8, P=16)
    one, other = (on_sentences(data, net, 0.02, 100) for _ in "12")
    assert one.losses[-1] < 0.1 * one.losses[0]
    assert lstm.accuracy(data, one.rnn) == 1
    np.testing.assert_array_equal(one.losses, other.losses)


def test_an_lstm_that_overflows_stops_with_a_message_and_finite_weights(capsys):
    net, data = test_lstm.setting(0)
    run = on_sentences(data, replace(net, dtype="float32"), 3e38, 5)
    assert "learning rate below 3e+38" in run.message and len(run.losses) < 5
    assert all(np.all(np.isfinite(W)) for W in run.rnn.weights)
    assert capsys.readouterr().out == ""


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


def test_rule_refuses():
    with pytest.raises(ValueError, match="learning_rate must be greater than 0"):
        adam_rule([np.zeros(3)], 0.0)
    with pytest.raises(ValueError, match="^weights must"):
        adam_rule(["weights"], 0.1)
    with pytest.raises(ValueError, match="^gradients must"):
        adam_rule([np.zeros(3)], 0.1)([np.zeros(4)])


@pytest.mark.parametrize("name, value", [
    ("rnn", None), ("rnn", "lstm"), ("loss_and_gradients", "flip_flop"), ("updates", 0), ("updates", 1.5),
    ("learning_rate", 0), ("learning_rate", np.nan), ("rng", 3)])
def test_adam_refuses(name, value):
    rnn, trials = setting(0)
    good = {"loss_and_gradients": lambda rnn, rng: tanh_rnn.loss_and_gradients(trials, rnn), "rnn": rnn,
            "learning_rate": 0.1, "updates": 2, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=f"^{name} must"):
        adam(**(good | {name: value}), progress=False)


@pytest.mark.parametrize("task", [lambda rng: None, lambda rng: (1, 2), lambda rng: 3])
def test_adam_refuses_what_its_loss_refuses(task):
    for function, (net, _), name in ((tanh_rnn.loss_and_gradients, setting(0), "trials"),
                                     (lstm.loss_and_gradients, test_lstm.setting(0), "data")):
        with pytest.raises(ValueError, match=f"^{name} must"):
            adam(lambda net, rng, function=function: function(task(rng), net), net, 0.1, 2, np.random.default_rng(0),
                 progress=False)
