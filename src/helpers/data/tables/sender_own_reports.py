"""Reports to NCMEC as the providers count them, in true periods."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.packages import descriptors, raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data.check import SHOWN, Check, Tables, Tidied, rows_of, verdict
from helpers.data.periods import named
from helpers.data.rounding import one_decimal_unit

RAW = ("*-own-counts",)


TABLE = Table(
    "sender_own_reports",
    "Reports to NCMEC as the providers count them, world.",
    (
        col.text("sender", "Provider."),
        col.text("period", "Label of the period.", pattern=r"[0-9]{4}([HQ][1-4])?"),
        col.text("frequency", "Length of the period.", allowed=("quarter", "half-year", "year")),
        col.START,
        col.END,
        col.count("reports", "Reports to NCMEC.", "reports a period"),
        col.rounding("reports"),
        col.SOURCE,
    ),
    ("sender", "period_start"),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(
        {one.location: raw.load(one.name) for one in descriptors.resources() if fnmatch(one.name, *RAW)}
    )


def tidy(raws: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Reports to NCMEC by the senders' own count, in true periods.

    Parameters
    ----------
    raws : dict of str to DataFrame
        File of each `*-own-counts` table as messages name it, and the table: platform, period_start,
        period_end (inclusive), reports, precision, source_id.

    Returns
    -------
    DataFrame
        sender, period (`2020Q1`, `2020H1`, `2020`), frequency (`quarter`, `half-year`, `year`), period_start,
        period_end (inclusive), reports (reports a period, world), rounding_unit (reports; 1: not rounded),
        source_id. Sorted by sender and period_start.
    """
    parts = [_own(file, raw) for file, raw in sorted(raws.items())]
    tidy = pd.concat(parts, ignore_index=True)
    return tidy.sort_values(["sender", "period_start"], ignore_index=True)


def _own(file: str, raw: pd.DataFrame) -> pd.DataFrame:
    labels = [_label(file, row) for row in raw.itertuples()]
    tidy = raw.rename(columns={"platform": "sender"}).assign(
        period=[label for label, _ in labels],
        frequency=[frequency for _, frequency in labels],
        rounding_unit=[
            one_decimal_unit(int(count)) if precision == "rounded" else 1
            for count, precision in zip(raw["reports"], raw["precision"], strict=True)
        ],
    )
    _no_overlap(file, tidy)
    columns = ["sender", "period", "frequency", "period_start", "period_end", "reports", "rounding_unit"]
    return tidy[[*columns, "source_id"]]


def _label(file: str, row: Any) -> tuple[str, str]:
    first, last = row.period_start.date(), row.period_end.date()
    found = named(first, last)
    if found is None:
        raise InputError(
            f"{file}, row {row.Index}, column period_end: found {first} to {last}, "
            "expected a calendar quarter, half-year or year. Correct the first or the last day."
        )
    return found


def _no_overlap(file: str, tidy: pd.DataFrame) -> None:
    """A day must be counted once a sender, or sums over periods would count it twice."""
    for sender, rows in tidy.sort_values("period_start").groupby("sender"):
        overlap = rows["period_start"] <= rows["period_end"].shift()
        if overlap.any():
            raise InputError(
                f"{file}, row {rows.index[overlap][0]}, column period_start: found a period of {sender} that "
                "begins before the one before it ends, expected each day once. Correct the days."
            )


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """What has to hold, and what a reader must know."""
    yield from _periods(tables)


def _periods(tables: Tables) -> Iterator[Check]:
    own = tables["sender_own_reports"]
    kinds = own.groupby("frequency").size().reindex(["quarter", "half-year", "year"]).dropna().astype(int)
    detail = "; ".join(f"{count:,} of a {kind}" for kind, count in kinds.items())
    true = all(
        named(row.period_start.date(), row.period_end.date()) == (row.period, row.frequency)
        for row in rows_of(own)
    )
    name = "every period is a calendar quarter, half-year or year"
    yield Check("sender_own_reports", name, verdict(true), detail)
    mixed = own.groupby("sender")["frequency"].unique()
    detail = "; ".join(f"{name}: {' then '.join(found)}" for name, found in mixed[mixed.map(len) > 1].items())
    yield Check("sender_own_reports", "providers whose period length changes", SHOWN, detail or "none")
    holes = ", ".join(str(sender) for sender, rows in own.groupby("sender") if _has_hole(rows)) or "none"
    name = "no day left out between periods"
    yield Check("sender_own_reports", name, verdict(holes == "none"), f"gaps: {holes}")
    units = own[own["rounding_unit"] > 1].groupby("sender")["rounding_unit"].unique()
    detail = "; ".join(f"{name} to {', '.join(f'{unit:,}' for unit in some)}" for name, some in units.items())
    yield Check("sender_own_reports", "rounded values carry their rounding unit", SHOWN, detail or "none")


def _has_hole(rows: pd.DataFrame) -> bool:
    """Whether a sender's periods leave a day out."""
    ordered = rows.sort_values("period_start")
    after = ordered["period_end"].iloc[:-1] + pd.Timedelta(days=1)
    return bool((ordered["period_start"].iloc[1:].to_numpy() != after.to_numpy()).any())
