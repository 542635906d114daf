"""Statements of reasons by week, and the changes in the lapse with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eprivacy_its import show
from eprivacy_its.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MplFigure

REACH = (0.05, 20.0)  # ratios drawn; an interval that goes on is cut here
LEAST = 10  # statements a day; a week below it is not drawn


def by_week(weeks: pd.DataFrame, breaks: Sequence[tuple[str, str]], accent: str) -> show.Figure:
    """Statements a day, weekly means, one line a platform on a scale of powers of ten.

    Parameters
    ----------
    weeks : DataFrame
        week (index), one column a platform, statements a day; missing where there were none.
    breaks : sequence of (ISO date, name)
        Known breaks, in order.
    accent : str
        Platform drawn in the accent: the one whose breaks are named.
    """

    drawn = weeks.where(weeks >= LEAST)
    powers = [10**k for k in range(1, 7)]

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        ends = []
        for name in drawn:
            line = drawn[name]
            colour = style.ACCENT if name == accent else style.GREY
            ax.plot(line.index, line, color=colour, linewidth=1.8 if name == accent else 1)
            last = line.dropna()
            ends.append((last.index[-1], float(last.iloc[-1]), str(name), colour))
        ax.set_yscale("log")
        ax.set_ylabel("statements a day")
        ax.set_yticks(powers, [style.short_count(power) for power in powers])
        ax.minorticks_off()
        ax.set_ylim(LEAST, float(weeks.max().max()) * 6)  # room for the names of the breaks
        for row, (day, label) in enumerate(breaks):
            side = "left" if row == len(breaks) - 1 else "right"
            style.mark_interruption(ax, pd.Timestamp(day), label, row=row, side=side)
        style.dense(ax, narrow=4)
        style.label_line_ends(ax, ends)

    first, last = (weeks.index[k].date().isoformat() for k in (0, -1))
    span = {name: weeks[name].dropna() for name in weeks}
    return show.figure(
        draw,
        name="statements-by-week",
        caption=f"Statements on minors change their level without any lapse: {accent}'s weekly mean alone lies between "
        f"{show.number(span[accent].min())} and {show.number(span[accent].max())} a day",
        alt=f"Lines of {len(span)} platforms by week from {first} to {last}, on a scale of powers of ten. Range of each, "
        "statements a day: "
        + "; ".join(
            f"{name} {show.number(part.min())} to {show.number(part.max())}" for name, part in span.items()
        )
        + ". Dashed lines: "
        + "; ".join(f"{label}, {day}" for day, label in breaks)
        + ".",
        data=weeks.round(1).reset_index(),
        units=dict.fromkeys(map(str, weeks.columns), "statements a day"),
        height=4.8,
        note=f"A week with fewer than {LEAST} statements a day is not drawn.",
    )


def changes(table: pd.DataFrame, falls: Sequence[float], seen: Sequence[float]) -> show.Figure:
    """Changes in the lapse with their intervals, as ratios on a scale of logarithms.

    Parameters
    ----------
    table : DataFrame
        series, change, ci_low, ci_high (percent), in the order drawn from the top.
    falls : sequence of float
        Falls asked about, percent of the days of the lapse.
    seen : sequence of float
        What each would make of these months, percent change.
    """
    rows = table.reset_index(drop=True)
    ratios = 1 + rows[["change", "ci_low", "ci_high"]] / 100
    places = np.arange(len(rows))[::-1]

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        cut = ratios.clip(*REACH)
        ax.hlines(places, cut["ci_low"], cut["ci_high"], color=style.GREY, linewidth=1.6)
        ax.plot(ratios["change"], places, "o", color=style.ACCENT, markersize=5)
        ax.axvline(1, color=style.INK, linewidth=0.8)
        ax.set_xscale("log")
        ax.set_xlim(REACH)
        ticks = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 20]
        ticks = ticks[::2] if style.is_narrow(fig) else ticks
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        ax.set_ylim(-0.6, len(rows) + 0.4)
        for row, (fall, change) in enumerate(zip(falls, seen, strict=True)):
            style.mark_interruption(ax, 1 + change / 100, f"−{fall:g} %", side="left" if row else "right")
        ax.set_yticks(list(places), list(rows["series"]))
        ax.grid(axis="y", visible=False)
        ax.set_xlabel("times the forecast, scale of logarithms")

    told = "; ".join(
        f"{row['series']} {show.number(row['change'])} ({show.number(row['ci_low'])} to {show.number(row['ci_high'])})"
        for row in rows.to_dict("records")
    )
    held = int(((rows["ci_low"] <= 0) & (rows["ci_high"] >= 0)).sum())
    return show.figure(
        draw,
        name="lapse-changes",
        caption=f"{held} of {len(rows)} intervals hold no change; few are short enough to exclude a large fall",
        alt=f"{len(rows)} changes with their intervals, percent: {told}. Dashed lines mark the falls asked about, "
        + show.listing([f"{fall:g} %" for fall in falls])
        + " in the days of the lapse.",
        data=rows[["series", "change", "ci_low", "ci_high"]].round(1),
        units={"change": "percent", "ci_low": "percent", "ci_high": "percent"},
        height=1.4 + 0.32 * len(rows),
        narrow_height=1.5 + 0.36 * len(rows),
        note=f"Mean of the months after. Intervals that reach beyond {REACH[0]:g} or {REACH[1]:g} are cut there.",
    )
