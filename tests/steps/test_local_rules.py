"""Local rules: the online algorithms, the gradient as a limit, laws of conservation, and what each rule cannot do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.steps import local_rules
from lrnn_helpers.steps.gradients import loss_gradients
from lrnn_helpers.steps.networks import LinearRNN, aligned_rnn, random_rnn
from lrnn_helpers.steps.tasks import teacher_targets, white_inputs

SIZES = st.integers(1, 4)
LEAKS = st.floats(-1.1, 1.1)


@st.composite
def problems(draw):
    """A network, a target and feedback weights of random sizes."""
    n_x, n_h, n_y, T = draw(SIZES), draw(st.integers(1, 6)), draw(SIZES), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    rnn = random_rnn(n_x, n_h, n_y, draw(st.floats(0.1, 1.2)), rng)
    return rnn, rng.standard_normal((T, n_y, n_x)), rng.standard_normal((n_h, n_y)), rng


def assert_same(ours, wanted, atol=1e-11):
    scale = 1 + max(np.abs(G).max() for G in wanted)
    for G, other in zip(ours, wanted, strict=True):
        np.testing.assert_allclose(G, other, atol=atol * scale)


def velocity(target, rnn, blame):
    return [-change for change in local_rules.update(target, rnn, blame)]


@given(problems(), st.integers(0, 3))
def test_a_window_of_all_steps_or_more_is_the_gradient(problem, more):
    rnn, target, _, _ = problem
    blame = local_rules.truncated(rnn, len(target), len(target) + more)
    assert_same(local_rules.update(target, rnn, blame), loss_gradients(target, rnn))


@given(problems())
def test_feedback_by_the_output_weights_is_the_gradient(problem):
    rnn, target, _, _ = problem
    assert_same(local_rules.update(target, rnn, local_rules.feedback_alignment(rnn, len(target), rnn.W_y.T)),
                loss_gradients(target, rnn))


@given(problems(), LEAKS)
def test_traces_at_the_synapses_give_rflo_and_e_prop_on_white_input(problem, leak):
    rnn, target, F, rng = problem
    T, _, n_x = target.shape
    x = white_inputs(T * n_x + 3, T, n_x, rng)
    y = teacher_targets(target, x)
    for leaks, feedback, blame in (
            (np.full(len(F), leak), F, local_rules.random_feedback(rnn, T, leak, F)),
            (np.diag(rnn.W_h), rnn.W_y.T, local_rules.e_prop(rnn, T))):
        h, trace_x, trace_h = np.zeros((x.shape[1], len(F))), 0.0, 0.0
        for inputs in x:
            trace_x = leaks[:, None] * trace_x + inputs[:, None, :]
            trace_h = leaks[:, None] * trace_h + h[:, None, :]
            h = h @ rnn.W_h.T + inputs @ rnn.W_x.T
        error = h @ rnn.W_y.T - y
        told = error @ feedback.T
        online = (np.einsum("pi,pij->ij", told, trace_x), np.einsum("pi,pij->ij", told, trace_h), error.T @ h)
        assert_same(local_rules.update(target, rnn, blame), online, atol=1e-10)


@given(problems(), LEAKS)
def test_under_rflo_the_overlap_of_feedback_and_read_out_gains_what_the_weights_gain(problem, leak):
    rnn, target, F, _ = problem
    d_x, d_h, d_y = velocity(target, rnn, local_rules.random_feedback(rnn, len(target), leak, F))
    W = rnn.W_h - leak * np.eye(len(F))
    assert_same([F @ d_y], [d_h @ W.T + d_x @ rnn.W_x.T])


@given(problems())
def test_feedback_alignment_through_the_recurrence_has_a_law_of_its_own(problem):
    rnn, target, F, _ = problem
    d_x, d_h, d_y = velocity(target, rnn, local_rules.feedback_alignment(rnn, len(target), F))
    half = d_x @ rnn.W_x.T + d_h @ rnn.W_h.T - rnn.W_h.T @ d_h - F @ d_y
    scale = 1 + sum(np.abs(d).max() for d in (d_x, d_h, d_y)) * (1 + np.abs(F).max())
    np.testing.assert_allclose(half + half.T, 0, atol=1e-11 * scale)


@given(problems(), st.integers(1, 8))
def test_the_conserved_matrix_leaks_by_the_first_term_that_a_window_cuts_off(problem, n):
    rnn, target, _, _ = problem
    d_x, d_h, d_y = velocity(target, rnn, local_rules.truncated(rnn, len(target), n))
    half = d_x @ rnn.W_x.T - rnn.W_y.T @ d_y + d_h @ rnn.W_h.T - rnn.W_h.T @ d_h
    G, seen = rnn.impulse_response(len(target)) - target, rnn.W_y @ np.linalg.matrix_power(rnn.W_h, n)
    X = sum((seen.T @ G[n + m] @ (np.linalg.matrix_power(rnn.W_h, m) @ rnn.W_x).T for m in range(len(target) - n)),
            np.zeros_like(rnn.W_h))
    assert_same([half + half.T], [X + X.T])


@given(problems(), st.integers(1, 7))
def test_a_window_no_longer_than_the_delay_lets_the_input_weights_shrink(problem, n):
    rnn, target, _, _ = problem
    n = min(n, len(target))
    target[:n] = 0
    d_x = velocity(target, rnn, local_rules.truncated(rnn, len(target), n))[0]
    lost = 2 * np.sum(rnn.impulse_response(n) ** 2)
    assert 2 * np.sum(d_x * rnn.W_x) == pytest.approx(-lost, rel=1e-9, abs=1e-12)


@given(problems(), LEAKS)
def test_rflo_changes_the_weights_along_the_feedback_only(problem, leak):
    rnn, target, F, _ = problem
    d_x, d_h, _ = velocity(target, rnn, local_rules.random_feedback(rnn, len(target), leak, F))
    outside = np.eye(len(F)) - F @ np.linalg.pinv(F)
    for d in (d_x, d_h):
        np.testing.assert_allclose(outside @ d, 0, atol=1e-10 * (1 + np.abs(d).max() * np.linalg.cond(F)))


@pytest.mark.parametrize("rule", [
    lambda rnn, T: local_rules.truncated(rnn, T, 2), lambda rnn, T: local_rules.e_prop(rnn, T),
    lambda rnn, T: local_rules.random_feedback(rnn, T, 0.4, np.ones((4, 3))),
    lambda rnn, T: local_rules.feedback_alignment(rnn, T, np.ones((4, 3)))])
def test_at_a_solution_every_rule_rests(rule):
    rnn = random_rnn(2, 4, 3, 0.9, np.random.default_rng(0))
    for change in local_rules.update(rnn.impulse_response(6), rnn, rule(rnn, 6)):
        np.testing.assert_allclose(change, 0, atol=1e-13)


@pytest.mark.parametrize("N", [1, 5, 12])
def test_e_prop_takes_a_mode_of_many_neurons_for_one_that_leaks_fast(N):
    rnn = aligned_rnn([0.7], [0.9], [1.2], *(np.ones((n, 1)) / np.sqrt(n) for n in (1, 1, N)))
    np.testing.assert_allclose(local_rules.e_prop(rnn, 6),
                               local_rules.random_feedback(rnn, 6, 0.9 / N, rnn.W_y.T), atol=1e-15)


def test_one_unit_by_multiplicity_and_by_difference_quotient():
    a, b, c, f, rho, k = 0.7, 0.8, 1.3, 0.6, 0.3, np.arange(1, 7)
    unit, target = LinearRNN([[a]], [[b]], [[c]]), np.linspace(1, 2, 7)
    e = target - c * b ** np.arange(7) * a
    for blame, weight in ((local_rules.truncated(unit, 7, 3), c * np.minimum(k, 3) * b ** (k - 1.0)),
                          (local_rules.random_feedback(unit, 7, rho, [[f]]), f * (b**k - rho**k) / (b - rho))):
        change = local_rules.update(target[:, None, None], unit, blame).W_h[0, 0]
        assert -change == pytest.approx(a * np.sum(weight * e[1:]), rel=1e-12)


RNN = random_rnn(2, 4, 3, 0.9, np.random.default_rng(0))
F = np.ones((4, 3))


@pytest.mark.parametrize("name, call", [
    ("rnn", lambda: local_rules.truncated(RNN.weights, 3, 1)), ("T", lambda: local_rules.truncated(RNN, 0, 1)),
    ("window", lambda: local_rules.truncated(RNN, 3, 0)), ("rnn", lambda: local_rules.e_prop("network", 3)),
    ("T", lambda: local_rules.e_prop(RNN, 2.5)), ("leak", lambda: local_rules.random_feedback(RNN, 3, np.nan, F)),
    ("feedback", lambda: local_rules.random_feedback(RNN, 3, 0.5, F.T)),
    ("rnn", lambda: local_rules.random_feedback(None, 3, 0.5, F)),
    ("feedback", lambda: local_rules.feedback_alignment(RNN, 3, F[:2])),
    ("target", lambda: local_rules.update(np.ones((3, 2, 2)), RNN, np.ones((3, 4, 3)))),
    ("blame", lambda: local_rules.update(np.ones((3, 3, 2)), RNN, np.ones((2, 4, 3)))),
    ("rnn", lambda: local_rules.update(np.ones((3, 3, 2)), None, np.ones((3, 4, 3))))])
def test_refuses(name, call):
    with pytest.raises(ValueError, match=f"^{name} must"):
        call()
