"""NCMEC's counts, raw to tidy: one function a table, without side effects."""

from __future__ import annotations

import pandas as pd

from eprivacy_its.errors import InputError
from helpers.data import places

GROUPS = ["located", "eu27", "eea_other", "uk", "europe", "eu_territory"]
RAW_COUNTRIES = "data/raw/ncmec/ncmec_reports_by_country.csv"
RAW_REFERRALS = "data/raw/ncmec/ncmec_referrals_by_country_2024.csv"


def country_reports(raw: pd.DataFrame) -> pd.DataFrame:
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


def country_referrals(raw: pd.DataFrame, countries: pd.DataFrame) -> pd.DataFrame:
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
            f"{RAW_COUNTRIES} or an alias. Add it to ALIASES in helpers/figures/places.py."
        )
    iso3 = raw["country"].map(codes)
    tidy = raw.assign(
        iso3=iso3,
        place=[places.name(code, name) for code, name in zip(iso3, raw["country"], strict=True)],
        eu27=iso3.isin(places.EU27),
    )
    columns = ["iso3", "place", "year", "referrals", "informational", "eu27", "source_id"]
    return tidy[columns].sort_values("iso3", ignore_index=True)


def world_reports(raw: pd.DataFrame) -> pd.DataFrame:
    """World totals: year, reports (reports a year), source_id, sorted by year."""
    return raw[["year", "reports", "source_id"]].sort_values("year", ignore_index=True)


def sender_reports(raw: pd.DataFrame) -> pd.DataFrame:
    """Reports by sender as NCMEC counts them: sender, year, reports, source_id, sorted by sender and year."""
    tidy = raw.rename(columns={"platform": "sender"})[["sender", "year", "reports", "source_id"]]
    return tidy.sort_values(["sender", "year"], ignore_index=True)
