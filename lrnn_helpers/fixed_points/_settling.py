"""Whether a network settles, found out cheaply."""

import numpy as np

from lrnn_helpers._checks import Unstable


def check_settles(rnn):
    """ValueError unless the spectral radius of W is below 1.

    A left eigenvector v, |v| = 1, of an eigenvalue outside the open unit disc keeps |v'W^k x| >= |v'x| for every x.
    For 32 random columns x the squares of v'x are expected to add up to 32. If all that is left of the columns adds up
    to a tenth of this, there is no such v; chance would hide one with probability 2e-11. If not, eigenvalues decide.
    """
    W = rnn.W
    columns = np.random.default_rng(0).standard_normal((len(W), 32)).astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        W_single = W.astype(np.float32)
        for _ in range(64):
            columns = W_single @ columns
            size = np.sum(columns**2)
            if size < 3.2:
                return
            if not size < 1e30:
                break
    radius = np.max(np.abs(np.linalg.eigvals(W)))
    if radius >= 1:
        raise Unstable("rnn must have a spectral radius below 1, so that the network settles, "
                       f"but its spectral radius is {radius:.6g}")
