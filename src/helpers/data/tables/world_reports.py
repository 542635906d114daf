"""NCMEC's reports a year, world."""

from __future__ import annotations

import pandas as pd

from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data.check import Tidied

RAW = ("ncmec-reports-by-year",)


TABLE = Table(
    "world_reports",
    "CyberTipline reports of a year, world.",
    (col.year(), col.count("reports", "CyberTipline reports.", "reports a year"), col.SOURCE),
    ("year",),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(raw.load(*RAW))


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """World totals: year, reports (reports a year), source_id, sorted by year."""
    return raw[["year", "reports", "source_id"]].sort_values("year", ignore_index=True)
