"""NCMEC's reports by provider and year, a selection of providers."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data import totals
from helpers.data.check import SHOWN, Check, Tables, Tidied, by_year, verdict

RAW = ("ncmec-reports-by-platform",)


TABLE = Table(
    "sender_reports",
    "CyberTipline reports by provider, as NCMEC counts them, world; a selection of providers.",
    (
        col.text("sender", "Provider as NCMEC names it."),
        col.year(2019),
        col.count("reports", "Reports.", "reports a year"),
        col.SOURCE,
    ),
    ("sender", "year"),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(raw.load(*RAW))


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """Reports by sender as NCMEC counts them: sender, year, reports, source_id, sorted by sender and year."""
    tidy = raw.rename(columns={"platform": "sender"})[["sender", "year", "reports", "source_id"]]
    return tidy.sort_values(["sender", "year"], ignore_index=True)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """What has to hold, and what a reader must know."""
    yield from _senders(tables)


def _senders(tables: Tables) -> Iterator[Check]:
    world = tables["world_reports"].set_index("year")["reports"]
    sums = tables["sender_reports"].groupby("year")["reports"].sum()
    share = sums / world.reindex(sums.index)
    yield Check(
        "sender_reports",
        "listed providers stay below the world total",
        verdict((share <= 1).all()),
        f"share {by_year(share, '{:.1%}')}",
    )
    both = totals.senders_against_ncmec(tables["sender_own_reports"], tables["sender_reports"])
    for sender, rows in both.groupby("sender"):
        ratio = rows.set_index("year")["ratio"]
        yield Check(
            "sender_own_reports",
            f"{sender}: own count over NCMEC's, whole years",
            SHOWN,
            by_year(ratio, "{:.3f}"),
        )
