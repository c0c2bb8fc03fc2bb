"""Low rank: how many directions a change of weights needs, and how much the initial weights matter."""

import numpy as np

from lrnn_helpers import _checks


def truncate(change, rank):
    """The best approximation of a matrix by one of the given rank.

    sum_{k <= rank} s_k u_k v_k', from the singular value decomposition.

    change: (n, m). rank: from 0 to min(n, m). Returns (n, m). ValueError if an argument is out of range.
    Source: Schuessler et al. (2020), section on the rank of weight changes.
    """
    change = _checks.array("change", change, ("n", "m"))
    if _checks.integer("rank", rank, minimum=0) > min(change.shape):
        raise ValueError(f"rank must be at most {min(change.shape)} for a change of shape {change.shape}, "
                         f"but {rank} was given")
    U, s, Vt = np.linalg.svd(change, full_matrices=False)
    return (U[:, :rank] * s[:rank]) @ Vt[:rank]


def participation_ratio(singular_values):
    """How many directions share the squared norm of a matrix: 1 for rank one, n for n equal singular values.

    (sum_k s_k^2)^2 / sum_k s_k^4.

    singular_values: (n,), not negative, not all zero. Returns a float. ValueError otherwise.
    Source: Schuessler et al. (2020); chapter "What does learning change?".
    """
    s = _checks.array("singular_values", singular_values, ("n",), minimum=0)
    _checks.real("the largest of singular_values", s.max(), above=0)
    shares = (s / s.max()) ** 2
    return float(np.sum(shares) ** 2 / np.sum(shares**2))


def shuffled(W0, rng):
    """The entries of a matrix in random order: the same distribution of weights, unrelated to what was learned.

    W0: (n, m). rng: numpy random generator. Returns (n, m). ValueError if an argument does not fit.
    Source: Schuessler et al. (2020).
    """
    W0 = _checks.array("W0", W0, ("n", "m"))
    return _checks.generator("rng", rng).permutation(W0.ravel()).reshape(W0.shape)
