"""Products of matrices as they are made in a browser, here compared with numpy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers import _products

sizes = st.integers(1, 9)


@given(sizes, sizes, sizes, st.sampled_from(["float32", "float64"]), st.booleans(), st.integers(0, 99))
def test_scipy_multiplies_like_numpy(rows, inner, columns, dtype, turned, seed):
    rng = np.random.default_rng(seed)
    left = rng.standard_normal((inner, rows) if turned else (rows, inner)).astype(dtype)
    left = left.T if turned else left
    right = rng.standard_normal((inner, columns)).astype(dtype)
    found = _products.by_scipy(left, right)
    assert found.dtype == dtype and found.shape == (rows, columns)
    assert found == pytest.approx(left @ right, abs=1e-4 if dtype == "float32" else 1e-12)


def test_numpy_multiplies_where_it_can():
    assert _products.product is np.matmul
