"""Loss, gradient and gradient flow of whole networks, by independent routes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from lrnn_helpers.continuous import _gramians
from lrnn_helpers.continuous.filters import FilterRNN, damped_oscillator, leaky_integrator
from lrnn_helpers.continuous.learning import gradient_flow, loss, loss_and_gradients, loss_gradients
from lrnn_helpers.continuous.reduced import Pair, outlier_flow, outlier_loss, pair_flow, pair_rnn
from tests.continuous.cases import LEAKY, RNN, SEEDS, TARGETS, decays, frequencies, outlier_rnn, relative_error

# ---------------------------------------------------------------------------------------------------------------------
# Loss and gradient
# ---------------------------------------------------------------------------------------------------------------------


def by_frequency(rnn, target, nodes=800):
    """Loss and gradients as integrals over frequency, omega = tan(angle / 2): spectrally accurate."""
    angle = (np.arange(nodes) + 0.5) / nodes * 2 * np.pi - np.pi
    s, weight = 1j * np.tan(angle / 2), 0.5 / np.cos(angle / 2)**2 / nodes  # d omega / (2 pi)
    resolvent = np.linalg.inv(s[:, None, None] * np.eye(len(rnn.u)) + np.eye(len(rnn.u)) - rnn.W)
    right, left = resolvent @ rnn.u, rnn.v @ resolvent
    error = right @ rnn.v - target.transfer(s)
    pull = weight * error.conj()
    gradients = (np.einsum("s,si,sj->ij", pull, left, right), pull @ left, pull @ right)
    return 0.5 * weight @ abs(error)**2, [g.real for g in gradients]


@TARGETS
@pytest.mark.parametrize("method", ["krylov", "lyapunov"])
@SEEDS
def test_loss_and_gradients_agree_with_frequency_integrals(target, method, seed):
    rnn = outlier_rnn(24, 0.3, seed, outlier=0.4)
    L, gradients = by_frequency(rnn, target)
    assert loss_and_gradients(target, rnn, method)[0] == pytest.approx(L, rel=1e-12)
    assert relative_error(loss_gradients(target, rnn, method), gradients) < 1e-10


@TARGETS
@SEEDS
def test_loss_is_half_the_squared_distance_over_time(target, seed):
    rnn, (nodes, weights) = outlier_rnn(10, 0.3, seed, outlier=0.3), np.polynomial.legendre.leggauss(300)
    times = 60 * (nodes + 1)  # up to 120, where exp(-0.2 t) is 4e-11
    error = rnn.impulse_response(times) - target.impulse_response(times)
    assert loss(target, rnn) == pytest.approx(0.5 * 60 * weights @ error**2, rel=1e-10)


@TARGETS
@SEEDS
def test_gradient_is_the_slope_of_the_loss(target, seed):
    rnn, rng, step = outlier_rnn(30, 0.3, seed, outlier=0.5), np.random.default_rng(seed + 100), 1e-5
    dW, du, dv = rng.standard_normal((30, 30)) / 30, *rng.standard_normal((2, 30)) / 30
    there, back = (loss(target, FilterRNN(rnn.W + h * dW, rnn.u + h * du, rnn.v + h * dv)) for h in (step, -step))
    gradients = loss_gradients(target, rnn)
    slope = np.sum(gradients.W * dW) + gradients.u @ du + gradients.v @ dv
    assert (there - back) / (2 * step) == pytest.approx(slope, rel=1e-7, abs=1e-9)


@TARGETS
@pytest.mark.parametrize("N, sigma", [(1, 0.0), (3, 0.2), (40, 0.3), (150, 0.1), (150, 0.3), (150, 0.5), (60, 0.95)])
@SEEDS
def test_krylov_and_lyapunov_agree(target, N, sigma, seed):
    rnn = outlier_rnn(N, sigma, seed, outlier=0.0 if sigma > 0.9 else 0.5)
    L, gradients = loss_and_gradients(target, rnn, "lyapunov")
    L_krylov, gradients_krylov = loss_and_gradients(target, rnn, "krylov")
    assert L_krylov == pytest.approx(L, rel=1e-9)
    assert relative_error(gradients_krylov, gradients) < 1e-9
    if N > 20 and sigma <= 0.3:  # the fast route really was taken
        assert _gramians.by_krylov(rnn.W, rnn.u, rnn.v, target) is not None


@TARGETS
@pytest.mark.parametrize("case", ["W = 0", "rank one", "u along v", "u = 0", "v = 0", "orthogonal", "non-normal"])
def test_krylov_spaces_that_end_early(target, case):
    rng = np.random.default_rng(4)
    u, v, x, y = np.linalg.qr(rng.standard_normal((50, 4)))[0].T
    W = {"W = 0": 0 * np.outer(u, u), "rank one": 0.6 * np.outer(x + u, v), "u along v": 0.7 * np.outer(u, u),
         "orthogonal": 0.4 * np.outer(v, u), "non-normal": 3 * np.outer(v, u) - 0.4 * np.outer(u, v)
         }.get(case, 0.2 * np.outer(x, y + u) + 0.3 * np.outer(v, u))
    if case in ("u along v", "rank one"):
        v = 2 * u
    rnn = FilterRNN(W, 0 * u if case == "u = 0" else u, 0 * v if case == "v = 0" else v)
    fast, exact = (loss_and_gradients(target, rnn, method) for method in ("krylov", "lyapunov"))
    assert fast[0] == pytest.approx(exact[0], rel=1e-12)
    for measured, expected in zip(fast[1], exact[1], strict=True):
        assert_allclose(measured, expected, atol=1e-12)
    assert _gramians.by_krylov(rnn.W, rnn.u, rnn.v, target) is not None


@given(a=st.floats(-2, 2), c=st.floats(0.05, 3), c_star=decays, omega=frequencies)
def test_single_unit_has_the_loss_of_an_exponential(a, c, c_star, omega):
    target = damped_oscillator(c_star, omega)
    rnn = FilterRNN([[1 - c]], [1.0], [a])
    assert loss(target, rnn) == pytest.approx(outlier_loss(target, a, c), rel=1e-10, abs=1e-13)


@TARGETS
@SEEDS
def test_rotating_the_units_changes_nothing(target, seed):
    rnn = outlier_rnn(20, 0.3, seed, outlier=0.4)
    R = np.linalg.qr(np.random.default_rng(seed).standard_normal((20, 20)))[0]
    rotated = FilterRNN(R @ rnn.W @ R.T, R @ rnn.u, R @ rnn.v)
    g, g_rotated = loss_gradients(target, rnn), loss_gradients(target, rotated)
    assert loss(target, rotated) == pytest.approx(loss(target, rnn), rel=1e-12)
    assert relative_error(g_rotated, (R @ g.W @ R.T, R @ g.u, R @ g.v)) < 1e-9


@pytest.mark.parametrize("method", ["krylov", "lyapunov"])
@pytest.mark.parametrize("N", [2, 60])
def test_unstable_networks_have_no_loss(method, N):
    W = np.zeros((N, N))
    W[-1, -1] = 1.2
    for end in (0.0, 1.0):  # hidden from u and v, then seen by both
        u = np.eye(N)[0] + end * np.eye(N)[-1]
        with pytest.raises(ValueError, match="rnn must be stable"):
            loss_gradients(LEAKY, FilterRNN(W, u, u), method)
    W[-1, -1] = 1.0  # a perfect integrator is not stable either
    with pytest.raises(ValueError, match="rnn must be stable"):
        loss_gradients(LEAKY, FilterRNN(W, u, u), method)


@SEEDS
def test_an_unstable_random_network_is_refused(seed):
    with pytest.raises(ValueError, match="rnn must be stable"):
        loss(LEAKY, outlier_rnn(80, 1.5, seed))


# ---------------------------------------------------------------------------------------------------------------------
# Flow of whole networks
# ---------------------------------------------------------------------------------------------------------------------


@TARGETS
@SEEDS
def test_flow_conserves_its_invariant_and_lowers_the_loss(target, seed):
    rnn = outlier_rnn(10, 0.2, seed)
    nets = gradient_flow(target, rnn, np.linspace(0, 3, 7), rtol=1e-9, atol=1e-12).networks
    kept = [n.W @ n.W.T - n.W.T @ n.W + np.outer(n.u, n.u) - np.outer(n.v, n.v) for n in nets]
    assert_allclose(kept[-1], kept[0], atol=1e-8)
    assert np.linalg.norm(nets[-1].W - rnn.W) > 0.1
    losses = np.array([loss(target, n) for n in nets])
    assert np.all(np.diff(losses) < 0)


@TARGETS
def test_flow_loses_loss_at_the_squared_gradient(target):
    before, now, after = gradient_flow(target, outlier_rnn(10, 0.2, 5), [0, 1e-3, 2e-3], rtol=1e-12,
                                       atol=1e-15).networks
    squared = sum(np.sum(g**2) for g in loss_gradients(target, now))
    assert (loss(target, before) - loss(target, after)) / 2e-3 == pytest.approx(squared, rel=1e-5)


def test_flow_moves_only_what_is_trained():
    rnn = outlier_rnn(6, 0.2, 0)
    for trained in (("W",), ("u", "v"), ("v",)):
        start, end = gradient_flow(LEAKY, rnn, [0, 1], trained).networks
        for name in "Wuv":
            assert np.array_equal(getattr(start, name), getattr(end, name)) == (name not in trained)


@pytest.mark.parametrize("variant", ["all", "imbalanced", "readout", "recurrent"])
@TARGETS
def test_one_mode_networks_follow_the_outlier_flow(target, variant):
    r, times = np.ones(4) / 2, np.linspace(0, 8, 9)
    mu, nu, trained = {"all": (0.3, 0.3, "all"), "imbalanced": (0.6, 0.1, "all"), "readout": (1, 0, "readout"),
                       "recurrent": (0.9, 0.9, "recurrent")}[variant]
    names = {"all": "Wuv", "readout": "Wv", "recurrent": "W"}[trained]
    nets = gradient_flow(target, FilterRNN(0.1 * np.outer(r, r), mu * r, nu * r), times, tuple(names), rtol=1e-9,
                         atol=1e-12).networks
    mode = outlier_flow(target, mu * nu, 0.9, times, trained, imbalance=mu**2 - nu**2 if trained == "all" else 0.0)
    assert_allclose([n.u @ n.v for n in nets], mode.a, atol=1e-7)
    assert_allclose([1 - r @ n.W @ r for n in nets], mode.c, atol=1e-7)
    assert_allclose([loss(target, n) for n in nets], outlier_loss(target, mode.a, mode.c), atol=1e-7)


def test_flow_rejects_steps_into_instability(monkeypatch):
    met = []
    exact = _gramians.by_lyapunov

    def watched(*arguments):
        try:
            return exact(*arguments)
        except ValueError:
            met.append(True)
            raise

    monkeypatch.setattr(_gramians, "by_lyapunov", watched)
    times, root = np.array([0, 0.5, 1, 3]), np.sqrt(0.5)
    nets = gradient_flow(LEAKY, pair_rnn(1, 1, 0, root, root), times, ("W",), rtol=1e-4, atol=1e-7).networks
    assert met  # a trial step did leave the stable networks
    expected = [loss(LEAKY, n) for n in pair_flow(LEAKY, Pair(1, 1, 0, root, root), times).networks]
    assert_allclose([loss(LEAKY, n) for n in nets], expected, rtol=1e-3)


def test_flow_stops_before_the_loss_rises_for_too_coarse_a_tolerance():
    times = [0, 0.5, 1, 3]
    run = gradient_flow(leaky_integrator(0.1), FilterRNN([[0.95]], [1.0], [0.5]), times, rtol=1e-2, atol=1e-5)
    assert "the loss rose; try an rtol below 0.01" in run.message
    assert len(run.networks) == len(run.times) < len(times)
    assert np.all(np.diff([loss(leaky_integrator(0.1), n) for n in run.networks]) <= 0)


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call, name", [
    (lambda: loss(LEAKY, None), "rnn"), (lambda: loss(0.2, RNN), "target"),
    (lambda: loss_gradients(0.2, RNN), "target"),
    (lambda: loss(LEAKY, FilterRNN(-1e200 * np.eye(30), np.ones(30), np.ones(30))), "rnn"),
    (lambda: loss_gradients(LEAKY, RNN, "autograd"), "method"), (lambda: loss_and_gradients(LEAKY, 0), "rnn"),
    (lambda: gradient_flow(LEAKY, 0, [0, 1]), "rnn"), (lambda: gradient_flow(None, RNN, [0, 1]), "target"),
    (lambda: gradient_flow(LEAKY, RNN, [1, 0]), "times"),
    (lambda: gradient_flow(LEAKY, RNN, [0, 1], ("W", "x")), "trained"),
    (lambda: gradient_flow(LEAKY, RNN, [0, 1], "W"), "trained"),
    (lambda: gradient_flow(LEAKY, RNN, [0, 1], ()), "trained"),
    (lambda: gradient_flow(LEAKY, RNN, [0, 1], 3), "trained"),
    (lambda: gradient_flow(LEAKY, RNN, [0, 1], rtol=0), "rtol"),
    (lambda: gradient_flow(LEAKY, FilterRNN([[1.5]], [1], [1]), [0, 1]), "rnn")])
def test_learning_refuses(call, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        call()
