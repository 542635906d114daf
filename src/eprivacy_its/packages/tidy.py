"""Tidy tables of any study: what each column may hold, and every fault of a frame with its row and column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eprivacy_its.packages import values

if TYPE_CHECKING:
    import pandas as pd

MOST = 20  # faults listed for one table
FRICTIONLESS = {
    "str": "string",
    "int64": "integer",
    "Int64": "integer",
    "float64": "number",
    "bool": "boolean",
    "date": "date",
}


@dataclass(frozen=True)
class Column:
    """One column of a tidy table.

    Attributes
    ----------
    name : str
    kind : str
        `str`, `int64`, `Int64` (with NA), `float64`, `bool` or `date`.
    description : str
    unit : str
        Empty where the column has none.
    nullable : bool
        Whether a cell may be empty.
    low, high : float or None
        Limits, inclusive.
    allowed : tuple of str
        The values that occur; empty: any.
    pattern : str
        Regular expression of the whole text; empty: any.
    """

    name: str
    kind: str
    description: str
    unit: str = ""
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def field(self) -> dict[str, Any]:
        """The column as a field of a Frictionless schema."""
        field: dict[str, Any] = {
            "name": self.name,
            "type": FRICTIONLESS[self.kind],
            "description": self.description,
        }
        if self.unit:
            field["unit"] = self.unit
        rules = {
            "minimum": self.low,
            "maximum": self.high,
            "enum": list(self.allowed),
            "pattern": self.pattern,
        }
        constraints = {key: value for key, value in rules.items() if value not in (None, [], "")}
        if not self.nullable:
            constraints = {"required": True, **constraints}
        return field | ({"constraints": constraints} if constraints else {})


@dataclass(frozen=True)
class Table:
    """One tidy table: what a row is, its columns, and the columns that together occur once."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


def faults(table: Table, frame: pd.DataFrame, file: str, remedy: str) -> list[str]:
    """Every fault of a frame: `file, row, column: found, expected. How to fix`; rows as in the file (header 1).

    Parameters
    ----------
    table : Table
    frame : DataFrame
        Its rows, in the types that the table says; a day is `datetime64[s]`, text that is missing is "".
    file, remedy : str
        How messages name the table, and what they advise.
    """
    names = [column.name for column in table.columns]
    if list(frame.columns) != names:
        stray = [name for name in [*names, *frame.columns] if (name in names) != (name in frame.columns)]
        found = ", ".join(map(str, stray)) or "another order"
        return [
            f"{file}, row 1: found {found}, expected the columns {', '.join(names)} and no other. {remedy}"
        ]
    lines = [line for column in table.columns for line in _of_column(column, frame[column.name])]
    twice = frame.duplicated(list(table.key))
    key = " + ".join(table.key)
    lines += [
        f"row {row + 2}, column {key}: found a second row for {_said(frame[list(table.key)].iloc[row])}, expected one."
        for row in twice.to_numpy().nonzero()[0]
    ]
    more = [f"{file}: and {len(lines) - MOST} more faults."] if len(lines) > MOST else []
    return [f"{file}, {line} {remedy}" for line in lines[:MOST]] + more


def _said(key: pd.Series) -> str:
    return ", ".join(f"{name} {value}" for name, value in key.items())


def _of_column(column: Column, cells: pd.Series) -> Iterator[str]:
    kind = "datetime64[s]" if column.kind == "date" else column.kind
    if str(cells.dtype) not in (kind, "object" if kind == "str" else kind):  # text before pandas 3: object
        yield f"column {column.name}: found values of type {cells.dtype}, expected {kind}."
        return
    empty = cells == "" if column.kind == "str" else cells.isna()
    wrong = empty & (not column.nullable)
    if column.low is not None:
        wrong |= ~empty & (cells < column.low).fillna(False).astype(bool)
    if column.high is not None:
        wrong |= ~empty & (cells > column.high).fillna(False).astype(bool)
    if column.allowed:
        wrong |= ~empty & ~cells.isin(column.allowed)
    if column.pattern:
        wrong |= ~empty & ~cells.str.fullmatch(column.pattern).astype(bool)
    for row in wrong.to_numpy().nonzero()[0]:
        value = cells.iloc[row]
        found = "an empty cell" if empty.iloc[row] else repr(value) if column.kind == "str" else value
        yield f"row {row + 2}, column {column.name}: found {found}, expected {values.expected(column.field)}."
