"""The network that learns one fixed point: recurrence, input and read-out, its loss and exact gradient.

A linear network of N units, driven by a constant input along the unit vector m, settles at h = (I - W)^{-1} m; its
read-out along the unit vector w shows z = w'h, which is to become the target. Only the recurrent weights W learn.
"""

from dataclasses import dataclass

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers.fixed_points._settling import check_settles


@dataclass(frozen=True, eq=False)
class FixedPointRNN:
    """A linear network with one constant input and one read-out.

    dh/dt = -h + W h + m,  z = w'h,  which settles at z = w'(I - W)^{-1} m.

    W: recurrent weights (N, N). m, w: unit vectors (N,), input and read-out. They are copied and read-only.
    ValueError if a shape does not fit, an entry is not finite, or m or w is not of length one.
    Source: Schuessler et al. (2020); chapter "Why does learning begin with a single direction?".
    """

    W: np.ndarray
    m: np.ndarray
    w: np.ndarray

    def __post_init__(self):
        _checks.frozen(self, W=("N", "N"), m=("N",), w=("N",))
        for name, vector in (("m", self.m), ("w", self.w)):
            with np.errstate(over="ignore"):
                length = np.linalg.norm(vector)
            if abs(length - 1) > 1e-8:
                raise ValueError(f"{name} must be a unit vector, but its length is {length:g}")

    def readout(self):
        """What the read-out shows once the constant input has settled.

        z = w'(I - W)^{-1} m.

        Returns a float. ValueError if the network does not settle: its spectral radius must be below 1.
        Source: Schuessler et al. (2020); chapter "Why does learning begin with a single direction?".
        """
        check_settles(self)
        return float(self.w @ np.linalg.solve(np.eye(len(self.W)) - self.W, self.m))


def random_fixed_point_rnn(N, g, rng):
    """A network with Gaussian recurrence of strength g, and an input and a read-out that are orthonormal.

    W = g J, where the entries of J are independent with variance 1 / N.

    N: number of units, at least 2. g: at least 0. rng: numpy random generator. Returns a FixedPointRNN.
    ValueError if an argument is out of range. Source: Schuessler et al. (2020).
    """
    N, g = _checks.integer("N", N, minimum=2), _checks.real("g", g, minimum=0)
    _checks.generator("rng", rng)
    _checks.affordable("N", N, N)
    m, w = np.linalg.qr(rng.standard_normal((N, 2)))[0].T
    return FixedPointRNN(g * rng.standard_normal((N, N)) / np.sqrt(N), m, w)


@_checks.moderate("target")
def loss(target, rnn):
    """Half the squared error of the settled read-out.

    L = 1/2 (target - z)^2,  z = w'(I - W)^{-1} m.

    target: read-out to be learned. rnn: FixedPointRNN. Returns a float. ValueError if the network does not settle.
    Source: Schuessler et al. (2020).
    """
    return 0.5 * (_checks.real("target", target) - _checks.instance("rnn", rnn, FixedPointRNN).readout()) ** 2


@_checks.moderate("target")
def loss_gradients(target, rnn):
    """The exact gradient of `loss` by the recurrent weights, a matrix of rank one.

    dL/dW = -(target - z) b a',  a = (I - W)^{-1} m,  b = (I - W)^{-T} w.

    target: read-out to be learned. rnn: FixedPointRNN. Returns dL/dW (N, N). ValueError if the network does not settle.
    Source: Schuessler et al. (2020); chapter "Why does learning begin with a single direction?".
    """
    target = _checks.real("target", target)
    check_settles(_checks.instance("rnn", rnn, FixedPointRNN))
    inverse = np.linalg.inv(np.eye(len(rnn.W)) - rnn.W)
    a, b = inverse @ rnn.m, rnn.w @ inverse
    return -(target - rnn.w @ a) * np.outer(b, a)
