"""Counts of national police of what they received from NCMEC."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data import totals
from helpers.data.check import SHOWN, Check, Tables, Tidied, rows_of
from helpers.data.rounding import looks_rounded, trailing_unit
from helpers.data.stated import split_unit

RAW = ("national-police-series",)
RAW_POLICE = "data/raw/police/national_police_series.csv"
POLICE_ISO3 = {"Austria": "AUT", "Czechia": "CZE", "Germany": "DEU", "Switzerland": "CHE"}


TABLE = Table(
    "national_police",
    "Reports from NCMEC as national police count them.",
    (
        col.text("geography", "Country."),
        col.text("iso3", "ISO 3166-1 alpha-3.", pattern=col.ISO3),
        col.year(2010),
        col.count("value", "The count.", "see unit"),
        col.text("unit", "What one is."),
        col.text("qualifier", "The source's word, if any.", nullable=True, allowed=("over", "roughly")),
        col.text("counts_what", "What is counted."),
        col.flag("rounded", "The source says so, or the number is a multiple of 50."),
        col.rounding("see unit"),
        col.SOURCE,
    ),
    ("iso3", "year", "counts_what"),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(raw.load(*RAW))


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """Counts of national police: geography, iso3, year, value, unit, qualifier, counts_what, rounded,
    rounding_unit, source_id.

    `rounded` is true where the source says so (about, more than) or where the digits suggest it (a multiple
    of 50); `rounding_unit` is then the power of ten of the last printed digit, else 1. Sorted by geography,
    counts_what and year.
    """
    unknown = raw[~raw["geography"].isin(POLICE_ISO3)]
    if len(unknown):
        row, name = unknown.index[0], unknown["geography"].iloc[0]
        raise InputError(
            f'{RAW_POLICE}, row {row}, column geography: found "{name}", expected one of '
            f"{', '.join(POLICE_ISO3)}. Add its code to POLICE_ISO3 in helpers/data/tables/national_police.py."
        )
    units = [split_unit(unit, f"{RAW_POLICE}, row {row}") for row, unit in raw["unit"].items()]
    tidy = raw.assign(
        iso3=raw["geography"].map(POLICE_ISO3),
        unit=[unit for unit, _ in units],
        qualifier=[qualifier for _, qualifier in units],
    )
    tidy["rounded"] = (tidy["qualifier"] != "") | tidy["value"].map(looks_rounded).astype(bool)
    tidy["rounding_unit"] = [
        trailing_unit(int(value)) if rounded else 1
        for value, rounded in zip(tidy["value"], tidy["rounded"], strict=True)
    ]
    columns = [
        "geography",
        "iso3",
        "year",
        "value",
        "unit",
        "qualifier",
        "counts_what",
        "rounded",
        "rounding_unit",
    ]
    return tidy[[*columns, "source_id"]].sort_values(["geography", "counts_what", "year"], ignore_index=True)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """What has to hold, and what a reader must know."""
    yield from _police(tables)


def _police(tables: Tables) -> Iterator[Check]:
    both = totals.police_against_ncmec(tables["national_police"], tables["country_reports"])
    for (country, what), rows in both.groupby(["geography", "counts_what"]):
        detail = "; ".join(f"{row.year}: {row.police:,} against {row.ncmec:,}" for row in rows_of(rows))
        yield Check("national_police", f"{country}, {what}: police against NCMEC", SHOWN, detail)
    rounded = tables["national_police"].query("rounded")
    detail = "; ".join(
        f"{row.geography} {row.year}: {row.value:,} to {row.rounding_unit:,}" for row in rows_of(rounded)
    )
    yield Check("national_police", "rounded by the source, or probably", SHOWN, detail)
