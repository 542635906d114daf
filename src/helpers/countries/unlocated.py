"""What reports without a country could do to a change of those that have one.

Some reports name no country. When their number changes from year to year, so may the count of a place without
any change in what happened there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Located:
    """Change of a group of places between two years, and what reports without a country allow.

    Attributes
    ----------
    change : float
        Percent, of the located reports.
    low, high : float
        Percent. Sharp bounds when any number of the reports without a country may belong to the group, in
        each year separately (worst-case bounds, Manski 1989).
    proportional : float
        Percent, when they belong to the group in proportion to those with a country.
    missing_before, missing_after : int
        Reports without a country.
    difference : int
        Change of the group's count, reports.
    """

    change: float
    low: float
    high: float
    proportional: float
    missing_before: int
    missing_after: int
    difference: int

    @property
    def rise(self) -> int:
        """More reports without a country than the year before."""
        return self.missing_after - self.missing_before


def bounds(reports: pd.DataFrame, group: str, before: int, after: int) -> Located:
    """Bound the change of a group of places by the reports that name no country.

    Parameters
    ----------
    reports : DataFrame
        Table `country_reports`: year, reports, located (bool), and the boolean column `group`.
    group : str
        Column that says who belongs to it, e.g. ``eu27``.
    before, after : int
        Years.

    Raises
    ------
    ValueError
        A year has no reports, or none for the group.
    """
    rows = reports.dropna(subset=["reports"])
    world = rows.groupby("year")["reports"].sum()
    inside = rows[rows[group].astype(bool)].groupby("year")["reports"].sum()
    nowhere = rows[~rows["located"].astype(bool)].groupby("year")["reports"].sum()
    for year in (before, after):
        if not inside.get(year, 0):
            raise ValueError(f"no reports of {group} in {year}")
    a, b = int(inside[before]), int(inside[after])
    u, v = int(nowhere.get(before, 0)), int(nowhere.get(after, 0))
    share_a, share_b = a / (int(world[before]) - u), b / (int(world[after]) - v)
    return Located(
        change=100 * (b / a - 1),
        low=100 * (b / (a + u) - 1),
        high=100 * ((b + v) / a - 1),
        proportional=100 * ((b + share_b * v) / (a + share_a * u) - 1),
        missing_before=u,
        missing_after=v,
        difference=b - a,
    )


def sentence(found: Located, before: int, after: int) -> str:
    """What the reports without a country mean for the change, in words."""
    from eprivacy_its import show

    return (
        f"Reports that name no country went from {show.number(found.missing_before)} in {before} to "
        f"{show.number(found.missing_after)} in {after}, a rise of {show.number(found.rise)}; the count located in the EU-27 fell by "
        f"{show.number(-found.difference)}. If they belong to the EU in proportion to the others, the change is "
        f"{show.percent(found.proportional, 1)} instead of {show.percent(found.change, 1)}. With no assumption about "
        f"them at all, it lies anywhere between {show.percent(found.low, 0)} and {show.percent(found.high, 0, signed=True)}: "
        "without knowing how places are assigned, the counts alone do not fix even the sign."
    )


def record(found: Located, before: int, after: int, sources: Sequence[str]) -> None:
    """Record both readings: `.../not-located-proportional` and the identified set `.../not-located`."""
    from eprivacy_its import results
    from eprivacy_its.robustness.grade import NONE, grade

    shared: dict[str, Any] = {
        "question": "What could reports that name no country do to the EU's change?",
        "outcome": "CyberTipline reports by country of the reported user",
        "unit": "reports",
        "geography": "EU-27",
        "window": str(after),
        "comparison": str(before),
        "scale": "percent change",
        "n": 4,
        "sources": list(sources),
    }
    id = f"countries/eu27-change-{after}/not-located"
    results.record(
        f"{id}-proportional",
        estimator="reports without a country shared out in proportion",
        estimate=found.proportional,
        grade=NONE,  # arithmetic under an assumption
        note="Holds if reports without a country are like those with one.",
        **shared,
    )
    results.record(
        id,
        estimator="worst-case bounds",
        estimate=None,
        ci_low=found.low,
        ci_high=found.high,
        grade=grade(design="model", ci_low=found.low, ci_high=found.high, null=0).value,
        note="Identified set: any number of the reports without a country may be the EU's, in each year.",
        **shared,
    )
