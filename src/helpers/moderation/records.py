"""What the page of moderation statements puts on record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its import results
from eprivacy_its.robustness.grade import Grade, grade
from helpers import data
from helpers.moderation.daily import ESTIMATOR
from helpers.moderation.lapse import APART, FULL, NEW, UNSURE, Lapse
from helpers.moderation.narrative import lengths_that_hold

DAYS, MONTHS = "dsa-tdb-shantay060", "dsa-tdb-monthly-krmaynard"
OUTCOME = "statements of reasons, category Protection of minors"
UNIT = "statements of reasons a day"
MOVED = Grade("not identified", "Meta moved statements between categories in these months")
WHICH = {FULL: "", NEW: "/new-form", "beyond controls": "/beyond-controls"}  # ends of the ids
NONE = ""  # simulated, arithmetic on what is known, or a trial of the model


def _design(lapse: Lapse) -> str:
    return f"mean of the last {lapse.base} months as forecast, t interval from its past errors"


def _window(lapse: Lapse, index: pd.Index) -> str:
    return f"{index[-lapse.after(index)]} to {index[-1]}"


@lru_cache
def _level(*sources: str) -> str:
    """The weakest level of checking; the list of sources is read once for each set of them."""
    return data.source_level(sources)


def _model(row: Mapping[Any, Any], null: float, sources: list[str], **checks: Any) -> Grade:
    ends = {"ci_low": row["ci_low"], "ci_high": row["ci_high"]}
    return grade(design="model", **ends, null=null, source_level=_level(*sources), **checks)


def lapse_changes(table: pd.DataFrame, controlled: pd.DataFrame, lapse: Lapse, index: pd.Index) -> None:
    """Record the change of each series in each analysis, and that beyond the controls.

    The analyses of a series ask for the same change, so the widest interval has a say in the grade of each.
    """
    rows = table[table["change"].notna()].to_dict("records")
    rows += (
        controlled.rename(columns={"platform": "series"}).assign(months="beyond controls").to_dict("records")
    )
    for row in rows:
        others = [(one["ci_low"], one["ci_high"]) for one in rows if one["series"] == row["series"]]
        _change(row, WHICH[row["months"]], others, lapse, index)


def _change(
    row: Mapping[Any, Any], which: str, others: list[tuple[float, float]], lapse: Lapse, index: pd.Index
) -> None:
    after, name = lapse.after(index), row["series"]
    floor = 1 / (1 + row["placebos"])
    graded = _model(row, 0, [DAYS, MONTHS], placebo_p=row["placebo_p"], placebo_floor=floor, wider=others)
    if name in UNSURE:
        graded = MOVED
    results.record(
        f"moderation/lapse/{slug(name)}{which}",
        question="Did statements of reasons on minors change in the first two months of the lapse of 2026?",
        outcome=f"{name}: {OUTCOME}" + (", beyond other categories" if "controls" in which else ""),
        unit=UNIT,
        geography="EU",
        window=_window(lapse, index),
        comparison=f"{index[-after - lapse.base]} to {index[-after - 1]}",
        estimator=_design(lapse),
        estimate=row["change"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        level=lapse.level,
        scale="percent change",
        n=int(row["n"]),
        grade=graded.value,
        sources=[DAYS, MONTHS],
        note=f"{graded.reason}; {int(row['placebos'])} earlier forecasts",
    )


def exclusions(table: pd.DataFrame, ends: pd.DataFrame, lapse: Lapse, index: pd.Index) -> None:
    """Record for how many platforms each fall is excluded, and with how many lengths of the forecast that holds."""
    platforms = table[~table["series"].isin([*UNSURE, APART])]["series"].nunique()
    for fall in lapse.falls:
        counts = lengths_that_hold(ends, table, fall, lapse, index)
        common: dict[str, Any] = {
            "outcome": OUTCOME,
            "geography": "EU",
            "window": _window(lapse, index),
            "comparison": f"a fall of {fall:g} % in the days of the lapse, excluded by both analyses",
            "estimator": "count of intervals",
            "scale": "count",
            "grade": NONE,
            "sources": [DAYS, MONTHS],
        }
        results.record(
            f"moderation/excluded-{fall:g}",
            question="For how many platforms is a fall of this size excluded?",
            unit="platforms, Meta's aside",
            estimate=float(len(counts)),
            n=platforms,
            note="The intervals and their grades stand with each platform.",
            **common,
        )
        results.record(
            f"moderation/excluded-{fall:g}/forecasts",
            question="With how many lengths of the forecast does that hold?",
            unit="lengths of the forecast tried",
            estimate=float(min(counts.values(), default=0)),
            n=ends.shape[1] - 1,
            note="The least of these platforms; none where no platform excludes the fall.",
            **common,
        )


def known_breaks(known: pd.DataFrame, placebo: pd.DataFrame, level: float) -> None:
    """Record the level change at each known break of Snapchat's statements by day."""
    for row in known.to_dict("records"):
        others = np.log(placebo[placebo["outcome"] == row["outcome"]]["ratio"]).abs()
        larger = int((others >= abs(np.log(row["ratio"]))).sum())
        results.record(
            f"moderation/known-break/{row['day']}/{slug(row['outcome'])}",
            question="Does the model by day find a break that is known?",
            outcome=f"Snapchat: statements of reasons, {row['outcome']}",
            unit=UNIT,
            geography="EU",
            window=row["day"],
            comparison="trend, weekdays and level before",
            estimator=ESTIMATOR,
            estimate=row["ratio"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            level=level,
            scale="ratio",
            n=int(row["n"]),
            grade=NONE,
            sources=[DAYS],
            note=f"Tries the model on a break that is known ({row['break']}); {larger} of {len(others)} placebo days have a "
            "change as large.",
        )


def power(rates: pd.DataFrame, lapse: Lapse, draws: int) -> None:
    """Record how often each fall is found in simulated series, with the interval of the simulation."""
    for row in rates.to_dict("records"):
        for fall in lapse.falls:
            share = row[f"{fall:g} %"]
            error = 196 * (share / 100 * (1 - share / 100) / draws) ** 0.5
            results.record(
                f"moderation/power/{slug(row['series'])}-{fall:g}",
                question="How often would a fall of this size in the lapse be found?",
                outcome=f"simulated statements by month, like {row['series']}",
                unit="percent of simulated series",
                geography="none (simulated)",
                window="two months after the break",
                comparison=f"a fall of {fall:g} % in the days of the lapse",
                estimator=_design(lapse),
                estimate=share,
                ci_low=max(0.0, share - error),
                ci_high=min(100.0, share + error),
                level=0.95,
                scale="percent",
                n=draws,
                grade=NONE,
                sources=["simulated"],
                note=f"Simulated: normal AR(1) of logarithms, spread {row['spread']:.2f}, autocorrelation {row['autocorrelation']:.2f}.",
            )


def reports(measures: pd.DataFrame) -> None:
    """Record the services' measures a day, half-year over half-year."""
    for row in measures.to_dict("records"):
        results.record(
            f"moderation/reports-2026h1/{slug(row['service'])}/{slug(row['counted'])}",
            question="How did the services' own counts of measures change from half-year to half-year?",
            outcome=f"{row['service']}: own-initiative measures, {row['counted']}",
            unit="measures a day",
            geography="EU",
            window="2026H1",
            comparison="2025H2",
            estimator="change of counts",
            estimate=100 * (row["ratio"] - 1),
            scale="percent change",
            n=2,
            grade=NONE,
            sources=row["sources"],
            note="Arithmetic on two published counts, without an interval; it says nothing about the lapse.",
        )


def countries(ratios: pd.DataFrame, level: float) -> None:
    """Record Snapchat's growth in the Member States over that elsewhere, before the lapse."""
    for row in ratios.to_dict("records"):
        halves = row["half-years"].split(" to ")
        sources = [f"snap-csv-{half[:4]}-{half[4:].lower()}" for half in halves]
        graded = _model(row, 1, sources)
        results.record(
            f"moderation/snapchat-countries/{slug(halves[1])}/{row['model']}",
            question="Did Snapchat's accounts in the Member States move apart from those elsewhere before the lapse?",
            outcome="Snapchat: accounts disabled for child sexual exploitation",
            unit="accounts a half-year",
            geography="EU-27",
            window=row["half-years"],
            comparison=f"{row['others']} other countries",
            estimator=f"ratio of changes, {row['model']}; inverted placebo-union test",
            estimate=row["ratio"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            level=level,
            scale="ratio",
            n=int(row["members"] + row["others"]),
            grade=graded.value,
            sources=sources,
            note=graded.reason,
        )


def slug(text: str) -> str:
    """Words joined by hyphens, lower case."""
    return "-".join(text.lower().split())
