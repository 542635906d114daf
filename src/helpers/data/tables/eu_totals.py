"""Totals for the EU as officials and newspapers state them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data.check import SHOWN, Check, Tables, Tidied, by_year, rows_of, verdict
from helpers.data.rounding import looks_rounded, stated_unit
from helpers.data.stated import in_order, split_unit

RAW = ("eu-totals",)
RAW_EU = "data/raw/eu/eu_totals.csv"


TABLE = Table(
    "eu_totals",
    "Totals as officials and newspapers state them.",
    (
        col.text("geography", "EU, World or a country."),
        col.START,
        col.END,
        col.count("value", "The number stated.", "see unit"),
        col.text("unit", "Unit."),
        col.text("counts", "Files and reports are different units.", allowed=("files", "reports")),
        col.text(
            "qualifier",
            "How the number is meant.",
            allowed=("over", "roughly", "nearly", "rounded", "exact"),
        ),
        col.rounding("see unit"),
        col.text("counts_what", "What is counted."),
        col.SOURCE,
    ),
    ("geography", "period_start", "source_id", "counts_what"),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(raw.load(*RAW))


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """Totals as stated: geography, period_start, period_end (inclusive), value, unit, counts (`files` or
    `reports`), qualifier, rounding_unit, counts_what, source_id.

    `qualifier` is the source's word (over, roughly, nearly, rounded); without one it is `rounded` where the
    number is a multiple of 50, else `exact`. `rounding_unit` is the power of ten of the last printed digit (see
    `rounding.stated_unit`), 1 where exact. Sorted by geography, period_start, source_id.
    """
    in_order(raw, RAW_EU, "period_start", "period_end")
    units = [split_unit(unit, f"{RAW_EU}, row {row}") for row, unit in raw["unit"].items()]
    qualifiers = [
        qualifier or ("rounded" if looks_rounded(value) else "exact")
        for (_, qualifier), value in zip(units, raw["value"], strict=True)
    ]
    tidy = raw.assign(
        unit=[unit for unit, _ in units],
        qualifier=qualifiers,
        counts=["reports" if unit.startswith("reports") else "files" for unit, _ in units],
        rounding_unit=[
            1 if qualifier == "exact" else stated_unit(int(value))
            for qualifier, value in zip(qualifiers, raw["value"], strict=True)
        ],
    )
    columns = [
        "geography",
        "period_start",
        "period_end",
        "value",
        "unit",
        "counts",
        "qualifier",
        "rounding_unit",
    ]
    ordered = ["geography", "period_start", "source_id", "counts_what"]
    return tidy[[*columns, "counts_what", "source_id"]].sort_values(ordered, ignore_index=True)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """What has to hold, and what a reader must know."""
    yield from _stated_totals(tables)
    yield from _files(tables)


def _stated_totals(tables: Tables) -> Iterator[Check]:
    """EU totals of reports of a whole year against the sum of the Member States."""
    stated = tables["eu_totals"].query(
        "geography == 'EU' and unit == 'reports' and counts_what.str.endswith('EU')"
    )
    sums = tables["country_reports"].query("eu27").groupby("year")["reports"].sum()
    later = tables["country_referrals_2024"].query("eu27")
    sums[2024] = int(later["referrals"].sum() + later["informational"].sum())
    for row in rows_of(stated):
        year = row.period_start.year
        if year not in sums.index:
            yield Check(
                "eu_totals",
                f"{year}: nothing to compare with",
                SHOWN,
                f"{row.qualifier} {row.value:,} ({row.source_id})",
            )
            continue
        name = f"{year}: total as stated against the sum of the Member States"
        said = f"{row.qualifier} {row.value:,} ({row.source_id}), rounded to {row.rounding_unit:,}"
        detail = f"{said}; sum {sums[year]:,}"
        if year == 2024:
            yield Check(
                "eu_totals", name, SHOWN, f"{detail} of referrals and informational reports, another unit"
            )
            continue
        near = row.value <= sums[year] < row.value + row.rounding_unit
        if row.qualifier != "over":
            near = abs(row.value - sums[year]) <= row.rounding_unit / 2
        yield Check("eu_totals", name, verdict(near), detail)
    parts = tables["eu_totals"].query("counts_what.str.startswith('service type')")
    sums = parts.groupby(parts["period_start"].dt.year)["value"].sum()
    yield Check("eu_totals", "messaging and social media added up", SHOWN, by_year(sums))


def _files(tables: Tables) -> Iterator[Check]:
    stated = tables["eu_totals"]
    cut_off = [
        f"{row.value:,} ({row.source_id}), kept as given and read as rounded to {row.rounding_unit:,}"
        for row in rows_of(stated[stated["value"] % stated["rounding_unit"] != 0])
    ]
    yield Check("eu_totals", "rounded numbers one short of a round one", SHOWN, "; ".join(cut_off) or "none")
    parts = stated[stated["source_id"] == "ncmec-2019-files"]
    letter = stated[(stated["source_id"] == "enoc-letter") & (stated["geography"] == "World")].iloc[0]
    total = int(parts["value"].sum())
    held = letter.value <= total < letter.value + letter.rounding_unit
    listed = " + ".join(f"{value:,}" for value in sorted(parts["value"]))
    yield Check(
        "eu_totals",
        "files of 2019 add up to the letter's total",
        verdict(held),
        f"{listed} = {total:,}; letter: {letter.qualifier} {letter.value:,}",
    )
    monthly = stated[stated["unit"] == "files a month"].iloc[0]
    reports = tables["country_reports"].query("eu27 and year == 2019")["reports"].sum() / 12
    detail = (
        f"{monthly.qualifier} {monthly.value:,} files a month; EU-27 reports a month in 2019: {reports:,.0f}"
    )
    yield Check("eu_totals", "files are not reports", SHOWN, detail)
