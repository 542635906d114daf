"""The bound on weekly moves: its definition, its smallest value, and where an answer becomes certain."""

from __future__ import annotations

import math

import pytest

from bounds.small import day, study
from eprivacy_its import bounds


def weeks(*rates: float | None, **smooth: object) -> bounds.Problem:
    """A series of weeks, some with a known mean rate."""
    claims = [
        {
            "id": f"week{k}",
            "quantity": "mean rate",
            "window": [day(7 * k), day(7 * k + 6)],
            "value": rate,
            "rounding": 0,
        }
        for k, rate in enumerate(rates)
        if rate is not None
    ]
    return bounds.Problem.of(study(7 * len(rates), claims, assumptions={"smoothness": smooth}))


def week(k: int) -> bounds.Target:
    return bounds.mean_rate(day(7 * k), day(7 * k + 6))


def test_a_week_is_at_most_kappa_above_or_below_its_neighbour() -> None:
    found = bounds.bound(weeks(100, None, kappa=0.25), week(1))
    assert (found.low, found.high) == pytest.approx((80, 125))
    found = bounds.bound(weeks(100, None, kappa=25, kind="absolute"), week(1))
    assert (found.low, found.high) == pytest.approx((75, 125))


def test_a_break_frees_the_pair_it_falls_between() -> None:
    problem = weeks(100, None, None, kappa=0.25, breaks=[day(7)])
    first = bounds.bound(problem, week(1))
    assert (first.low, first.high) == (0, math.inf)
    ratio = bounds.bound(problem, bounds.ratio(day(14), day(20), day(7), day(13)))
    assert (ratio.low, ratio.high) == pytest.approx((0.8, 1.25))


def test_a_break_inside_a_week_frees_both_its_sides() -> None:
    problem = weeks(100, None, None, 100, kappa=0.25, breaks=[day(10)])
    assert bounds.bound(problem, week(1)).high == math.inf
    found = bounds.bound(problem, week(2))
    assert (found.low, found.high) == pytest.approx((80, 125))


def test_smallest_kappa_is_the_one_that_the_claims_force() -> None:
    # Two equal steps from 100 to 144 are the smoothest way.
    assert bounds.smoothest(weeks(100, None, 144)) == pytest.approx(0.2, rel=2e-3)
    assert bounds.smoothest(weeks(100, None, 144, kind="absolute")) == pytest.approx(22, rel=2e-3)
    assert bounds.smoothest(weeks(100, None, 100)) == 0
    assert bounds.smoothest(weeks(1, 101)) == pytest.approx(100, rel=2e-3)


def test_sets_shrink_with_kappa() -> None:
    table = bounds.path(weeks(100, None, None, 144), week(1), [math.inf, 1, 0.5, 0.2, 0.1])
    assert (table["low"].diff().iloc[1:4] >= -1e-9).all()
    assert (table["high"].diff().iloc[2:4] <= 1e-9).all()
    assert table.loc[4, ["low", "high"]].isna().all()
    assert table.loc[3, "high"] == pytest.approx(120)


def test_kappa_at_which_a_size_becomes_certain() -> None:
    problem = weeks(100, None)
    below = bounds.certain_at(problem, week(1), below=150)
    assert below.kappa == pytest.approx(0.5, rel=2e-3)
    assert below.smallest == 0
    above = bounds.certain_at(problem, week(1), above=80)
    assert above.kappa == pytest.approx(0.25, rel=2e-3)
    # Certain at that very kappa, not only near it; and a smallest kappa is one that the claims allow.
    assert bounds.bound(problem.with_kappa(below.kappa), week(1)).high < 150
    assert bounds.bound(problem.with_kappa(above.kappa), week(1)).low > 80
    tied = weeks(100, None, 144)
    assert bounds.feasible(tied.with_kappa(bounds.smoothest(tied)))


def test_a_sign_can_be_certain_always_or_never() -> None:
    change = bounds.change(day(7), day(13), day(0), day(6))
    assert bounds.certain_at(weeks(100, 50), change, below=0).kappa == math.inf
    assert bounds.certain_at(weeks(100, 50), change, above=0).kappa is None


def test_contradicting_claims_have_no_smallest_kappa() -> None:
    problem = weeks(100, None)
    claim = {"id": "x", "quantity": "mean rate", "window": [day(0), day(6)], "value": 90, "rounding": 0}
    other = {"id": "y", "quantity": "mean rate", "window": [day(0), day(6)], "value": 100, "rounding": 0}
    made = bounds.Problem.of(study(14, [claim, other]))
    with pytest.raises(bounds.ContradictionError, match=r"x .*y "):
        bounds.smoothest(made)
    with pytest.raises(ValueError, match="either below or above"):
        bounds.certain_at(problem, week(1), below=0, above=0)


def test_paths_name_their_claims() -> None:
    named = {"two": weeks(100, None, 144), "one": weeks(100, None, None)}
    table = bounds.paths(named, week(1), [1.0, 0.2])
    assert table["claims"].tolist() == ["two", "two", "one", "one"]
    alone = bounds.path(named["one"], week(1), [1.0, 0.2])
    assert table.loc[2:, "high"].tolist() == alone["high"].tolist()
    assert (table["high"].to_numpy()[:2] <= alone["high"].to_numpy() + 1e-6).all()


@pytest.mark.parametrize("cut", [0, 3])
def test_a_break_in_the_first_or_last_week_frees_that_side_alone(cut: int) -> None:
    """Also where the series begins inside a week: its first week is then shorter."""
    first, last = day(cut), day(27)
    series = {"unit": "reports", "first": first, "last": last}
    claims = [
        {"id": f"w{k}", "quantity": "mean rate", "unit": "reports a day", "value": 100, "rounding": 0,
         "window": [max(day(7 * k), first), day(7 * k + 6)]}
        for k in (0, 3)
    ]  # fmt: skip

    def ends(k: int, breaks: list[str]) -> tuple[float, float]:
        smooth = {"smoothness": {"kappa": 0.25, "breaks": breaks}}
        content = {"title": "t", "series": series, "claims": claims, "assumptions": smooth}
        found = bounds.bound(bounds.Problem.of(bounds.parse(content)), week(k))
        return found.low, found.high

    held = pytest.approx((80, 125))
    assert ends(1, []) == held
    assert ends(2, []) == held
    # Inside the first week: the pair of the first and second is free; the last pair is not.
    assert ends(2, [day(5)]) == held
    assert ends(1, [day(5)])[1] == pytest.approx(125 * 1.25)
    # On the first day of the last week, and inside it.
    assert ends(1, [day(21)]) == held
    assert ends(2, [day(21)])[1] == pytest.approx(125 * 1.25)
    assert ends(1, [day(24)]) == held
    assert ends(2, [day(24)])[1] == pytest.approx(125 * 1.25)


def test_a_series_may_end_on_a_monday() -> None:
    """Its last week is one day long and a week all the same."""
    claims = [{"id": "w", "quantity": "mean rate", "window": [day(0), day(6)], "value": 100, "rounding": 0}]
    made = study(8, claims, assumptions={"smoothness": {"kappa": 0.25}})
    problem = bounds.Problem.of(made)
    assert problem.grid.weeks == 2
    found = bounds.bound(problem, bounds.mean_rate(day(7), day(7)))
    assert (found.low, found.high) == pytest.approx((80, 125))


@pytest.mark.parametrize("at", [2e-6, 0.03, 0.5, 7.0, 900.0])
def test_a_switch_is_found_in_few_steps(at: float) -> None:
    from eprivacy_its.bounds import smoothness

    for rising in (True, False):
        asked = []

        def holds(kappa: float, rising: bool = rising, asked: list = asked) -> bool:
            asked.append(kappa)
            return (kappa >= at) == rising

        low, high = smoothness._switch(holds, 0.0, 1e4)
        assert low <= at <= high
        assert high - low <= 1e-3 * max(low, 1e-6)
        assert len(asked) <= 25


def test_moves_in_units_a_day_are_looked_for_in_the_size_of_the_series() -> None:
    """A series of a million a day moves by a million a day, far beyond any bound on relative moves."""
    made = weeks(1e6, None, 4e6, kind="absolute")
    assert bounds.smoothest(made) == pytest.approx(1.5e6, rel=2e-3)
    below = bounds.certain_at(weeks(1e6, None, kind="absolute"), week(1), below=2.5e6)
    assert below.kappa == pytest.approx(1.5e6, rel=2e-3)
    small = weeks(1e-6, None, 4e-6, kind="absolute")
    assert bounds.smoothest(small) == pytest.approx(1.5e-6, rel=2e-3)
    # Certain up to ten thousand times the size, beyond which a bound is none.
    far = bounds.certain_at(weeks(1e-6, None, kind="absolute"), week(1), below=1.0)
    assert far.kappa == pytest.approx(1e-2)
