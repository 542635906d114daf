"""Figures of the validation page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eprivacy_its import show
from eprivacy_its.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MplFigure


def models(rows: pd.DataFrame) -> show.Figure:
    """California's level change, one row an estimator.

    Parameters
    ----------
    rows : DataFrame
        ``estimator change ci_low ci_high se rho``.
    """

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        place = np.arange(len(rows))[::-1]
        ax.hlines(place, rows["ci_low"], rows["ci_high"], color=style.GREY, linewidth=1.4)
        ax.plot(rows["change"], place, "o", color=style.ACCENT, markersize=5)
        ax.axvline(0, color=style.INK, linewidth=0.8)
        ax.set_yticks(place, list(rows["estimator"]))
        ax.set_ylim(-0.7, len(rows) - 0.3)
        ax.grid(visible=False, axis="y")
        ax.set_xlabel("packs a head a year, level change in 1989")

    ranked = rows.sort_values("change")
    low, high = ranked.iloc[0], ranked.iloc[-1]
    return show.figure(
        draw,
        name="california-models",
        caption="In California the choice of model moves the level change further than a standard error does",
        alt=f"One row an estimator, point and interval of the level change in cigarette sales. The lowest is "
        f"{show.number(low['change'], 1)} packs a head ({low['estimator']}), the highest "
        f"{show.number(high['change'], 1)} ({high['estimator']}).",
        data=rows,
        height=3.4,
        decimals=dict.fromkeys(("change", "ci_low", "ci_high", "se", "rho"), 2),
        units={"change": "packs a head a year"},
    )


def series(
    table: pd.DataFrame, *, name: str, at: str, label: str, unit: str, caption: str, every: int = 12
) -> show.Figure:
    """A published series with the fit and the counterfactual.

    Parameters
    ----------
    table : DataFrame
        `Fit.counterfactual`: observed, fitted, counterfactual, ci_low, ci_high by period.
    at : str
        First period of the new regime, as in the index.
    label : str
        Name of the interruption.
    every : int
        Periods between ticks.
    """
    labels = [str(period) for period in table.index]
    x = np.arange(len(table))
    start = labels.index(str(at))

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        after = x >= start
        ax.fill_between(
            x[after],
            table["ci_low"].iloc[start:],
            table["ci_high"].iloc[start:],
            color=style.BAND,
            linewidth=0,
        )
        ax.plot(x, table["observed"], "o", color=style.GREY, markersize=2.5)
        ax.plot(x, table["fitted"], color=style.ACCENT, linewidth=1.4)
        ax.plot(x[after], table["counterfactual"].iloc[start:], "--", color=style.INK, linewidth=1.2)
        style.mark_interruption(ax, start - 0.5, label, side="left")
        step = every * (2 if style.is_narrow(fig) else 1)
        ax.set_xticks(x[::step], labels[::step])
        style.count_axis(ax, unit)

    last = table.iloc[-1]
    return show.figure(
        draw,
        name=name,
        caption=caption,
        alt=f"Observed values from {labels[0]} to {labels[-1]} with the fitted line; from {at} on the "
        f"counterfactual as a dashed line with its band. In the last period {last['observed']:,.0f} were observed, "
        f"{last['fitted']:,.0f} fitted, and {last['counterfactual']:,.0f} expected without the interruption.",
        data=table.reset_index(),
    )
