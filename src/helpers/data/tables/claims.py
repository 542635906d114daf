"""Percentages and levels of the public debate."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Column, Table
from helpers.data import columns as col
from helpers.data.check import SHOWN, Check, Tables, Tidied
from helpers.data.stated import in_order

RAW = ("claims",)
RAW_CLAIMS = "data/raw/claims/claims.csv"


TABLE = Table(
    "claims",
    "Percentages and levels of the public debate.",
    (
        col.text("claim_id", "Id.", pattern=r"[A-Z][0-9]{2}"),
        col.text("quantity", "What is stated.", allowed=("fall in reports", "level before", "level after")),
        Column("value", "float64", "The number stated; a negative percentage is a fall.", "see unit"),
        col.text("unit", "Unit.", allowed=("percent", "per day")),
        col.day("window_start", "First day of the window, inclusive.", True),
        col.day("window_end", "Last day of the window, inclusive; empty: not stated.", True),
        col.day("baseline_start", "First day of the baseline, inclusive; empty: not stated.", True),
        col.day("baseline_end", "Last day of the baseline, inclusive; empty: not stated.", True),
        col.text("counts_what", "What is counted, in the source's words."),
        col.SOURCE,
        col.text("how_checked", "How the source was checked."),
        col.NOTE,
    ),
    ("claim_id",),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(raw.load(*RAW), tidied("sources"))


def tidy(raw: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Claims with the level of checking of their source; windows and baselines NaT where not stated.

    Columns: claim_id, quantity, value, unit, window_start, window_end, baseline_start, baseline_end (all
    inclusive), counts_what, source_id, how_checked, note.
    """
    in_order(raw, RAW_CLAIMS, "window_start", "window_end")
    in_order(raw, RAW_CLAIMS, "baseline_start", "baseline_end")
    checked = dict(zip(sources["source_id"], sources["how_checked"], strict=True))
    tidy = raw.assign(how_checked=raw["source_id"].map(checked))
    columns = [*(column for column in raw.columns if column != "note"), "how_checked", "note"]
    return tidy[columns].sort_values("claim_id", ignore_index=True)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """How many percentages say against what."""
    falls = tables["claims"].query("unit == 'percent'")
    bare = int(falls["baseline_start"].isna().sum())
    detail = f"{bare:,} of {len(falls):,} percentages"
    yield Check("claims", "percentages without a stated baseline", SHOWN, detail)
