"""The one figure of the findings page, and the picture that stands beside a link to it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd

from eprivacy_its import show
from eprivacy_its.plots import style
from eprivacy_its.show import svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure

EU, WITHOUT, ELSEWHERE = "EU-27", "EU-27 without Poland", "everywhere else"
COLOURS = {EU: style.ACCENT, WITHOUT: style.SECOND, ELSEWHERE: style.GREY}
BASE = 2020  # year set to 100 where nobody chooses
#: Inches and dots an inch of the picture beside a link: 1200 by 630 pixels, as the networks ask for.
SHARED, SHARED_DPI = (8.0, 4.2), 150


def indexed(reports: pd.DataFrame, base: int) -> pd.DataFrame:
    """Reports a year as an index of one year.

    Parameters
    ----------
    reports : DataFrame
        Table `country_reports`; only places with a code count.
    base : int
        Year set to 100.

    Returns
    -------
    DataFrame
        year, then reports and index of the EU-27, of the EU-27 without Poland, and of everywhere else.
    """
    rows = reports[reports["located"].astype(bool)].dropna(subset=["reports"])
    eu = rows["eu27"].astype(bool)
    groups = {EU: rows[eu], WITHOUT: rows[eu & (rows["iso3"] != "POL")], ELSEWHERE: rows[~eu]}
    wide = pd.DataFrame(
        {name: part.groupby("year")["reports"].sum().astype(float) for name, part in groups.items()}
    )
    index = 100 * wide / wide.loc[base]
    named = wide.rename(columns=lambda name: f"{name}, reports").astype(int)
    return named.join(index.rename(columns=lambda name: f"{name}, index").round(1)).reset_index()


#: Rows of the table of interruptions that the figure marks, their names there, and the side of the line they stand on.
MARKS = (
    ("code-applies", "Code applies", "left"),
    ("derogation-in-force", "law returns", "left"),
    ("facebook-restart", "restart in part", "right"),
)


def _places(interruptions: pd.DataFrame) -> dict[str, float]:
    """Each marked day on an axis on which a year's count stands at the year's number, in its middle."""
    days = pd.to_datetime(interruptions.set_index("name")["first_day"])
    return {name: days[name].year + (days[name].day_of_year - 1) / 365.25 - 0.5 for name, _, _ in MARKS}


def _mark(ax: Axes, interruptions: pd.DataFrame, *, narrow: bool) -> None:
    places, days = _places(interruptions), pd.to_datetime(interruptions.set_index("name")["first_day"])
    ax.axvspan(places["code-applies"], places["facebook-restart"], color=style.GRID, linewidth=0, zorder=0.5)
    for name, words, side in MARKS:
        crowded = narrow and name == "derogation-in-force"
        text = f"{words}\n{days[name].day} {days[name]:%b %Y}"
        side, row = ("right", 3) if crowded else (side, 0)
        label = style.mark_interruption(ax, places[name], text, side=side, row=row)
        if crowded:  # it crosses the line of the restart
            label.set_bbox({"facecolor": style.PAPER, "edgecolor": "none", "pad": 1})


def eu_against_elsewhere(reports: pd.DataFrame, interruptions: pd.DataFrame, base: int = 2020) -> show.Figure:
    """EU-27 with and without Poland against everywhere else, as an index, with the days of law and of treatment.

    Parameters
    ----------
    reports, interruptions : DataFrame
        Tables `country_reports` and `interruptions`.
    base : int
        Year set to 100.
    """
    data = indexed(reports, base)
    years = data["year"]

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        narrow = style.is_narrow(fig)
        for name, colour in COLOURS.items():
            line = data[f"{name}, index"]
            ax.plot(years, line, color=colour, marker="o", markersize=4, linewidth=2.2 if name == EU else 1.4)
        ax.set_ylim(0, float(data[[f"{name}, index" for name in COLOURS]].max().max()) * 1.4)
        _mark(ax, interruptions, narrow=narrow)
        style.count_axis(ax, f"reports a year, {base} = 100")
        ax.set_xticks(list(years), [str(year) for year in years])
        ax.set_xlim(years.min() - 0.15, years.max() + (0.1 if narrow else 0.15))
        texts = {WITHOUT: "EU-27\nwithout\nPoland" if narrow else "EU-27\nwithout Poland"}
        texts |= {ELSEWHERE: "everywhere\nelse"}
        ends = [
            (years.iloc[-1], data[f"{name}, index"].iloc[-1], texts.get(name, name), colour)
            for name, colour in COLOURS.items()
        ]
        style.label_line_ends(ax, ends, gap=30)

    after = data.set_index("year").loc[base + 1]
    shown = {name: after[f"{name}, index"] for name in COLOURS}
    first = data.set_index("year").loc[years.min()]
    return show.figure(
        draw,
        name="eu-against-elsewhere",
        caption=f"From {base} to {base + 1} reports located in the EU fell by {show.percent(100 - shown[EU])}, without Poland "
        f"by {show.percent(100 - shown[WITHOUT])}; everywhere else they rose by {show.percent(shown[ELSEWHERE] - 100)}",
        alt=f"Three lines of reports a year with {base} at 100. In {years.min()}: EU-27 {first[f'{EU}, index']:.0f}, "
        f"without Poland {first[f'{WITHOUT}, index']:.0f}, everywhere else {first[f'{ELSEWHERE}, index']:.0f}. In "
        f"{base + 1}, the year after the Code began to apply: {shown[EU]:.0f}, {shown[WITHOUT]:.0f} and "
        f"{shown[ELSEWHERE]:.0f}. In {years.max()}: "
        + ", ".join(f"{data[f'{name}, index'].iloc[-1]:.0f}" for name in COLOURS)
        + ". Marked are the day on which the Code applied, the return of the law and the restart of detection; between the "
        "first and the last the ground is grey.",
        data=data,
        note="Reports to NCMEC by country of the reported user; places without a country code are left out. A year's point stands in its middle. Grey: Facebook's "
        "detection in messages was off in the EU, as far as is known.",
    )


def points_explained(reports: pd.DataFrame, interruptions: pd.DataFrame, base: int = 2020) -> str:
    """What a year's point holds: days of the rule in the base year, the mixed year after it, and Poland.

    Parameters
    ----------
    reports, interruptions : DataFrame
        Tables `country_reports` and `interruptions`.
    base : int
        The year that holds the last days before the rule.
    """
    members = reports[reports["eu27"].astype(bool) & (reports["year"] == base)]
    most = members.sort_values("reports")["iso3"].iloc[-1] == "POL"
    poland = reports[reports["iso3"] == "POL"].set_index("year")["reports"]
    applies = pd.to_datetime(interruptions.set_index("name")["first_day"])["code-applies"]
    days = (pd.Timestamp(year=base + 1, month=1, day=1) - applies).days
    around = show.listing([f"{show.number(poland[year])} in {year}" for year in range(base - 1, base + 2)])
    return (
        f"**{base}** holds the rule's first {show.number(days)} days. **{base + 1}** mixes the months with detection off "
        f"and the weeks after it began to resume; no count shows them apart. **{base + 2}** is the first whole year after both. "
        f"**Poland** counts {around}{f', the most of all Member States in {base}' if most else ''}, and nobody has published "
        "why. Hence the two lines for the EU."
    )


def share(reports: pd.DataFrame, title: str, answers: Sequence[tuple[str, str]], foot: str) -> bytes:
    """The picture that stands beside a link to the study: each question with its short answer, and the three lines.

    Parameters
    ----------
    reports : DataFrame
        Table `country_reports`.
    title : str
    answers : sequence of (question, answer)
    foot : str
        What the counts are.
    """
    data = indexed(reports, BASE)
    texts = {EU: "EU-27", WITHOUT: "without\nPoland", ELSEWHERE: "everywhere\nelse"}

    def draw(fig: MplFigure) -> None:
        words, ax = fig.subplots(1, 2, width_ratios=(1.25, 1))
        words.set_axis_off()
        fig.suptitle(fill(title, 40), x=0.022, ha="left", fontsize=15, fontweight="bold")
        for row, (asked, answer) in enumerate(answers):
            top = 0.98 - row / len(answers)
            words.text(0.03, top, asked, va="top", fontsize=8.5, color=style.GREY)
            words.text(0.03, top - 0.08, fill(answer, 42), va="top", fontsize=10, fontweight="bold")
        years = data["year"]
        for name, colour in COLOURS.items():
            ax.plot(years, data[f"{name}, index"], color=colour, marker="o", markersize=4, linewidth=2.2)
        ax.set_ylim(0, None)
        ax.set_xticks(list(years), [str(year) for year in years])
        style.count_axis(ax, f"reports a year, {BASE} = 100")
        ends = [
            (years.iloc[-1], data[f"{name}, index"].iloc[-1], texts[name], COLOURS[name]) for name in COLOURS
        ]
        style.label_line_ends(ax, ends, gap=24)
        fig.supxlabel(foot, x=0.022, ha="left", fontsize=7.5, color=style.GREY)

    return svg.draw_png(draw, *SHARED, dpi=SHARED_DPI)
