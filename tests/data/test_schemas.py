"""The schema of each tidy table refuses what it must not hold."""

from __future__ import annotations

import pandas as pd
import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.packages.tidy import Table
from helpers.data import clean
from helpers.data.tables import BY_NAME

Tables = dict[str, pd.DataFrame]
COUNTS = {"reports", "pieces", "referrals", "informational", "value"}


def test_the_tables_hold_to_their_schemas(tables: Tables) -> None:
    for name, frame in tables.items():
        clean.validate(name, frame)


@pytest.mark.parametrize("table", BY_NAME.values(), ids=lambda table: table.name)
def test_a_repeated_key_is_refused(table: Table, tables: Tables) -> None:
    twice = pd.concat([tables[table.name], tables[table.name].head(1)], ignore_index=True)
    with pytest.raises(InputError, match=rf"data/processed/{table.name}\.csv"):
        clean.validate(table.name, twice)


@pytest.mark.parametrize("table", BY_NAME.values(), ids=lambda table: table.name)
def test_a_missing_and_an_extra_column_are_refused(table: Table, tables: Tables) -> None:
    frame = tables[table.name]
    with pytest.raises(InputError, match=table.columns[0].name):
        clean.validate(table.name, frame.drop(columns=table.columns[0].name))
    with pytest.raises(InputError, match="surplus"):
        clean.validate(table.name, frame.assign(surplus=1))


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
        clean.validate(name, frame)


def test_types_are_fixed(tables: Tables) -> None:
    frame = tables["world_reports"].astype({"reports": "float64"})
    with pytest.raises(InputError, match="column reports"):
        clean.validate("world_reports", frame)


def test_every_column_is_explained() -> None:
    for table in BY_NAME.values():
        assert set(table.key) <= {column.name for column in table.columns}
        for column in table.columns:
            assert len(column.description) >= 3
            assert column.unit or column.name not in COUNTS, (table.name, column.name)
