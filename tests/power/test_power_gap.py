"""What a series could show of a gap: how much of each row lies in it, and how large a fall must be."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from helpers.power import gap

FIRST, LAST = dt.date(2026, 4, 4), dt.date(2026, 7, 30)


def test_shares_add_up_to_the_days_of_the_gap() -> None:
    weeks, months, halves = (gap.shares(code, FIRST, LAST) for code in "WMH")
    assert len(weeks) == 18
    assert weeks[0] == pytest.approx(2 / 7)  # it begins on a Saturday
    assert weeks[-1] == pytest.approx(4 / 7)  # and ends on a Thursday
    assert 7 * sum(weeks) == pytest.approx(118)
    assert months == pytest.approx([27 / 30, 1, 1, 30 / 31])
    assert halves == pytest.approx([88 / 181, 30 / 184])


def test_a_fall_must_be_larger_with_more_noise_and_with_coarser_rows() -> None:
    plan = gap.plan("2026-04-04", "2026-07-30", [104, 36, 12], [0.05, 0.2], 0.4)
    assert list(plan["during"]) == [18, 18, 4, 4, 2, 2]
    found = gap.detectable(plan, at_power=0.8, series=500, seed=1)
    calm, restless = found[found["sd"] == 0.05], found[found["sd"] == 0.2]
    assert (calm["fall"].to_numpy() < restless["fall"].to_numpy()).all()
    assert (np.diff(calm["gap_fall"]) > 0).all()
    assert np.isnan(restless["gap_fall"].iloc[-1])  # half-years: not even a fall to nothing
    expected = found["fall"] / found["covered"]
    assert found["gap_fall"].dropna().to_numpy() == pytest.approx(expected[expected <= 100].to_numpy())
    text = gap.sentence(found, 0.8)
    assert "half-years show a fall of" in text
    assert "none if it is large" in text
    assert "118 days" in gap.answer(found, 0.8, 118)


def test_the_fall_has_its_power() -> None:
    """Series with the smallest fall in their last rows are found as often as was asked for."""
    from eprivacy_its.its import fit_many
    from eprivacy_its.simulate.series import design

    plan = gap.plan("2026-04-04", "2026-07-30", [104, 36, 12], [0.1], 0.0)
    half = gap.detectable(plan, at_power=0.8, series=3000, seed=2).iloc[-1]
    X = design(14, 12, slope_change=False)
    rng = np.random.default_rng(3)
    Y = 0.1 * rng.standard_normal((4000, 14))
    Y[:, 12:] += np.log1p(-half["fall"] / 100)
    high = fit_many(Y, X, "ols").ci_high[:, 2]
    assert (high < 0).mean() == pytest.approx(0.8, abs=0.03)
