"""Claims: what holds, what fails, and what is kept for the scoreboard."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrnn_helpers.page import claims


@settings(max_examples=60)  # both sides of the tolerance, of both kinds
@given(predicted=st.floats(-1e6, 1e6), error=st.floats(-1, 1), rtol=st.floats(1e-9, 0.5), atol=st.floats(1e-9, 1))
def test_a_claim_holds_exactly_within_its_tolerance(predicted, error, rtol, atol):
    allowed = atol + rtol * abs(predicted)
    measured = predicted + 1.5 * error * allowed
    if abs(measured - predicted) <= allowed:
        claims.check("within", measured, predicted, rtol=rtol, atol=atol)
    else:
        with pytest.raises(AssertionError, match="within.*wrong"):
            claims.check("within", measured, predicted, rtol=rtol, atol=atol)


def test_a_wrong_claim_names_its_worst_entry():
    with pytest.raises(AssertionError, match=r"index \(2,\): measured 3, predicted 4"):
        claims.check("three values", [1.0, 2.001, 3.0], [1.0, 2.0, 4.0], rtol=1e-6)


def test_a_claim_without_tolerance_must_be_exact(displayed):
    claims.check("exact", 0.5, 0.5)
    with pytest.raises(AssertionError):
        claims.check("exact", 0.5, 0.5 + 1e-16 + 1e-12)


def test_what_is_printed_does_not_depend_on_digits_below_the_tolerance(displayed):
    for noise in (0.0, 3e-13, -4e-13):
        claims.check("rounding", 0.0 + noise, 0.0, atol=1e-10)
        claims.check("rounding", np.array([1.25, 0.1]) + noise, np.array([1.25, 0.1]), rtol=1e-6)
    assert len({repr(claim) for claim in displayed}) == 2


def test_the_record_travels_in_the_metadata(displayed):
    claims.check("half <life>", 2.0, 2.01, rtol=0.01, source="A paper, Fig. 2")
    data, metadata = displayed[0]._repr_mimebundle_()
    assert metadata["claim"]["source"] == "A paper, Fig. 2"
    assert "half &lt;life&gt;" in data["text/html"] and 'id="claim-half-life"' in data["text/html"]
    assert data["text/plain"].startswith("✓ half <life>: measured 2, predicted 2.01")


def test_claims_are_collected_from_notebooks(tmp_path, displayed):
    claims.check("kept", 1.0, 1.0)
    data, metadata = displayed[0]._repr_mimebundle_()
    cells = [{"cell_type": "code", "outputs": [{"data": data, "metadata": metadata}, {"name": "stdout"}]},
             {"cell_type": "markdown"}]
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "one.ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
    (path, claim), = claims.collect(tmp_path)
    assert path.as_posix() == "part/one.ipynb" and claim == displayed[0]


def test_bounds_hold_or_fail(displayed):
    claims.check_between("inside", [1.0, 2.0], 1, 2)
    assert "between 1 and 2" in repr(displayed[0])
    for measured in (0.5, [1.0, 2.5]):
        with pytest.raises(AssertionError, match="wrong"):
            claims.check_between("outside", measured, 1, 2)


@pytest.mark.parametrize("measured, said", [(0.0, 1), (0.004, 1), (0.011, 2), (0.21, 50), (-0.5, 50), (0.999, 100)])
def test_a_claim_says_how_much_of_its_tolerance_it_needed(displayed, measured, said):
    claims.check("near", measured, 0.0, atol=1.0)
    claims.check("near", [0.0, measured], 0.0, atol=1.0)
    assert {claim.close for claim in displayed} == {f"off by at most {said} % of the tolerance"}
    assert [claim.share for claim in displayed] == 2 * [[0, said]]


@given(place=st.floats(0, 1))
def test_the_share_of_a_tolerance_is_one_of_a_few_steps_and_not_below_the_truth(place):
    share = claims._share(np.array([0.0, place]), np.array([0.0, 1.0]))
    assert 100 * place <= share <= max(251 * place, 1)


@pytest.mark.parametrize("measured, bounds, words, share", [
    ([1.2, 1.7], (1, 2), "20 % to 70 % of the way up", [20, 70]), (1.5, (1, 2), "50 % of the way up", [50, 50]),
    (3.0, (-np.inf, 10), "0.3 times the bound", [0, 30]), ([20.0, 9.0], (5, np.inf), "nearest 1.8 t", [0, 56]),
    (-5.0, (-np.inf, -1), "5 times the bound", [0, 20]), (1e-17, (-np.inf, 1e-9), "0 times the bound", [0, 0]),
    (-3.0, (-np.inf, 1), "", None), (3.0, (0, np.inf), "", None)])
def test_values_between_bounds_say_where(displayed, measured, bounds, words, share):
    claims.check_between("between", measured, *bounds)
    assert words in displayed[0].close and bool(words) == bool(displayed[0].close) and displayed[0].share == share


def test_many_values_are_counted_instead_of_ranged(displayed):
    claims.check("many", np.linspace(-1, 1, 36), np.linspace(-1, 1, 36), atol=1e-9)
    assert repr(displayed[0]) == ("✓ many: measured 36 values, all as predicted, off by at most 1 % of the tolerance "
                                  "(atol 1e-09)")


def test_what_no_other_machine_repeats_is_counted_and_held_but_not_shown(displayed):
    for noise in (0.0, 0.1):
        claims.check_between("fate", [1.0 + noise, 1.5], 1, 2, reproducible=False)
    assert {repr(claim) for claim in displayed} == {"✓ fate: measured 2 values within, claimed between 1 and 2"}
    with pytest.raises(AssertionError, match="wrong: measured 1 to 2.5"):
        claims.check_between("fate", [1.0, 2.5], 1, 2, reproducible=False)


@pytest.mark.parametrize("name, arguments", [
    ("measured", ("a", [1.0, 2.0], [1.0])), ("measured", ("a", np.nan, 1.0)), ("predicted", ("a", 1.0, np.inf)),
    ("name", ("", 1.0, 1.0)), ("name", (3, 1.0, 1.0)), ("measured", ("a", "one", 1.0)),
    ("measured", ("a", [1.0, 2.0], [[1.0, 2.0]]))])
def test_check_refuses(name, arguments):
    with pytest.raises(ValueError, match=f"^{name} must"):
        claims.check(*arguments, rtol=0.1)


@pytest.mark.parametrize("name, options", [
    ("rtol", {"rtol": -1}), ("atol", {"atol": np.nan}), ("source", {"source": 1})])
def test_check_refuses_tolerances(name, options):
    with pytest.raises(ValueError, match=f"^{name} must"):
        claims.check("a", 1.0, 1.0, **options)


@pytest.mark.parametrize("name, arguments", [
    ("low", ("a", 1.0, 2, 1)), ("low", ("a", 1.0, "0", 1)), ("low and high", ("a", 1.0, -np.inf, np.inf)),
    ("measured", ("a", [], 0, 1)), ("name", (None, 1.0, 0, 1))])
def test_check_between_refuses(name, arguments):
    with pytest.raises(ValueError, match=f"^{name} must"):
        claims.check_between(*arguments)


def test_collect_refuses_a_folder_without_notebooks(tmp_path):
    with pytest.raises(ValueError, match="^folder must"):
        claims.collect(tmp_path)
