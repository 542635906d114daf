"""Pieces of content that Meta acted on, from the report with 2026Q2: a selection of series."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.packages import descriptors, raw
from eprivacy_its.packages.tidy import Table
from helpers.data.check import Check, Tables, Tidied, verdict
from helpers.data.tables import meta_content

RAW = ("meta-content-actioned-2026q2",)
VINTAGE = "2026Q2"

TABLE = Table(
    "meta_content_2026q2",
    "Pieces of content that Meta acted on, from its report with 2026Q2; a selection of series, world.",
    meta_content.TABLE.columns,
    meta_content.TABLE.key,
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw table, tidied as the other vintage is."""
    tidy = meta_content.tidy(raw.load(*RAW), descriptors.resource(*RAW).location)
    return tidy.assign(vintage=pd.Series(VINTAGE, index=tidy.index, dtype="str"))


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """Both vintages agree wherever both have a value."""
    keys = ["series", "quarter"]
    both = tables["meta_content"].merge(tables["meta_content_2026q2"], on=keys)
    differ = both[both["pieces_x"] != both["pieces_y"]]
    detail = f"{len(both)} values in common, {len(differ)} differ"
    name = "values that both vintages have are equal"
    yield Check("meta_content_2026q2", name, verdict(differ.empty and len(both)), detail)
