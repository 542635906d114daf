"""Figures of one interrupted series: as observed, against its counterfactual, placebo dates, other models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eprivacy_its import show
from eprivacy_its.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure

Marks = Sequence[tuple[Any, str]]


def _mark(ax: Axes, marks: Marks) -> None:
    low, high = ax.get_xlim()
    for row, (day, name) in enumerate(marks):
        # Beyond the middle a name has more room on its left.
        late = float(ax.convert_xunits(day)) > low + 0.6 * (high - low)
        style.mark_interruption(ax, day, name, row=row, side="left" if late else "right")


def _time_axis(ax: Axes, fig: MplFigure, days: Sequence[Any]) -> None:
    """Few ticks that don't collide: dates as short as they can be, numbers as numbers."""
    ticks = 5 if style.is_narrow(fig) else 8
    if isinstance(days[0], int):
        style.dense(ax, wide=8, narrow=4)
        return
    import matplotlib.dates as mdates

    locator = mdates.AutoDateLocator(minticks=2, maxticks=ticks)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))


def _unit_axis(ax: Axes, unit: str, values: pd.Series) -> None:
    # Zero stays in sight for counts and the like; a series below zero shows what it has.
    style.count_axis(ax, unit, zero=bool((values.dropna() >= 0).all()))


def observed(frame: pd.DataFrame, *, marks: Marks, label: str) -> show.Figure:
    """The series as it was read.

    Parameters
    ----------
    frame : DataFrame
        ``period day observed``, and ``control`` where there is one.
    marks : sequence of (day, name)
        First day of each new regime.
    label : str
        What the axis shows: ``reports a week``, ``price, euros``.
    """
    first, last = frame["period"].iloc[0], frame["period"].iloc[-1]
    low, high = frame["observed"].min(), frame["observed"].max()
    digits = 0 if float(high).is_integer() else 2

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        if "control" in frame:
            ax.plot(frame["day"], frame["control"], color=style.GREY, linewidth=1)
        ax.plot(frame["day"], frame["observed"], color=style.ACCENT, linewidth=1.3)
        _unit_axis(ax, label, frame["observed"])
        _time_axis(ax, fig, list(frame["day"]))
        _mark(ax, marks)

    beside = " The control series is grey." if "control" in frame else ""
    return show.figure(
        draw,
        name="series",
        caption=f"{label[:1].upper()}{label[1:]}, {first} to {last}, as read.{beside}",
        alt=f"Line of {len(frame)} periods between {show.number(low, digits)} and {show.number(high, digits)}; "
        f"marked: {show.listing(f'{name}' for _, name in marks)}.",
        data=frame,
        height=3.4,
    )


def fitted(frame: pd.DataFrame, *, marks: Marks, label: str, level: float) -> show.Figure:
    """Observed, fitted and counterfactual with the interval of the counterfactual.

    Parameters
    ----------
    frame : DataFrame
        ``period day observed fitted counterfactual ci_low ci_high``.
    marks : sequence of (day, name)
    label : str
    level : float
        Of the interval.
    """
    after = frame[frame["day"] >= marks[0][0]]
    end = after.iloc[-1]
    digits = 0 if frame["observed"].abs().max() >= 100 else 2

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        ax.fill_between(after["day"], after["ci_low"], after["ci_high"], color=style.BAND, linewidth=0)
        ax.plot(frame["day"], frame["observed"], "o", color=style.LIGHT, markersize=2.4)
        ax.plot(frame["day"], frame["fitted"], color=style.ACCENT, linewidth=1.6)
        ax.plot(after["day"], after["counterfactual"], color=style.GREY, linewidth=1.4, linestyle=(0, (5, 2)))
        _unit_axis(ax, label, frame[["observed", "ci_low"]].min(axis=1))
        _time_axis(ax, fig, list(frame["day"]))
        _mark(ax, marks)
        ends = [
            (end["day"], float(end["fitted"]), "fitted", style.ACCENT),
            (end["day"], float(end["counterfactual"]), "expected", style.GREY),
        ]
        style.label_line_ends(ax, ends)

    gap = "below" if end["fitted"] < end["counterfactual"] else "above"
    return show.figure(
        draw,
        name="counterfactual",
        caption=f"At the end of the series the fitted line runs {gap} the path that the model expects without the "
        f"interruption; the band is the {100 * level:g} % interval of that path.",
        alt=f"Dots: observed; line: fitted, {show.number(end['fitted'], digits)} in {end['period']}; dashed: expected, "
        f"{show.number(end['counterfactual'], digits)} ({show.interval(end['ci_low'], end['ci_high'], digits)}).",
        data=frame,
    )


def placebos(frame: pd.DataFrame, *, unit: str) -> show.Figure:
    """Level changes at placebo dates beside the real one.

    Parameters
    ----------
    frame : DataFrame
        ``period day estimate ci_low ci_high statistic real``.
    unit : str
        Of the estimates: ``%`` or the unit of the outcome.
    """
    real, fake = frame[frame["real"]].iloc[0], frame[~frame["real"]]
    larger = int((fake["statistic"].abs() >= abs(real["statistic"])).sum())
    digits = max(1 if unit == "%" else 0, show.decimals(frame["estimate"], 2 if unit == "%" else 3))
    behind, beside = f"\N{NO-BREAK SPACE}{unit}" if unit else "", f", {unit}" if unit else ""

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        for rows, color in ((fake, style.GREY), (frame[frame["real"]], style.ACCENT)):
            ax.vlines(rows["day"], rows["ci_low"], rows["ci_high"], color=color, linewidth=1)
            ax.plot(rows["day"], rows["estimate"], "o", color=color, markersize=3.2)
        style.reference_line(ax, 0.0)
        style.count_axis(ax, f"level change{beside}", zero=False)
        _time_axis(ax, fig, list(frame["day"]))
        style.mark_interruption(ax, real["day"], "the real date", side="left")

    return show.figure(
        draw,
        name="placebo-dates",
        caption=f"Level changes at {len(fake)} placebo dates (grey) and at the real one: {larger} of the placebos are at "
        "least as large in standard errors.",
        alt=f"Dots with intervals by date; the real one is {show.number(real['estimate'], digits)}{behind}, the placebos "
        f"lie between {show.number(fake['estimate'].min(), digits)} and {show.number(fake['estimate'].max(), digits)}{behind}.",
        data=frame,
        height=3.4,
    )


def models(frame: pd.DataFrame, *, at: str, unit: str = "%") -> show.Figure:
    """The same effect under several models.

    Parameters
    ----------
    frame : DataFrame
        ``model estimate ci_low ci_high own note``; rows without an estimate are left out.
    at : str
        Period of the effect.
    unit : str
        Of the estimates: ``%``, or the unit of the outcome; may be empty.
    """
    shown = frame.dropna(subset=["estimate"]).reset_index(drop=True)
    low, high = float(shown["estimate"].min()), float(shown["estimate"].max())
    digits = max(1, show.decimals((low, high), 2)) if unit == "%" else show.decimals((low, high), 3)
    behind, beside = f"\N{NO-BREAK SPACE}{unit}" if unit else "", f", {unit}" if unit else ""

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        places = list(range(len(shown)))[::-1]
        for place, (_, row) in zip(places, shown.iterrows(), strict=True):
            color = style.ACCENT if row["own"] else style.GREY
            ax.plot([row["ci_low"], row["ci_high"]], [place, place], color=color, linewidth=1.4)
            ax.plot([row["estimate"]], [place], "o", color=color, markersize=4)
        ax.set_yticks(places, list(shown["model"]), fontsize=7.5 if style.is_narrow(fig) else 9)
        ax.axvline(0.0, color=style.GREY, linewidth=1)
        ax.set_xlabel(
            f"change{beside}" if style.is_narrow(fig) else f"change against the counterfactual, {at}{beside}"
        )
        style.dense(ax, wide=8, narrow=4)

    return show.figure(
        draw,
        name="models",
        caption=f"Under {len(shown)} models the change at {at} lies between {show.number(low, digits)} and "
        f"{show.number(high, digits)}{behind}.",
        alt=f"One dot with interval a model; this page's is {show.number(shown['estimate'].iloc[0], digits)}{behind}, "
        f"the others run from {show.number(low, digits)} to {show.number(high, digits)}{behind}.",
        data=frame,
        height=0.9 + 0.28 * len(shown),
    )
