"""The figure of a sweep: the same estimate in every run."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from eprivacy_its import show
from eprivacy_its.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure

#: Up to this many runs are named beside their dots; more are ordered by size.
NAMED = 30
#: Runs whose values stand in the table under the figure; all are drawn.
TABLED = 400


def runs(
    frame: pd.DataFrame,
    *,
    question: str,
    scale: str,
    null: float,
    words: tuple[str, str] = ("run", "runs"),
) -> show.Figure:
    """An estimate with its interval, run by run.

    Parameters
    ----------
    frame : DataFrame
        ``run estimate ci_low ci_high``, one row a run; at least one row.
    question : str
        What is estimated.
    scale : str
        Of the estimates: ``ratio``, ``percent change``.
    null : float
        The value of "no change" on that scale.
    words : (str, str)
        What a row is called: one, and several.
    """
    one, several = words
    shown = frame.sort_values("estimate", ignore_index=True)
    few = len(shown) <= NAMED
    digits = 0 if scale == "count" else 3
    low, high = (show.number(shown["estimate"].iloc[place], digits) for place in (0, -1))
    slim = [_lines(name, 24, most=3) for name in shown["run"]] if few else []
    tall = sum(0.16 + 0.11 * len(name.splitlines()) for name in slim)

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        (_named if few else _ordered)(ax, shown)
        narrow = style.is_narrow(fig)
        if few:
            names = slim if narrow else [_lines(name, 60, most=1) for name in shown["run"]]
            ax.set_yticks(range(len(shown)), names, fontsize=7 if narrow else 8.5)
            ax.axvline(null, color=style.GREY, linewidth=1)
            style.count_axis(ax, scale, axis="x", zero=False)
            style.dense(ax, wide=8, narrow=4)
        else:
            style.reference_line(ax, null)
            ax.set_xlabel(f"{show.number(len(shown))} {several}, ordered by estimate")
            style.count_axis(ax, scale, zero=False)

    listed = shown if len(shown) <= TABLED else shown.iloc[:: -(-len(shown) // TABLED)]
    return show.figure(
        draw,
        name="runs",
        caption=f"{question} In {show.number(len(shown))} {several} the estimates lie between {low} and {high} ({scale}).",
        alt=f"One dot with interval a {one}, ordered by estimate from {low} to {high}; the line marks {null:g}, no change.",
        data=listed.rename(columns={"run": one}),
        height=1.0 + 0.26 * len(shown) if few else 3.6,
        narrow_height=1.0 + tall if few else None,
        note="" if len(listed) == len(shown) else "The table holds an even selection; estimates.csv has all.",
    )


def _lines(name: str, width: int, most: int) -> str:
    return "\n".join(wrap(name, width, max_lines=most, placeholder=" …"))


def _named(ax: Axes, shown: pd.DataFrame) -> None:
    places = range(len(shown))
    ax.hlines(places, shown["ci_low"], shown["ci_high"], color=style.ACCENT, linewidth=1.4)
    ax.plot(shown["estimate"], places, "o", color=style.ACCENT, markersize=4)
    ax.set_ylim(-0.6, len(shown) - 0.4)


def _ordered(ax: Axes, shown: pd.DataFrame) -> None:
    # One band for all intervals: a line for each of 10,000 runs would make a page of 10 MB.
    places = range(len(shown))
    ax.fill_between(
        places,
        shown["ci_low"].astype(float),
        shown["ci_high"].astype(float),
        color=style.LIGHT,
        step="mid",
        linewidth=0,
    )
    ax.plot(places, shown["estimate"], color=style.ACCENT, linewidth=1.3)
