"""Limits of what can be fitted: what is at a limit, what is beyond it, and what the message names."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eprivacy_its.its import DesignError, checks, errors, identification, rows
from eprivacy_its.its.periods import Calendar

MONTHS = Calendar("M")
LABELS = pd.Index([f"2020-{month:02d}" for month in range(1, 13)])
#: Ordinal of 2020-01.
FIRST = 2020 * 12


def month(k: int) -> int:
    """Ordinal of month k of 2020, 1 for January."""
    return FIRST + k - 1


def plain(**changes: Any) -> dict[str, Any]:
    return {"slope_change": True, "harmonics": 0, "season": None, "min_periods": 1} | changes


@pytest.mark.parametrize(
    "allowed",
    [
        {"slope_change": np.bool_(False)},
        {"harmonics": 0},
        {"harmonics": np.int64(2)},
        {"season": 2},
        {"season": 1.01},
        {"season": np.float32(12)},
        {"season": 1e12},
        {"min_periods": 1},
        {"min_periods": np.int32(1)},
    ],
)
def test_options_inside_their_limits_are_taken(allowed: dict[str, Any]) -> None:
    checks.options(**plain(**allowed))


@pytest.mark.parametrize(
    "refused",
    [
        {"slope_change": 1},
        {"slope_change": None},
        {"harmonics": True},
        {"harmonics": False},
        {"harmonics": 1.0},
        {"harmonics": -1},
        {"season": "12"},
        {"season": 1},
        {"season": 0.5},
        {"season": np.inf},
        {"season": np.nan},
        {"min_periods": True},
        {"min_periods": 1.5},
        {"min_periods": 0},
    ],
)
def test_options_outside_their_limits_are_refused(refused: dict[str, Any]) -> None:
    ((name, value),) = refused.items()
    with pytest.raises(DesignError, match=f"^{name} is {re.escape(repr(value))}: give"):
        checks.options(**plain(**refused))


@pytest.mark.parametrize("value", [1e-9, 0.5, 0.95, 1 - 1e-9])
def test_a_level_is_a_share(value: float) -> None:
    checks.level(value)


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0, -0.1, 1.5, 95, True, "0.9", None, np.nan])
def test_a_level_that_is_no_share_is_refused(value: object) -> None:
    with pytest.raises(DesignError, match=f"^level is {re.escape(repr(value))}: give a share"):
        checks.level(value)


def test_covariates_are_names() -> None:
    assert checks.names(None) == []
    assert checks.names("heat") == ["heat"]
    assert checks.names(("heat", "cold")) == ["heat", "cold"]
    assert checks.names(pd.Index([1, 2])) == ["1", "2"]


FRAME = pd.DataFrame({"t": [1, 2], "y": [3, 4], "n": [5, 6], "eu": [0, 1], "x": [7, 8]}, index=[9, 4])


def columns(frame: pd.DataFrame = FRAME, **changes: Any) -> pd.DataFrame:
    arguments: dict[str, Any] = {
        "time": "t",
        "outcome": "y",
        "exposure": None,
        "covariates": [],
        "treated": None,
    }
    return checks.columns(frame, **(arguments | changes))


def test_columns_are_found_and_rows_numbered_anew() -> None:
    found = columns(exposure="n", covariates=["x"], treated="eu")
    assert list(found.columns) == list(FRAME.columns)
    assert list(found.index) == [0, 1]
    indexed = columns(FRAME.set_index("t"))
    assert list(indexed["t"]) == [1, 2]
    # In both places, the column counts: the index may be anything.
    both = columns(FRAME.set_index(pd.Index(["a", "b"], name="t")))
    assert list(both["t"]) == [1, 2]
    assert list(both.index) == [0, 1]
    assert columns(exposure="n", covariates=["n"]).shape == (2, 5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"time": "month"}, "The time column 'month' is unknown. There is: t, y, n, eu, x."),
        ({"outcome": "events"}, "The outcome column 'events' is unknown. There is: t, y, n, eu, x."),
        ({"exposure": "people"}, "The exposure column 'people' is unknown."),
        ({"treated": "us"}, "The treated column 'us' is unknown."),
        ({"covariates": ["x", "heat"]}, "The covariate column 'heat' is unknown."),
        ({"time": None}, "time is None: give the name of a column."),
        ({"outcome": None}, "outcome is None: give the name of a column."),
        ({"covariates": ["t"]}, "Covariate 't' is already in the model"),
        ({"covariates": ["y"]}, "Covariate 'y' is already in the model"),
        ({"covariates": ["eu"], "treated": "eu"}, "Covariate 'eu' is already in the model"),
        ({"covariates": ["x", "x"]}, "Covariate 'x' is already in the model"),
        ({"frame": pd.concat([FRAME, FRAME[["y"]]], axis=1)}, "Column 'y' occurs twice: rename one."),
        ({"frame": {"t": [1, 2]}}, "The data are a dict: give a DataFrame"),
    ],
)
def test_a_column_that_is_not_there_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DesignError, match="^" + re.escape(words)):
        columns(**changes)


def test_a_name_that_is_near_is_offered_and_one_that_is_far_is_not() -> None:
    assert str(errors.unknown("Term", "slop", ["level", "slope"])) == (
        "Term 'slop' is unknown. Did you mean 'slope'? There is: level, slope."
    )
    # Of "abcd" and "abxy" half is alike, of "abcde" and "abxyz" less.
    assert "Did you mean 'abxy'?" in str(errors.unknown("Term", "abcd", ["abxy"]))
    assert "Did you mean" not in str(errors.unknown("Term", "abcde", ["abxyz"]))
    assert str(errors.unknown("Term", "level", [])).endswith("There is: nothing.")
    # The nearest alone.
    assert "'levels'?" in str(errors.unknown("Term", "levelz", ["levels", "levelled", "lever"]))


def series(*values: Any) -> pd.Series:
    return pd.Series(list(values), dtype=object)


def numbers(values: Any, labels: Any = LABELS, **options: Any) -> Any:
    """The column y of a frame as floats."""
    column = pd.Series(values)
    rows = np.arange(1, len(column) + 1)
    return checks.numbers(pd.DataFrame({"y": column}), ["y"], rows, labels[: len(column)], **options)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (series(1, "two", "three"), ['row 2 (2020-02), column "y": "two" is no number', "row 3"]),
        (series(1, [2], 3), ['row 2 (2020-02), column "y": "[2]" is no number']),
        (series(1, None, 3), ['row 2 (2020-02), column "y": no value, it is missing']),
        (pd.Series([1.0, np.nan, 3]), ['row 2 (2020-02), column "y": no value, it is missing']),
        (series(None, 2, None, None), ["row 1 (2020-01)", "row 3 (2020-03)", "row 4 (2020-04)"]),
        (series(None, None, None, None, 5), ["row 1 (2020-01)", "(4 rows like this: 1, 2, 3 … 4)"]),
        (series(1, np.inf, 3, -np.inf), ["row 2 (2020-02)", "not finite", "row 4 (2020-04)"]),
        (pd.Series([1.0, np.inf]), ["row 2 (2020-02)", "not finite"]),
        (pd.Series([1j, 2.0]), ["Column 'y' holds complex numbers."]),
    ],
)
def test_values_that_are_no_numbers_are_named_by_row_and_period(values: pd.Series, words: list[str]) -> None:
    with pytest.raises(DesignError) as caught:
        numbers(values)
    for word in words:
        assert word in str(caught.value)


def test_missing_values_may_be_left_to_the_model() -> None:
    found, unknown = numbers([1.0, np.nan, 3.0], missing=True)
    assert unknown.tolist() == [False, True, False]
    found, unknown = numbers(["1", "", "<5", "3"], missing=True)
    assert (found["y"][[0, 3]].tolist(), unknown.tolist()) == ([1.0, 3.0], [False, True, True, False])
    found, unknown = numbers(["1", "<5", "3"], suppressed="high")
    assert (found["y"].tolist(), unknown.any()) == ([1.0, 4.0, 3.0], False)


@pytest.mark.parametrize(
    ("values", "first"),
    [
        (pd.date_range("2020-03-01", periods=4), "2020-03-01 00:00:00"),
        (pd.date_range("2020-03-01", periods=4, tz="UTC"), "2020-03-01 00:00:00+00:00"),
        (pd.to_timedelta(range(2, 6), unit="D"), "2 days 00:00:00"),
        (pd.period_range("2020-03", periods=4, freq="M"), "2020-03"),
    ],
)
def test_times_are_no_numbers(values: pd.Index, first: str) -> None:
    """pandas turns them into counts from 1970, which would be fitted in silence."""
    with pytest.raises(DesignError, match=re.escape(f'"{first}" is a time, not a number')):
        numbers(values)


@pytest.mark.parametrize(
    "values", [[1e60, 1.0], [-1e60, 0.0], [1e-60, 0.0], [1e-70, 1e-60], [1e-300, 5.0], [0.0, 0.0]]
)
def test_numbers_whose_largest_lies_between_the_documented_sizes_are_taken(values: list[float]) -> None:
    np.testing.assert_array_equal(numbers(values)[0]["y"], values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, 1.01e60], "holds 1.01e+60 at 2020-02:"),
        ([1.0, -1.4e60, -2e60], "holds -1.4e+60 at 2020-02, 2020-03:"),
        ([0.0, 0.99e-60], "holds 9.9e-61 at 2020-02:"),
        ([1e-70, 0.0, -1e-61], "holds 1e-70 at 2020-01, 2020-03:"),
    ],
)
def test_numbers_beyond_the_documented_sizes_are_refused(values: list[float], words: str) -> None:
    with pytest.raises(DesignError, match=re.escape(words)) as caught:
        numbers(values)
    assert "largest lies between 1e-60 and 1e+60" in str(caught.value)


def test_what_must_be_above_nothing_may_be_next_to_it() -> None:
    checks.positive(np.array([1e-300, 1.0]), "n", LABELS, "it is divided by")
    with pytest.raises(
        DesignError, match=r"'n' must be above 0, as it is divided by, but is 0 at 2020-02, 2020-03\."
    ):
        checks.positive(np.array([1.0, 0.0, -1.0]), "n", LABELS, "it is divided by")


def test_counts_may_be_nothing_but_not_all_of_them_and_not_less() -> None:
    checks.counts(np.array([0.0, 1.0]), "y", LABELS)
    with pytest.raises(DesignError, match=r"negative \(-1\) at 2020-02, 2020-03:"):
        checks.counts(np.array([0.0, -1.0, -0.5]), "y", LABELS)
    with pytest.raises(DesignError, match="0 in every period"):
        checks.counts(np.zeros(3), "y", LABELS)


def test_a_series_varies_if_one_value_differs() -> None:
    checks.varies(np.array([2.0, 2.0, 2.0 + 1e-15]), "y")
    with pytest.raises(DesignError, match="constant, 2 in every period"):
        checks.varies(np.full(3, 2.0), "y")


def test_treated_is_told_by_zeros_and_ones() -> None:
    found = checks.zero_one(series("1", 0.0, True, False), "eu")
    assert found.dtype.kind == "i"
    assert list(found) == [1, 0, 1, 0]
    with pytest.raises(DesignError, match="but row 2 is 2"):
        checks.zero_one(series(0, 2, 3, 1), "eu")
    with pytest.raises(DesignError, match="but row 3 is 'yes'"):
        checks.zero_one(series(0, 1, "yes"), "eu")
    for value in (0, 1):
        with pytest.raises(DesignError, match=f"'eu' is {value} in every row"):
            checks.zero_one(series(value, value), "eu")


def regular(months: list[int], windows: list[tuple[int, int]] | None = None, group: Any = None) -> None:
    rows.regular(
        np.array([month(k) for k in months]),
        np.arange(1, len(months) + 1),
        None if group is None else np.array(group),
        [(month(a), month(b)) for a, b in windows or []],
        MONTHS,
        "t",
        pd.DataFrame({"t": months}),
        carried=False,
    )


def test_periods_may_be_missing_where_a_washout_is() -> None:
    regular([1, 2, 3, 4])
    regular([1, 2, 6, 7], [(3, 5)])
    regular([1, 2, 4, 6, 7], [(3, 3), (5, 5)])
    regular([1, 2, 3, 1, 2, 3], group=[0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize(
    ("months", "windows", "group", "words"),
    [
        ([1, 2, 4], [], None, ['row 3, column "t": 2020-03 missing before this row (a gap of 1 month)']),
        ([1, 5], [], None, ["2020-02 to 2020-04 missing before this row (a gap of 3 months)"]),
        ([1, 6], [(3, 5)], None, ["2020-02 missing before this row (a gap of 1 month)"]),
        ([1, 6], [(2, 4)], None, ["2020-05 missing before this row (a gap of 1 month)"]),
        ([1, 6], [(3, 4)], None, ["2020-02 to 2020-05 missing"]),
        ([1, 2, 2, 3, 3], [], None, ["row 3", "2020-02 stands in row 2 already: a duplicate", "row 5"]),
        ([1, 2, 2], [], None, ["remove one, add them up, or name the column"]),
        ([1, 2, 1, 2, 2], [], [0, 0, 1, 1, 1], ["2020-02 stands in row 4 already in the treated rows"]),
        ([1, 2, 2, 1, 2], [], [0, 0, 0, 1, 1], ["2020-02 stands in row 2 already in the control rows"]),
        ([1, 2, 3, 1, 3], [], [0, 0, 0, 1, 1], ["missing before this row in the treated rows (a gap of 1"]),
        ([1, 3, 1, 2, 3], [], [0, 0, 1, 1, 1], ["missing before this row in the control rows (a gap of 1"]),
    ],
)
def test_gaps_and_duplicates_are_named(
    months: list[int], windows: list[tuple[int, int]], group: Any, words: list[str]
) -> None:
    with pytest.raises(DesignError) as caught:
        regular(months, windows, group)
    for word in words:
        assert word in str(caught.value)
    assert "with 0" not in str(caught.value)


def sides(months: list[int], starts: list[int], least: int, group: Any = None) -> None:
    checks.sides(
        np.array([month(k) for k in months]),
        None if group is None else np.array(group),
        tuple(month(k) for k in starts),
        MONTHS,
        least,
    )


YEAR = list(range(1, 13))


def test_as_many_periods_as_are_asked_for_are_enough_on_each_side() -> None:
    sides(YEAR, [4], 3)
    sides(YEAR, [10], 3)
    sides(YEAR, [4, 7, 10], 3)
    sides(YEAR, [], 100)
    sides(YEAR * 2, [4, 10], 3, [0] * 12 + [1] * 12)


@pytest.mark.parametrize(
    ("months", "starts", "least", "group", "words"),
    [
        (YEAR, [3], 3, None, "Interruption 2020-03: 2 month(s) before it, at least 3 are needed"),
        (YEAR, [11], 3, None, "Interruption 2020-11: 2 month(s) after it, at least 3 are needed"),
        (YEAR, [4, 6], 3, None, "Interruption 2020-04: 2 month(s) after it and up to the next, at least 3"),
        (
            YEAR,
            [4, 7, 9],
            3,
            None,
            "Interruption 2020-07: 2 month(s) after it and up to the next, at least 3",
        ),
        (YEAR, [4, 11], 3, None, "Interruption 2020-11: 2 month(s) after it, at least 3 are needed"),
        (YEAR, [3, 7], 3, None, "Interruption 2020-03: 2 month(s) before it, at least 3 are needed"),
        ([1, 2, 3, 4, 8, 9], [5, 9], 2, None, "Interruption 2020-05: 1 month(s) after it and up to the next"),
        (
            [*YEAR, 1, 2, 3, 4],
            [4],
            3,
            [0] * 12 + [1] * 4,
            "Interruption 2020-04: 1 month(s) of the treated rows after it, at least 3",
        ),
        (
            [2, 3, 4, 5, 6, *YEAR],
            [4],
            3,
            [0] * 5 + [1] * 12,
            "Interruption 2020-04: 2 month(s) of the control rows before it, at least 3",
        ),
        (YEAR, [4], 3, [1] * 12, "Interruption 2020-04: 0 month(s) of the control rows before it"),
        ([], [4], 1, None, "The washout leaves no rows"),
    ],
)
def test_a_side_that_is_short_is_named(
    months: list[int], starts: list[int], least: int, group: Any, words: str
) -> None:
    with pytest.raises(DesignError, match="^" + re.escape(words)):
        sides(months, starts, least, group)


def test_harmonics_are_fewer_than_half_the_periods_of_a_season() -> None:
    assert checks.seasons(None, 0, MONTHS) == checks.seasons(None, None, MONTHS) == ((12, 0),)
    assert checks.seasons(None, 5, MONTHS) == ((12, 5),)
    assert checks.seasons(12.5, 6, MONTHS) == ((12.5, 6),)
    assert checks.seasons(3, 1, Calendar("N")) == ((3, 1),)
    assert checks.seasons(None, 0, Calendar("Y")) == ()
    assert checks.seasons([7, 365.25], 2, Calendar("D")) == ((7, 2), (365.25, 2))
    assert checks.seasons([7, 365.25], (3, 1), Calendar("D")) == ((7, 3), (365.25, 1))
    for value, harmonics in ((None, 6), (12, 7), (12.0, 6), (2, 1), ((12, 2), 1)):
        with pytest.raises(DesignError, match=f"harmonics={harmonics} is too many for a season of"):
            checks.seasons(value, harmonics, MONTHS)
    with pytest.raises(DesignError, match="one row a step has no known season"):
        checks.seasons(None, 1, Calendar("N"))
    with pytest.raises(DesignError, match="one number, or one for each"):
        checks.seasons((7, 365.25), (1, 2, 3), Calendar("D"))
    with pytest.raises(DesignError, match="given twice"):
        checks.seasons((7, 7), 1, Calendar("D"))


def wave(n: int, k: int) -> np.ndarray:
    """Orthonormal to every other k."""
    return np.sqrt(2 / n) * np.cos(np.pi * (np.arange(n) + 0.5) * k / n)


@pytest.mark.parametrize(("share", "kept"), [(0.9e-7, False), (1.2e-7, True), (1e-3, True)])
def test_a_term_must_add_more_than_a_ten_millionth_to_those_before(share: float, kept: bool) -> None:
    """The last of four terms has this share of itself outside of the second and third."""
    a, b, c, d = (wave(40, k) for k in (1, 2, 3, 4))
    mixed = 0.6 * b + 0.8 * c
    X = np.column_stack([a, 50 * b, c, 7 * (np.sqrt(1 - share**2) * mixed + share * d)])
    names = ("a", "b", "c", "d")
    if kept:
        identification.rank(X, names)
    else:
        with pytest.raises(DesignError, match=r"term 'd' can't be told apart from 'b', 'c'\."):
            identification.rank(X, names)


def test_the_first_term_that_repeats_another_is_named() -> None:
    a, b = wave(9, 1), wave(9, 2)
    with pytest.raises(DesignError, match=r"term 'again' can't be told apart from 'a'\."):
        identification.rank(np.column_stack([a, -3 * a, b]), ("a", "again", "b"))
    with pytest.raises(DesignError, match=r"term 'c' is 0 in every row"):
        identification.rank(np.column_stack([a, b, 0 * a, 0 * a]), ("a", "b", "c", "d"))
    with pytest.raises(DesignError, match="Term 'b' is not finite"):
        identification.rank(np.column_stack([a, np.where(b > 0, np.inf, b), a * np.nan]), ("a", "b", "c"))


def test_there_are_more_rows_than_terms() -> None:
    names = ("a", "b", "c")
    identification.rank(np.column_stack([wave(4, k) for k in (1, 2, 3)]), names)
    with pytest.raises(DesignError, match=r"3 rows can't carry 3 terms \(a, b, c\)"):
        identification.rank(np.eye(3), names)


def separated(y: list[float], *terms: list[float]) -> str:
    """The message, or nothing."""
    X = np.column_stack([np.ones(len(y)), *terms])
    names = ("one", "a", "b", "c")[: X.shape[1]]
    try:
        identification.separation(np.array(y, dtype=float), X, names, LABELS, "y")
    except DesignError as error:
        return str(error)
    return ""


def test_separation_is_that_of_the_definition() -> None:
    """Some combination is 0 where counts are positive, and of one sign, and not all 0, where they are 0."""
    assert separated([0, 0, 3, 4], [1, 1, 0, 0]).startswith(
        "Column 'y' is 0 at 2020-01, 2020-02 in a way that 'a' alone tells apart"
    )
    # The same term seen from the other side needs the intercept.
    assert "'one', 'a' alone" in separated([0, 0, 3, 4], [0, 0, 1, 1])
    # A positive count where the term is 1 too: a finite answer.
    assert separated([0, 2, 3, 4], [1, 1, 0, 0]) == ""
    # Both signs of what is 0 elsewhere: the likelihood has a maximum.
    assert separated([0, 0, 3, 4], [1, -1, 0, 0]) == ""
    # Quasi-separation: of three zeros one is told apart.
    assert separated([0, 0, 3, 4, 0], [0, 2, 0, 0, 0]).startswith(
        "Column 'y' is 0 at 2020-02 in a way that 'a'"
    )
    # Two terms together, neither alone: they are alike where counts are positive.
    assert "2020-05 in a way that 'a', 'b' alone" in separated(
        [3, 4, 5, 6, 0], [1, 2, 0, 4, 7], [1, 2, 0, 4, 9]
    )
    assert separated([1, 2, 3, 4], [1, 1, 0, 0]) == ""
    # A term of large numbers is scaled.
    assert "2020-01 in a way that 'a'" in separated([0, 2, 3, 4], [1e9, 0, 0, 0])
    assert "2020-01 in a way that 'a'" in separated([0, 2, 3, 4], [-1e-9, 0, 0, 0])


@pytest.mark.parametrize("seed", range(12))
def test_separation_is_found_where_the_likelihood_has_no_maximum(seed: int) -> None:
    """A search by Newton's method: without a maximum a fitted value at a zero goes to 0, however far it goes."""
    rng = np.random.default_rng(seed)
    y = rng.poisson(0.7, 9).astype(float)
    X = np.column_stack([np.ones(9), rng.integers(0, 3, 9), rng.integers(0, 2, 9)]).astype(float)
    if not y.any() or np.linalg.matrix_rank(X) < 3:
        pytest.skip("no such series")
    b = np.zeros(3)
    for _ in range(60):
        mean = np.exp(X @ b)
        # A trace of a ridge keeps the steps defined where the likelihood is flat.
        step = np.linalg.solve(X.T @ (mean[:, None] * X) + 1e-13 * np.eye(3), X.T @ (y - mean))
        b += step / max(1.0, np.abs(X @ step).max())
    lost = np.exp(X @ b).min() < 1e-6
    message = separated(list(y), *X.T[1:].tolist())
    assert bool(message) == lost
    if lost:
        rows = np.flatnonzero(np.exp(X @ b) < 1e-6)
        assert message.startswith(f"Column 'y' is 0 at {checks.listed(LABELS, rows)} in a way that")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (10**400, "is infinite, not finite"),
        (-(10**400), "is infinite, not finite"),
        (2**63, '"9223372036854775808" is above 9,007,199,254,740,992'),
        (1 + 2j, "Column 'y' holds complex numbers"),
        (np.complex128(1), "Column 'y' holds complex numbers"),
    ],
)
def test_numbers_that_no_float_holds_are_refused_among_others(value: object, words: str) -> None:
    with pytest.raises(DesignError, match=re.escape(words)):
        numbers(pd.Series([3, value, 2.5], dtype=object))


def test_numbers_of_python_may_be_mixed() -> None:
    import decimal

    mixed = pd.Series([3, np.int8(1), 2.5, decimal.Decimal("0.5"), 2**53, "7"], dtype=object)
    assert numbers(mixed)[0]["y"].tolist() == [3.0, 1.0, 2.5, 0.5, 2.0**53, 7.0]
