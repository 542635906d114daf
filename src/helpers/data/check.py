"""One line of the table of checks, and what checks share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd

HOLDS, SHOWN, FAILS = "holds", "shown", "fails"


Tables = dict[str, pd.DataFrame]
Tidied = Callable[[str], pd.DataFrame]  # gives a tidy table that another is made from


class Check(NamedTuple):
    """One line of the table of checks."""

    table: str
    check: str
    outcome: str
    detail: str


def verdict(true: object) -> str:
    """`holds` or `fails`."""
    return HOLDS if bool(true) else FAILS


def by_year(series: pd.Series, form: str = "{:,}") -> str:
    """A number a year, in words: `2019: 725,232; 2020: …`."""
    return "; ".join(f"{year}: {form.format(value)}" for year, value in series.items())


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples."""
    return frame.itertuples()
