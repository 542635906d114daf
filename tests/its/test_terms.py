"""Yearly terms: seasons and holidays, chosen, asked for and missed; passing effects."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import its
from eprivacy_its.its import holidays, terms
from eprivacy_its.its.periods import Calendar


def weeks(n: int, first: str = "2018-01-01") -> list[dt.date]:
    return [dt.date.fromisoformat(first) + dt.timedelta(weeks=i) for i in range(n)]


def weekly(n: int, seed: int = 3, wave: float = 0.0, dip: float = 0.0) -> pd.DataFrame:
    """Simulated weekly counts and rates around 400, with a season of a year and a dip at the year's end."""
    t, rng = np.arange(n), np.random.default_rng(seed)
    mean = 400 * np.exp(wave * np.sin(2 * np.pi * t / (365.25 / 7)))
    mean *= [1 - dip if day.isocalendar().week in (52, 53, 1) else 1 for day in weeks(n)]
    return pd.DataFrame({"week": weeks(n), "events": rng.poisson(mean), "rate": mean + rng.normal(0, 20, n)})


def fit(frame: pd.DataFrame, outcome: str = "rate", start: str = "2020-06-01", **options: Any) -> its.Fit:
    return its.fit(frame, time="week", outcome=outcome, interruptions=[start], **options)


#: Easter Sundays of the Nautical Almanac Office, the earliest and latest possible among them.
SUNDAYS = ["1818-03-22", "1943-04-25", "2000-04-23", "2018-04-01", "2019-04-21", "2020-04-12", "2021-04-04"]
SUNDAYS += ["2024-03-31", "2025-04-20", "2026-04-05", "2038-04-25", "2285-03-22"]


@pytest.mark.parametrize("sunday", SUNDAYS)
def test_easter_falls_where_the_almanac_has_it(sunday: str) -> None:
    assert holidays.easter(int(sunday[:4])).isoformat() == sunday


@pytest.mark.parametrize(
    ("calendar", "year_end", "easter"),
    [
        (Calendar("W"), ["2020-W52", "2020-W53", "2021-W01"], ["2021-W13", "2021-W14"]),
        (Calendar("W", 6), ["2020-12-20", "2020-12-27", "2021-01-03"], ["2021-03-28", "2021-04-04"]),
        (Calendar("D"), ["2020-12-24", "2021-01-01"], ["2021-04-02", "2021-04-05"]),
    ],
)
def test_holidays_lie_in_their_periods(calendar: Calendar, year_end: list[str], easter: list[str]) -> None:
    ordinal = np.arange(calendar.of_day(dt.date(2020, 11, 2)), calendar.of_day(dt.date(2021, 5, 3)))
    for name, wanted in (("year_end", year_end), ("easter", easter)):
        found = [calendar.label(int(one)) for one in ordinal[holidays.columns(calendar, ordinal)[name] == 1]]
        assert found == wanted if calendar.code == "W" else [found[0], found[-1]] == wanted
        assert set(holidays.years(calendar, ordinal)[name]) == {0, 2020 if name == "year_end" else 2021}


def test_longer_periods_hold_their_holidays() -> None:
    for code in "MQHYN":
        assert holidays.columns(Calendar(code), np.arange(600, 700)) == {}
    frame = weekly(40).assign(week=[str(2000 + i) for i in range(40)])
    with pytest.raises(its.DesignError, match="no year of the series lies at the year's end or at Easter"):
        fit(frame, start="2020", holidays=True)


@pytest.mark.parametrize(
    ("n", "start", "wanted"),
    [
        (160, "2020-12-21", ("year_end", "easter")),
        (100, "2018-12-31", ()),  # the second year's end is under way
        (100, "2019-04-29", ("year_end", "easter")),
        (100, "2019-01-28", ("year_end",)),
        (60, "2018-10-01", ()),
    ],
)
def test_two_earlier_years_identify_a_holiday(n: int, start: str, wanted: tuple[str, ...]) -> None:
    assert fit(weekly(n), start=start).design.holidays == wanted
    assert fit(weekly(n), start=start, holidays=False).design.holidays == ()


def test_auto_chooses_a_season_seen_twice_and_a_named_estimator_adds_nothing() -> None:
    long, short = fit(weekly(160)), fit(weekly(104), start="2019-06-03")
    assert (long.design.seasons, short.design.seasons) == (((365.25 / 7, 2),), ((365.25 / 7, 0),))
    assert fit(weekly(160), harmonics=0).design.seasons == ((365.25 / 7, 0),)
    assert fit(weekly(160), harmonics=1).design.seasons == ((365.25 / 7, 1),)
    named = fit(weekly(160), estimator="reml-integrated")
    assert named.names == ("intercept", "trend", "level_1", "slope_1")
    again = fit(weekly(160), estimator="reml-integrated", harmonics=2, holidays=True)
    pd.testing.assert_frame_equal(long.terms, again.terms, check_exact=True)


def test_what_was_not_asked_for_never_makes_a_design_impossible() -> None:
    frame = weekly(160)
    frame["closed"] = [float(day.isocalendar().week in (52, 53, 1)) for day in frame["week"]]
    made = fit(frame, covariates=["closed"])
    assert "closed" in made.names
    assert made.design.holidays == ()
    with pytest.raises(its.DesignError, match="can't be told apart from 'closed'"):
        fit(frame, covariates=["closed"], holidays=True)


@pytest.mark.parametrize("estimator", ["ols", "quasi-poisson-ar1", "local-level", "newey-west"])
def test_a_season_that_is_seen_and_not_modelled_is_told(estimator: str) -> None:
    outcome = "events" if "poisson" in estimator else "rate"
    seen, plain = (fit(weekly(160, wave=wave), outcome, estimator=estimator) for wave in (0.15, 0.0))
    (note,) = [text for text in seen.notes if "season" in text]
    assert note.startswith("A season of 52.1786 weeks is seen in the residuals")
    assert note.endswith("ask for it with harmonics=2.")
    assert (
        seen.diagnostics.loc["season of 52.1786", "p_value"]
        < 0.01
        < plain.diagnostics.loc["season of 52.1786", "p_value"]
    )
    assert not [text for text in plain.notes if "season" in text]
    asked = fit(weekly(160, wave=0.15), outcome, estimator=estimator, harmonics=2)
    assert not [text for text in asked.notes if "season" in text]
    assert "season of 52.1786" not in asked.diagnostics.index


def test_the_test_of_a_missed_season_is_that_of_two_regressions() -> None:
    made = fit(weekly(160, wave=0.05), estimator="ols")
    ((length, statistic, p),) = terms.missed(made)
    t = np.arange(160)
    waves = [f(2 * np.pi * j * t / length) for j in (1, 2) for f in (np.sin, np.cos)]
    y, X = made.design.y, made.design.X
    whole = np.column_stack([X, *waves])
    left = y - whole @ np.linalg.lstsq(whole, y, rcond=None)[0]
    rho = max(left[1:] @ left[:-1] / (left @ left), 0.0)
    y, X, whole = (one[1:] - rho * one[:-1] for one in (y, X, whole))
    rest = [float(np.linalg.lstsq(part, y, rcond=None)[1][0]) for part in (X, whole)]
    free = 159 - whole.shape[1]
    assert statistic == pytest.approx((rest[0] - rest[1]) / 4 / (rest[1] / free))
    from scipy import stats

    assert p == pytest.approx(stats.f.sf(statistic, 4, free))


def days(n: int = 800) -> pd.DataFrame:
    t, rng = np.arange(n), np.random.default_rng(8)
    swing = 20 * np.sin(2 * np.pi * t / 365.25) + 10 * np.sin(2 * np.pi * t / 7)
    return pd.DataFrame(
        {"week": pd.date_range("2018-01-01", periods=n), "rate": 200 + swing + rng.normal(0, 5, n)}
    )


def test_days_of_two_years_are_asked_for_the_season_of_a_year() -> None:
    made = fit(days(), start="2019-12-02")
    assert made.design.seasons == ((7, 3),)
    (note,) = [text for text in made.notes if "365.25" in text]
    assert note.endswith("ask for it with season=[7.0, 365.25] and harmonics=[3, 2].")
    both = fit(days(), start="2019-12-02", season=[7.0, 365.25])
    assert both.design.seasons == ((7, 3), (365.25, 2))
    assert both.names[-4:] == ("sin_1_365.25", "cos_1_365.25", "sin_2_365.25", "cos_2_365.25")
    assert not [text for text in both.notes if "365.25" in text]
    t = np.arange(800)
    assert both.design.X[:, -3] == pytest.approx(np.cos(2 * np.pi * t / 365.25))
    level = both.terms.loc["level_1"]
    assert level["ci_low"] < 0 < level["ci_high"]


def test_a_pulse_is_a_term_that_the_counterfactual_lacks() -> None:
    frame, first, last = weekly(80), "2018-11-05", "2018-11-19"
    frame.loc[(frame["week"] >= dt.date(2018, 11, 5)) & (frame["week"] <= dt.date(2018, 11, 19)), "rate"] += (
        90
    )
    made = fit(
        frame, start="2019-02-04", estimator="ols", pulses=[(first, last), ("2019-03-04", "2019-03-04")]
    )
    assert made.names == ("intercept", "trend", "level_1", "slope_1", "pulse_1", "pulse_2")
    t, days_ = np.arange(80.0), pd.to_datetime(frame["week"])
    since = t - 57
    pulse = ((days_ >= first) & (days_ <= last)).to_numpy(dtype=float)
    other = (days_ == "2019-03-04").to_numpy(dtype=float)
    X = np.column_stack([np.ones(80), t, since >= 0, np.maximum(since, 0), pulse, other])
    expected = np.linalg.lstsq(X, frame["rate"].to_numpy(), rcond=None)[0]
    assert made.coefficients == pytest.approx(expected)
    assert made.effect("2019-03-04").absolute == pytest.approx(expected[2] + 4 * expected[3] + expected[5])
    assert made.effect("2019-03-04", of=1).absolute == pytest.approx(expected[2] + 4 * expected[3])
    alone = its.fit(
        frame, time="week", outcome="rate", interruptions=[], estimator="ols", pulses=[(first, last)]
    )
    assert alone.effect("2018-11-12").absolute == pytest.approx(alone.terms.loc["pulse_1", "estimate"])
    total = alone.cumulative(first, last).absolute
    gap = alone.observed[44:47] - alone.predictor[44:47] + alone.terms.loc["pulse_1", "estimate"]
    assert total == pytest.approx(gap.sum())
    with pytest.raises(its.DesignError, match="is before the interruption"):
        alone.effect("2018-10-29")


@pytest.mark.parametrize(
    ("pulses", "words"),
    [
        ([("2018-11-19", "2018-11-05")], "Pulse .* ends before it starts"),
        ([("2011-11-19", "2011-11-26")], "Pulse .* is outside the data"),
        (["2018-11-19"], "Pulse .* is not a pair"),
        ([("2018-11-05", "2018-11-05")] * 2, "'pulse_2' can't be told apart from 'pulse_1'"),
    ],
)
def test_a_pulse_that_is_none_is_refused(pulses: Any, words: str) -> None:
    with pytest.raises(its.DesignError, match=words):
        fit(weekly(80), start="2019-02-04", estimator="ols", pulses=pulses)


def test_a_dip_at_the_year_s_end_is_no_change() -> None:
    """200 simulated series of weekly counts 2018-2021, a yearly dip of 40 %, nothing else; break at 2020-12-21."""
    frames = [weekly(209, seed=seed, wave=0.1, dip=0.4) for seed in range(200)]
    Y = np.array([frame["events"].to_numpy(dtype=float) for frame in frames])
    covered = {}
    for asked in (None, False):
        made = fit(frames[0], "events", "2020-12-21", holidays=asked)
        found = its.fit_many(Y, made.design, made.estimator)
        level = found.names.index("level_1")
        covered[asked] = float(((found.ci_low[:, level] <= 0) & (found.ci_high[:, level] >= 0)).mean())
    assert covered[None] >= 0.92
    assert covered[False] < 0.8
