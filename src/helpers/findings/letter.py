"""The open letter of February 2021, claim by claim: what it says, what the public figures say of it, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from eprivacy_its import show
from eprivacy_its.results import Estimate
from helpers.data.rounding import trailing_unit
from helpers.findings import table, wording

LETTER = "enoc-letter"
#: Claims of `claims.csv`: the figure with both its windows, its retelling in the letter, and the two daily levels.
WINDOWED, RETOLD, BEFORE, AFTER = "A01", "A06", "A08", "A09"
SWITCHED_OFF, WENT_ON = "event-08", "event-09"


@dataclass(frozen=True)
class Evidence:
    """The tidy tables that bear on the letter, and the recorded estimates with the page of each."""

    claims: pd.DataFrame
    totals: pd.DataFrame
    events: pd.DataFrame
    sources: pd.DataFrame
    estimates: Mapping[str, Estimate]
    homes: Mapping[str, str]

    def claim(self, claim_id: str) -> Mapping[Any, Any]:
        """One published claim."""
        return self.claims.set_index("claim_id").loc[claim_id].to_dict()

    def stated(self, unit: str, geography: str, source: str = LETTER) -> float:
        """A published total."""
        rows = self.totals[
            (self.totals["unit"] == unit)
            & (self.totals["geography"] == geography)
            & (self.totals["source_id"] == source)
        ]
        return float(rows["value"].iloc[0])

    def event(self, event_id: str) -> str:
        """An event of the timeline in its own words."""
        return str(self.events.set_index("event_id").loc[event_id, "event"])

    def said(self, sentence: str) -> str:
        """A sentence with recorded estimates in it, see :mod:`helpers.findings.wording`."""
        return wording.filled(sentence, self.estimates)

    def link(self, words: str, id: str) -> show.Link:
        """To the row in which an estimate was recorded."""
        return show.link(words, table.address(id, self.homes))


def level_change(before: float, after: float) -> tuple[float, float, float]:
    """Change in percent between two rounded levels, and the least and the largest that the rounding allows.

    Examples
    --------
    >>> [round(one, 1) for one in level_change(1100, 600)]
    [-45.5, -52.2, -38.1]
    """
    half = trailing_unit(int(before)) / 2, trailing_unit(int(after)) / 2
    least = (after - half[1]) / (before + half[0])
    most = (after + half[1]) / (before - half[0])
    return 100 * (after / before - 1), 100 * (least - 1), 100 * (most - 1)


def _fall(known: Evidence) -> tuple[str, ...]:
    before, after = known.claim(BEFORE), known.claim(AFTER)
    change, least, most = level_change(before["value"], after["value"])
    stated = known.claim(WINDOWED)["value"]
    author = known.sources.set_index("source_id").loc[before["source_id"], "publisher"]
    return (
        f"Reports to NCMEC fell by {show.percent(-stated, 0)}.",
        "Can't be checked",
        f"{show.percent(change, 1)} from two published levels; {show.percent(least, 0)} to {show.percent(most, 0)} if "
        "these are rounded to hundreds",
        f"No weekly or monthly count for the EU is public. The only levels, {show.number(before['value'])} and "
        f"{show.number(after['value'])} a day, come from another document ({author}; its author opposed the scanning) in "
        "another unit, EU Facebook users reported. The three weeks after hold Christmas and New Year; those before don't.",
    )


def _since(known: Evidence) -> tuple[str, ...]:
    first, retold = known.claim(WINDOWED), known.claim(RETOLD)
    longer = (pd.Timestamp(retold["window_end"]) - pd.Timestamp(first["window_end"])).days
    weeks = ((pd.Timestamp(first["window_end"]) - pd.Timestamp(first["window_start"])).days + 1) // 7
    return (
        "They have fallen since the Code came into force on 21 December 2020.",
        "Retold over a longer time",
        f"{show.number(weeks)} weeks were compared; the letter is {show.number(longer)} days younger",
        known.said(
            "The first sources compare three weeks with three weeks. The whole year is another matter: reports located in "
            "the EU-27 fell by {claims/eu27-change-2021|fall} from 2020 to 2021, by "
            "{claims/eu27-change-2021-without-poland|fall} without Poland. That the two figures are alike proves nothing."
        ),
    )


def _world(known: Evidence) -> tuple[str, ...]:
    files = known.totals[known.totals["source_id"] == "ncmec-2019-files"]
    stated = known.stated("files", "World")
    total = float(files["value"].sum())
    return (
        f"In 2019 over {show.number(stated / 1e6, 1)} million images, videos and files were reported to NCMEC.",
        "Adds up" if total >= stated else "Doesn't add up",
        f"{show.number(total)} files",
        "The sum of the images, videos and other files that NCMEC lists for 2019, for the whole world. A file is not a "
        "report: one report can hold thousands.",
    )


def _europe(known: Evidence) -> tuple[str, ...]:
    stated, official = (
        known.stated("files", "EU"),
        known.stated("images and videos", "EU", "eu-b03"),
    )
    return (
        f"Over {show.number(stated / 1e6, 0)} million of these files originated from offenders in the EU.",
        "Agrees with an official text" if stated == official else "Differs from an official text",
        known.said("{claims/eu27-total-2019|count} reports held them"),
        "An official statement gives the same number of files. A file located in the EU names the place of the user who "
        "was reported, as far as the provider knew it; that each is an offender is more than a report says.",
    )


def _monthly(known: Evidence) -> tuple[str, ...]:
    reports = known.estimates["claims/eu27-total-2019"].estimate or 0.0
    return (
        f"Roughly {show.number(known.stated('files a month', 'EU'))} files a month were detected.",
        "Files, not reports",
        f"{show.number(reports / 12)} reports a month",
        f"{show.number(known.stated('files', 'EU') / 12)} files is a twelfth of the year's. Set beside a fall in reports it "
        "mixes two units.",
    )


def _several(known: Evidence) -> tuple[str, ...]:
    return (
        "Detection was turned off across several major platforms.",
        "One company is known",
        known.event(SWITCHED_OFF),
        f"{known.event(WENT_ON)}. Facebook's two services belong to one company; no other that stopped was found.",
    )


def _children(known: Evidence) -> tuple[str, ...]:
    return (
        "Thousands, potentially tens of thousands of children are left without protection.",
        "No count lies behind it",
        "No figure is public",
        "A report is not a case. Many reports can show one child, one report many; most files are known copies. No public "
        "figure says how many children a report that was not sent would have protected.",
    )


_ROWS = (
    (_fall, "the claims audit", "claims/daily-rate-before"),
    (_since, "windows and totals", "claims/eu27-change-2021"),
    (_world, "", ""),
    (_europe, "totals", "claims/eu27-total-2019"),
    (_monthly, "totals", "claims/eu27-total-2019"),
    (_several, "", ""),
    (_children, "", ""),
)


def rows(known: Evidence) -> pd.DataFrame:
    """The letter's claims, each restated in a line, with verdict, number, reason and where to read on."""
    found = []
    for make, words, id in _ROWS:
        claim, verdict, figure, reason = make(known)
        more = known.link(words, id) if id else show.link("timeline and sources", "timeline.html")
        found.append(
            {
                "the letter says": claim,
                "verdict": show.stack(verdict, figure),
                "why": show.stack(reason, more),
            }
        )
    return pd.DataFrame(found)


def claims(known: Evidence) -> show.Table:
    """The same as a table of a page."""
    return show.table(
        rows(known),
        name="letter",
        caption="The open letter of 15 February 2021, claim by claim, in our words",
        note="European Network of Ombudspersons for Children, open letter on the temporary derogation to the ePrivacy "
        "Directive. A verdict says what public figures show of a claim, not what its authors meant.",
        cards=True,
    )
