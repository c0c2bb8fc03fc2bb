"""Update rules on losses whose course is known: quadratic bowls, straight slopes, symmetries, laws of conservation."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from lrnn_helpers.nonlinear.adam import adam_rule
from lrnn_helpers.nonlinear.optimizers import descend, momentum_rule, normalized_rule, sign_rule
from lrnn_helpers.steps.gradients import loss_gradients
from lrnn_helpers.steps.networks import LinearRNN, random_rnn
from lrnn_helpers.steps.training import gradient_descent

heavy_ball, nesterov = partial(momentum_rule, momentum=0.9), partial(momentum_rule, momentum=0.9, nesterov=True)
RULES = (momentum_rule, heavy_ball, nesterov, normalized_rule, sign_rule, adam_rule)
SHAPES = arrays(float, array_shapes(max_dims=3, max_side=4), elements=st.floats(-10, 10))


def bowl(*weights):
    return weights


@given(st.lists(SHAPES, min_size=1, max_size=3), st.sampled_from(RULES), st.integers(1, 5))
def test_a_course_begins_where_it_starts_and_has_the_shapes_of_its_weights(weights, rule, every):
    run = descend(bowl, weights, rule, 0.01, 10, every=every)
    assert run.message == "" and list(run.steps) == list(range(0, 11, every))
    for W, course in zip(weights, run.weights, strict=True):
        assert course.shape == (len(run.steps), *W.shape)
        np.testing.assert_array_equal(course[0], W)


@given(st.lists(SHAPES, min_size=1, max_size=3), st.sampled_from(RULES))
def test_every_rule_is_the_same_for_mirrored_weights(weights, rule):
    there, mirrored = (descend(bowl, [sign * W for W in weights], rule, 0.1, 5).weights for sign in (1, -1))
    for one, other in zip(there, mirrored, strict=True):
        np.testing.assert_allclose(one, -other, atol=1e-12)


def test_without_momentum_a_network_takes_the_steps_of_gradient_descent():
    rnn = random_rnn(2, 4, 3, 0.5, np.random.default_rng(0))
    target = 0.9 ** np.arange(5)[:, None, None] * np.ones((3, 2))
    wanted = gradient_descent(partial(loss_gradients, target), rnn, 0.02, 30, progress=False).rnn
    run = descend(lambda *weights: loss_gradients(target, LinearRNN(*weights)), rnn.weights, momentum_rule, 0.02, 30)
    for course, W in zip(run.weights, wanted.weights, strict=True):
        np.testing.assert_allclose(course[-1], W, rtol=1e-12)


@pytest.mark.parametrize("rule, root", [
    (heavy_ball, lambda h: np.roots([1, -(1 + 0.9 - h), 0.9])),
    (nesterov, lambda h: np.roots([1, -1.9 * (1 - h), 0.9 * (1 - h)]))])
@pytest.mark.parametrize("h", [0.001, 0.0005])
def test_in_a_bowl_momentum_shrinks_by_the_root_of_its_recursion(rule, root, h):
    """W_{n+1} - W_n = momentum (W_n - W_{n-1}) - h W_n, where the gradient of Nesterov is that of the place ahead."""
    [course] = descend(bowl, [np.ones(1)], rule, h, 400).weights
    assert course[-1] / course[-2] == pytest.approx(np.max(root(h).real), rel=1e-9)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_a_heavy_ball_bears_steps_up_to_its_limit(momentum):
    rule, limit = partial(momentum_rule, momentum=momentum), 2 * (1 + momentum)
    below, above = (np.abs(descend(bowl, [np.ones(1)], rule, f * limit, 3000).weights[0][-1]) for f in (0.98, 1.02))
    assert below < 1e-6 and above > 1e6


@given(st.lists(SHAPES, min_size=1, max_size=3), st.floats(1e-3, 1e3))
def test_normalized_steps_have_one_length_whatever_the_size_of_the_gradient(weights, scale):
    run = descend(lambda *weights: [scale * W for W in weights], weights, normalized_rule, 0.01, 1)
    moved = np.sqrt(sum(np.sum((course[1] - course[0]) ** 2) for course in run.weights))
    still = all(np.linalg.norm(scale * W) == 0 for W in weights)
    assert moved == pytest.approx(0.0 if still else 0.01, rel=1e-6)


@given(arrays(float, 5, elements=st.floats(-1, 1).filter(lambda x: x == 0 or abs(x) > 1e-6)))
def test_signs_move_all_weights_alike_and_leave_the_flat_ones(slope):
    [course] = descend(lambda W: [slope], [np.zeros(5)], sign_rule, 0.1, 3).weights
    np.testing.assert_allclose(course[-1], -0.3 * np.sign(slope), atol=1e-12)


def test_a_descent_that_diverges_says_so_and_keeps_what_it_had():
    run = descend(bowl, [np.ones(2)], momentum_rule, 20.0, 100)
    assert "diverged" in run.message and "below 20" in run.message
    assert len(run.steps) == len(run.weights[0]) < 10 and np.isfinite(run.weights[0]).all()


def test_a_descent_that_meets_an_unstable_network_says_so():
    run = descend(lambda *weights: loss_gradients(np.ones((50, 1, 1)), LinearRNN(*weights)),
                  [np.ones((1, 1)), np.full((1, 1), 1e7), np.ones((1, 1))], momentum_rule, 0.1, 5)
    assert "stopped at step 1" in run.message and list(run.steps) == [0]


@pytest.mark.parametrize("name, value", [
    ("gradients", None), ("weights", []), ("weights", [np.nan]), ("rule", None), ("learning_rate", 0.0), ("steps", 0),
    ("every", 0), ("rule", lambda weights, rate: None)])
def test_descend_refuses(name, value):
    good = {"gradients": bowl, "weights": [np.ones(2)], "rule": sign_rule, "learning_rate": 0.1, "steps": 2, "every": 1}
    with pytest.raises(ValueError, match=f"^{name} must"):
        descend(**(good | {name: value}))


def test_rules_refuse():
    for rule in (momentum_rule, normalized_rule, sign_rule):
        with pytest.raises(ValueError, match="^learning_rate must"):
            rule([np.zeros(3)], 0.0)
        with pytest.raises(ValueError, match="^gradients must have the shapes"):
            rule([np.zeros(3)], 0.1)([np.zeros(4)])
    with pytest.raises(ValueError, match="^momentum must"):
        momentum_rule([np.zeros(3)], 0.1, 1.0)
    with pytest.raises(ValueError, match="^what gradients returns must"):
        descend(lambda W: W, [np.zeros(3)], sign_rule, 0.1, 2)
