"""Publications that are still to come: what would extend which raw table, and what it must pass."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.packages import descriptors, raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data.check import Check, Tables, Tidied, verdict

RAW = ("expected-publications",)

TABLE = Table(
    "expected_publications",
    "Publications that are still to come, and what each would extend.",
    (
        col.text("expected_id", "Id.", pattern=r"[a-z0-9-]+"),
        col.text("publisher", "Who will publish it."),
        col.text("covers", "Period that it will cover."),
        col.day("due", "Day by which it is due; empty: none is known.", nullable=True),
        col.text("due_is", "How the day is known."),
        col.text("address", "Where to look.", pattern=r"https?://\S+"),
        col.text("format", "Form in which earlier ones were published."),
        col.text("extends", "Raw table that it would extend."),
        col.text("check", "What it must pass before it is accepted."),
        col.text("would_change", "What would be learnt."),
    ),
    ("expected_id",),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw table, those with a day first."""
    return raw.load(*RAW).sort_values(["due", "expected_id"], ignore_index=True)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """Each names a raw table that there is."""
    rows = tables["expected_publications"]
    known = {one.name for one in descriptors.resources()}
    stray = sorted(set(rows["extends"]) - known)
    detail = ", ".join(stray) or f"{len(rows)} publications, {rows['extends'].nunique()} tables"
    name = "every publication to come extends a table that there is"
    yield Check("expected_publications", name, verdict(not stray), detail)
