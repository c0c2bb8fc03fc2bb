"""The LSTM: its hand-written gradient against automatic differentiation, symmetries, and what it refuses."""

from dataclasses import replace

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.nonlinear import lstm, sentiment

seeds = st.integers(0, 2**32 - 1)


def setting(seed, *, n_h=3, n_in=4, P=5, dtype="float64"):
    rng = np.random.default_rng(seed)
    net = lstm.random_lstm(len(sentiment.VOCABULARY), n_in, n_h, 1.0, rng, dtype=dtype)
    return replace(net, b_1=net.b_1 + 0.1, read=net.read + 0.2), sentiment.sentences(P, rng)


def plain_answer(weights, words):
    """The answer to one sentence, written as in a textbook, word by word."""
    table, V_1, W_1, b_1, V_2, W_2, b_2, read = weights
    n_h = W_1.shape[1]
    logistic = lambda x: 1 / (1 + anp.exp(-x))  # noqa: E731
    h_1 = c_1 = h_2 = c_2 = anp.zeros(n_h)

    def step(V, W, b, x, h, c):
        i, f, o, u = (anp.dot(V, x) + anp.dot(W, h) + b).reshape(4, n_h)
        c = logistic(f) * c + logistic(i) * anp.tanh(u)
        return logistic(o) * anp.tanh(c), c

    for word in words:
        h_1, c_1 = step(V_1, W_1, b_1, table[word], h_1, c_1)
        h_2, c_2 = step(V_2, W_2, b_2, h_1, h_2, c_2)
    return anp.dot(read[:-1], h_2) + read[-1]


def plain_loss(weights, data):
    total = 0.0
    for column, (length, label) in enumerate(zip(data.lengths, data.labels)):
        y = plain_answer(weights, data.words[:length, column])
        total = total + anp.log(1 + anp.exp(-y if label else y))
    return total / len(data.labels)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_agrees_with_automatic_differentiation(seed):
    net, data = setting(seed)
    value, gradients = lstm.loss_and_gradients(data, net)
    assert value == pytest.approx(plain_loss(net.weights, data), rel=1e-13)
    for name, ours, theirs in zip(gradients._fields, gradients, grad(plain_loss)(net.weights, data)):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-13, err_msg=name)


@given(seeds)
def test_answer_to_a_sentence_does_not_depend_on_the_batch_it_is_in(seed):
    net, data = setting(seed)
    together = lstm.answers(data, net)
    for column, length in enumerate(data.lengths):
        alone = sentiment.Sentences(data.words[:length, [column]], data.lengths[[column]], data.labels[[column]])
        assert lstm.answers(alone, net)[0] == pytest.approx(together[column], abs=1e-13)


@given(seeds)
def test_order_of_units_does_not_matter(seed):
    net, data = setting(seed, n_h=4)
    order = np.random.default_rng(seed).permutation(4)
    rows = (np.arange(4)[:, None] * 4 + order).ravel()
    moved = replace(net, V_2=net.V_2[rows], W_2=net.W_2[rows][:, order], b_2=net.b_2[rows],
                         read=np.append(net.read[:-1][order], net.read[-1]))
    np.testing.assert_allclose(lstm.answers(data, moved), lstm.answers(data, net), rtol=0, atol=1e-13)


def test_loss_and_gradients_are_the_same_apart_and_together():
    net, data = setting(3)
    value, gradients = lstm.loss_and_gradients(data, net)
    assert lstm.loss(data, net) == pytest.approx(value, rel=1e-15)
    for one, other in zip(lstm.loss_gradients(data, net), gradients, strict=True):
        np.testing.assert_array_equal(one, other)


def test_network_without_read_out_tosses_a_coin():
    net, data = setting(0, P=40)
    silent = replace(net, read=0 * net.read)
    value, gradients = lstm.loss_and_gradients(data, silent)
    assert value == pytest.approx(np.log(2), rel=1e-14)
    assert gradients.read[-1] == pytest.approx(0.5 - data.labels.mean(), abs=1e-15)
    assert lstm.accuracy(data, silent) == pytest.approx(1 - data.labels.mean())


def test_single_precision_agrees_to_its_rounding():
    net, data = setting(1)
    single = replace(net, dtype="float32")
    value, gradients = lstm.loss_and_gradients(data, single)
    assert all(G.dtype == np.float32 for G in gradients)
    assert value == pytest.approx(lstm.loss_and_gradients(data, net)[0], rel=1e-5)


def test_random_network_has_the_strength_asked_for():
    net = lstm.random_lstm(10, 5, 200, 0.7, np.random.default_rng(0))
    assert np.linalg.norm(net.W_2) == pytest.approx(0.7 * np.sqrt(4 * 200), rel=0.01)
    assert not np.any(lstm.random_lstm(10, 5, 20, 0, np.random.default_rng(0)).W_1)


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, message", [
    ((0, 4, 2, 1), "n_words"), ((9, 4.5, 2, 1), "n_in"), ((9, 4, 0, 1), "n_h"), ((9, 4, 2, -1), "g")])
def test_random_network_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        lstm.random_lstm(*arguments, np.random.default_rng(0))
    with pytest.raises(ValueError, match="rng"):
        lstm.random_lstm(9, 4, 2, 1, 0)
    with pytest.raises(ValueError, match="dtype"):
        lstm.random_lstm(9, 4, 2, 1, np.random.default_rng(0), dtype="float16")


@pytest.mark.parametrize("name, change", [
    ("table", lambda net: np.ones(3)), ("V_1", lambda net: net.V_1[:, :2]),
    ("W_1", lambda net: np.full((12, 3), np.nan)),
    ("b_1", lambda net: net.b_1[:4]), ("V_2", lambda net: net.V_2.T), ("W_2", lambda net: 1j * net.W_2),
    ("b_2", lambda net: "b"), ("read", lambda net: net.read[:-1]), ("dtype", lambda net: "float16")])
def test_network_refuses(name, change):
    net, _ = setting(0)
    with pytest.raises(ValueError, match=f"^{name} must"):
        replace(net, **{name: change(net)})


@pytest.mark.parametrize("function", [lstm.answers, lstm.accuracy, lstm.loss, lstm.loss_gradients,
                                      lstm.loss_and_gradients])
def test_functions_refuse(function):
    net, data = setting(0)
    for arguments, message in (((data, net.weights), "lstm"), ((data.words, net), "data"),
                               ((data, replace(net, table=net.table[:3])), "data"),
                               ((data._replace(words=data.words - 1), net), "data"),
                               ((data._replace(lengths=data.lengths[1:]), net), "data"),
                               ((data._replace(lengths=data.lengths + 99), net), "data"),
                               ((data._replace(words=data.words / 2), net), "data.words must hold whole numbers"),
                               ((data._replace(labels=data.labels + 1), net), "data.labels")):
        with pytest.raises(ValueError, match=message):
            function(*arguments)
