"""The timeline: a picture of law, what providers did, what is counted, and the EU's reports; then every event."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its import paths, show
from eprivacy_its.pages import reference, take
from eprivacy_its.pages.layout import Content
from eprivacy_its.pages.own import OwnPage
from eprivacy_its.show import figures, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure

Row = Mapping[str, Any]
WORDS = Path(__file__).parent / "content" / "timeline.yml"
# The kinds in words, in the order of the key.
KINDS = {
    "law": "Law",
    "provider": "What providers did",
    "treatment": "What providers did",
    "measurement": "What is counted",
}
NAME = "timeline"
LEAST_DRAWN = 0.02  # years; a shorter bar can't be seen and is a mark
KIND_WORDS = {"law": "law", "treatment": "what providers did", "measurement": "what is counted"}


def _as_year(text: str) -> float:
    """A day as a year with its fraction; noon of the day."""
    day = datetime.date.fromisoformat(text)
    start, end = datetime.date(day.year, 1, 1), datetime.date(day.year + 1, 1, 1)
    return day.year + ((day - start).days + 0.5) / (end - start).days


def _ordered(interruptions: Sequence[Row]) -> list[Row]:
    return sorted(interruptions, key=lambda row: (str(row["first_day"]), str(row["label"])))


def figure(interruptions: Sequence[Row], totals: Mapping[int, int]) -> show.Figure:
    """Draw the timeline.

    Parameters
    ----------
    interruptions : sequence of mapping
        Rows of the table of interruptions: first_day, last_day (empty: no end), kind, label.
    totals : mapping of year to reports
        EU-27 reports a year.
    """
    import pandas as pd

    rows = _ordered(interruptions)
    data = pd.DataFrame(
        {
            "what": [row["label"] for row in rows],
            "kind": [KIND_WORDS.get(str(row["kind"]), str(row["kind"])) for row in rows],
            "first day": [row["first_day"] for row in rows],
            "last day": [row["last_day"] or "open" for row in rows],
        }
    )
    named = "; ".join(f"{row['label']} from {row['first_day']}" for row in rows)
    counted = show.listing(f"{show.number(count)} in {year}" for year, count in sorted(totals.items()))
    return show.figure(
        partial(_draw, rows=rows, totals=totals),
        name=NAME,
        caption="Law and treatment follow different calendars; annual counts can't tell them apart",
        alt=f"A bar or mark for each of {len(rows)} dates: {named}. Beneath, EU-27 reports a year: {counted}.",
        data=data,
        height=_height(rows),
        narrow_height=2.2 + 0.36 * len(rows),
        note="Bars end where an end is known. Reports are of the whole EU-27, by year.",
    )


def _height(rows: Sequence[Row]) -> float:
    return 1.9 + 0.36 * len(rows)


def _files(drawn: show.Figure, interruptions: Sequence[Row], totals: Mapping[int, int]) -> dict[str, str]:
    """The figure as files that the page offers, in base64 by their place among the downloads."""
    draw = partial(_draw, rows=_ordered(interruptions), totals=totals)
    made = {
        "svg": svg.alone(drawn.svg).encode(),
        "png": svg.draw_png(draw, figures.WIDE, _height(interruptions)),
    }
    return {f"figures/{NAME}/{NAME}.{kind}": base64.b64encode(data).decode() for kind, data in made.items()}


def _draw(fig: MplFigure, *, rows: Sequence[Row], totals: Mapping[int, int]) -> None:
    top, bottom = fig.subplots(2, 1, sharex=True, height_ratios=[2.4, 1])
    first = min([_as_year(str(row["first_day"])) for row in rows] + [float(year) for year in totals]) - 0.3
    last = max(_as_year(str(row["last_day"] or row["first_day"])) for row in rows) + 0.3
    _spans(top, rows, first, last)
    _totals(bottom, totals)
    bottom.set_xlim(first, last)


def _spans(ax: Axes, rows: Sequence[Row], first: float, last: float) -> None:
    from eprivacy_its.plots import style

    narrow = style.is_narrow(ax.get_figure(root=True))  # type: ignore[arg-type]
    colours = {"law": style.INK, "treatment": style.ACCENT, "measurement": style.SECOND}
    for place, row in enumerate(rows):
        colour = colours.get(str(row["kind"]), style.GREY)
        start = _as_year(str(row["first_day"]))
        end = _as_year(str(row["last_day"])) if row["last_day"] else start
        if end - start > LEAST_DRAWN:
            ax.plot([start, end], [place, place], color=colour, linewidth=4, solid_capstyle="butt")
        else:
            ax.plot([start], [place], color=colour, marker="D", markersize=5)
        late = start > first + (0.45 if narrow else 0.55) * (last - first)
        ax.annotate(
            str(row["label"]),
            (end if late else start, place),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right" if late else "left",
            va="bottom",
            fontsize=8,
            color=colour,
        )
    ax.set_ylim(len(rows) - 0.4, -1)
    ax.set_yticks([])
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.spines["left"].set_visible(False)
    starts = (0, 0.15, 0.58) if narrow else (0, 0.1, 0.36)
    for start, (kind, words) in zip(starts, KIND_WORDS.items(), strict=True):
        ax.text(start, 1.02, words, transform=ax.transAxes, color=colours[kind], fontweight="bold")


def _totals(ax: Axes, totals: Mapping[int, int]) -> None:
    from eprivacy_its.plots import style

    years = sorted(totals)
    # A year's bar covers the year.
    ax.bar([year + 0.5 for year in years], [totals[year] for year in years], width=0.86, color=style.LIGHT)
    ax.set_ylim(0, 1.3 * max(totals.values()))  # room for the name of the date
    style.count_axis(ax, "EU-27, reports a year")
    style.dense(ax, narrow=6)
    style.mark_interruption(ax, _as_year("2020-12-21"), "21 December 2020")


def tables() -> tuple[list[dict[str, str]], list[dict[str, str]], dict[int, int]]:
    """Events, interruptions, and EU-27 reports a year."""
    raw, tidy = paths.raw(), paths.processed()
    events = reference.rows_of(tidy / "events.csv") or reference.rows_of(raw / "events" / "events.csv")
    totals: dict[int, int] = {}
    for row in reference.rows_of(tidy / "country_reports.csv"):
        if row["eu27"] == "true" and row["reports"]:
            totals[int(row["year"])] = totals.get(int(row["year"]), 0) + int(row["reports"])
    return events, reference.rows_of(tidy / "interruptions.csv"), totals


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """By source id, an event in a reader's words: `event`, `note`, or both; see content/timeline.yml."""
    import yaml

    found: dict[str, dict[str, str]] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return found


def content(_pages: object = ()) -> Content:
    """The picture of all dates, then the events in order, one section a year."""
    events, interruptions, totals = tables()
    body, year, files = [], "", {}
    if interruptions and totals:
        drawn = figure(interruptions, totals)
        files = _files(drawn, interruptions, totals)
        body.append(take.along(drawn.html, NAME, PAGE.href, "", [Path(place).name for place in files]))
    for event in sorted(events, key=lambda row: (row["date"], row["event"])):
        if event["date"][:4] != year:
            year = event["date"][:4]
            body.append(f"<h2>{escape(year)}</h2>")
        kind = KINDS.get(event["kind"], event["kind"].capitalize())
        told = words().get(event["source_id"], {})
        note = f'<p class="meta">{escape(told["note"])}</p>' if "note" in told else ""
        body.append(
            f'<div class="entry"><p><strong>{escape(_when(event))}</strong> '
            f"{escape(told.get('event', event['event']))}</p>{note}"
            f'<p class="meta">{escape(kind)} · {escape(event["geography"])} · '
            f"{reference.source_link(event['source_id'])}</p></div>"
        )
    page = reference.page(
        PAGE.title,
        "Dates of law and dates of treatment differ: when a rule applied, when providers stopped or resumed, "
        "and when a count changed its meaning.",
        "".join(body) or "<p>No events are listed.</p>",
    )
    return replace(page, files=files)


def _when(event: Row) -> str:
    date, end = str(event["date"]), str(event.get("date_end") or "")
    precision = str(event.get("precision") or "")
    shown = date[: {"year": 4, "month": 7}.get(precision, 10)]
    return f"{shown} to {end}" if end and end != date else shown


PAGE = OwnPage("timeline.html", "Timeline", lambda _: json.dumps(tables()), content, before="sources.html")
