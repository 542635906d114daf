"""Columns that several tidy tables share."""

from __future__ import annotations

from typing import Any

from eprivacy_its.packages.tidy import Column

ISO3 = r"[A-Z]{3}"
SOURCES = r"[a-z0-9-]+(; [a-z0-9-]+)*"


def count(name: str, description: str, unit: str, kind: str = "int64") -> Column:
    return Column(name, kind, description, unit, nullable=kind == "Int64", low=0)


def year(low: int = 1998, high: int = 2100) -> Column:
    return Column("year", "int64", "Calendar year.", "year", low=low, high=high)


def text(name: str, description: str, **rules: Any) -> Column:
    return Column(name, "str", description, **rules)


def flag(name: str, description: str) -> Column:
    return Column(name, "bool", description)


def day(name: str, description: str, nullable: bool = False) -> Column:
    return Column(name, "date", description, nullable=nullable)


SOURCE = text("source_id", "Id of the table sources.", pattern=SOURCES)
START = day("period_start", "First day, inclusive.")
END = day("period_end", "Last day, inclusive.")
NOTE = text("note", "Remark.", nullable=True)
PLACE = text("place", "Name for show.")
EU27 = flag("eu27", "One of the 27 Member States since 2020-02-01.")


def rounding(unit: str) -> Column:
    meaning = "The true number lies within half of this of the one printed; 1: printed to the unit."
    return Column("rounding_unit", "int64", meaning, unit, low=1)
