"""What a series would have to show to tell anything about a gap in the law: set out before any data are there.

A gap covers some rows wholly and others in part. A row half inside shows half of a change, so the coarser the rows,
the larger the change in the gap itself must be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from eprivacy_its import parallel, results, show
from eprivacy_its.its.periods import Calendar
from eprivacy_its.its.thresholds import SHORT
from eprivacy_its.plans import register
from eprivacy_its.simulate.power import minimum_detectable

#: Rows by their code in `eprivacy_its.its.periods`.
ROWS = {"W": "weeks", "M": "months", "H": "half-years"}
#: A plan that sees the effect less often than this is not relied on, by custom.
OFTEN = 0.8


def shares(code: str, first: dt.date, last: dt.date) -> list[float]:
    """Share of each row that the gap covers, for every row that it touches.

    Parameters
    ----------
    code : {"W", "M", "H"}
        Weeks begin on Monday.
    first, last : date
        First and last day of the gap, both inclusive.
    """
    calendar = Calendar(code)
    days: dict[int, list[int]] = {}
    day = first - dt.timedelta(days=200)
    while day <= last + dt.timedelta(days=200):
        inside = days.setdefault(calendar.of_day(day), [0, 0])
        inside[0] += 1
        inside[1] += first <= day <= last
        day += dt.timedelta(days=1)
    return [inside[1] / inside[0] for inside in days.values() if inside[1]]


def plan(first: str, last: str, before: Sequence[int], spreads: Sequence[float], rho: float) -> pd.DataFrame:
    """Series that could exist, none of which is data.

    Parameters
    ----------
    first, last : str
        First and last day of the gap, ISO dates, both inclusive.
    before : sequence of int
        Weeks, months and half-years before the gap.
    spreads : sequence of float
        Noise assumed, on the log scale, for each kind of row.
    rho : float
        Autocorrelation assumed; half-years are taken as independent, since so few can't tell.

    Returns
    -------
    DataFrame
        ``rows before during covered sd rho``; ``covered`` is the mean share of a row of the gap that lies in it.
    """
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    found = []
    for (code, name), length in zip(ROWS.items(), before, strict=True):
        touched = shares(code, start, end)
        found += [
            {
                "rows": name,
                "before": length,
                "during": len(touched),
                "covered": sum(touched) / len(touched),
                "sd": sd,
                "rho": 0.0 if code == "H" else rho,
            }
            for sd in spreads
        ]
    return pd.DataFrame(found)


def detectable(frame: pd.DataFrame, *, at_power: float, series: int, seed: int) -> pd.DataFrame:
    """The smallest fall that each series could show.

    Returns
    -------
    DataFrame
        `frame` with ``fall`` (of the rows that the gap touches), ``mc_se``, both in percent, and ``gap_fall``: the
        fall in the days of the gap that it takes, in percent; not a number where even a fall to nothing is too small.
    """
    asked = [(row, at_power, series, seed) for row in frame.to_dict("records")]
    found = list(parallel.in_order(_one, asked, jobs=1))
    made = frame.assign(fall=[fall for fall, _ in found], mc_se=[error for _, error in found])
    gap_fall = made["fall"] / made["covered"]
    return made.assign(gap_fall=gap_fall.where(gap_fall <= 100))


def _one(row: dict[str, Any], at_power: float, series: int, seed: int) -> tuple[float, float]:
    short = row["before"] + row["during"] < SHORT or row["during"] < 3
    found = minimum_detectable(
        before=row["before"],
        after=row["during"],
        sd=row["sd"],
        rho=row["rho"],
        at_power=at_power,
        slope_change=not short,
        interval="ols" if row["rho"] == 0 else "integrated",
        series=series,
        seed=seed,
    )
    return found.fall, found.mc_se


def detectable_falls(found: pd.DataFrame) -> pd.DataFrame:
    """The table of the page."""
    return pd.DataFrame(
        {
            "rows": found["rows"],
            "before": found["before"],
            "touched by the gap": found["during"],
            "share inside": found["covered"],
            "assumed spread": found["sd"],
            "smallest fall of these rows": found["fall"],
            "simulation error": found["mc_se"],
            "smallest fall in the gap": found["gap_fall"],
        }
    )


def sentence(found: pd.DataFrame, chance: float) -> str:
    """What each kind of row could show at best and at worst, in words."""
    parts = []
    for name, part in found.groupby("rows", sort=False):
        ends = sorted(part["gap_fall"].fillna(float("inf")))
        best = "no fall at all" if ends[0] > 100 else f"a fall of {show.percent(ends[0], 0)} or more"
        worst = (
            "none if it is large"
            if ends[-1] > 100
            else f"of {show.percent(ends[-1], 0)} or more if it is large"
        )
        parts.append(f"{name} show {best} if the noise is small, {worst}")
    return f"With a chance of {show.percent(100 * chance, 0)} or better, {'; '.join(parts)}."


def answer(found: pd.DataFrame, chance: float, days: int) -> str:
    """The page's answer."""
    return (
        f"Set out before any count of the {show.number(days)} days is known. {sentence(found, chance)} These are *simulated* "
        "series with assumed noise; smaller falls would mostly be missed, so finding no change says little about them."
    )


def planned() -> str:
    """How often the registered plans would see the effect that each calls the smallest of interest."""
    entries = register.latest().values()
    seen = sorted(entry.answers["with"]["for"] / entry.plan.simulation.draws for entry in entries)
    often = sum(share >= OFTEN for share in seen)
    ends = " to ".join(show.percent(100 * share, 0) for share in (seen[0], seen[-1]))
    return (
        f"For figures to come, {show.number(len(seen))} plans are registered; with the smallest effect of interest in "
        f"*simulated* data, {often or 'none'} of them would count it for the claim in at least "
        f"{show.percent(100 * OFTEN, 0)} of data sets, and the shares run from {ends}."
    )


def record(found: pd.DataFrame, window: str) -> None:
    """Record the smallest fall in the gap that each series could show."""
    for row in found.to_dict("records"):
        known = row["gap_fall"] == row["gap_fall"]
        results.record(
            f"gap/{row['rows']}-spread-{round(100 * row['sd'])}",
            question="How large a fall in the gap would this series show?",
            outcome=f"simulated reports, {row['rows']}",
            unit="percent of the expected count in the days of the gap",
            geography="none (simulated)",
            window=window,
            comparison="the same series without a change",
            estimator="ols" if row["rho"] == 0 else "reml-integrated",
            estimate=-row["gap_fall"] if known else None,
            scale="percent change",
            n=row["before"] + row["during"],
            grade="",  # simulated
            sources=["simulated"],
            note=f"Simulated, noise assumed: spread {row['sd']:g}, autocorrelation {row['rho']:g}; the rows touched lie "
            f"{100 * row['covered']:.0f} % inside the gap and had to fall by {row['fall']:.1f} %.",
        )
