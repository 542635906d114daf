"""The findings on two sheets, for those who print: a tagged PDF set by typst, from what the front page is made of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

import eprivacy_its
from eprivacy_its import show
from eprivacy_its.show import stage, svg
from helpers.findings import arguments, catalogue, letter, table, verdict
from helpers.findings.letter import Evidence
from helpers.plots import findings as plots

FILE, PICTURE = "brief.pdf", "share.png"
FONT = "Libertinus Serif"  # comes with typst, so that no font of a machine is asked for
TITLE = "Did reports about the EU fall because the ePrivacy rules changed?"
REPORT = (
    "Online services send a report to the CyberTipline of NCMEC, a US centre for missing and exploited children, when they "
    "find suspected child sexual abuse. On 21 December 2020 the EU's ePrivacy rules began to cover private messages, and "
    "Facebook switched off part of its detection in the EU."
)
#: Estimates of the table of numbers, each with what it compares.
NUMBERS = (
    ("claims/eu27-change-2021", "Reports located in the EU-27, 2021 against 2020"),
    ("claims/eu27-change-2021-without-poland", "The same without Poland"),
    ("countries/eu27-change-2021/not-located", "All reports about the EU, with those that name no country"),
    ("countries/eu27-2021/log-twfe", "Typical Member State in 2021 against the change elsewhere"),
    ("countries/eu27-2021/log-twfe/by-world-regions", "The same against whole regions of the world"),
    ("countries/eu27-2021/ppml", "EU-27 in 2021 against the change elsewhere, by sums"),
    ("countries/eu27-2021/ppml-without-poland", "The same without Poland"),
    (
        "countries/eu27-2022-against-2021/log",
        "Growth from 2021 to 2022, typical Member State against elsewhere",
    ),
)
#: Sources of what is said beside these estimates.
SAID = (letter.LETTER, letter.SWITCHED_OFF)
LIMITS = (
    "No weekly or monthly count for the EU is public: what happened within 2021, and on which day, can't be seen.",
    "A comparison of countries shows association, not cause.",
    "One company is known to have stopped, in part; others went on. A year's total mixes both.",
    "A report is not a case, a victim or an offender.",
    "Nobody has published why Poland's count of 2020 is several times that of the years around it.",
)

TEMPLATE = r"""
#let d = json(bytes(sys.inputs.data))
#set document(title: d.title, author: d.author)
#set page(paper: "a4", margin: (x: 17mm, top: 14mm, bottom: 16mm),
  footer: context [#set text(7.5pt, fill: luma(35%)); #d.foot #h(1fr) #counter(page).display("1 / 1", both: true)])
#set text(font: d.font, lang: "en", region: "GB", size: 9.1pt)
#set par(leading: 0.52em, spacing: 0.75em, justify: false)
#show heading.where(level: 1): it => block(below: 0.7em, text(17pt, it.body))
#show heading.where(level: 2): it => block(above: 1.15em, below: 0.55em, text(11pt, it.body))
#set table(stroke: none, inset: (x: 0pt, y: 2.6pt), column-gutter: 8pt, align: left)
#show table.cell: set par(leading: 0.45em)
#let small(body) = text(7.7pt, fill: luma(25%), body)
#let sheet(widths, head, rows) = {
  set text(8.1pt)
  table(columns: widths, table.hline(stroke: 0.8pt), table.header(..head.map(strong)), table.hline(stroke: 0.4pt),
    ..rows.map(row => row.map(cell => if type(cell) == array { cell.first(); for one in cell.slice(1) { linebreak(); small(one) } }
      else { cell })).flatten(), table.hline(stroke: 0.8pt))
}
= #d.title
#small(d.about)

#d.report #d.claim

#block(stroke: (left: 2.5pt + rgb("#b5400f")), inset: (left: 9pt, y: 2pt), text(10.2pt, d.answer))

#table(columns: (19mm, 1fr), ..d.verdicts.map(row => (small(strong(row.at(0))), [*#row.at(1)* #row.at(2)])).flatten())

#figure(image(bytes(sys.inputs.figure), format: "svg", width: 74%, alt: d.alt), numbering: none, caption: none)
*#d.caption.* #d.points

== The letter, claim by claim
#sheet((1.15fr, 1.2fr), d.letter-head, d.letter)

#pagebreak()
== Both sides' best arguments
#sheet((1.5fr, 1fr), d.arguments-head, d.arguments)
== The numbers
#sheet((1.5fr, 1.15fr, 18mm, 1.6fr), d.numbers-head, d.numbers)
#small(d.reading)
== What can't be known
#for one in d.limits [- #one]
== Sources
#small[#for one in d.sources [*#one.at(0)*: #one.at(1). ]]

#small(d.cite)
"""


def plain(text: str) -> str:
    """Markdown's emphasis away."""
    return re.sub(r"\*+", "", text)


def _parts(cell: Any) -> list[str]:
    """What stands in a cell of a table of a page, links apart."""
    parts = cell.parts if isinstance(cell, show.Stack) else (cell,)
    return [
        " ".join(one) if isinstance(one, list) else str(one)
        for one in parts
        if not isinstance(one, show.Link)
    ]


def _numbers(known: Evidence) -> list[list[Any]]:
    methods = {one.id: one.method for one in catalogue.FINDINGS}
    rows: list[list[Any]] = []
    for id, words in NUMBERS:
        one = known.estimates[id]
        rests = [methods[id], f"n = {show.number(one.n)}; {', '.join(one.sources)}"]
        rows.append([words, _parts(table.value(one)), one.grade or show.NO_GRADE, rests])
    return rows


def _sources(known: Evidence, more: Sequence[str]) -> list[list[str]]:
    """Every source that the numbers rest on: id, and publisher, title and how far it was checked."""
    ids = [id for one, _words in NUMBERS for id in known.estimates[one].sources]
    ids += [
        *SAID,
        str(known.claim(letter.WINDOWED)["source_id"]),
        str(known.claim(letter.BEFORE)["source_id"]),
        *more,
    ]
    rows = known.sources.set_index("source_id")
    return [
        [
            id,
            "; ".join(str(rows.loc[id, one]) for one in ("publisher", "title", "level") if rows.loc[id, one]),
        ]
        for id in dict.fromkeys(ids)
    ]


def content(known: Evidence, police: pd.DataFrame, drawn: show.Figure, points: str) -> dict[str, Any]:
    """What the sheets say, by place.

    Parameters
    ----------
    known : Evidence
    police : DataFrame
        Table `national_police`.
    drawn : Figure
        The figure of the front page.
    points : str
        What a year's point holds, as Markdown.
    """
    said, both = letter.rows(known), arguments.rows(known, police)
    first, last = str(said.iloc[0, 0]), day(known)
    return {
        "title": TITLE,
        "author": "The eprivacy-its contributors",
        "font": FONT,
        "about": f"eprivacy-its, version {eprivacy_its.__version__}; dates and counts to {last.day} {last:%B %Y}. "
        "Every number was computed from published counts.",
        "foot": f"eprivacy-its {eprivacy_its.__version__}: {TITLE}",
        "report": REPORT,
        "claim": f"In February 2021 Europe's ombudspersons for children wrote that {first[0].lower()}{first[1:]}",
        "answer": plain(verdict.answer(known.estimates)),
        "verdicts": [list(row) for row in verdict.claims(known.estimates)],
        "caption": drawn.caption,
        "alt": drawn.alt,
        "points": plain(points),
        "limits": LIMITS,
        "letter-head": ["the letter says, in our words", "verdict"],
        "letter": [[str(row.iloc[0]), _parts(row.iloc[1])] for _, row in said.iterrows()],
        "arguments-head": ["argument", "number"],
        "arguments": [
            [[*_parts(row.iloc[0]), f"says {row.iloc[1]}"], _parts(row.iloc[2])] for _, row in both.iterrows()
        ],
        "numbers-head": ["what", "estimate", "grade", "rests on"],
        "numbers": _numbers(known),
        "reading": "A ratio of 1 means that the EU changed as other countries did. Grades are computed by a rule, never chosen.",
        "sources": _sources(known, arguments.tips_change(police)[1]),
        "cite": f"The eprivacy-its contributors: {TITLE} eprivacy-its, version {eprivacy_its.__version__}.",
    }


def day(known: Evidence) -> datetime:
    """The last day of the tables, which dates the file: not the day on which it was made."""
    return datetime.combine(pd.to_datetime(known.events["date"]).max().date(), datetime.min.time(), UTC)


def pdf(said: Mapping[str, Any], picture: str, made: datetime) -> bytes:
    """The sheets as PDF/UA-1; the same bytes for the same content.

    Parameters
    ----------
    said : mapping
        As :func:`content` gives it.
    picture : str
        SVG that stands alone.
    made : datetime
        Date of the file.
    """
    import typst

    return typst.compile(
        TEMPLATE.encode(),
        sys_inputs={"data": json.dumps(said), "figure": picture},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=made,
    )


def picture(known: Evidence, reports: pd.DataFrame) -> bytes:
    """The picture that stands beside a link to the site, as PNG.

    Parameters
    ----------
    known : Evidence
    reports : DataFrame
        Table `country_reports`.
    """
    answers = [(asked, verdict.SHORT[grade]) for grade, asked, _text in verdict.claims(known.estimates)]
    fall = known.said(
        " By {claims/eu27-change-2021|fall} from 2020 to 2021, without Poland by "
        "{claims/eu27-change-2021-without-poland|fall}."
    )
    answers[0] = (answers[0][0], answers[0][1] + fall)
    foot = "Reports to NCMEC by country of the reported user. A comparison shows association, not cause."
    return plots.share(reports, TITLE, answers, foot)


def leave(
    known: Evidence, reports: pd.DataFrame, police: pd.DataFrame, drawn: show.Figure, points: str
) -> show.Prose:
    """Leave the sheets and the picture among the files of the run, in a build only, and say where they are."""
    said = content(known, police, drawn, points)
    stage.leave_bytes("files", FILE, lambda: pdf(said, svg.alone(drawn.svg, FONT), day(known)))
    stage.leave_bytes("files", PICTURE, lambda: picture(known, reports))
    return show.say(
        f"The [brief](downloads/files/09_findings/{FILE}) puts answer, letter, arguments, numbers and sources on two sheets "
        f"of paper; [this picture](downloads/files/09_findings/{PICTURE}) stands beside links to these pages."
    )
