"""Yearly reports, world and EU-27, as published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eprivacy_its import show
from eprivacy_its.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure

MIDDLE = 0.5  # a year's total is drawn at its middle
ANOTHER_UNIT = (
    2024  # from this year on NCMEC bundles reports about one event: no line joins it to the years before
)


def yearly(totals: pd.DataFrame, world: pd.DataFrame, first_day: pd.Timestamp) -> show.Figure:
    """World and EU-27 reports by year, each on its own axis from zero.

    Parameters
    ----------
    totals : DataFrame
        year, eu27, eu27_without_poland (reports a year).
    world : DataFrame
        year, reports (reports a year); years before the first of `totals` are left out.
    first_day : Timestamp
        First day of the interruption that is marked.
    """
    shown = world[world["year"] >= totals["year"].min()]
    wanted = totals[["year", "eu27", "eu27_without_poland"]]
    data = shown.rename(columns={"reports": "world"})[["year", "world"]].merge(wanted, on="year", how="left")
    data = data.astype({"eu27": "Int64", "eu27_without_poland": "Int64"})
    at = first_day.year + (first_day.day_of_year - 1) / 365.25 - MIDDLE

    def draw(fig: MplFigure) -> None:
        narrow = style.is_narrow(fig)
        upper, lower = fig.subplots(*((2, 1) if narrow else (1, 2)))
        _panel(upper, shown["year"], shown["reports"], "World", style.GREY, at)
        _panel(lower, totals["year"], totals["eu27"], "EU-27", style.ACCENT, at)
        lower.plot(totals["year"], totals["eu27_without_poland"], color=style.ACCENT, linestyle=(0, (2, 2)))
        last = totals.iloc[-1]
        labels = [
            (last["year"], last["eu27"], "all 27", style.ACCENT),
            (last["year"], last["eu27_without_poland"], "without\nPoland", style.ACCENT),
        ]
        lower.set_xticks(totals["year"].tolist())
        lower.set_xlim(right=last["year"] + (1.0 if narrow else 1.3))
        style.label_line_ends(lower, labels, gap=20)

    return show.figure(
        draw,
        name="yearly-reports",
        caption=_caption(data, first_day.year),
        alt=_alt(data),
        data=data,
        height=3.4,
        narrow_height=5.6,
        note="A year's total is drawn at its middle. From 2024 on NCMEC bundles reports about one event: another unit, "
        "so no line joins it to the years before.",
        units=dict.fromkeys(["world", "eu27", "eu27_without_poland"], "reports a year"),
    )


def _panel(ax: Axes, years: pd.Series, reports: pd.Series, title: str, color: str, at: float) -> None:
    for same_unit in (years < ANOTHER_UNIT, years >= ANOTHER_UNIT):
        ax.plot(years[same_unit], reports[same_unit], color=color, marker="o")
    if years.max() >= ANOTHER_UNIT:
        style.mark_interruption(ax, ANOTHER_UNIT - MIDDLE, "another\nunit")
    ax.set_ylim(0, float(reports.max()) * 1.22)
    style.dense(ax, wide=6, narrow=6)
    style.count_axis(ax, f"{title}, reports a year")
    style.mark_interruption(ax, at, "Code applies")


def _change(series: Any, year: int) -> str:
    """Change from a year to the next, as a page says it."""
    return show.percent(100 * (series[year + 1] / series[year] - 1), 1, signed=True)


def _caption(data: pd.DataFrame, year: int) -> str:
    rows: Any = data.set_index("year")
    return (
        f"From {year} to {year + 1} reports located in the EU-27 changed by {_change(rows['eu27'], year)}, "
        f"without Poland by {_change(rows['eu27_without_poland'], year)}, and those of the world by "
        f"{_change(rows['world'], year)}."
    )


def _alt(data: pd.DataFrame) -> str:
    eu = data.dropna(subset="eu27")
    pairs = zip(eu["eu27"], eu["year"], strict=True)
    listed = show.listing([f"{show.number(reports)} in {year}" for reports, year in pairs])
    first, last = data.iloc[0], data.iloc[-1]
    return (
        f"Two line charts from zero. World: {show.number(first['world'])} reports in {int(first['year'])}, "
        f"{show.number(data['world'].max())} at the most, {show.number(last['world'])} in "
        f"{int(last['year'])}. EU-27: {listed}; a dashed line without Poland runs below it. A vertical line "
        "marks the day on which the Code applied."
    )
