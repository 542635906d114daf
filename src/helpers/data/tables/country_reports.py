"""NCMEC's reports by country 2019-2023: one row an ISO code and year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data import places, totals
from helpers.data.check import FAILS, SHOWN, Check, Tables, Tidied, by_year, rows_of, verdict

RAW = ("ncmec-reports-by-country",)
RAW_COUNTRIES = "data/raw/ncmec/ncmec_reports_by_country.csv"


GROUPS = ["located", "eu27", "eea_other", "uk", "europe", "eu_territory"]


TABLE = Table(
    "country_reports",
    "CyberTipline reports by place of the reported user: one row an ISO code and year, "
    "names of one code added up.",
    (
        col.text("iso3", "ISO 3166-1 alpha-3; empty: not located.", nullable=True, pattern=col.ISO3),
        col.PLACE,
        col.year(2019, 2023),
        col.count(
            "reports",
            "CyberTipline reports; empty: nothing printed, which is not zero.",
            "reports a year",
            "Int64",
        ),
        col.text("status", "Whether a count was printed.", allowed=("published", "missing")),
        col.flag("located", "Has a code."),
        col.EU27,
        col.flag("eea_other", "Iceland, Liechtenstein or Norway."),
        col.flag("uk", "United Kingdom."),
        col.flag("europe", "Europe as in UN M49, with Cyprus, Türkiye and Kosovo."),
        col.flag("eu_territory", "Part of the EU's territory, listed apart from its state, in no EU-27 sum."),
        col.text("raw_names", 'Names as printed, joined by "; ".'),
        col.SOURCE,
    ),
    ("iso3", "year"),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(raw.load(*RAW))


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """One row an ISO code and year; printed names of one code are added up.

    Parameters
    ----------
    raw : DataFrame
        `ncmec-reports-by-country`: iso3, country, year, reports (NA: nothing printed), source_id.

    Returns
    -------
    DataFrame
        iso3 ("" for not located), place, year, reports (reports a year; NA only where no name of the code
        has a count), status (`published`, `missing`), the groups of `places.group`, raw_names ("; " between
        names), source_id. Sorted by iso3 and year.
    """
    _one_unlocated_row(raw)
    tidy = raw.groupby(["iso3", "year"], sort=True)["reports"].sum(min_count=1).reset_index()
    keys = list(zip(tidy["iso3"], tidy["year"], strict=True))
    names, ids = _texts(raw, "country"), _texts(raw, "source_id")
    tidy["raw_names"] = ["; ".join(names[key]) for key in keys]
    tidy["source_id"] = ["; ".join(ids[key]) for key in keys]
    tidy["place"] = [places.name(key[0], names[key][0]) for key in keys]
    tidy["status"] = tidy["reports"].isna().map({True: "missing", False: "published"})
    groups = pd.DataFrame([places.group(iso3) for iso3 in tidy.iso3], index=tidy.index)
    columns = ["iso3", "place", "year", "reports", "status", *GROUPS, "raw_names", "source_id"]
    return pd.concat([tidy, groups], axis=1)[columns]


def _texts(raw: pd.DataFrame, column: str) -> dict[tuple[str, int], list[str]]:
    """The different texts of one column by code and year, sorted; far quicker than a groupby of texts."""
    found: dict[tuple[str, int], set[str]] = {}
    for iso3, year, text in zip(raw["iso3"], raw["year"], raw[column], strict=True):
        found.setdefault((iso3, year), set()).add(text)
    return {key: sorted(texts) for key, texts in found.items()}


def _one_unlocated_row(raw: pd.DataFrame) -> None:
    """Only the list's own line without a country may have no code: a lost code must not hide among them."""
    stray = raw[(raw["iso3"] == "") & (raw["country"] != "No Country Listed")]
    if len(stray):
        row, name = stray.index[0], stray["country"].iloc[0]
        raise InputError(
            f'{RAW_COUNTRIES}, row {row}, column iso3: found no code for "{name}", expected one for every '
            'row but "No Country Listed". Fill in the ISO 3166-1 alpha-3 code.'
        )


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """What has to hold, and what a reader must know."""
    yield from _world_totals(tables, tolerance)
    yield from _eu27(tables)
    yield from _names_and_codes(tables, raw.load(*RAW))
    yield from _missing_and_zero(tables, raw.load(*RAW))


def _world_totals(tables: Tables, tolerance: int) -> Iterator[Check]:
    for row in rows_of(totals.by_year(tables["country_reports"], tables["world_reports"])):
        name = f"rows of {row.year} add up to the world total"
        if pd.isna(row.world):
            yield Check("country_reports", name, FAILS, "no world total of that year")
            continue
        yield Check(
            "country_reports",
            name,
            verdict(abs(row.difference) <= tolerance),
            f"rows {row.places:,}, published {row.world:,}, difference {row.difference:,}",
        )


def _eu27(tables: Tables) -> Iterator[Check]:
    members = tables["country_reports"].query("eu27")
    for year, rows in members.groupby("year"):
        found = set(rows.loc[rows["status"] == "published", "iso3"])
        missing = ", ".join(sorted(places.EU27 - found)) or "none"
        outcome = verdict(found == places.EU27)
        detail = f"{len(found)} of {len(places.EU27)} have a count; missing: {missing}"
        yield Check("country_reports", f"every Member State has a count in {year}", outcome, detail)
    sums = members.groupby("year")["reports"].sum()
    yield Check("country_reports", "EU-27 sums", SHOWN, by_year(sums))
    without = members[members["iso3"] != "POL"].groupby("year")["reports"].sum()
    yield Check("country_reports", "EU-27 sums without Poland", SHOWN, by_year(without))
    apart = tables["country_reports"].query("eu_territory").groupby("year")["reports"].sum()
    names = ", ".join(sorted(places.EU_TERRITORIES))
    yield Check(
        "country_reports", "EU territories listed apart, in no EU-27 sum", SHOWN, f"{names}: {by_year(apart)}"
    )


def _counts(series: pd.Series) -> str:
    return ", ".join("none" if pd.isna(count) else f"{count:,}" for count in series)


def _names_and_codes(tables: Tables, raw: pd.DataFrame) -> Iterator[Check]:
    coded = raw[raw["iso3"] != ""]
    names = coded.groupby("iso3")["country"].unique()
    tidy: Any = tables["country_reports"].set_index(["iso3", "year"])["reports"]
    for iso3, printed in names[names.map(len) > 1].items():
        rows = coded[coded["iso3"] == iso3]
        agree = all(
            int(part["reports"].sum()) == (0 if pd.isna(tidy[(iso3, year)]) else tidy[(iso3, year)])
            for year, part in rows.groupby("year")
        )
        parts = "; ".join(
            f"{name}: {_counts(rows.loc[rows['country'] == name, 'reports'])}" for name in printed
        )
        added = by_year(tidy[iso3].dropna())
        yield Check(
            "country_reports", f"names of {iso3} added up", verdict(agree), f"{parts}. Added up: {added}"
        )
    stray = [iso3 for iso3 in sorted(names.index) if iso3 in places.NOT_ISO]
    detail = "; ".join(f"{iso3} ({places.NOT_ISO[iso3]})" for iso3 in stray)
    yield Check("country_reports", "codes outside ISO 3166-1", SHOWN, detail or "none")
    unlocated = tables["country_reports"].query("not located").set_index("year")["reports"]
    share = unlocated / tables["country_reports"].groupby("year")["reports"].sum()
    yield Check(
        "country_reports",
        "reports kept as not located",
        SHOWN,
        f"{by_year(unlocated)}; share {by_year(share, '{:.1%}')}",
    )


def _missing_and_zero(tables: Tables, raw: pd.DataFrame) -> Iterator[Check]:
    tidy = tables["country_reports"]
    empty, zero = int(raw["reports"].isna().sum()), int((raw["reports"] == 0).sum())
    missing, zeros = int((tidy["status"] == "missing").sum()), int((tidy["reports"] == 0).sum())
    apart = tidy.loc[tidy["status"] == "missing", "reports"].isna().all()
    incomplete = tidy.loc[tidy["status"] == "missing", "iso3"].unique()
    largest = tidy.loc[tidy["iso3"].isin(incomplete), "reports"].max()
    yield Check(
        "country_reports",
        "missing kept apart from zero",
        verdict(apart and missing == int(tidy["reports"].isna().sum())),
        f"{empty:,} printed cells empty and {zero:,} zeros; after adding up names {missing:,} missing and "
        f"{zeros:,} zeros; "
        f"the largest count of a place that is missing in some year is {largest:,}",
    )
