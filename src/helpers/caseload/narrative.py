"""The page of recorded offences in sentences, and its estimates on record."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from eprivacy_its import results, show
from eprivacy_its.robustness.grade import grade
from helpers import data
from helpers.caseload import study

QUESTION = "Did recorded offences change in the Member States after 2020, beyond those of other countries?"
UNIT = "police-recorded offences a year"
SOURCE = ("eurostat-crim-off-cat-klbek",)


def _interval(row: pd.Series) -> str:
    return f"{show.number(row['ratio'], 2)} (95 % interval {show.interval(row['ci_low'], row['ci_high'], 2)})"


def _row(table: pd.DataFrame, sample: str, model: str = "sums") -> pd.Series:
    return table[(table["sample"] == sample) & (table["model"] == model)].iloc[0]


def _growth(row: pd.Series) -> str:
    """How the sums of both sides grew, before any ratio of the two."""
    return (
        f"the recorded offences of {row['members']} Member States went to {show.number(row['growth'], 2)} times their "
        f"count, those of {row['others']} other European countries to {show.number(row['growth_others'], 2)} times "
        f"theirs: the ratio of the two is {_interval(row)}"
    )


def sums_sentence(table: pd.DataFrame) -> str:
    """What the sums say with and without the two countries that move them."""
    whole, apart = _row(table, "all consistent countries"), _row(table, "without Germany and Poland")
    return (
        f"From {study.LAST - 1} to {study.LAST} {_growth(whole)}. Without "
        f"Germany and Poland the ratio is {_interval(apart)}. A ratio below 1 would be a fall beyond the others'."
    )


def logs_sentence(table: pd.DataFrame) -> str:
    """What the mean of logarithms says, and how much one small country has to do with it."""
    whole = _row(table, "all consistent countries", "logarithms")
    apart = _row(table, "without Albania", "logarithms")
    excludes = whole["ci_high"] < 1 and apart["ci_high"] >= 1
    verdict = (
        "So the interval that excludes 1 rests on a single country with a handful of offences."
        if excludes
        else "Leaving one small country out does not change which side of 1 the interval lies on."
    )
    return (
        f"Every country counts the same in the mean of logarithms: the ratio is {_interval(whole)}, and "
        f"{_interval(apart)} without Albania. {verdict}"
    )


def placebo_sentence(years: pd.DataFrame) -> str:
    """Where the year of interest stands among the years before."""
    ranks = {model: study.placebo_p(years, model) for model in study.MODELS.values()}
    pairs = int((years["model"] == "sums").sum())
    said = show.listing([f"{show.p_value(p)} by {model}" for model, p in ranks.items()])
    return (
        f"Among {pairs} pairs of neighbouring years the share with a ratio at least as far from 1 is {said}; with so "
        f"few pairs it can't be below {show.number(1 / pairs, 2)}."
    )


def poland_sentence(table: pd.DataFrame) -> str:
    """Poland's recorded offences beside NCMEC's reports about it."""
    offences, reports = table.set_index("year")["offences"], table.set_index("year")["reports"]
    series = show.listing([f"{show.number(int(offences[year]))} in {year}" for year in offences.index])
    change = 100 * (offences[2020] / offences[2019] - 1)
    return (
        f"The Polish police recorded {series}. From 2019 to 2020 recorded offences {show.moved(change, 1)} while "
        f"NCMEC's reports about Poland rose from {show.number(int(reports[2019]))} to "
        f"{show.number(int(reports[2020]))}. If the reports of 2020 had each become a recorded offence in the same or "
        "the next year, the recorded offences would show it, and they don't. Why NCMEC counted so many remains "
        "unexplained: they may be few cases with many files, copies of one file, or reports that led to no case."
    )


def correlation_sentence(table: pd.DataFrame, rho: float, p: float) -> str:
    """Whether Member States with a larger fall in reports had fewer recorded offences."""
    fell = int((table["reports to NCMEC"] < 0).sum())
    fewer = int(((table["reports to NCMEC"] < 0) & (table["recorded offences"] < 0)).sum())
    return (
        f"In {fell} of {len(table)} Member States reports fell from {study.LAST - 1} to {study.LAST}; in {fewer} of "
        f"these recorded offences fell too. The rank correlation of the two changes is {show.number(rho, 2)} "
        f"({show.p_value(p)}, {len(table)} countries)."
    )


def answer(table: pd.DataFrame, years: pd.DataFrame, poland: pd.DataFrame) -> str:
    """The page in a paragraph."""
    whole, apart = _row(table, "all consistent countries"), _row(table, "without Germany and Poland")
    logs = [_row(table, one, "logarithms") for one in ("all consistent countries", "without Albania")]
    held = [row["ci_low"] <= 1 <= row["ci_high"] for row in (whole, apart, *logs)]
    return (
        f"{'No clear change' if any(held) else 'A change'}. From {study.LAST - 1} to {study.LAST} {_growth(whole)}; "
        f"without Germany and Poland {_interval(apart)}. Where each country counts the same the ratio is "
        f"{_interval(logs[0])}, without Albania {_interval(logs[1])}. {show.number(sum(held))} of these "
        f"{show.number(len(held))} intervals hold 1. "
        "Recorded offences follow reports by months or years and depend on what the police can work through, so a flat "
        "series is no evidence that as many children were found, and a rise none that more was reported."
    )


def record(table: pd.DataFrame, years: pd.DataFrame, poland: pd.DataFrame) -> None:
    """Record each sample's ratio, and Poland's counts."""
    level = data.source_level(SOURCE)
    for _, row in table.iterrows():
        p = study.placebo_p(years, row["model"])
        graded = grade(
            design="model",
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            null=1,
            placebo_p=p,
            source_level=level,
        )
        _record(
            f"case-load/{slug(row['sample'])}/{row['model']}",
            estimate=row["ratio"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            level=0.95,
            scale="ratio",
            window=str(study.LAST),
            comparison=f"{study.LAST - 1}, and {row['others']} other countries",
            estimator=f"ratio of changes, {row['model']}; inverted placebo-union test",
            n=int(row["members"] + row["others"]),
            geography=f"Member States, {row['sample']}",
            grade=graded.value,
            note=graded.reason,
        )
    for _, row in poland.iterrows():
        graded = grade(design="count", source_level=level)
        _record(
            f"case-load/poland-{row['year']}",
            estimate=float(row["offences"]),
            scale="count",
            window=str(row["year"]),
            comparison="none",
            estimator="count",
            n=1,
            geography="Poland",
            grade=graded.value,
            note=graded.reason,
        )


def slug(text: str) -> str:
    """Words joined by hyphens, lower case."""
    return "-".join(text.lower().split())


def _record(id: str, **facts: object) -> None:
    shared = {"question": QUESTION, "outcome": "recorded child pornography offences", "unit": UNIT}
    results.record(id, **{**shared, "sources": list(SOURCE), **facts})  # type: ignore[arg-type]


def context(hotlines: pd.DataFrame, publishers: Sequence[str] = ("IWF", "INHOPE")) -> pd.DataFrame:
    """Hotlines' annual counts from 2018 on: publisher, metric, one column a year; a year restated keeps the later."""
    rows = hotlines[hotlines["publisher"].isin(publishers) & (hotlines["year"] >= 2018)]
    rows = rows.assign(as_of=rows["reporting_year"].fillna(rows["year"])).sort_values("as_of")
    last = rows.drop_duplicates(["publisher", "metric", "year"], keep="last")
    wide = last.pivot_table(index=["publisher", "metric"], columns="year", values="value").reset_index()
    return wide.rename(columns=str).rename_axis(columns=None)
