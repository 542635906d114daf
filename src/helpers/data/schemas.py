"""Validation of the tidy tables with pandera, built from `tables`.

Importing this module takes seconds (pandera): import it inside the function that validates.
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from eprivacy_its.errors import InputError
from helpers.data.tables import ALL, BY_NAME, Column, Table

DTYPES = {"str": "str", "int64": "int64", "Int64": "Int64", "float64": "float64", "bool": "bool"}
DTYPES["date"] = "datetime64[s]"


def _checks(column: Column) -> list[pa.Check]:
    checks = []
    if column.low is not None:
        checks.append(pa.Check.ge(column.low))
    if column.high is not None:
        checks.append(pa.Check.le(column.high))
    if column.allowed:
        checks.append(pa.Check.isin([*column.allowed, ""] if column.nullable else column.allowed))
    if column.pattern:
        empty = "|" if column.nullable else ""
        checks.append(pa.Check.str_matches(rf"^(?:{column.pattern}{empty})$"))
    elif column.kind == "str" and not column.nullable and not column.allowed:
        checks.append(pa.Check.str_length(min_value=1))
    return checks


def schema(table: Table) -> pa.DataFrameSchema:
    """Pandera schema of a tidy table: columns in order, types, limits, unique key; units under `metadata`."""
    columns = {
        column.name: pa.Column(
            DTYPES[column.kind],
            _checks(column),
            nullable=column.nullable and column.kind != "str",
            description=column.description,
            metadata={"unit": column.unit},
        )
        for column in table.columns
    }
    return pa.DataFrameSchema(
        columns,
        strict=True,
        ordered=True,
        unique=list(table.key),
        name=table.name,
        description=table.description,
    )


SCHEMAS = {table.name: schema(table) for table in ALL}


def validate(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The table itself if it holds to its schema.

    Raises
    ------
    InputError
        One message with table, column, row of the table (the header is row 1) and the rule for each fault.
    """
    try:
        return SCHEMAS[name].validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        raise InputError("\n".join(_said(name, error.failure_cases))) from error


def _said(name: str, cases: pd.DataFrame) -> list[str]:
    lines = []
    ordered = cases.sort_values("index", na_position="first", kind="stable")  # columns before cells
    for case in ordered.head(20).to_dict("records"):
        row = "" if pd.isna(case["index"]) else f", row {int(case['index']) + 2}"
        column = f", column {case['column']}" if case["column"] else ""
        lines.append(
            f"data/processed/{name}.csv{row}{column}: found {case['failure_case']!r}, "
            f"expected {case['check']}. "
            "Correct the raw figure it comes from, or the rule in helpers/figures/tables.py."
        )
    return lines


def dictionary() -> pd.DataFrame:
    """Data dictionary of all tidy tables: table, column, type, unit, description."""
    rows = [
        (table.name, column.name, column.kind, column.unit, column.description)
        for table in BY_NAME.values()
        for column in table.columns
    ]
    return pd.DataFrame(rows, columns=["table", "column", "type", "unit", "description"])
