"""Statements by day, all of them before the lapse: weekdays, known breaks, and placebo dates for the design by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from eprivacy_its import its
from eprivacy_its.its import DesignError, forecast
from eprivacy_its.its.forecast import Floats
from helpers.moderation.lapse import FLOOR, NEW_FORM, Lapse

OUTCOMES = {
    "statements_protection_of_minors": "Protection of minors",
    "statements_csam_keyword": "CSAM keyword",
}
SPAN = 30  # days of a placebo month
STEP = 10  # days from one placebo date to the next
APART = 2 * SPAN  # placebo dates this far apart share no day after
ESTIMATOR = "quasi-poisson-ar1"
CALM = ("2024-09-01", "2025-06-30")  # Snapchat's longest time without a known break, both days inclusive


WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Known(NamedTuple):
    """A day on which Snapchat's counts are known to break."""

    day: str
    what: str


SNAPCHAT = (
    Known("2024-03-06", "step down"),
    Known("2024-08-17", "step down"),
    Known(NEW_FORM.date().isoformat(), "new form"),
)


def series(daily: pd.DataFrame, platform: str, outcome: str) -> pd.Series:
    """Statements by day over all days of the table; a day on which the platform filed nothing is 0."""
    rows = daily[daily["platform"] == platform].set_index("date")[outcome].astype(float)
    days = pd.date_range(daily["date"].min(), daily["date"].max(), freq="D", unit="s")
    return rows.reindex(days, fill_value=0.0).rename(platform)


def weekly(daily: pd.DataFrame, outcome: str, platforms: Sequence[str]) -> pd.DataFrame:
    """Mean statements a day over whole weeks from Monday on: week (its Monday), one column a platform; 0 is missing."""
    wide = pd.DataFrame({name: series(daily, name, outcome) for name in platforms})
    parts = wide.resample("W-MON", label="left", closed="left")
    means = parts.mean()[parts.size() == 7]
    return means.where(means > 0).rename_axis("week")


def weekdays(daily: pd.DataFrame, outcome: str, platforms: Sequence[str]) -> pd.DataFrame:
    """Mean of each weekday over that of all days, in percent: platform, weeks, Mon … Sun; weeks with a day of 0 left out.

    Each week is divided by its own mean first, so that weeks count alike.
    """
    rows = []
    for name in platforms:
        values = series(daily, name, outcome)
        values = values.iloc[(7 - values.index[0].weekday()) % 7 :]
        weeks = values.to_numpy()[: len(values) // 7 * 7].reshape(-1, 7)
        weeks = weeks[(weeks > 0).all(axis=1)]
        shape = 100 * (weeks / weeks.mean(axis=1, keepdims=True)).mean(axis=0)
        rows.append({"platform": name, "weeks": len(weeks)} | dict(zip(WEEK, shape, strict=True)))
    return pd.DataFrame(rows)


def _fit(values: pd.Series, days: Sequence[str], level: float) -> its.Fit:
    frame = values.rename("statements").rename_axis("day").reset_index()
    return its.fit(
        frame,
        time="day",
        outcome="statements",
        interruptions=list(days),
        estimator=ESTIMATOR,
        slope_change=False,
        season=7,
        harmonics=3,
        level=level,
    )


def known_breaks(daily: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Level changes of Snapchat at its known breaks, one model for each outcome.

    Three harmonics of a week are six terms, as many as indicators of weekdays would be.

    Returns
    -------
    DataFrame
        outcome, day, break (what it is), ratio, ci_low, ci_high, n (days), rho.
    """
    rows = []
    for outcome, name in OUTCOMES.items():
        fit = _fit(series(daily, "Snapchat", outcome), [known.day for known in SNAPCHAT], level)
        for number, known in enumerate(SNAPCHAT, start=1):
            term = fit.ratios.loc[f"level_{number}"]
            ends = {"ratio": term["estimate"], "ci_low": term["ci_low"], "ci_high": term["ci_high"]}
            rows.append(
                {"outcome": name, "day": known.day, "break": known.what} | ends | {"n": fit.n, "rho": fit.rho}
            )
    return pd.DataFrame(rows)


def placebo_days(daily: pd.DataFrame, *, level: float, every: int = 28, least: int = 56) -> pd.DataFrame:
    """The same model with one break at days on which nothing is known to have happened.

    Parameters
    ----------
    every : int
        Days from one placebo date to the next.
    least : int
        Days of `CALM` that each date leaves before and after.

    Returns
    -------
    DataFrame
        outcome, day, ratio, ci_low, ci_high.
    """
    rows = []
    for outcome, name in OUTCOMES.items():
        values = series(daily, "Snapchat", outcome).loc[slice(*CALM)]
        for place in range(least, len(values) - least, every):
            day = values.index[place].date().isoformat()
            term = _fit(values, [day], level).ratios.loc["level_1"]
            ends = {"ratio": term["estimate"], "ci_low": term["ci_low"], "ci_high": term["ci_high"]}
            rows.append({"outcome": name, "day": day} | ends)
    return pd.DataFrame(rows)


def months_before(values: pd.Series, end: int) -> tuple[Floats, list[int]]:
    """Logarithms of sums over months of `SPAN` days that end at row `end` (exclusive), earliest first, and known breaks.

    A month under `FLOOR` statements, and one that holds the first day of the new form but doesn't begin with it, is
    missing; months before the last one under `FLOOR` are left out with it.
    """
    first = end % SPAN
    sums = values.to_numpy()[first:end].reshape(-1, SPAN).sum(axis=1)
    turn = int((values.index < NEW_FORM).sum()) - first
    low = np.flatnonzero(sums < FLOOR)
    start = int(low[-1]) + 2 if len(low) else 0
    logs = np.log(np.maximum(sums, 1.0))
    breaks = [-(-turn // SPAN) - start] if 0 < turn < end - first else []
    if breaks and turn % SPAN:
        logs[turn // SPAN] = np.nan
    return logs[start:], [row for row in breaks if row > 0]


def placebo_months(
    daily: pd.DataFrame, pairs: Sequence[tuple[str, str]], lapse: Lapse, *, after: int = 2
) -> pd.DataFrame:
    """The design by month at placebo dates every `STEP` days, each judged only by what lay before it.

    Parameters
    ----------
    pairs : sequence of (platform, outcome)
        Series, the outcome one of `OUTCOMES`.

    Returns
    -------
    DataFrame
        platform, outcome, placebo dates (those at which the design has enough before), sharing no day (how many of them share no day after), no change held (percent of intervals), and one column a fall: percent of intervals below 0 once the fall was put in.
    """
    rows = []
    for platform, outcome in pairs:
        values = series(daily, platform, outcome)
        highs, lows = [], []
        for end in range(len(values), SPAN * (after + lapse.base), -STEP):
            logs, breaks = months_before(values, end)
            try:
                found = forecast.level_change(
                    logs, after=after, base=lapse.base, breaks=breaks, level=lapse.level
                )
            except DesignError:
                continue
            lows.append(float(found.ci_low))
            highs.append(float(found.ci_high))
        low, high = np.array(lows), np.array(highs)
        row = {
            "platform": platform,
            "outcome": OUTCOMES[outcome],
            "placebo dates": len(low),
            "sharing no day": -(-len(low) * STEP // APART),
            "no change held": 100 * float(np.mean((low <= 0) & (high >= 0))) if len(low) else np.nan,
        }
        falls = {
            f"{fall:g} %": 100 * float(np.mean(high + np.log1p(-fall / 100) < 0)) if len(low) else np.nan
            for fall in lapse.falls
        }
        rows.append(row | falls)
    return pd.DataFrame(rows)
