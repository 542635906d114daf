"""Figures of the claims audit: windows, levels, totals, identified sets, season, simulated answers."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from eprivacy_its import show
from eprivacy_its.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure

    from eprivacy_its.show import Figure

_DATE = datetime.datetime(2020, 12, 21)


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples, of any type: each column's type is known from its table."""
    return iter(frame.itertuples(index=False))


def _date_axis(ax: Axes, narrow: bool, months: Sequence[int] = (1, 7)) -> None:
    from matplotlib import dates

    ax.xaxis.set_major_locator(dates.MonthLocator(bymonth=[1] if narrow else list(months)))
    ax.xaxis.set_major_formatter(dates.DateFormatter("%Y-%m"))


def _span(ax: Axes, first: Any, last: Any, row: int, colour: str) -> None:
    day = datetime.timedelta(days=1)
    start, end = first.to_pydatetime(), last.to_pydatetime() + day
    ax.barh(row, end - start, left=start, height=0.55, color=colour, linewidth=0)


def windows(claims: pd.DataFrame, kinds: pd.DataFrame) -> Figure:
    """Each claim's window and baseline as bars, with what is not stated said in words.

    Parameters
    ----------
    claims : DataFrame
        The tidy table ``claims``.
    kinds : DataFrame
        ``claim_id kind`` for the percentages.
    """
    import pandas as pd

    kind = kinds.set_index("claim_id")["kind"]
    shown = claims[
        ["claim_id", "value", "unit", "window_start", "window_end", "baseline_start", "baseline_end"]
    ]
    shown = shown.assign(kind=shown["claim_id"].map(kind).fillna("a level"))

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        narrow = style.is_narrow(fig)
        for row, claim in enumerate(_rows(shown)):
            if not pd.isna(claim.baseline_start):
                _span(ax, claim.baseline_start, claim.baseline_end, row, style.LIGHT)
            end = claim.window_end
            if not pd.isna(end):
                _span(ax, claim.window_start, end, row, style.ACCENT)
            else:
                ax.plot([claim.window_start], [row], marker=">", color=style.ACCENT)
            if claim.unit == "percent" and pd.isna(claim.baseline_start):
                ax.annotate(
                    "no baseline" if narrow else "baseline not stated",
                    (claim.window_start, row),
                    xytext=(-5, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                    fontsize=8,
                    color=style.GREY,
                )
        unit = {"percent": show.percent, "per day": lambda value: f"{show.number(value)} a day"}
        labels = [f"{c.claim_id}  {unit[c.unit](c.value)}" for c in _rows(shown)]
        ax.set_yticks(range(len(shown)), labels)
        ax.invert_yaxis()
        ax.grid(visible=False)
        first = datetime.datetime(2020, 10, 5)
        ax.set_xlim(first, datetime.datetime(2021, 5, 5))  # type: ignore[arg-type]
        _date_axis(ax, narrow, months=(11, 1, 3, 5))
        ax.axvline(_DATE, color=style.INK, linewidth=1, linestyle=(0, (4, 3)))  # type: ignore[arg-type]
        ax.set_title("window (colour) and baseline (grey)", fontsize=8.5, fontweight="normal")

    stated = int(shown["baseline_start"].notna().sum())
    shares = int((shown["unit"] == "percent").sum())
    return show.figure(
        draw,
        name="claim-windows",
        caption=f"Of {shares} published percentages, {stated} state what they are compared with",
        alt=f"One row for each of {len(shown)} claims. {stated} percentages have a grey baseline bar, the three "
        f"weeks up to 2020-12-20; the other {shares - stated} say baseline not stated. Coloured windows begin on "
        "2020-12-20 or 2020-12-21 and end between 2021-01-10 and 2021-04-27, or have no end.",
        data=shown,
        height=4.4,
    )


def levels(totals: pd.DataFrame, claims: pd.DataFrame) -> Figure:
    """The two published daily levels against the daily means of the years.

    Parameters
    ----------
    totals : DataFrame
        ``year per_day``.
    claims : DataFrame
        The tidy table ``claims``.
    """
    import pandas as pd

    stated = claims[claims["quantity"].isin(["level before", "level after"])]
    years = totals[totals["year"].isin([2019, 2020, 2021])]
    means = pd.DataFrame(
        {
            "what": [f"mean of {year}" for year in years["year"]],
            "first": [pd.Timestamp(int(year), 1, 1) for year in years["year"]],
            "last": [pd.Timestamp(int(year), 12, 31) for year in years["year"]],
            "a_day": years["per_day"].to_numpy(),
        }
    )
    said = stated[["quantity", "window_start", "window_end", "value"]].set_axis(means.columns, axis=1)
    data = pd.concat([means, said], ignore_index=True)

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        narrow = style.is_narrow(fig)
        for row in _rows(means):
            ax.plot([row.first, row.last], [row.a_day] * 2, color=style.GREY, linewidth=2.5)
            middle = row.first + (row.last - row.first) / 2
            text = show.number(row.a_day) if narrow else f"{row.what}: {show.number(row.a_day)}"
            ax.annotate(text, (middle, row.a_day), xytext=(0, 5), textcoords="offset points", ha="center",
                        fontsize=8.5, color=style.GREY)  # fmt: skip
        for row, side in zip(_rows(said), ("right", "left"), strict=True):
            ax.plot(
                [row.first, row.last], [row.a_day] * 2, color=style.ACCENT, linewidth=5, solid_capstyle="butt"
            )
            at = row.first if side == "right" else row.last
            ax.annotate(show.number(row.a_day), (at, row.a_day), xytext=(-5 if side == "right" else 5, 0),
                        textcoords="offset points", ha=side, va="center", fontsize=8.5, fontweight="bold",
                        color=style.ACCENT)  # fmt: skip
        style.count_axis(ax, "a day")
        ax.set_ylim(0, 3400)
        style.mark_interruption(ax, _DATE, "Code applies")
        _date_axis(ax, narrow)

    numbers = dict(zip(data["what"], data["a_day"], strict=True))
    before, after = said["a_day"]
    return show.figure(
        draw,
        name="levels-and-means",
        caption=f"The published level before the date is {show.percent(100 * before / numbers['mean of 2020'])} of "
        "the mean of its year",
        alt=f"Daily means of EU-27 reports: {show.number(numbers['mean of 2019'])} in 2019, "
        f"{show.number(numbers['mean of 2020'])} in 2020, {show.number(numbers['mean of 2021'])} in 2021. The "
        f"published levels, {show.number(before)} a day in the three weeks before 2020-12-21 and "
        f"{show.number(after)} in the three weeks after, lie below all three.",
        data=data,
        height=3.6,
    )


def totals(frame: pd.DataFrame, left_out: str = "Poland") -> Figure:
    """EU-27 reports a year with and without one Member State; columns ``year reports without``."""

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        ax.plot(frame["year"], frame["reports"], color=style.ACCENT, marker="o")
        ax.plot(frame["year"], frame["without"], color=style.GREY, marker="o")
        style.count_axis(ax, "reports a year")
        ax.set_xticks(frame["year"])
        last = frame.iloc[-1]
        ax.set_xlim(frame["year"].min() - 0.2, frame["year"].max() + (1.4 if style.is_narrow(fig) else 0.9))
        # A point stands for its whole year, so the date lies just before the line between two points.
        style.mark_interruption(ax, 2020.47, "Code applies", side="right")
        style.label_line_ends(
            ax,
            [
                (last["year"], last["reports"], "EU-27", style.ACCENT),
                (last["year"], last["without"], f"without\n{left_out}", style.GREY),
            ],
            gap=24,
        )

    by = frame.set_index("year")
    return show.figure(
        draw,
        name="eu27-totals",
        caption=f"From 2020 to 2021 reports located in the EU-27 {show.moved(by['change'][2021], 1)}; without {left_out} they "
        f"{show.moved(by['change_without'][2021], 1)}",
        alt=f"EU-27 reports a year: {show.number(by['reports'][2020])} in 2020 and "
        f"{show.number(by['reports'][2021])} in 2021; without {left_out} {show.number(by['without'][2020])} and "
        f"{show.number(by['without'][2021])}. Both lines are highest in 2022, at "
        f"{show.number(by['reports'][2022])} and {show.number(by['without'][2022])}.",
        data=frame,
        height=3.4,
        units={"reports": "a year", "without": "a year", "change": "percent", "change_without": "percent"},
    )


def sets_by_kappa(paths: pd.DataFrame, certain: float | None, what: str) -> Figure:
    """Identified set of a level change against the bound on weekly moves, for two sets of claims.

    Parameters
    ----------
    paths : DataFrame
        ``claims kappa low high``; kappa finite.
    certain : float or None
        Kappa of the first set of claims at which the sign becomes certain.
    what : str
        Names the target on the axis.
    """
    colours = dict(
        zip(paths["claims"].unique(), ((style.GREY, style.GRID), (style.ACCENT, style.BAND)), strict=False)
    )

    def draw(fig: MplFigure) -> None:
        from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

        ax = fig.add_subplot()
        for name, rows in paths.dropna().groupby("claims", sort=False):
            line, band = colours[name]
            ax.fill_between(100 * rows["kappa"], rows["low"], rows["high"], color=band, linewidth=0)
            for end in ("low", "high"):
                ax.plot(100 * rows["kappa"], rows[end], color=line)
            last = {key: float(rows[key].iloc[0]) for key in ("kappa", "low", "high")}
            # The outer set is named above its upper line, the inner one inside its band.
            at = last["high"] if line == style.GREY else last["low"] * 0.6
            ax.annotate(str(name), (100 * last["kappa"], at), xytext=(-4, 6), textcoords="offset points",
                        ha="right", fontsize=8.5, color=line)  # fmt: skip
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(FixedLocator([1, 2, 5, 10, 20, 50, 100, 200]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _position: f"{value:g}"))
        ax.set_xlabel("largest weekly move, %")
        style.count_axis(ax, f"{what}, reports a day")
        style.reference_line(ax, 0, "no change")
        if certain is not None and math.isfinite(certain):
            style.mark_interruption(ax, 100 * certain, "sign certain\nto the left", color=style.GREY)

    first = paths[paths["claims"] == paths["claims"].iloc[0]].dropna()
    wide, tight = first.iloc[0], first.iloc[-1]
    return show.figure(
        draw,
        name="sets-by-kappa",
        caption="What the claims identify depends on how much a week may differ from the next",
        alt=f"Bands of possible values of the {what}. With weekly moves up to {show.percent(100 * wide['kappa'])} "
        f"it lies between {show.number(wide['low'])} and {show.number(wide['high'])} reports a day; with moves up "
        f"to {show.percent(100 * tight['kappa'], 1)} between {show.number(tight['low'])} and "
        f"{show.number(tight['high'])}.",
        data=paths,
        height=4.0,
    )


def season(curve: pd.DataFrame, breaks: pd.DataFrame, fall: float) -> Figure:
    """Share of the fall that a holiday dip explains, for every dip; from `helpers.claims.season`."""
    tones = (style.ACCENT, style.SECOND, style.GREY)

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        for (days, rows), tone in zip(curve.groupby("holiday_days"), tones, strict=False):
            ax.fill_between(
                rows["dip"], rows["share_low"], rows["share_high"], color=tone, alpha=0.25, linewidth=0
            )
            ax.plot(rows["dip"], rows["share"], color=tone)
            at = rows[rows["share"] <= 78].iloc[-1]
            ax.annotate(f"{days} days", (at["dip"], at["share"]), xytext=(6, -8), textcoords="offset points",
                        fontsize=8.5, color=tone)  # fmt: skip
        style.reference_line(ax, 100, "nothing left")
        ax.set_xlim(0, 100)
        ax.set_ylim(0, 108)
        ax.set_xlabel("holiday dip on each of these days, %")
        ax.set_title("share of the fall explained, %", fontsize=8.5, fontweight="normal")
        style.dense(ax, wide=10, narrow=5)

    parts = [
        f"over {row.holiday_days} days, "
        + (f"nothing is left at a dip of {show.percent(row.dip, 1)}" if row.dip <= 100 else
           f"even a dip of 100 % explains only {show.percent(row.most)}")
        for row in _rows(breaks)
    ]  # fmt: skip
    return show.figure(
        draw,
        name="season",
        caption=f"How much of a fall of {show.percent(fall)} a holiday dip would explain, for any size of the dip",
        alt="Straight lines from zero, one for each length of the dip: " + "; ".join(parts) + ".",
        data=curve,
        height=3.8,
    )


def simulated_answers(frame: pd.DataFrame) -> Figure:
    """Spread of the level change over simulated series, inside its sharp bounds, a row a kappa and claims.

    Parameters
    ----------
    frame : DataFrame
        ``claims kappa ols_05 ols_50 ols_95 sharp_low sharp_high``, reports a day.
    """

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        for row, each in enumerate(_rows(frame)):
            ax.plot([each.sharp_low, each.sharp_high], [row, row], color=style.LIGHT, linewidth=2.5)
            ax.plot(
                [each.ols_05, each.ols_95], [row, row], color=style.ACCENT, linewidth=6, solid_capstyle="butt"
            )
            ax.plot([each.ols_50], [row], marker="o", color=style.PAPER, markersize=3.5)
        narrow, top = style.is_narrow(fig), frame.iloc[0]
        ax.annotate("sharp bounds", (top["sharp_high"], 0), xytext=(6, 0),
                    textcoords="offset points", va="center", fontsize=8.5, color=style.GREY)  # fmt: skip
        ax.annotate("90 % simulated" if narrow else "90 % of the simulated series", (top["ols_50"], 0), xytext=(0, 8),
                    textcoords="offset points", ha="center", fontsize=8.5, color=style.ACCENT)  # fmt: skip
        gap = "\n" if narrow else ", "
        ax.set_yticks(
            range(len(frame)),
            [f"{e.claims}{gap}weeks within {show.percent(100 * e.kappa)}" for e in _rows(frame)],
        )
        ax.invert_yaxis()
        ax.set_ylim(len(frame) - 0.4, -0.6)
        ax.grid(visible=False)
        ax.axvline(0, color=style.GREY, linewidth=1)
        style.count_axis(ax, "level change, reports a day", axis="x", zero=False)
        style.dense(ax, wide=8, narrow=4)

    widest = frame.iloc[-1]
    return show.figure(
        draw,
        name="simulated-answers",
        caption="Simulated series that fit the claims agree more than the claims themselves require",
        alt="A row for each set of claims and largest weekly move: a thin line for the sharp bounds of the level "
        "change, inside it a thick one for 90 % of the simulated series. In the last row the sharp bounds run from "
        f"{show.number(widest['sharp_low'])} to {show.number(widest['sharp_high'])} reports a day, the simulated "
        f"series from {show.number(widest['ols_05'])} to {show.number(widest['ols_95'])}.",
        data=frame,
        height=3.4,
    )
