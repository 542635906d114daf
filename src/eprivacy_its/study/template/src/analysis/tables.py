"""From the raw table to the tidy one, and back from disk."""

from __future__ import annotations

import pandas as pd

from eprivacy_its import paths
from eprivacy_its.packages import raw


def tidy() -> pd.DataFrame:
    """Simulated calls a month, ``month calls``, every month once."""
    table = raw.load("simulated-calls").rename(columns={"simulated_calls": "calls"}).sort_values("month")
    months = pd.PeriodIndex(table["month"], freq="M")
    if not months.equals(pd.period_range(months[0], months[-1], freq="M")):
        raise ValueError("simulated-calls: a month is missing; expected one row each")
    return table.reset_index(drop=True)


def write(name: str, table: pd.DataFrame) -> None:
    """Write a table of data/processed; the same bytes each time."""
    paths.processed().mkdir(parents=True, exist_ok=True)
    table.to_csv(paths.processed() / f"{name}.csv", index=False, lineterminator="\n")


def read(name: str) -> pd.DataFrame:
    """A table of data/processed."""
    return pd.read_csv(paths.processed() / f"{name}.csv")
