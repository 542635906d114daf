"""NCMEC's referrals by country in 2024, another unit than the reports of 2019-2023."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data import places
from helpers.data.check import Check, Tables, Tidied, verdict
from helpers.data.tables.country_reports import RAW_COUNTRIES

RAW = ("ncmec-referrals-by-country-2024", "ncmec-reports-by-country")
RAW_REFERRALS = "data/raw/ncmec/ncmec_referrals_by_country_2024.csv"


TABLE = Table(
    "country_referrals_2024",
    "CyberTipline reports by country in 2024, in another unit than before: referrals "
    "and informational reports.",
    (
        col.text("iso3", "ISO 3166-1 alpha-3.", pattern=col.ISO3),
        col.PLACE,
        col.year(2024, 2024),
        col.count("referrals", "Reports with enough information for the police to act.", "reports a year"),
        col.count("informational", "Other reports.", "reports a year"),
        col.EU27,
        col.SOURCE,
    ),
    ("iso3",),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(*(raw.load(name) for name in RAW))


def tidy(raw: pd.DataFrame, countries: pd.DataFrame) -> pd.DataFrame:
    """Referrals and informational reports of 2024 with the ISO code of each name.

    Parameters
    ----------
    raw : DataFrame
        `ncmec-referrals-by-country-2024`: country, year, referrals, informational, source_id.
    countries : DataFrame
        `ncmec-reports-by-country`, from whose names the codes are taken.

    Returns
    -------
    DataFrame
        iso3, place, year, referrals, informational (reports a year), eu27, source_id, sorted by iso3.
    """
    codes = dict(zip(countries["country"], countries["iso3"], strict=True)) | places.ALIASES
    unknown = raw[~raw["country"].isin(codes)]
    if len(unknown):
        row, name = unknown.index[0], unknown["country"].iloc[0]
        raise InputError(
            f'{RAW_REFERRALS}, row {row}, column country: found "{name}", expected a name of '
            f"{RAW_COUNTRIES} or an alias. Add it to ALIASES in helpers/data/places.py."
        )
    iso3 = raw["country"].map(codes)
    tidy = raw.assign(
        iso3=iso3,
        place=[places.name(code, name) for code, name in zip(iso3, raw["country"], strict=True)],
        eu27=iso3.isin(places.EU27),
    )
    columns = ["iso3", "place", "year", "referrals", "informational", "eu27", "source_id"]
    return tidy[columns].sort_values("iso3", ignore_index=True)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """Every Member State is listed."""
    later = tables["country_referrals_2024"].query("eu27")
    detail = (
        f"{later['referrals'].sum():,} referrals and {later['informational'].sum():,} informational reports"
    )
    yield Check(
        "country_referrals_2024",
        "every Member State is listed",
        verdict(set(later["iso3"]) == places.EU27),
        detail,
    )
