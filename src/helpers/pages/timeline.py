"""The picture of the timeline: law, what senders did, what is counted, and the EU's reports beneath."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from eprivacy_its import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure

Row = Mapping[str, Any]
# The kinds in words, in the order of the key.
KIND_WORDS = {"law": "law", "treatment": "what senders did", "measurement": "what is counted"}


def _when(text: str) -> float:
    """A day as a year with its fraction; noon of the day."""
    day = datetime.date.fromisoformat(text)
    start, end = datetime.date(day.year, 1, 1), datetime.date(day.year + 1, 1, 1)
    return day.year + ((day - start).days + 0.5) / (end - start).days


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

    rows = sorted(interruptions, key=lambda row: (str(row["first_day"]), str(row["label"])))
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
        name="timeline",
        caption="Law and treatment follow different calendars; annual counts can't tell them apart",
        alt=f"A bar or mark for each of {len(rows)} dates: {named}. Beneath, EU-27 reports a year: {counted}.",
        data=data,
        height=5.8,
        narrow_height=6.2,
        note="Bars end where an end is known. Reports are of the whole EU-27, by year.",
    )


def _draw(fig: MplFigure, *, rows: Sequence[Row], totals: Mapping[int, int]) -> None:
    top, bottom = fig.subplots(2, 1, sharex=True, height_ratios=[2.4, 1])
    first = min([_when(str(row["first_day"])) for row in rows] + [float(year) for year in totals]) - 0.3
    last = max(_when(str(row["last_day"] or row["first_day"])) for row in rows) + 0.3
    _spans(top, rows, first, last)
    _totals(bottom, totals)
    bottom.set_xlim(first, last)


def _spans(ax: Axes, rows: Sequence[Row], first: float, last: float) -> None:
    from eprivacy_its.plots import style

    narrow = style.is_narrow(ax.get_figure(root=True))  # type: ignore[arg-type]
    colours = {"law": style.INK, "treatment": style.ACCENT, "measurement": style.SECOND}
    for place, row in enumerate(rows):
        colour = colours.get(str(row["kind"]), style.GREY)
        start = _when(str(row["first_day"]))
        end = _when(str(row["last_day"])) if row["last_day"] else start
        if row["last_day"]:
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
    style.mark_interruption(ax, _when("2020-12-21"), "21 December 2020")
