"""Learning to imitate a filter: loss, exact gradients and gradient flow of a linear network in continuous time.

The loss compares the impulse responses of network and target; it is half the mean squared error on white noise.
Gradient flow moves every trained parameter theta at unit rate, theta' = -dL / d theta. An unstable network has no loss:
it raises ValueError. `reduced` holds the few equations to which these flows reduce.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lrnn_helpers import _checks, _flow
from lrnn_helpers.continuous import _gramians
from lrnn_helpers.continuous.filters import Filter, FilterRNN


class Gradients(NamedTuple):
    """Derivatives of a loss by the three parameters, each of the shape of its parameter."""

    W: np.ndarray
    u: np.ndarray
    v: np.ndarray


def loss(target, rnn):
    """Half the squared distance between two impulse responses, over all times.

    L = 1/2 int_0^inf (k - k_*)^2 dt.

    target: Filter. rnn: FilterRNN. Returns a float. ValueError if the network is unstable.
    Source: Bordelon et al. (2025).
    """
    return loss_and_gradients(target, rnn)[0]


def loss_gradients(target, rnn, method="krylov"):
    """The exact gradient of `loss`, from the Gramians P, Q of the system whose impulse response is the error k - k_*.

    dL/dW = (Q P)_11,  dL/du = (Q u_e)_1,  dL/dv = (P v_e)_1,  u_e = (u; u_*),  v_e = (v; -v_*).

    target: Filter. rnn: FilterRNN. method: "krylov" costs O(N^2) for a random matrix plus a few outliers, and turns to
    the other where N is small, stability is not proved or its error estimate is not small; "lyapunov" costs O(N^3).
    Returns Gradients(W, u, v). ValueError if the network is unstable, or an entry of W is so large (above 1e9, or 1e9
    times the target's c) that rounding hides the slow modes. Source: Bordelon et al. (2025).
    """
    return loss_and_gradients(target, rnn, method)[1]


def loss_and_gradients(target, rnn, method="krylov"):
    """Loss and gradient at the cost of one.

    L = 1/2 int_0^inf (k - k_*)^2 dt and its derivatives by W, u, v.

    target, rnn, method: as for `loss_gradients`. Returns the float and Gradients(W, u, v). ValueError as there.
    Source: Bordelon et al. (2025).
    """
    _checks.instance("target", target, Filter)
    _checks.instance("rnn", rnn, FilterRNN)
    _checks.choice("method", method, ("krylov", "lyapunov"))
    return _evaluate(target, *rnn.weights, method)


def _evaluate(target, W, u, v, method="krylov"):
    if not 1e-9 < target.c <= max(target.c, target.omega) < 1e9:
        raise ValueError(f"target must have c and omega of moderate size, between 1e-9 and 1e9, but it is {target}")
    largest, ends = np.max(np.abs(W)), max(np.max(np.abs(u)), np.max(np.abs(v)))
    if largest > 1e9 * min(1.0, target.c) or ends > 1e75:
        raise _checks.Unstable("rnn must have moderate weights, but an entry of W, u or v is as large as "
                               f"{max(largest, ends):g}")
    answer = _gramians.by_krylov(W, u, v, target) if method == "krylov" else None
    value, gradients = answer or _gramians.by_lyapunov(W, u, v, target)
    return value, Gradients(*gradients)


@dataclass(frozen=True, eq=False)
class FilterFlow:
    """The course of a network that learns a filter.

    times: those that were reached (n,). networks: the FilterRNN at each of them. message: why the flow stopped early,
    or "" if it did not.
    """

    times: np.ndarray
    networks: list
    message: str


def gradient_flow(target, rnn, times, trained=("W", "u", "v"), *, rtol=1e-7, atol=1e-10, progress=True):
    """Gradient flow of the whole network.

    dW/dt = -dL/dW,  du/dt = -dL/du,  dv/dt = -dL/dv  for those that are trained. A step that meets an unstable network
    is rejected and tried again, shorter. Steps are explicit and shrink as c^3 near a slow target: below c = 0.1 the
    reduced flows are the faster way.

    target: Filter. rnn: FilterRNN at times[0]. times: learning times (n,), increasing. trained: names among W, u, v.
    rtol, atol: tolerances of the integration. progress: whether to show a bar.
    Returns a FilterFlow; a run that cannot go on, or on which the loss rises because rtol is too coarse, stops, keeps
    what it had and says so in `message`. ValueError if an argument does not fit or rnn is unstable.
    Source: Bordelon et al. (2025).
    """
    loss_and_gradients(target, rnn)
    times, n = _checks.increasing("times", times), len(rnn.u)
    if not isinstance(trained, (tuple, list)) or not trained or any(name not in ("W", "u", "v") for name in trained):
        raise ValueError(f"trained must hold one or more of 'W', 'u', 'v', but {trained!r} was given")
    ends = np.cumsum([n * n, n])
    rates = np.repeat([float(name in trained) for name in "Wuv"], [n * n, n, n])

    def unpack(state):
        W, u, v = np.split(state, ends)
        return W.reshape(n, n), u, v

    def velocity(_, state):
        if not np.isfinite(state).all():
            return np.full(len(state), np.nan)
        try:
            gradients = _evaluate(target, *unpack(state))[1]
        except _checks.Unstable:  # an error that is not a number rejects the step
            return np.full(len(state), np.nan)
        return -rates * np.concatenate([g.ravel() for g in gradients])

    times, states, message = _flow.integrate(velocity, np.concatenate([part.ravel() for part in rnn.weights]), times,
                                             rtol=rtol, atol=atol, method="RK45", what="gradient flow",
                                             progress=progress)
    losses = np.array([_evaluate(target, *unpack(state))[0] for state in states])
    rises = np.flatnonzero(np.diff(losses) > rtol * (losses[0] + target.norm_squared))
    if len(rises):
        kept = rises[0] + 1
        times, states = times[:kept], states[:kept]
        message = f"gradient flow stopped after time {times[-1]:g}: the loss rose; try an rtol below {rtol:g}"
    return FilterFlow(times, [FilterRNN(*unpack(state)) for state in states], message)
