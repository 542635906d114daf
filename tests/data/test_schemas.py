"""The schema of each tidy table refuses what it must not hold."""

from __future__ import annotations

import pandas as pd
import pytest

from eprivacy_its.errors import InputError
from helpers.data import schemas
from helpers.data.tables import ALL, Table

Tables = dict[str, pd.DataFrame]


def test_the_tables_hold_to_their_schemas(tables: Tables) -> None:
    for name, frame in tables.items():
        schemas.validate(name, frame)


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_a_repeated_key_is_refused(table: Table, tables: Tables) -> None:
    twice = pd.concat([tables[table.name], tables[table.name].head(1)], ignore_index=True)
    with pytest.raises(InputError, match=rf"data/processed/{table.name}\.csv"):
        schemas.validate(table.name, twice)


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_a_missing_and_an_extra_column_are_refused(table: Table, tables: Tables) -> None:
    frame = tables[table.name]
    with pytest.raises(InputError, match=table.columns[0].name):
        schemas.validate(table.name, frame.drop(columns=table.columns[0].name))
    with pytest.raises(InputError, match="surplus"):
        schemas.validate(table.name, frame.assign(surplus=1))


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("country_reports", "reports", -1),
        ("country_reports", "iso3", "Au"),
        ("country_reports", "status", "unknown"),
        ("country_reports", "year", 2018),
        ("country_reports", "place", ""),
        ("world_reports", "source_id", "Has Space"),
        ("sender_own_reports", "frequency", "month"),
        ("sender_own_reports", "rounding_unit", 0),
        ("meta_content", "definition", "joined"),
        ("eu_totals", "counts", "alerts"),
        ("claims", "unit", "per cent"),
        ("interruptions", "kind", "policy"),
        ("sources", "level", "read"),
        ("sources", "url", "missingkids.org"),
    ],
)
def test_a_value_outside_its_limits_is_refused(name: str, column: str, value: object, tables: Tables) -> None:
    frame = tables[name].copy()
    frame.loc[3, column] = value
    with pytest.raises(InputError, match=rf"data/processed/{name}\.csv, row 5, column {column}: found"):
        schemas.validate(name, frame)


def test_types_are_fixed(tables: Tables) -> None:
    frame = tables["world_reports"].astype({"reports": "float64"})
    with pytest.raises(InputError, match="column reports"):
        schemas.validate("world_reports", frame)


def test_the_dictionary_explains_every_column() -> None:
    table = schemas.dictionary()
    assert len(table) == sum(len(one.columns) for one in ALL)
    assert table["description"].str.len().min() >= 3
    counts = table[table["column"].isin(["reports", "pieces", "referrals", "informational", "value"])]
    assert counts["unit"].ne("").all()
    reports = schemas.SCHEMAS["country_reports"].columns["reports"]
    assert reports.metadata == {"unit": "reports a year"}
