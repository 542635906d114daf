"""Police-recorded child pornography offences by country and year, as Eurostat publishes them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data import places
from helpers.data.check import SHOWN, Check, Tables, Tidied, verdict

RAW = ("eurostat-recorded-offences",)
OFFENCE, PARENT = "ICCS030221", "ICCS0302"
CODES = dict(
    pair.split(":")
    for pair in [
        "AL:ALB",
        "AT:AUT",
        "BA:BIH",
        "BE:BEL",
        "BG:BGR",
        "CH:CHE",
        "CY:CYP",
        "CZ:CZE",
        "DE:DEU",
        "DK:DNK",
        "EE:EST",
        "EL:GRC",
        "ES:ESP",
        "FI:FIN",
        "FR:FRA",
        "HR:HRV",
        "HU:HUN",
        "IE:IRL",
        "IS:ISL",
        "IT:ITA",
        "LI:LIE",
        "LT:LTU",
        "LU:LUX",
        "LV:LVA",
        "ME:MNE",
        "MT:MLT",
        "NL:NLD",
        "NO:NOR",
        "PL:POL",
        "PT:PRT",
        "RO:ROU",
        "RS:SRB",
        "SE:SWE",
        "SI:SVN",
        "SK:SVK",
        "XK:XKX",
    ]
)

TABLE = Table(
    "recorded_offences",
    "Police-recorded child pornography offences (ICCS 030221) by country and year; countries that publish any.",
    (
        col.text("iso3", "ISO 3166-1 alpha-3; XKX: Kosovo.", pattern=col.ISO3),
        col.text("geography", "Country."),
        col.year(2016, 2021),
        col.count(
            "offences", "Offences recorded by the police; not reports, not cases detected.", "offences a year"
        ),
        col.count("parent", "Offences of the parent class, sexual exploitation.", "offences a year", "Int64"),
        col.flag("above_parent", "More than in the parent class: an inconsistency of the source."),
        col.EU27,
        col.SOURCE,
    ),
    ("iso3", "year"),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw table, sorted by country and year."""
    rows = raw.load(*RAW).query("unit == 'number'")
    unknown = rows[~rows["geo_code"].isin(CODES)]
    if len(unknown):
        raise InputError(
            f"data/raw/eurostat/eurostat_recorded_offences.csv, row {unknown.index[0]}, column geo_code: found "
            f'"{unknown["geo_code"].iloc[0]}", expected one of {", ".join(CODES)}. Add its ISO code to CODES in '
            "src/helpers/data/tables/recorded_offences.py."
        )
    rows = rows.assign(iso3=rows["geo_code"].map(CODES).astype("str"), year=rows["period_start"].dt.year)
    parent = rows[rows["iccs"] == PARENT].set_index(["iso3", "year"])["value"].rename("parent")
    tidy = rows[rows["iccs"] == OFFENCE].join(parent, on=["iso3", "year"])
    tidy = tidy.assign(
        year=tidy["year"].astype("int64"),
        offences=tidy["value"].astype("int64"),
        parent=tidy["parent"].astype("Int64"),
        above_parent=tidy["value"] > tidy["parent"].fillna(float("inf")),
        eu27=tidy["iso3"].isin(places.EU27),
    )
    return tidy[[column.name for column in TABLE.columns]].sort_values(["iso3", "year"], ignore_index=True)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """Which countries publish the offence, and where it exceeds the class that holds it."""
    rows = tables["recorded_offences"]
    members = set(rows.loc[rows["eu27"], "iso3"])
    others = sorted(set(rows.loc[~rows["eu27"], "iso3"]))
    absent = ", ".join(sorted(places.EU27 - members))
    yield Check(
        "recorded_offences",
        "countries with recorded offences",
        SHOWN,
        f"{len(members)} Member States, without {absent}; {len(others)} others: {', '.join(others)}",
    )
    odd = rows[rows["above_parent"]].groupby("iso3")["year"].agg(lambda years: ", ".join(map(str, years)))
    detail = "; ".join(f"{iso3} {years}" for iso3, years in odd.items())
    yield Check("recorded_offences", "offences that exceed their parent class", SHOWN, detail)
    printed = raw.load(*RAW).query("iccs == @OFFENCE and unit == 'number'")
    equal = int(printed["value"].sum()) == int(rows["offences"].sum()) and len(printed) == len(rows)
    detail = f"{len(rows)} rows, {int(rows['offences'].sum()):,} offences"
    yield Check("recorded_offences", "every printed count is kept", verdict(equal), detail)
