"""Events of law, providers, measurement and debate, with true days."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data.check import SHOWN, Check, Tables, Tidied, rows_of
from helpers.data.periods import partial_day

RAW = ("events",)
RAW_EVENTS = "data/raw/events/events.csv"


TABLE = Table(
    "events",
    "Events of law, providers, measurement and debate.",
    (
        col.text("event_id", "Id."),
        col.day("date", "First possible day."),
        col.day("date_end", "Last possible day."),
        col.text("precision", "How far the date is known.", allowed=("day", "month", "year")),
        col.text("event", "What happened."),
        col.text("kind", "Kind.", allowed=("law", "policy", "provider", "statement", "data", "measurement")),
        col.text("geography", "Where it holds."),
        col.SOURCE,
        col.NOTE,
    ),
    ("event_id",),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(raw.load(*RAW))


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """Events with true days.

    Parameters
    ----------
    raw : DataFrame
        `events`: date (ISO day, month or year), event, kind, geography, source_id, note.

    Returns
    -------
    DataFrame
        event_id (the source id: one source an event), date, date_end (first and last possible day), precision
        (`day`, `month`, `year`), event, kind, geography, source_id, note. Sorted by date, then event_id.
    """
    days = []
    for row, text in raw["date"].items():
        try:
            days.append(partial_day(text))
        except ValueError as error:
            raise InputError(
                f'{RAW_EVENTS}, row {row}, column date: found "{text}", expected a day, month or year of the '
                "calendar, such as 2020-12-21, 2025-11 or 2024. Correct it."
            ) from error
    tidy = raw.assign(
        event_id=raw["source_id"],
        date=pd.Series([first for first, _, _ in days], dtype="datetime64[s]", index=raw.index),
        date_end=pd.Series([last for _, last, _ in days], dtype="datetime64[s]", index=raw.index),
        precision=[precision for _, _, precision in days],
    )
    columns = ["event_id", "date", "date_end", "precision", "event", "kind", "geography", "source_id", "note"]
    return tidy[columns].sort_values(["date", "event_id"], ignore_index=True)


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """Which dates are not known to the day."""
    vague = tables["events"].query("precision != 'day'")
    detail = "; ".join(f"{row.event_id} ({row.precision})" for row in rows_of(vague))
    yield Check("events", "dates not known to the day", SHOWN, detail or "none")
