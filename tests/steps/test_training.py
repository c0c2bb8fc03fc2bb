"""Descent and flow: closed forms, the limit of small steps, the conserved matrix, and runs that diverge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.steps.gradients import loss, loss_gradients
from lrnn_helpers.steps.networks import LinearRNN, random_rnn
from lrnn_helpers.steps.training import gradient_descent, gradient_flow

START = random_rnn(2, 5, 3, 0.5, np.random.default_rng(1))
TARGET = np.random.default_rng(2).standard_normal((5, 3, 2)) / 2


def toward_target(net):
    return loss_gradients(TARGET, net)


def conserved(net):
    return net.W_x @ net.W_x.T - net.W_y.T @ net.W_y + net.W_h @ net.W_h.T - net.W_h.T @ net.W_h


@given(s=st.floats(0.2, 2), u0=st.floats(0.01, 0.5), tau=st.floats(0.5, 3))
def test_flow_of_one_balanced_mode_without_recurrence_is_logistic(s, u0, tau):
    rnn = LinearRNN([[np.sqrt(u0)]], [[0.0]], [[np.sqrt(u0)]])
    times = np.linspace(0, 3, 7)
    history = gradient_flow(lambda net: loss_gradients([[[s]]], net), rnn, times, tau=tau, progress=False,
                            record={"u": lambda net: net.W_y[0, 0] * net.W_x[0, 0]})
    logistic = s / (1 + (s / u0 - 1) * np.exp(-2 * s * times / tau))
    np.testing.assert_allclose(history["u"], logistic, rtol=1e-8)


def test_descent_in_a_quadratic_bowl_is_a_geometric_sequence():
    def pull(net):
        return [2 * W for W in net.weights]

    history = gradient_descent(pull, START, 0.1, 20, progress=False)
    for name, W in zip(("W_x", "W_h", "W_y"), START.weights):
        np.testing.assert_allclose(history[name], W * 0.8 ** np.arange(21)[:, None, None], rtol=1e-12)


def test_descent_approaches_flow_in_proportion_to_the_step():
    record = {"loss": lambda net: loss(TARGET, net)}
    flow = gradient_flow(toward_target, START, [0, 1, 2], record=record, progress=False)
    gaps = [np.abs(gradient_descent(toward_target, START, eta, round(2 / eta), record=record, every=round(1 / eta),
                                    progress=False)["loss"] - flow["loss"]).max() for eta in (0.01, 0.005, 0.0025)]
    assert np.log2(gaps[0] / gaps[1]) == pytest.approx(1, abs=0.1)
    assert np.log2(gaps[1] / gaps[2]) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_flow_conserves_the_balance_with_its_recurrent_part(seed):
    rng = np.random.default_rng(seed)
    start, target = random_rnn(3, 6, 2, 0.6, rng), rng.standard_normal((4, 2, 3))
    end = gradient_flow(lambda net: loss_gradients(target, net), start, [0, 5], progress=False).rnn
    np.testing.assert_allclose(conserved(end), conserved(start), atol=1e-7)
    layers_alone = start.W_x @ start.W_x.T - start.W_y.T @ start.W_y - end.W_x @ end.W_x.T + end.W_y.T @ end.W_y
    assert np.abs(layers_alone).max() > 1e-3


def test_flow_with_another_time_constant_is_the_same_at_rescaled_times():
    slow = gradient_flow(toward_target, START, [0, 3, 6], tau=3.0, progress=False)
    fast = gradient_flow(toward_target, START, [0, 1, 2], progress=False)
    np.testing.assert_allclose(slow["W_h"], fast["W_h"], atol=1e-8)


def test_records_are_taken_at_the_start_and_after_every_so_many_steps():
    history = gradient_descent(toward_target, START, 0.01, 10, every=4, record={"b": lambda net: net.W_h[0, 0]},
                               progress=False)
    assert history.times.tolist() == [0, 4, 8]
    assert history["b"][0] == START.W_h[0, 0]
    assert history.message == ""


def test_diverging_descent_stops_with_a_message_and_what_it_had():
    history = gradient_descent(toward_target, START, 50.0, 1000, progress=False)
    assert "diverged" in history.message and "learning rate" in history.message
    assert 1 <= len(history.times) < 1000
    assert np.all(np.isfinite(history["W_h"]))


def test_diverging_flow_stops_with_a_message_and_what_it_had():
    history = gradient_flow(lambda net: [-W for W in net.weights], START, np.arange(100.0), progress=False)
    assert "a value exceeded 1e+06" in history.message
    # weights grow as exp(t) up to a million
    assert history.times[-1] == pytest.approx(np.log(1e6 / max(np.abs(W).max() for W in START.weights)), abs=1)


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------

DESCENT = dict(rnn=START, gradients=toward_target, learning_rate=0.1, steps=2)
FLOW = dict(rnn=START, gradients=toward_target, times=[0.0, 1.0])
SHARED = [("rnn", dict(rnn=TARGET)), ("gradients", dict(gradients=None)), ("record", dict(record=[loss])),
          ("record", dict(record={"loss": 1}))]


@pytest.mark.parametrize("name, change", [
    *SHARED, ("learning_rate", dict(learning_rate=0)), ("learning_rate", dict(learning_rate=np.nan)),
    ("learning_rate", dict(learning_rate="fast")), ("steps", dict(steps=0)), ("steps", dict(steps=1.0)),
    ("every", dict(every=0))])
def test_descent_refuses(name, change):
    with pytest.raises(ValueError, match=f"^{name}.* must"):
        gradient_descent(**(DESCENT | change))


@pytest.mark.parametrize("name, change", [
    *SHARED, ("times", dict(times=[])), ("times", dict(times=[1.0, 0.0])), ("times", dict(times=[0, np.nan])),
    ("times", dict(times=[[0.0, 1.0]])), ("tau", dict(tau=0)), ("tau", dict(tau=-1.0)), ("rtol", dict(rtol=0)),
    ("atol", dict(atol=-1)),
    ("method", dict(method="Euler"))])
def test_flow_refuses(name, change):
    with pytest.raises(ValueError, match=f"^{name}.* must"):
        gradient_flow(**(FLOW | change))


def test_history_refuses_an_unknown_record():
    with pytest.raises(ValueError, match="^name must be one of 'W_x', 'W_h', 'W_y'"):
        gradient_descent(**DESCENT, progress=False)["loss"]
