"""The tidy tables: each column's type, unit, meaning and limits, in one place.

`schemas` builds the validation from it, `store` the types on reading, and the data package beside the
tables is the data dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eprivacy_its.results import LEVELS
from helpers.data.events import KINDS
from helpers.data.providers import DEFINITIONS

ISO3 = r"[A-Z]{3}"
SOURCES = r"[a-z0-9-]+(; [a-z0-9-]+)*"


@dataclass(frozen=True)
class Column:
    """One column of a tidy table.

    Attributes
    ----------
    name : str
    kind : str
        `str`, `int64`, `Int64` (with NA), `float64`, `bool` or `date`.
    description : str
    unit : str
        Empty where the column has none.
    nullable : bool
        Whether a cell may be empty.
    low, high : float or None
        Limits, inclusive.
    allowed : tuple of str
        The values that occur; empty: any.
    pattern : str
        Regular expression of the whole text; empty: any.
    """

    name: str
    kind: str
    description: str
    unit: str = ""
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True)
class Table:
    """One tidy table: what a row is, its columns, and the columns that together occur once."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


def _count(name: str, description: str, unit: str, kind: str = "int64") -> Column:
    return Column(name, kind, description, unit, nullable=kind == "Int64", low=0)


def _year(low: int = 1998, high: int = 2100) -> Column:
    return Column("year", "int64", "Calendar year.", "year", low=low, high=high)


def _text(name: str, description: str, **rules: Any) -> Column:
    return Column(name, "str", description, **rules)


def _flag(name: str, description: str) -> Column:
    return Column(name, "bool", description)


def _day(name: str, description: str, nullable: bool = False) -> Column:
    return Column(name, "date", description, nullable=nullable)


SOURCE = _text("source_id", "Id of the table sources.", pattern=SOURCES)
START = _day("period_start", "First day, inclusive.")
END = _day("period_end", "Last day, inclusive.")
NOTE = _text("note", "Remark.", nullable=True)
PLACE = _text("place", "Name for show.")
EU27 = _flag("eu27", "One of the 27 Member States since 2020-02-01.")


def _rounding(unit: str) -> Column:
    meaning = "The true number lies within half of this of the one printed; 1: printed to the unit."
    return Column("rounding_unit", "int64", meaning, unit, low=1)


ALL = (
    Table(
        "country_reports",
        "CyberTipline reports by place of the reported user: one row an ISO code and year, "
        "names of one code added up.",
        (
            _text("iso3", "ISO 3166-1 alpha-3; empty: not located.", nullable=True, pattern=ISO3),
            PLACE,
            _year(2019, 2023),
            _count(
                "reports",
                "CyberTipline reports; empty: nothing printed, which is not zero.",
                "reports a year",
                "Int64",
            ),
            _text("status", "Whether a count was printed.", allowed=("published", "missing")),
            _flag("located", "Has a code."),
            EU27,
            _flag("eea_other", "Iceland, Liechtenstein or Norway."),
            _flag("uk", "United Kingdom."),
            _flag("europe", "Europe as in UN M49, with Cyprus, Türkiye and Kosovo."),
            _flag(
                "eu_territory", "Part of the EU's territory, listed apart from its state, in no EU-27 sum."
            ),
            _text("raw_names", 'Names as printed, joined by "; ".'),
            SOURCE,
        ),
        ("iso3", "year"),
    ),
    Table(
        "country_referrals_2024",
        "CyberTipline reports by country in 2024, in another unit than before: referrals "
        "and informational reports.",
        (
            _text("iso3", "ISO 3166-1 alpha-3.", pattern=ISO3),
            PLACE,
            _year(2024, 2024),
            _count("referrals", "Reports with enough information for the police to act.", "reports a year"),
            _count("informational", "Other reports.", "reports a year"),
            EU27,
            SOURCE,
        ),
        ("iso3",),
    ),
    Table(
        "world_reports",
        "CyberTipline reports of a year, world.",
        (_year(), _count("reports", "CyberTipline reports.", "reports a year"), SOURCE),
        ("year",),
    ),
    Table(
        "sender_reports",
        "CyberTipline reports by sender, as NCMEC counts them, world; a selection of senders.",
        (
            _text("sender", "Sender as NCMEC names it."),
            _year(2019),
            _count("reports", "Reports.", "reports a year"),
            SOURCE,
        ),
        ("sender", "year"),
    ),
    Table(
        "sender_own_reports",
        "Reports to NCMEC as the senders count them, world.",
        (
            _text("sender", "Sender."),
            _text("period", "Label of the period.", pattern=r"[0-9]{4}([HQ][1-4])?"),
            _text("frequency", "Length of the period.", allowed=("quarter", "half-year", "year")),
            START,
            END,
            _count("reports", "Reports to NCMEC.", "reports a period"),
            _rounding("reports"),
            SOURCE,
        ),
        ("sender", "period_start"),
    ),
    Table(
        "meta_content",
        "Pieces of content that Meta acted on, by app, policy area and quarter, world.",
        (
            _text("series", "App and policy area as one word.", pattern=r"[a-z0-9-]+"),
            _text("app", "App.", allowed=("Facebook", "Instagram")),
            _text("policy_area", "Policy area as Meta names it."),
            _text("quarter", "Calendar quarter.", pattern=r"[0-9]{4}Q[1-4]"),
            START,
            END,
            _count("pieces", "Pieces of content actioned, as rounded by Meta.", "pieces a quarter"),
            _rounding("pieces"),
            _text("definition", "Side of the redefinition of 2021Q2.", allowed=DEFINITIONS),
            _text("vintage", "Report that the number is taken from.", pattern=r"[0-9]{4}Q[1-4]"),
            SOURCE,
        ),
        ("series", "quarter"),
    ),
    Table(
        "national_police",
        "Reports from NCMEC as national police count them.",
        (
            _text("geography", "Country."),
            _text("iso3", "ISO 3166-1 alpha-3.", pattern=ISO3),
            _year(2010),
            _count("value", "The count.", "see unit"),
            _text("unit", "What one is."),
            _text("qualifier", "The source's word, if any.", nullable=True, allowed=("over", "roughly")),
            _text("counts_what", "What is counted."),
            _flag("rounded", "The source says so, or the number is a multiple of 50."),
            _rounding("see unit"),
            SOURCE,
        ),
        ("iso3", "year", "counts_what"),
    ),
    Table(
        "eu_totals",
        "Totals as officials and newspapers state them.",
        (
            _text("geography", "EU, World or a country."),
            START,
            END,
            _count("value", "The number stated.", "see unit"),
            _text("unit", "Unit."),
            _text("counts", "Files and reports are different units.", allowed=("files", "reports")),
            _text(
                "qualifier",
                "How the number is meant.",
                allowed=("over", "roughly", "nearly", "rounded", "exact"),
            ),
            _rounding("see unit"),
            _text("counts_what", "What is counted."),
            SOURCE,
        ),
        ("geography", "period_start", "source_id", "counts_what"),
    ),
    Table(
        "claims",
        "Percentages and levels of the public debate.",
        (
            _text("claim_id", "Id.", pattern=r"[A-Z][0-9]{2}"),
            _text("quantity", "What is stated.", allowed=("fall in reports", "level before", "level after")),
            Column("value", "float64", "The number stated; a negative percentage is a fall.", "see unit"),
            _text("unit", "Unit.", allowed=("percent", "per day")),
            _day("window_start", "First day of the window, inclusive.", True),
            _day("window_end", "Last day of the window, inclusive; empty: not stated.", True),
            _day("baseline_start", "First day of the baseline, inclusive; empty: not stated.", True),
            _day("baseline_end", "Last day of the baseline, inclusive; empty: not stated.", True),
            _text("counts_what", "What is counted, in the source's words."),
            SOURCE,
            _text("how_checked", "How the source was checked."),
            NOTE,
        ),
        ("claim_id",),
    ),
    Table(
        "events",
        "Events of law, senders, measurement and debate.",
        (
            _text("event_id", "Id."),
            _day("date", "First possible day."),
            _day("date_end", "Last possible day."),
            _text("precision", "How far the date is known.", allowed=("day", "month", "year")),
            _text("event", "What happened."),
            _text("kind", "Kind.", allowed=("law", "policy", "provider", "statement", "data", "measurement")),
            _text("geography", "Where it holds."),
            SOURCE,
            NOTE,
        ),
        ("event_id",),
    ),
    Table(
        "interruptions",
        "States that models use as interruptions: dates of law, of treatment and of measurement apart.",
        (
            _text("name", "Name.", pattern=r"[a-z0-9-]+"),
            _day("first_day", "First day of the state."),
            _day("last_day", "Last day of the state; empty: goes on, or the end is not known.", True),
            _text("kind", "What changed.", allowed=KINDS),
            _text("geography", "Where."),
            _text(
                "precision",
                "How far the days are known.",
                allowed=("day", "year", "not before", "at least until"),
            ),
            _text("label", "Name for show."),
            _text("source_ids", "Ids of the table sources.", pattern=SOURCES),
            NOTE,
        ),
        ("name",),
    ),
    Table(
        "sources",
        "Where the figures come from.",
        (
            SOURCE,
            _text("title", "Title."),
            _text("publisher", "Publisher; empty where the title says it.", nullable=True),
            _text("published", "Date of publication as far as known.", nullable=True),
            _text("url", "Address.", pattern=r"https?://\S+"),
            _text("how_checked", "How the source was checked."),
            _text("level", "Level of checking, strongest first.", allowed=LEVELS),
        ),
        ("source_id",),
    ),
)
BY_NAME = {table.name: table for table in ALL}
