"""Sharp bounds: against enumeration of vertices, closed forms, and full days without merging."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from bounds.small import day, study, vertices
from eprivacy_its import bounds
from eprivacy_its.bounds import solve

WEEKS = [
    {"id": "all", "quantity": "total", "window": [day(0), day(27)], "value": 280, "rounding": 0},
    {"id": "second", "quantity": "mean rate", "window": [day(7), day(13)], "value": 12, "rounding": 2},
]
FALL = {
    "id": "fall",
    "quantity": "change",
    "window": [day(14), day(20)],
    "baseline": [day(7), day(13)],
    "value": -40,
    "rounding": 10,
}


def four_weeks(
    *claims: dict, kappa: float = math.inf, breaks: tuple = (), kind: str = "relative"
) -> bounds.Problem:
    smooth = {"kappa": kappa, "breaks": list(breaks), "kind": kind}
    assumptions = {"smoothness": smooth}
    return bounds.Problem.of(study(28, list(claims), resolution="week", assumptions=assumptions))


@pytest.mark.parametrize(
    "problem",
    [
        four_weeks(*WEEKS),
        four_weeks(*WEEKS, FALL),
        four_weeks(*WEEKS, FALL, kappa=1.2),
        four_weeks(*WEEKS, kappa=0.5, breaks=(day(14),)),
        four_weeks(*WEEKS, kappa=4.0, kind="absolute"),
    ],
    ids=["two claims", "with a fall", "smooth", "smooth with a break", "smooth in units a day"],
)
@pytest.mark.parametrize(
    "target",
    [
        bounds.mean_rate(day(0), day(6)),
        bounds.total(day(14), day(27)),
        bounds.ratio(day(21), day(27), day(7), day(13)),
        bounds.change(day(14), day(27), day(0), day(13)),
        bounds.shortfall(day(14), day(27), day(7), day(13)),
    ],
    ids=lambda target: target.name,
)
def test_bounds_are_those_of_all_vertices(problem: bounds.Problem, target: bounds.Target) -> None:
    corners = vertices(problem)
    values = [target.value(problem.grid, corner) for corner in corners]
    found = bounds.bound(problem, target)
    assert found.low == pytest.approx(min(values), rel=1e-7, abs=1e-6)
    assert found.high == pytest.approx(max(values), rel=1e-7, abs=1e-6)


def test_ratio_of_two_windows_has_its_closed_form() -> None:
    problem = bounds.Problem.of(
        study(
            100,
            [
                {
                    "id": "a",
                    "quantity": "mean rate",
                    "window": [day(0), day(20)],
                    "value": 600,
                    "rounding": 100,
                },
                {
                    "id": "b",
                    "quantity": "mean rate",
                    "window": [day(30), day(50)],
                    "value": 1100,
                    "rounding": 100,
                },
            ],
        )
    )
    found = bounds.bound(problem, bounds.ratio(day(0), day(20), day(30), day(50)))
    assert (found.low, found.high) == pytest.approx((550 / 1150, 650 / 1050), rel=1e-9)


def test_ratio_of_windows_that_share_a_total_has_its_closed_form() -> None:
    total, low, high = 1000.0, 150.0, 250.0
    problem = bounds.Problem.of(
        study(
            20,
            [
                {"id": "t", "quantity": "total", "window": [day(0), day(19)], "value": total, "rounding": 0},
                {"id": "a", "quantity": "total", "window": [day(0), day(9)], "interval": [low, high]},
            ],
        )
    )
    found = bounds.bound(problem, bounds.ratio(day(0), day(9), day(10), day(19)))
    assert (found.low, found.high) == pytest.approx((low / (total - low), high / (total - high)), rel=1e-9)


def test_merging_days_changes_nothing() -> None:
    """The bound equals that of the programme over every single day."""
    problem = bounds.Problem.of(study(28, [*WEEKS, FALL], assumptions={"smoothness": {"kappa": 0.9}}))
    target = bounds.mean_rate(day(3), day(16))
    rows, objective = problem.rows, target.top(problem.grid)
    ends = []
    for sign in (1, -1):
        plain = linprog(
            sign * objective,
            A_ub=rows.upper,
            b_ub=rows.upper_ends * problem.scale,
            A_eq=rows.equal,
            b_eq=rows.equal_ends * problem.scale,
        )
        ends.append(sign * plain.fun)
    found = bounds.bound(problem, target)
    assert (found.low, found.high) == pytest.approx(ends, rel=1e-8)


def test_what_no_claim_covers_is_open() -> None:
    problem = bounds.Problem.of(study(28, [WEEKS[1]]))
    found = bounds.bound(problem, bounds.mean_rate(day(14), day(20)))
    assert (found.low, found.high) == (0, math.inf)
    ratio = bounds.bound(problem, bounds.ratio(day(14), day(20), day(7), day(13)))
    assert (ratio.low, ratio.high) == (0, math.inf)


@pytest.mark.parametrize("kappa", [2.0, 1.0])
def test_an_end_that_only_growth_over_many_weeks_limits_is_open(kappa: float) -> None:
    """A factor of 3 a week for a year is more than any solver holds."""
    claims = [
        {"id": "year", "quantity": "total", "window": [day(0), day(364)], "value": 36_600, "rounding": 0},
        {**FALL, "window": [day(350), day(370)], "baseline": [day(329), day(349)]},
    ]
    problem = bounds.Problem.of(study(730, claims, assumptions={"smoothness": {"kappa": kappa}}))
    found = bounds.bound(problem, bounds.mean_rate(day(0), day(729)))
    assert found.low == pytest.approx(36_600 / 730, rel=1e-3)
    assert found.high > 1e9


def test_denominator_of_either_sign_leaves_the_ratio_open() -> None:
    problem = bounds.Problem.of(study(70, [{**WEEKS[0], "window": [day(0), day(69)]}]))
    found = bounds.bound(problem, bounds.level_change(day(0), day(69), day(35), relative=True))
    assert (found.low, found.high) == (-math.inf, math.inf)


def test_one_series_meets_every_claim() -> None:
    from eprivacy_its.bounds.solve import one_series

    problem = bounds.Problem.of(study(28, [*WEEKS, FALL], assumptions={"smoothness": {"kappa": 0.9}}))
    series = one_series(problem)
    assert series is not None
    daily = problem.grid.daily(series)
    assert daily.min() >= 0
    assert daily.sum() == pytest.approx(280)
    assert 11 - 1e-6 <= daily[7:14].mean() <= 13 + 1e-6
    assert -45 - 1e-6 <= 100 * (daily[14:21].mean() / daily[7:14].mean() - 1) <= -35 + 1e-6
    weekly = daily.reshape(4, 7).mean(axis=1)
    moves = np.maximum(weekly[1:] / weekly[:-1], weekly[:-1] / weekly[1:])
    assert moves.max() <= 1.9 + 1e-6


def test_weekly_unknowns_lie_inside_daily_ones() -> None:
    """One rate a week is a special daily series: its set is never wider."""
    claims = [*WEEKS, FALL]
    target = bounds.mean_rate(day(10), day(18))
    by_day = bounds.bound(bounds.Problem.of(study(28, claims)), target)
    by_week = bounds.bound(bounds.Problem.of(study(28, claims, resolution="week")), target)
    assert by_day.low <= by_week.low <= by_week.high <= by_day.high
    assert by_week.width < by_day.width


def test_week_pattern_limits_single_days() -> None:
    claims = [{"id": "w", "quantity": "mean rate", "window": [day(0), day(6)], "value": 10, "rounding": 0}]
    free = bounds.Problem.of(study(14, claims))
    held = bounds.Problem.of(study(14, claims, assumptions={"week_pattern": [0.5, 1.5]}))
    target = bounds.mean_rate(day(2), day(2))
    assert bounds.bound(free, target).high == pytest.approx(70)
    found = bounds.bound(held, target)
    assert (found.low, found.high) == pytest.approx((5, 15))


def test_christmas_pattern_is_a_share_of_the_days_around() -> None:
    series = {"unit": "reports", "first": "2020-12-01", "last": "2021-01-31"}
    around = [
        {
            "id": name,
            "quantity": "mean rate",
            "unit": "reports a day",
            "window": window,
            "value": value,
            "rounding": 0,
        }
        for name, window, value in (
            ("before", ["2020-12-14", "2020-12-23"], 80),
            ("after", ["2021-01-02", "2021-01-11"], 120),
        )
    ]
    christmas = {"first": "12-24", "last": "01-01", "share": [0.6, 0.9], "around": 10}
    content = {"title": "t", "series": series, "claims": around, "assumptions": {"christmas": christmas}}
    found = bounds.bound(
        bounds.Problem.of(bounds.parse(content)), bounds.mean_rate("2020-12-24", "2021-01-01")
    )
    assert (found.low, found.high) == pytest.approx((60, 90))


def test_part_never_exceeds_what_it_lies_in() -> None:
    parts = {"facebook": {}, "users": {"of": "facebook"}, "google": {}}
    claims = [
        {
            "id": "u",
            "quantity": "total",
            "window": [day(0), day(6)],
            "value": 30,
            "rounding": 0,
            "part": "users",
        },
        {
            "id": "g",
            "quantity": "total",
            "window": [day(0), day(6)],
            "value": 20,
            "rounding": 0,
            "part": "google",
        },
        {"id": "t", "quantity": "total", "window": [day(0), day(6)], "value": 100, "rounding": 0},
    ]
    problem = bounds.Problem.of(study(7, claims, parts=parts))
    facebook = bounds.bound(problem, bounds.total(day(0), day(6), part="facebook"))
    assert (facebook.low, facebook.high) == pytest.approx((30, 80))
    whole = bounds.bound(problem.without(["t"]), bounds.total(day(0), day(6)))
    assert (whole.low, whole.high) == (pytest.approx(50), math.inf)


@pytest.mark.parametrize(
    ("unit", "value", "daily"),
    [("reports a week", 70, 10), ("reports a month", 310, 10), ("reports a day", 10, 10)],
)
def test_rates_a_week_and_a_month_are_rates_a_day(unit: str, value: float, daily: float) -> None:
    series = {"unit": "reports", "first": "2021-01-01", "last": "2021-01-31"}
    claim = {
        "id": "r",
        "quantity": "mean rate",
        "unit": unit,
        "window": ["2021-01-01", "2021-01-31"],
        "value": value,
        "rounding": 0,
    }
    problem = bounds.Problem.of(bounds.parse({"title": "t", "series": series, "claims": [claim]}))
    found = bounds.bound(problem, bounds.mean_rate("2021-01-01", "2021-01-31"))
    assert (found.low, found.high) == pytest.approx((daily, daily))


def test_bounds_together_are_those_alone() -> None:
    pairs = [
        (four_weeks(*WEEKS), bounds.mean_rate(day(0), day(6))),
        (four_weeks(*WEEKS, FALL), bounds.total(day(14), day(27))),
        (four_weeks(*WEEKS, kappa=0.5), bounds.shortfall(day(14), day(27), day(0), day(13))),
    ]
    for (problem, target), together in zip(pairs, bounds.bound_together(pairs), strict=True):
        alone = bounds.bound(problem, target)
        assert (together.low, together.high) == pytest.approx((alone.low, alone.high), rel=1e-7, abs=1e-6)


def test_bounds_together_refuse_what_they_can_not_do() -> None:
    problem = four_weeks(*WEEKS)
    with pytest.raises(ValueError, match="linear targets"):
        bounds.bound_together([(problem, bounds.ratio(day(0), day(6), day(7), day(13)))])
    with pytest.raises(ValueError, match="contradictory or open"):
        bounds.bound_together([(problem.without(["all"]), bounds.mean_rate(day(0), day(6)))])


def test_open_readings_must_be_chosen_first() -> None:
    plain = study(28, [{**FALL, "baseline": "not stated", "candidates": ["previous 1 week"]}])
    with pytest.raises(ValueError, match=r"fall: more than one reading"):
        bounds.Problem.of(plain)


def random_columns(seed: int) -> sparse.csc_matrix:
    """Few rows and values, so that many columns are alike."""
    rng = np.random.default_rng(seed)
    dense = rng.choice([0.0, 0.0, 1.0, -1.3], size=(3, 400)) * rng.choice([1.0, 1 / 7], size=400)
    return sparse.csc_matrix(dense)


@pytest.mark.parametrize("odd", [None, 0])  # with 0 all sums are alike: every column must be compared
def test_equal_columns_are_found_at_once_as_one_by_one(
    odd: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if odd is not None:
        monkeypatch.setattr(solve, "_ODD", np.uint64(odd))
    for seed in range(20):
        columns = random_columns(seed)
        assert np.array_equal(solve._members(columns), solve._members_one_by_one(columns))


@pytest.mark.parametrize(
    ("quantity", "value", "expected"), [("ratio", 0.25, 3.0), ("change", -75, 3.0), ("change", 50, 18.0)]
)
def test_an_exact_ratio_ties_one_window_to_the_other(quantity: str, value: float, expected: float) -> None:
    tie = {"id": "tie", "quantity": quantity, "window": [day(7), day(13)], "baseline": [day(0), day(6)],
           "value": value, "rounding": 0}  # fmt: skip
    known = {"id": "known", "quantity": "mean rate", "window": [day(0), day(6)], "value": 12, "rounding": 0}
    found = bounds.bound(bounds.Problem.of(study(14, [tie, known])), bounds.mean_rate(day(7), day(13)))
    assert (found.low, found.high) == pytest.approx((expected, expected))


@pytest.mark.parametrize(("low", "high"), [(0.5, None), (0.5, 2.0)])
def test_a_ratio_may_be_open_above(low: float, high: float | None) -> None:
    tie = {"id": "tie", "quantity": "ratio", "window": [day(7), day(13)], "baseline": [day(0), day(6)],
           "interval": [low, high]}  # fmt: skip
    known = {"id": "known", "quantity": "mean rate", "window": [day(0), day(6)], "value": 12, "rounding": 0}
    found = bounds.bound(bounds.Problem.of(study(14, [tie, known])), bounds.mean_rate(day(7), day(13)))
    assert found.low == pytest.approx(6)
    assert found.high == (math.inf if high is None else pytest.approx(24))


def test_a_set_holds_its_ends_and_little_more() -> None:
    found = bounds.Identified(bounds.mean_rate(day(0), day(6)), -2.0, 4000.0)
    assert found.width == 4002
    for inside in (-2.0, 0.0, 4000.0, -2.0 - 1.9e-6, 4000.0 + 3.9e-3):
        assert found.holds(inside), inside
    for outside in (-2.0 - 2.1e-6, 4000.0 + 4.1e-3, -2.1, 4001):
        assert not found.holds(outside), outside
    assert not found.holds(-2.05, slack=0.02)
    assert found.holds(-2.05, slack=0.03)
    assert bounds.Identified(found.target, 0.0, 1.0).holds(-0.5e-6)


def test_groups_in_force_are_those_with_rows_and_the_unit_is_the_largest_rate() -> None:
    free = four_weeks(*WEEKS, FALL)
    assert free.in_force == ("all", "second", "fall")
    assert free.with_kappa(0.5).in_force == ("all", "second", "fall", "smoothness")
    # 280 in four weeks are 10 a day; the second week has 11 to 13 a day; a percentage is no rate.
    assert free.scale == 13
    assert four_weeks(WEEKS[0], FALL).scale == 10
    assert four_weeks(FALL).scale == 1
    open_above = {"id": "most", "quantity": "mean rate", "window": [day(0), day(6)], "interval": [20, None]}
    assert four_weeks(*WEEKS, open_above).scale == 20
    assert four_weeks({**WEEKS[0], "value": 0}).scale == 1


@pytest.mark.parametrize("limited", [False, True])
def test_where_the_solver_gives_up_a_limit_on_the_unknowns_helps(
    limited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end that only the limit holds is open; one that claims hold is told."""
    real, tries = solve.linprog, []

    def unclear(*args: object, bounds: tuple, **more: object) -> object:
        tries.append((more["method"], more["options"]["presolve"], bounds[1]))
        found = real(*args, bounds=bounds, **more)
        if bounds[1] is None:
            found.status = 4
        return found

    monkeypatch.setattr(solve, "linprog", unclear)
    objective = np.array([-1.0])
    upper = sparse.csc_matrix([[1.0]]) if limited else sparse.csc_matrix((0, 1))
    ends = np.array([3.0]) if limited else np.zeros(0)
    status, value, _ = solve._minimise(objective, upper, ends, sparse.csc_matrix((0, 1)), np.zeros(0))
    assert (status, value) == ((0, pytest.approx(-3)) if limited else (3, -math.inf))
    assert tries == [("highs", True, None), ("highs", False, None), ("highs-ipm", True, None),
                     ("highs", True, 1e6)]  # fmt: skip


def test_a_solver_that_gives_up_at_every_try_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = solve.linprog

    def unclear(*args: object, **more: object) -> object:
        found = real(*args, **more)
        found.status, found.message = 4, "numerical difficulties"
        return found

    monkeypatch.setattr(solve, "linprog", unclear)
    with pytest.raises(ArithmeticError, match="the solver gave up: numerical difficulties"):
        bounds.bound(four_weeks(*WEEKS), bounds.mean_rate(day(0), day(6)))
