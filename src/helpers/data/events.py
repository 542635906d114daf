"""Events, and the interruptions that models use: dates of law, of treatment and of measurement apart."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import pandas as pd

from eprivacy_its.errors import InputError
from helpers.data.periods import partial_day, quarter_days
from helpers.data.providers import REDEFINED

DAY = timedelta(days=1)
KINDS = ("law", "treatment", "measurement")
RAW_EVENTS = "data/raw/events/events.csv"


class Interruption(NamedTuple):
    """How one interruption follows from the events.

    `first` and `last` name an event and a shift in days, or a fixed day (its reason stands in the note);
    `last` None says that the state goes on or that its end is not known.
    """

    name: str
    kind: str
    geography: str
    label: str
    first: tuple[str, int] | date
    last: tuple[str, int] | date | None
    precision: str
    source_ids: tuple[str, ...]
    note: str


INTERRUPTIONS = (
    Interruption(
        "code-applies", "law", "EU", "Code applies, no derogation",
        ("event-07", 0), ("event-16", -1), "day", ("event-07", "event-16"),
        "The ePrivacy Directive covers messaging and webmail from the first day on; the derogation ends "
        "the gap.",
    ),
    Interruption(
        "facebook-switch-off", "treatment", "EU", "Facebook switches off detection",
        ("event-08", 0), ("event-17", 0), "at least until", ("event-08", "event-17"),
        "Some detection in messages in the EU. One blog says midnight of 19 to 20 December. Still off on the "
        "last day, so the restart is later.",
    ),
    Interruption(
        "meta-redefinition", "measurement", "World", "Meta redefines its category",
        quarter_days(REDEFINED)[0], None, "day", ("meta-cser",),
        "Content actioned for child nudity and sexual exploitation: one category to 2021Q1, two others from "
        "2021Q2.",
    ),
    Interruption(
        "derogation-in-force", "law", "EU", "Derogation in force",
        ("event-16", 0), ("event-37", 0), "day", ("event-16", "event-27", "event-37"),
        "Regulation (EU) 2021/1232, extended by Regulation (EU) 2024/1307 to 3 April 2026.",
    ),
    Interruption(
        "facebook-restart", "treatment", "EU", "Facebook restarts in part",
        ("event-17", 1), None, "not before", ("event-17",),
        "On the day before, Facebook said that some detection would resume from that week; the day and the "
        "extent are not published.",
    ),
    Interruption(
        "messenger-encryption", "treatment", "World", "Messenger encrypts by default",
        ("event-21", 0), None, "day", ("event-21",), "Rolled out over months, world-wide.",
    ),
    Interruption(
        "ncmec-2024-units", "measurement", "World", "NCMEC bundles and splits reports",
        date(2024, 1, 1), None, "year", ("ncmec-country-2024",),
        "Counts by country of 2024 are referrals and informational reports, another unit than in 2019-2023.",
    ),
    Interruption(
        "snap-recalibration", "measurement", "World", "Snap recalibrates",
        ("event-23", 0), None, "year", ("event-23", "own-snap"),
        "Some time in 2024; its own counts fall in the second half of the year.",
    ),
    Interruption(
        "report-act", "law", "US/World", "REPORT Act signed",
        ("event-26", 0), None, "day", ("event-26",),
        "Senders under US law must report enticement and trafficking too.",
    ),
    Interruption(
        "lapse-2026", "law", "EU", "Derogation lapsed",
        ("event-39", 0), ("event-48", -1), "day", ("event-37", "event-39", "event-48", "event-38"),
        "A gap in the law. No sender was found that announced stopping; Google, Meta, Microsoft and Snap "
        "said that they would go on.",
    ),
    Interruption(
        "regulation-2026", "law", "EU", "Regulation (EU) 2026/1881",
        ("event-48", 0), date(2028, 4, 3), "day", ("event-48",),
        "Applies to 3 April 2028; end-to-end encrypted services and audio are excluded.",
    ),
)  # fmt: skip


def events(raw: pd.DataFrame) -> pd.DataFrame:
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


def interruptions(tidy_events: pd.DataFrame) -> pd.DataFrame:
    """Interruptions with first and last day, taken from the events.

    Parameters
    ----------
    tidy_events : DataFrame
        What `events` gives.

    Returns
    -------
    DataFrame
        name, first_day, last_day (both inclusive; NaT: goes on, or the end is not known), kind (`law`,
        `treatment`, `measurement`), geography, precision (`day`; `year`: some time in that year; `not
        before`: first_day is the earliest possible; `at least until`: last_day is the earliest possible),
        label, source_ids ("; " between ids), note. Sorted by first_day, then name.
    """
    known = {
        event_id: day.date() for event_id, day in zip(tidy_events.event_id, tidy_events.date, strict=True)
    }
    rows = [
        {
            "name": one.name,
            "first_day": _day(one, one.first, known),
            "last_day": _day(one, one.last, known),
            "kind": one.kind,
            "geography": one.geography,
            "precision": one.precision,
            "label": one.label,
            "source_ids": "; ".join(one.source_ids),
            "note": one.note,
        }
        for one in INTERRUPTIONS
    ]
    tidy = pd.DataFrame(rows).astype({"first_day": "datetime64[s]", "last_day": "datetime64[s]"})
    return tidy.sort_values(["first_day", "name"], ignore_index=True)


def _day(one: Interruption, at: tuple[str, int] | date | None, known: dict[str, date]) -> date | None:
    if at is None or isinstance(at, date):
        return at
    event_id, shift = at
    if event_id not in known:
        raise InputError(
            f"{RAW_EVENTS}: found no row with source_id {event_id}, expected the date of the interruption "
            f"{one.name}. Put the event back, or change INTERRUPTIONS in helpers/figures/events.py."
        )
    return known[event_id] + shift * DAY
