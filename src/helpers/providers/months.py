"""Discord by month: a placebo series over the dates of the first gap, since no stop of its own is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from eprivacy_its import its, results, show
from eprivacy_its.robustness.grade import grade
from helpers import data

QUESTION = "Did a provider that is not known to have stopped show a break at the dates of the first gap?"


@dataclass(frozen=True)
class Months:
    """One fit with a level change at each date.

    Attributes
    ----------
    fit : its.Fit
    table : DataFrame
        month, ratio, ci_low, ci_high (level change, times the path before).
    sources : tuple of str
    """

    fit: its.Fit
    table: pd.DataFrame
    sources: tuple[str, ...]

    @property
    def labels(self) -> dict[str, str]:
        """First month of each regime, with what the date is."""
        names = ("Code applies", "derogation", "partial restart")
        return dict(zip(self.table["month"], names, strict=False))

    @property
    def caption(self) -> str:
        """What the figure shows."""
        outside = int((~self.table["holds 1"]).sum())
        return f"Discord's reports by month: {outside} of {len(self.table)} dates with an interval that excludes 1"

    @property
    def sentence(self) -> str:
        """The level changes in words."""
        told = show.listing(
            [
                f"{show.number(row.ratio, 2)} at {row.month} "
                f"(95 % interval {show.interval(row.ci_low, row.ci_high, 2)})"
                for row in self.table.itertuples()
            ]
        )
        return (
            f"The level changes are {told}, each times the path before it ({self.fit.spec.title}, n = {self.fit.n} "
            "months). Discord isn't known to have stopped anything at these dates, so what they show is how often a "
            "growing, bursting series gives such a step by itself; they say nothing about the provider that stopped."
        )


def fit_months(months: pd.DataFrame, dates: Sequence[str], estimator: str) -> Months:
    """A trend and a level change at each date.

    Parameters
    ----------
    months : DataFrame
        Table `discord_months`.
    dates : sequence of str
        First month of each regime, such as ``2021-01``, in order, at least three months apart.
    estimator : str
        One with a log link.
    """
    fit = its.fit(
        months,
        time="month",
        outcome="media",
        interruptions=list(dates),
        estimator=estimator,
        slope_change=False,
    )
    rows = fit.ratios.loc[[f"level_{i + 1}" for i in range(len(dates))]]
    table = pd.DataFrame(
        {
            "month": list(dates),
            "ratio": rows["estimate"].to_numpy(),
            "ci_low": rows["ci_low"].to_numpy(),
            "ci_high": rows["ci_high"].to_numpy(),
        }
    )
    table["holds 1"] = (table["ci_low"] <= 1) & (table["ci_high"] >= 1)
    return Months(fit, table, tuple(sorted(months["source_id"].unique())))


def record(months: Months) -> None:
    """Record each level change."""
    level = data.source_level(months.sources)
    rows: Any = months.table.itertuples()
    for row in rows:
        graded = grade(design="model", ci_low=row.ci_low, ci_high=row.ci_high, null=1, source_level=level)
        results.record(
            f"platforms/discord-months/level-{row.month}",
            question=QUESTION,
            outcome="Discord: own count of reports to NCMEC, media",
            unit="reports a month",
            geography="World",
            window="2020-07 to 2024-06",
            comparison="trend and level before, extrapolated",
            estimator=months.fit.estimator,
            estimate=row.ratio,
            ci_low=row.ci_low,
            ci_high=row.ci_high,
            level=0.95,
            scale="ratio",
            n=months.fit.n,
            grade=graded.value,
            sources=list(months.sources),
            note=graded.reason,
        )
