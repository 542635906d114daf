"""Small tables that 01_clean shows: the rows behind a cleaning rule, ready to print."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from eprivacy_its import results, show
from eprivacy_its.results import LEVELS
from helpers.data import checks


def outcomes(checked: pd.DataFrame) -> pd.DataFrame:
    """How many checks hold, are shown, and fail, by table: table, holds, shown, fails."""
    counts = pd.crosstab(checked["table"], checked["outcome"])
    wanted = [checks.HOLDS, checks.SHOWN, checks.FAILS]
    return counts.reindex(columns=wanted, fill_value=0).rename_axis(columns=None).reset_index()


def of_table(checked: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The checks of some tables: check, outcome, detail."""
    return checked.loc[checked["table"].isin(names), ["check", "outcome", "detail"]]


def names_added_up(raw_countries: pd.DataFrame) -> pd.DataFrame:
    """Printed rows of every code that stands under more than one name: iso3, country, one column a year."""
    coded = raw_countries[raw_countries["iso3"] != ""]
    names = coded.groupby("iso3")["country"].nunique()
    rows = coded[coded["iso3"].isin(names[names > 1].index)].astype({"year": "int64"})
    wide = rows.set_index(["iso3", "country", "year"])["reports"].unstack("year")
    return wide.rename(columns=str).rename_axis(columns=None).reset_index()


def with_missing(country_reports: pd.DataFrame) -> pd.DataFrame:
    """Places with a missing year: place, one column a year (empty where nothing is printed)."""
    gone = country_reports.loc[country_reports["status"] == "missing", "iso3"].unique()
    rows = country_reports[country_reports["iso3"].isin(gone)]
    wide = rows.set_index(["place", "year"])["reports"].unstack("year")
    return wide.rename(columns=str).rename_axis(columns=None).reset_index()


def meta_series(content: pd.DataFrame) -> pd.DataFrame:
    """Meta's series: app, policy_area, definition, first, last (quarters), quarters, least, most (pieces)."""
    grouped = content.groupby(["app", "policy_area", "definition"])
    return grouped.agg(
        first=("quarter", "min"),
        last=("quarter", "max"),
        quarters=("quarter", "size"),
        least=("pieces", "min"),
        most=("pieces", "max"),
    ).reset_index()


def rounding(content: pd.DataFrame) -> pd.DataFrame:
    """How coarse Meta's numbers are: rounding_unit, numbers, smallest, largest (pieces), widest (half the
    unit in percent of the smallest number)."""
    grouped = content.groupby("rounding_unit")["pieces"]
    table = grouped.agg(numbers="size", smallest="min", largest="max").reset_index()
    return table.assign(widest=50 * table["rounding_unit"] / table["smallest"])


def levels(sources: pd.DataFrame) -> pd.DataFrame:
    """Sources by level of checking, strongest first: level, sources."""
    counts = sources.groupby("level").size().reindex(LEVELS, fill_value=0)
    return counts.rename("sources").reset_index()


def checks_in_words(count: pd.Series) -> str:
    """How the checks came out, as a sentence.

    Parameters
    ----------
    count : Series
        Checks by outcome: holds, fails, shown.
    """
    passed = (
        f"All {show.number(count[checks.HOLDS])} checks that can be passed are passed"
        if not count[checks.FAILS]
        else f"{show.number(count[checks.FAILS])} of {show.number(count[checks.HOLDS] + count[checks.FAILS])} checks failed"
    )
    return f"{passed}; {show.number(count[checks.SHOWN])} more show something that a reader should know."


def read_in_full(sources: pd.DataFrame) -> str:
    """How many of the sources were read in full, as a sentence."""
    whole = int((sources["level"] == LEVELS[0]).sum())
    return f"Of {show.number(len(sources))} sources {show.number(whole)} were read in full."


def written(tables: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """The tidy tables that were written: table, rows, columns, what a row is."""
    from helpers.data.tables import BY_NAME

    rows = [(name, len(frame), len(frame.columns), BY_NAME[name].description) for name, frame in tables]
    return pd.DataFrame(rows, columns=["table", "rows", "columns", "description"])


def record_differences(
    totals: pd.DataFrame, country_reports: pd.DataFrame, world_reports: pd.DataFrame
) -> None:
    """Record, for each year, by how much the country rows miss the published world total.

    Parameters
    ----------
    totals : DataFrame
        What `totals.by_year` gives.
    country_reports, world_reports : DataFrame
        The tidy tables, for their sources and the number of rows.
    """
    for year, difference in zip(totals["year"], totals["difference"], strict=True):
        rows = country_reports[(country_reports["year"] == year) & (country_reports["status"] == "published")]
        total = world_reports[world_reports["year"] == year]
        results.record(
            f"clean/world-total-difference-{year}",
            question="Do the country rows add up to the published world total?",
            outcome="CyberTipline reports",
            unit="reports",
            geography="World",
            window=str(year),
            comparison="sum of the country rows minus the published world total",
            estimator="sum",
            estimate=float(difference),
            scale="count",
            n=len(rows),
            grade="",  # arithmetic
            sources=sorted({*rows["source_id"], *total["source_id"]}),
            note="The rows were read from the originals by machine; the total is a transcription.",
        )


def adds_up(by_year: pd.DataFrame) -> str:
    """Whether the country rows add up to the world total, as the end of a sentence."""
    most = int(by_year["difference"].abs().max())
    if not most:
        return "add up to NCMEC's world total to the last report"
    return f"miss NCMEC's world total by up to {show.number(most)} reports"
