"""Consistency: the conflict found is irreducible, and the slack named is the least that ends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bounds.small import day, study
from eprivacy_its import bounds
from eprivacy_its.bounds.conflicts import conflicts

CLAIMS = [
    {"id": "all", "quantity": "total", "window": [day(0), day(27)], "value": 2800, "rounding": 0},
    {"id": "high", "quantity": "mean rate", "window": [day(0), day(13)], "value": 250, "rounding": 20},
    {"id": "harmless", "quantity": "mean rate", "window": [day(21), day(27)], "interval": [0, 1000]},
]


def problem(*claims: dict, **more: object) -> bounds.Problem:
    return bounds.Problem.of(study(28, list(claims), **more))


def test_possible_claims_have_no_conflict() -> None:
    assert bounds.conflict(problem(CLAIMS[0], CLAIMS[2])) is None


def test_conflict_is_found_without_bystanders_and_measured() -> None:
    found = bounds.conflict(problem(*CLAIMS))
    assert found is not None
    assert found.names == ("all", "high")
    off = {member.name: member.off for member in found.members}
    # 14 days at 240 or more are 3,360: the total is 560 too low, or the rate 40 a day too high.
    assert off == {"all": pytest.approx(560), "high": pytest.approx(-40)}
    assert all(member.resolves for member in found.members)


@pytest.mark.parametrize("extra", [0.0, -1e-3])
def test_slack_is_the_least_that_ends_the_conflict(extra: float) -> None:
    plain = study(28, CLAIMS)
    found = bounds.conflict(bounds.Problem.of(plain))
    assert found is not None
    for member in found.members:
        assert member.off is not None
        factor = 1 + extra
        moved = [
            replace(claim, low=claim.low + factor * member.off, high=claim.high + factor * member.off)
            if claim.id == member.name
            else claim
            for claim in plain.claims
        ]
        slightly_wider = [
            replace(claim, low=claim.low - 1e-7, high=claim.high + 1e-7) if extra == 0 else claim
            for claim in moved
        ]
        assert bounds.feasible(bounds.Problem.of(replace(plain, claims=tuple(slightly_wider)))) == (
            extra == 0
        )


def test_every_member_of_a_conflict_is_needed() -> None:
    claims = [
        *CLAIMS[:1],
        {"id": "half", "quantity": "total", "window": [day(0), day(13)], "value": 1000, "rounding": 0},
        {"id": "rest", "quantity": "total", "window": [day(14), day(27)], "value": 1000, "rounding": 0},
        CLAIMS[2],
    ]
    made = problem(*claims)
    found = bounds.conflict(made)
    assert found is not None
    assert found.names == ("all", "half", "rest")
    for name in found.names:
        assert bounds.feasible(made.without([name]))


def test_two_conflicts_show_one_after_the_other() -> None:
    claims = [
        *CLAIMS,
        {"id": "late", "quantity": "mean rate", "window": [day(14), day(27)], "value": 300, "rounding": 0},
    ]
    made = problem(*claims)
    first = bounds.conflict(made)
    assert first is not None
    assert "all" in first.names
    assert len(first.names) == 2
    other = next(name for name in first.names if name != "all")
    second = bounds.conflict(made.without([other]))
    assert second is not None
    assert other not in second.names
    listed = conflicts(made)
    assert listed[0].names == first.names
    assert len(listed) == 2


def test_an_assumption_can_be_part_of_a_conflict() -> None:
    claims = [
        {"id": "one", "quantity": "mean rate", "window": [day(0), day(6)], "value": 100, "rounding": 0},
        {"id": "two", "quantity": "mean rate", "window": [day(7), day(13)], "value": 150, "rounding": 0},
    ]
    found = bounds.conflict(problem(*claims, assumptions={"smoothness": {"kappa": 0.4}}))
    assert found is not None
    assert found.names == ("one", "two", "smoothness")
    off = {member.name: member.off for member in found.members}
    assert off["two"] == pytest.approx(-10)
    assert off["one"] == pytest.approx(150 / 1.4 - 100)
    assert off["smoothness"] is None
    assert "smoothness (an assumption)" in found.sentence


@pytest.mark.parametrize(("unit", "value"), [("week", 70.0), ("month", 295.0), ("day", 10.0)])
def test_how_far_a_rate_is_off_is_told_in_its_own_unit(unit: str, value: float) -> None:
    """Two months of 59 days: 10 a day are 295 a month."""
    series = {"unit": "reports", "first": "2021-01-01", "last": "2021-02-28"}
    window = ["2021-01-01", "2021-02-28"]
    claims = [
        {"id": "rate", "quantity": "mean rate", "unit": f"reports a {unit}", "window": window, "value": value,
         "rounding": 0},
        {"id": "total", "quantity": "total", "unit": "reports", "window": window, "value": 649, "rounding": 0},
    ]  # fmt: skip
    found = bounds.conflict(
        bounds.Problem.of(bounds.parse({"title": "t", "series": series, "claims": claims}))
    )
    assert found is not None
    off = {member.name: member.off for member in found.members}
    # 649 in 59 days are 11 a day, a tenth more than the rate.
    assert off == {"rate": pytest.approx(value / 10), "total": pytest.approx(-59)}


@pytest.mark.parametrize(("quantity", "value", "off"), [("ratio", 0.4, 0.1), ("change", -60, 10)])
def test_how_far_a_comparison_is_off_is_told_in_its_own_unit(quantity: str, value: float, off: float) -> None:
    weeks = [
        {"id": f"w{k}", "quantity": "mean rate", "window": [day(7 * k), day(7 * k + 6)], "value": rate, "rounding": 0}
        for k, rate in enumerate((100, 50))
    ]  # fmt: skip
    tie = {"id": "tie", "quantity": quantity, "window": [day(7), day(13)], "baseline": [day(0), day(6)],
           "value": value, "rounding": 0}  # fmt: skip
    found = bounds.conflict(problem(*weeks, tie))
    assert found is not None
    assert found.names == ("w0", "w1", "tie")
    assert {member.name: member.off for member in found.members}["tie"] == pytest.approx(off)


def test_a_conflict_among_claims_alone_is_shown_without_assumptions() -> None:
    """Under an assumption that conflicts with the claims too, the claims that do so by themselves are named."""
    late = {"id": "late", "quantity": "mean rate", "window": [day(14), day(27)], "value": 10, "rounding": 0}
    found = bounds.conflict(problem(*CLAIMS, late, assumptions={"smoothness": {"kappa": 0.1}}))
    assert found is not None
    assert "smoothness" not in found.names


def test_a_small_distance_has_its_direction_too() -> None:
    claims = [
        {"id": "total", "quantity": "total", "window": [day(0), day(27)], "value": 2800, "rounding": 0},
        {"id": "rate", "quantity": "mean rate", "window": [day(0), day(27)], "value": 100.4, "rounding": 0},
    ]
    found = bounds.conflict(problem(*claims))
    assert found is not None
    assert "rate (100.4 reports a day; at least 0.4 lower)" in found.sentence
    assert "total (2,800 reports; at least 11.2 higher)" in found.sentence
    other = bounds.conflict(problem(claims[0], {**claims[1], "value": 99.6}))
    assert other is not None
    assert "rate (99.6 reports a day; at least 0.4 higher)" in other.sentence
