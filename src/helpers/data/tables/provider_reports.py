"""NCMEC's reports by every provider, 2019 to 2023, read from the originals."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data.check import SHOWN, Check, Tables, Tidied, by_year, verdict

RAW = ("ncmec-reports-by-esp-all",)

# Beginnings of names as printed, and the company to which the row belongs. NCMEC prints one line for all of Meta in
# 2019 and 2020 and its services apart from 2021 on; names change their form from year to year.
COMPANIES = {
    "Facebook": "Meta",
    "Instagram": "Meta",
    "WhatsApp": "Meta",
    "Threads": "Meta",
    "Google": "Google",
    "Snapchat": "Snap",
    "TikTok": "TikTok",
    "Twitter": "X (Twitter)",
    "X Corp": "X (Twitter)",
    "Microsoft": "Microsoft",
    "Discord": "Discord",
    "Omegle": "Omegle",
    "Reddit": "Reddit",
    "Imgur": "Imgur",
    "Pinterest": "Pinterest",
    "MediaLab": "MediaLab (Kik)",
}
SHORT = {2021: 77}  # reports by which the rows of a year miss the printed total: names wrapped in the PDF

TABLE = Table(
    "provider_reports",
    "CyberTipline reports by provider, every provider, world.",
    (
        col.text("printed", "Provider as printed; a star marks a whole company."),
        col.text("provider", "Company of the larger providers, else as printed without the star."),
        col.year(2019, 2023),
        col.count("reports", "CyberTipline reports.", "reports a year"),
        col.SOURCE,
    ),
    ("printed", "year"),
)


def company(printed: str) -> str:
    """Company of a provider as printed: `Instagram, Inc.` is Meta's."""
    beginning = next((start for start in COMPANIES if printed.startswith(start)), None)
    return printed.rstrip("*") if beginning is None else COMPANIES[beginning]


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw table, sorted by year and name."""
    tidy = raw.load(*RAW).rename(columns={"esp_as_printed": "printed"})
    tidy["provider"] = tidy["printed"].map(company).astype("str")
    tidy = tidy[[column.name for column in TABLE.columns]]
    return tidy.sort_values(["year", "printed"], ignore_index=True)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """The rows agree with the selection of providers transcribed elsewhere, and stay below the world total."""
    rows = tables["provider_reports"]
    sums = rows.groupby("year")["reports"].sum()
    world = tables["world_reports"].set_index("year")["reports"].reindex(sums.index)
    yield Check(
        "provider_reports",
        "all providers stay below the world total",
        verdict((sums < world).all()),
        f"{by_year(sums)}; share {by_year(sums / world, '{:.1%}')}. The rest came from the public",
    )
    missing = "; ".join(f"{year}: {count}" for year, count in SHORT.items())
    name = "reports missing from the rows against the printed total"
    yield Check("provider_reports", name, SHOWN, f"{missing}, lost with names that wrap in the original")
    selected = tables["sender_reports"].query("year <= 2023")
    known = set(zip(rows["year"], rows["reports"], strict=True))
    absent = [
        f"{row.sender} {row.year}" for row in selected.itertuples() if (row.year, row.reports) not in known
    ]
    yield Check(
        "provider_reports",
        "every count of the selected providers is a row of the originals",
        verdict(not absent),
        ", ".join(absent) or f"{len(selected)} counts, all equal",
    )
