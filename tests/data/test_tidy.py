"""The validator of tidy tables: each rule has a frame that breaks it and one that just doesn't."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from eprivacy_its.packages import tidy
from eprivacy_its.packages.tidy import Column, Table

TABLE = Table(
    "toy",
    "One row a town and year.",
    (
        Column("town", "str", "Town.", pattern="[A-Z]+"),
        Column("note", "str", "Remark.", nullable=True, allowed=("good", "bad")),
        Column("year", "int64", "Year.", "year", low=2000, high=2001),
        Column("count", "Int64", "Count.", "a year", nullable=True, low=0),
        Column("share", "float64", "Share.", "percent", low=0, high=100),
        Column("day", "date", "Day.", nullable=True),
        Column("big", "bool", "Is big."),
    ),
    ("town", "year"),
)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "town": pd.Series(["A", "B"], dtype="str"),
            "note": pd.Series(["", "good"], dtype="str"),
            "year": [2000, 2001],
            "count": pd.Series([None, 0], dtype="Int64"),
            "share": [0.0, 100.0],
            "day": pd.Series([pd.NaT, pd.Timestamp("2020-12-21")], dtype="datetime64[s]"),
            "big": [True, False],
        }
    )


def found(changed: pd.DataFrame) -> list[str]:
    return tidy.faults(TABLE, changed, "toy.csv", "Mend it.")


def test_limits_are_inclusive_and_missing_is_no_fault_where_it_may_be() -> None:
    assert found(frame()) == []
    assert found(frame().iloc[:0]) == []


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("town", "a", "found 'a', expected text of the form [A-Z]+."),
        ("town", "AB1", "found 'AB1', expected text of the form [A-Z]+."),
        ("town", "", "found an empty cell, expected text of the form [A-Z]+."),
        ("note", "fair", "found 'fair', expected one of good, bad, or an empty cell for missing."),
        ("year", 1999, "found 1999, expected a whole number from 2000 to 2001."),
        ("year", 2002, "found 2002, expected a whole number from 2000 to 2001."),
        ("count", -1, "expected a whole number ≥ 0, or an empty cell for missing."),
        ("share", 100.1, "expected a number from 0 to 100."),
        ("share", float("nan"), "found an empty cell, expected a number from 0 to 100."),
    ],
)
def test_a_cell_outside_its_rule(column: str, value: object, says: str) -> None:
    changed = frame()
    changed.loc[1, column] = value
    lines = [line for line in found(changed) if f"column {column}: " in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"toy.csv, row 3, column {column}: ")
    assert lines[0].endswith(f"{says} Mend it.")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda rows: rows.astype({"year": "float64"}),
            "column year: found values of type float64, expected int64.",
        ),
        (
            lambda rows: rows.astype({"big": "int64"}),
            "column big: found values of type int64, expected bool.",
        ),
        (lambda rows: rows.drop(columns="big"), "row 1: found big, expected the columns town, note"),
        (lambda rows: rows.assign(more=1), "row 1: found more, expected the columns"),
        (
            lambda rows: rows[["note", "town", *list(rows)[2:]]],
            "row 1: found another order, expected the columns",
        ),
        (
            lambda rows: pd.concat([rows, rows.tail(1)]),
            "row 4, column town + year: found a second row for town B, year 2001, expected one.",
        ),
    ],
)
def test_a_table_of_another_form(change: Callable[[pd.DataFrame], pd.DataFrame], says: str) -> None:
    lines = found(change(frame()))
    assert len(lines) == 1
    assert lines[0].startswith(f"toy.csv, {says}")


def test_many_faults_are_cut_short() -> None:
    rows = pd.concat([frame()] * 20, ignore_index=True).assign(share=101.0)
    lines = found(rows)
    assert len(lines) == tidy.MOST + 1
    assert lines[-1] == f"toy.csv: and {40 + 38 - tidy.MOST} more faults."


def test_a_column_is_a_field_of_the_standard() -> None:
    town, note, year = (column.field for column in TABLE.columns[:3])
    assert town["constraints"] == {"required": True, "pattern": "[A-Z]+"}
    assert note["constraints"] == {"enum": ["good", "bad"]}
    assert year == {
        "name": "year",
        "type": "integer",
        "description": "Year.",
        "unit": "year",
        "constraints": {"required": True, "minimum": 2000, "maximum": 2001},
    }
