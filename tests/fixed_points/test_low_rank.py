"""Low rank: best approximation, effective rank, participation ratio, shuffling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.fixed_points import low_rank
from tests.conftest import from_chapter

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.integers(1, 8), st.integers(1, 8), st.data())
def test_truncation_is_the_best_approximation_of_its_rank(seed, n, m, data):
    change = np.random.default_rng(seed).standard_normal((n, m))
    rank = data.draw(st.integers(0, min(n, m)))
    kept = low_rank.truncate(change, rank)
    s = np.linalg.svd(change, compute_uv=False)
    assert np.linalg.matrix_rank(kept, tol=1e-12) == rank
    assert np.linalg.norm(change - kept) == pytest.approx(np.sqrt(np.sum(s[rank:] ** 2)), abs=1e-13)  # Eckart and Young
    np.testing.assert_allclose(low_rank.truncate(kept, rank), kept, rtol=0, atol=1e-13)


def test_truncation_at_full_rank_changes_nothing_and_at_rank_zero_everything():
    change = np.random.default_rng(0).standard_normal((4, 6))
    np.testing.assert_allclose(low_rank.truncate(change, 4), change, rtol=0, atol=1e-14)
    assert np.all(low_rank.truncate(change, 0) == 0)


def test_effective_rank_is_the_first_small_loss_even_if_losses_go_up_and_down():
    effective_rank = from_chapter("initialization/low_rank_changes", "effective_rank")
    assert effective_rank(np.array([1, 0.5, 0.04, 0.2, 0.01])) == 2
    assert np.isnan(effective_rank(np.array([1, 2, 0.5, 0.4])))
    assert effective_rank(np.array([1, 0.05, 0])) == 2  # strictly below
    assert effective_rank(np.array([2, 0.9, 0]), threshold=0.5) == 1


@given(seeds, st.integers(1, 10), st.floats(1e-200, 1e200))
def test_participation_ratio_counts_equal_directions_and_has_no_units(seed, n, unit):
    assert low_rank.participation_ratio(np.concatenate([np.full(n, unit), np.zeros(3)])) == pytest.approx(n, rel=1e-13)
    s = np.random.default_rng(seed).uniform(0.1, 1, n)
    ratio = low_rank.participation_ratio(s)
    assert 1 - 1e-13 <= ratio <= n + 1e-13
    assert ratio == pytest.approx(low_rank.participation_ratio(unit * s), rel=1e-12)
    matrix = np.diag(s) @ np.diag(s)
    assert ratio == pytest.approx(np.trace(matrix) ** 2 / np.trace(matrix @ matrix), rel=1e-12)


@given(seeds)
def test_shuffling_keeps_the_entries_and_forgets_their_places(seed):
    rng = np.random.default_rng(seed)
    W0 = rng.standard_normal((30, 30))
    mixed = low_rank.shuffled(W0, rng)
    np.testing.assert_array_equal(np.sort(mixed.ravel()), np.sort(W0.ravel()))
    assert abs(np.corrcoef(W0.ravel(), mixed.ravel())[0, 1]) < 6 / 30  # six standard deviations


def test_shuffling_is_reproducible_and_leaves_its_argument_alone():
    W0 = np.arange(6.0).reshape(2, 3)
    first, second = (low_rank.shuffled(W0, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(W0, np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize("change, rank, message", [
    (np.ones(3), 1, "change"), ([[np.nan]], 0, "change"), (np.eye(2), 3, "rank"), (np.eye(2), -1, "rank"),
    (np.eye(2), 1.5, "rank")])
def test_truncate_refuses(change, rank, message):
    with pytest.raises(ValueError, match=message):
        low_rank.truncate(change, rank)


@pytest.mark.parametrize("singular_values", [[], [0, 0], [1, -1], [np.inf], [[1]]])
def test_participation_ratio_refuses(singular_values):
    with pytest.raises(ValueError, match="singular_values"):
        low_rank.participation_ratio(singular_values)


def test_shuffled_refuses():
    with pytest.raises(ValueError, match="W0"):
        low_rank.shuffled(np.ones(3), np.random.default_rng(0))
    with pytest.raises(ValueError, match="rng"):
        low_rank.shuffled(np.eye(3), 0)
