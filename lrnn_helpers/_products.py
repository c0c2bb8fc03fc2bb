"""Products of matrices. In a browser numpy has no linear algebra of its own, and scipy's is five times faster."""

import sys

import numpy as np
from scipy import linalg


def by_scipy(left, right):
    """left right, for matrices (L, M) and (M, N) of one kind of real numbers; transposed, as Fortran sees them."""
    [multiply] = linalg.get_blas_funcs(["gemm"], (left, right))
    return multiply(1, right.T, left.T).T


product = by_scipy if sys.platform == "emscripten" else np.matmul
