"""Interruptions that models use: dates of law, of treatment and of measurement apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data.check import SHOWN, Check, Tables, Tidied
from helpers.data.periods import quarter_days
from helpers.data.tables.events import RAW_EVENTS
from helpers.data.tables.meta_content import REDEFINED

RAW = ()
DAY = timedelta(days=1)
KINDS = ("law", "treatment", "measurement")
STATEMENTS = "statements-"
"""How the name of a break in the statements of reasons begins; only the page of these series and the timeline need them."""


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
        "Providers under US law must report enticement and trafficking too.",
    ),
    Interruption(
        "lapse-2026", "law", "EU", "Derogation lapsed",
        ("event-39", 0), ("event-48", -1), "day", ("event-37", "event-39", "event-48", "event-38"),
        "A gap in the law. No provider was found that announced stopping; Google, Meta, Microsoft and Snap "
        "said that they would go on.",
    ),
    Interruption(
        "regulation-2026", "law", "EU", "Regulation (EU) 2026/1881",
        ("event-48", 0), date(2028, 4, 3), "day", ("event-48",),
        "Applies to 3 April 2028; end-to-end encrypted services and audio are excluded.",
    ),
    Interruption(
        "statements-snap-march", "measurement", "EU", "Statements: Snapchat steps down",
        date(2024, 3, 6), None, "day", ("dsa-tdb-shantay060",),
        "Statements of reasons of the category Protection of minors; no reason is known.",
    ),
    Interruption(
        "statements-snap-august", "measurement", "EU", "Statements: Snapchat steps down again",
        date(2024, 8, 17), date(2024, 8, 20), "day", ("dsa-tdb-shantay060",),
        "Statements of reasons of the category Protection of minors, over four days; no reason is known.",
    ),
    Interruption(
        "statements-form", "measurement", "EU", "Statements: second version of the form",
        date(2025, 7, 1), None, "day", ("dsa-tdb-shantay060",),
        "Snapchat's statements on minors fall; X, Bumble, Badoo and Tinder drop the CSAM keyword.",
    ),
    Interruption(
        "statements-tiktok", "measurement", "EU", "Statements: TikTok doesn't file every day",
        date(2025, 7, 1), date(2026, 1, 10), "at least until", ("dsa-tdb-shantay060",),
        "On 158 of 194 days; the statements by day end with the last day.",
    ),
    Interruption(
        "statements-discord", "measurement", "EU", "Statements: Discord's spike",
        date(2026, 1, 1), date(2026, 1, 31), "month",
        ("dsa-tdb-shantay060", "dsa-tdb-monthly-krmaynard"),
        "Statements on minors of the month are about twice those of the months beside it.",
    ),
    Interruption(
        "statements-meta", "measurement", "EU", "Statements: Meta moves categories",
        date(2026, 3, 1), date(2026, 4, 30), "month", ("dsa-tdb-monthly-krmaynard",),
        "Millions of statements a month go from Scams and fraud to Other, and smaller numbers between further "
        "categories, so that a step of a category of Meta in April 2026 is not identified.",
    ),
)  # fmt: skip


TABLE = Table(
    "interruptions",
    "States that models use as interruptions: dates of law, of treatment and of measurement apart.",
    (
        col.text("name", "Name.", pattern=r"[a-z0-9-]+"),
        col.day("first_day", "First day of the state."),
        col.day("last_day", "Last day of the state; empty: goes on, or the end is not known.", True),
        col.text("kind", "What changed.", allowed=KINDS),
        col.text("geography", "Where."),
        col.text(
            "precision",
            "How far the days are known.",
            allowed=("day", "month", "year", "not before", "at least until"),
        ),
        col.text("label", "Name for show."),
        col.text("source_ids", "Ids of the table sources.", pattern=col.SOURCES),
        col.NOTE,
    ),
    ("name",),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(tidied("events"))


def tidy(tidy_events: pd.DataFrame) -> pd.DataFrame:
    """Interruptions with first and last day, taken from the events.

    Parameters
    ----------
    tidy_events : DataFrame
        What `events` gives.

    Returns
    -------
    DataFrame
        name, first_day, last_day (both inclusive; NaT: goes on, or the end is not known), kind (`law`,
        `treatment`, `measurement`), geography, precision (`day`; `month`, `year`: some time in it; `not
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
            f"{one.name}. Put the event back, or change INTERRUPTIONS in helpers/data/tables/interruptions.py."
        )
    return known[event_id] + shift * DAY


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """How long each state lasted."""
    spans = tables["interruptions"].dropna(subset="last_day")
    days = (spans["last_day"] - spans["first_day"]).dt.days + 1
    detail = "; ".join(f"{name}: {count:,}" for name, count in zip(spans["name"], days, strict=True))
    yield Check("interruptions", "days that each state lasted", SHOWN, detail)
