"""Where the figures come from, and how each source was checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from eprivacy_its.packages import descriptors, raw
from eprivacy_its.packages.descriptors import Resource
from eprivacy_its.packages.tidy import Table
from eprivacy_its.results import LEVELS
from helpers.data import columns as col
from helpers.data.check import SHOWN, Check, Tables, Tidied

RAW = ("sources",)


TABLE = Table(
    "sources",
    "Where the figures come from.",
    (
        col.SOURCE,
        col.text("title", "Title."),
        col.text("publisher", "Publisher; empty where the title says it.", nullable=True),
        col.text("published", "Date of publication as far as known.", nullable=True),
        col.text("url", "Address.", pattern=r"https?://\S+"),
        col.text("how_checked", "How the source was checked."),
        col.text("level", "Level of checking, strongest first.", allowed=LEVELS),
    ),
    ("source_id",),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    reference = reference_sources(
        one for one in descriptors.resources() if one.package.parent.name == "reference"
    )
    return tidy(pd.concat([raw.load(*RAW), reference], ignore_index=True))


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """Sources with `level`, the one of `LEVELS` that `how_checked` begins with; sorted by source_id."""
    level = [next(one for one in LEVELS if text.startswith(one)) for text in raw["how_checked"]]
    return raw.assign(level=level).sort_values("source_id", ignore_index=True)


def reference_sources(resources: Iterable[Resource]) -> pd.DataFrame:
    """Sources of the published data sets used for verification, as their data package names them.

    Columns as in the list of sources: source_id, title, publisher, published, url, how_checked.
    """
    named = [
        source for one in resources for source in one.declared.get("sources", ()) if "source_id" in source
    ]
    rows = [
        {
            "source_id": source["source_id"],
            "title": source["title"],
            "publisher": source["publisher"],
            "published": source["published"],
            "url": source["path"],
            "how_checked": source["how_checked"],
        }
        for source in named
    ]
    return pd.DataFrame(rows)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """How many sources were checked how far."""
    levels = tables["sources"].groupby("level").size().reindex(LEVELS, fill_value=0)
    detail = "; ".join(f"{level}: {count:,}" for level, count in levels.items())
    yield Check("sources", "level of checking", SHOWN, detail)
