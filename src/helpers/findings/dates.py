"""All dates and versions that the findings rest on, in one table."""

from __future__ import annotations

import pandas as pd

import eprivacy_its
from eprivacy_its import show
from eprivacy_its.results import LEVELS

KINDS = {"law": "law", "treatment": "what providers did", "measurement": "what is counted"}
APPLIES, NOTICES, OPINIONS = (
    "event-07",
    "event-49",
    "event-50",
)  # of the Code: its day, and steps where it was late
COUNTS = "ncmec-country-"  # source ids of the counts by country, one a year


def table(interruptions: pd.DataFrame, sources: pd.DataFrame) -> show.Table:
    """Dates of law, of treatment and of measurement, with the version and the age of the counts beneath.

    Parameters
    ----------
    interruptions, sources : DataFrame
        Tables of those names.
    """
    rows = interruptions.sort_values(["first_day", "label"])
    frame = pd.DataFrame(
        {
            "first day": [_day(value) for value in rows["first_day"]],
            "last day": [_day(value) for value in rows["last_day"]],
            "what": list(rows["label"]),
            "kind": [KINDS.get(str(kind), str(kind)) for kind in rows["kind"]],
        }
    )
    return show.table(
        frame,
        name="dates",
        caption="Dates that the findings turn on",
        note=versions(sources),
        missing="no end, or none known",
    )


def _day(value: object) -> str | None:
    return None if pd.isna(value) else str(value)[:10]  # type: ignore[call-overload]


def versions(sources: pd.DataFrame) -> str:
    """A sentence: version of the study, and which counts of which years it uses."""
    counts = sources[sources["source_id"].str.startswith(COUNTS)].sort_values("source_id")
    years = [one.removeprefix(COUNTS)[:4] for one in counts["source_id"]]
    published = sorted(counts["published"].astype(str))
    return (
        f"Version {eprivacy_its.__version__} of this study. Counts by country of {years[0]} to {years[-1]}, published "
        f"{published[0]} to {published[-1]}; {show.number(len(sources))} sources in all. Commit and versions of the "
        "software stand at the foot of this page."
    )


def originals(sources: pd.DataFrame) -> str:
    """A bullet: how far the sources were read, by the level that each one's `how_checked` begins with."""
    count = sources["level"].value_counts().reindex(LEVELS, fill_value=0)
    whole, copied, excerpt, mention = (show.number(int(count[level])) for level in LEVELS)
    lists = sources[sources["source_id"].str.startswith(COUNTS)]["level"]
    return (
        f"- **Not every original was read.** Of {show.number(len(sources))} sources {whole} were read in full and {copied} in a "
        f"transcription; of {excerpt} an excerpt was read, and {mention} are known from a mention elsewhere. Of the "
        f"{show.number(len(lists))} lists of reports by country {show.number(int((lists == LEVELS[0]).sum()))} were read in full."
    )


def directive(events: pd.DataFrame) -> str:
    """A bullet: the Code is a directive, what the Commission did where it was late, and what that leaves open.

    Parameters
    ----------
    events : DataFrame
        Table of that name; its own words are quoted.
    """
    rows = events[events["event_id"].isin([NOTICES, OPINIONS])]
    late = "; ".join(
        f"in {day:%B %Y} the {event} ([source](sources.html#{id}))"
        for id, day, event in zip(rows["event_id"], rows["date"], rows["event"], strict=True)
    )
    return (
        "- **The Code is a directive.** Member States were to write it into national law by 21 December 2020, and many were "
        f"late: {late}. By the [Commission's proposal](sources.html#{APPLIES}) for the derogation the ePrivacy Directive "
        "covers messaging from that day on, since the Code's definition of an electronic communications service replaced the "
        "former one. But that directive too works through national laws: which state's law bound a provider from which day "
        "was not looked into here. The switch-off was announced for the EU as a whole."
    )
