"""Recorded offences by group, as an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from eprivacy_its import show
from eprivacy_its.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MplFigure


def by_group(totals: pd.DataFrame, base: int = 2020) -> show.Figure:
    """Recorded offences of the groups as an index of one year, the year without a legal basis marked.

    Parameters
    ----------
    totals : DataFrame
        year, and one column a group in offences a year.
    base : int
        Year set to 100.
    """
    counts = totals.set_index("year")
    index = (100 * counts / counts.loc[base]).round(1)
    colours = dict(zip(index.columns, (style.ACCENT, style.SECOND, style.GREY), strict=True))
    labels = dict(
        zip(index.columns, ("Member States", "without Germany\nand Poland", "other\ncountries"), strict=True)
    )

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        for name, colour in colours.items():
            ax.plot(index.index, index[name], color=colour, marker="o", markersize=4)
        style.mark_interruption(ax, base + 0.5, "Code applies")
        style.count_axis(ax, f"recorded offences a year, {base} = 100")
        ax.set_ylim(0, float(index.max().max()) * 1.15)
        ax.set_xticks(list(index.index), [str(year) for year in index.index])
        ends = [
            (index.index[-1], index[name].iloc[-1], labels[name], colour) for name, colour in colours.items()
        ]
        style.label_line_ends(ax, ends, gap=30)

    last = index.iloc[-1]
    told = show.listing([f"{name}: {show.number(last[name])}" for name in index.columns])
    return show.figure(
        draw,
        name="offences-by-group",
        caption=f"Recorded offences of {index.index[-1]} against {base} = 100. {told}.",
        alt=(
            f"Line chart of three groups from {index.index[0]} to {index.index[-1]}, {base} set to 100. At the end: "
            f"{told}. A vertical line marks the Code between {base} and {base + 1}."
        ),
        data=counts.join(index, rsuffix=f", {base} = 100").reset_index(),
        height=3.6,
        note="Countries with a count in every year shown, so fewer other countries than in the comparison below. A year's total is drawn at its middle.",
        units=dict.fromkeys(counts.columns, "offences a year"),
    )
