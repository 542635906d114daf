"""Discord's reports to NCMEC by month: the one monthly series of a provider over December 2020."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data.check import Check, Tables, Tidied, rows_of, verdict

RAW = ("discord-monthly-reports",)

TABLE = Table(
    "discord_months",
    "Discord's reports to NCMEC by month, world, as Discord counts them.",
    (
        col.text("month", "Calendar month.", pattern=r"[0-9]{4}-[0-9]{2}"),
        col.START,
        col.END,
        col.count("media", "Reports of media.", "reports a month"),
        col.count("grooming", "Reports of grooming or endangerment.", "reports a month"),
        col.SOURCE,
        col.NOTE,
    ),
    ("month",),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw table, sorted by month."""
    printed = raw.load(*RAW)
    tidy = printed.rename(columns={"media_reports": "media", "grooming_or_endangerment_reports": "grooming"})
    tidy["month"] = tidy["period_start"].dt.strftime("%Y-%m").astype("str")
    return tidy[[column.name for column in TABLE.columns]].sort_values("month", ignore_index=True)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """No month is left out, and the months add up to the provider's own quarters and half-years."""
    months = tables["discord_months"]
    whole = pd.period_range(months["month"].min(), months["month"].max(), freq="M")
    detail = f"{len(months)} months, {whole[0]} to {whole[-1]}"
    yield Check("discord_months", "no month left out", verdict(len(whole) == len(months)), detail)
    own = tables["sender_own_reports"].query("sender == 'Discord'")
    differs = []
    for row in rows_of(own):
        inside = (months["period_start"] >= row.period_start) & (months["period_end"] <= row.period_end)
        if (added := int(months.loc[inside, "media"].sum())) != row.reports:
            differs.append(f"{row.period}: {added:,} against {row.reports:,}")
    yield Check(
        "discord_months",
        "months of media reports add up to the quarters and half-years",
        verdict(not differs),
        "; ".join(differs) or f"{len(own)} periods, all equal",
    )
