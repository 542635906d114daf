"""Figures of the providers' own series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from eprivacy_its import show
from eprivacy_its.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MplFigure

    from eprivacy_its.its import Fit


def content_by_quarter(content: pd.DataFrame, day: str, label: str, touched: str) -> show.Figure:
    """Pieces of content acted on a quarter, with the interruption inside the quarter it falls into.

    Parameters
    ----------
    content : DataFrame
        quarter, period_start, period_end, pieces; one series, any order.
    day : str
        ISO date of the interruption.
    label : str
        Its name.
    touched : str
        The quarter that holds `day`; drawn as the one that fell before the treatment could reach it whole.
    """
    rows = content.sort_values("period_start").reset_index(drop=True)
    starts = pd.to_datetime(rows["period_start"])
    middle = starts + (pd.to_datetime(rows["period_end"]) - starts) / 2
    million = rows["pieces"] / 1e6
    here = rows.index[rows["quarter"] == touched][0]

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        ax.plot(middle, million, color=style.GREY, marker="o", markersize=4)
        ax.plot(middle[here], million[here], color=style.ACCENT, marker="o", markersize=8)
        narrow = style.is_narrow(fig)
        ax.annotate(
            f"{touched}: {million[here]:.1f} million",
            (middle[here], million[here]),
            xytext=(-8, -16),
            textcoords="offset points",
            ha="right",
            color=style.ACCENT,
        )
        style.mark_interruption(
            ax, pd.Timestamp(day), label.replace(" ", "\n", 1) if narrow else label, side="left"
        )
        style.count_axis(ax, "million pieces a quarter, world")
        ax.set_ylim(0, float(million.max()) * 1.18)

    fall = 100 * (rows.loc[here, "pieces"] / rows.loc[here - 1, "pieces"] - 1)
    first, last = rows["quarter"].iloc[[0, -1]]
    return show.figure(
        draw,
        name="child-safety-by-quarter",
        caption=f"The fall of {show.percent(abs(fall), 0)} came in {touched}, a quarter of which almost all lies before "
        "the Code applied",
        alt=f"Line of the content that Facebook acted on each quarter from {first} to {last}, between "
        f"{million.min():.1f} and {million.max():.1f} million pieces. It falls from {million[here - 1]:.1f} to "
        f"{million[here]:.1f} million in {touched}; the interruption stands at the end of that quarter; the "
        f"last quarter shown has {million.iloc[-1]:.1f} million.",
        data=rows[["quarter", "pieces", "rounding_unit"]],
        units={"pieces": "pieces a quarter"},
    )


def outcomes_index(content: pd.DataFrame, base: str, day: str, treated: str) -> show.Figure:
    """Several series as an index, the treated one in the accent.

    Parameters
    ----------
    content : DataFrame
        label, quarter, period_start, pieces.
    base : str
        Quarter set to 100.
    day : str
        ISO date of the interruption.
    treated : str
        Label of the series that the interruption could reach.
    """
    wide = content.pivot(index="period_start", columns="label", values="pieces").sort_index()
    quarters = content.drop_duplicates("period_start").set_index("period_start")["quarter"].sort_index()
    wide = 100 * wide / wide.loc[quarters.index[quarters == base][0]]
    starts = pd.to_datetime(wide.index.to_series())
    dates = starts + (starts + pd.offsets.QuarterEnd() - starts) / 2  # a quarter stands at its middle
    order = [treated, *[label for label in wide.columns if label != treated]]

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        ends = []
        for label in reversed(order):
            colour = style.ACCENT if label == treated else style.GREY
            line = wide[label].dropna()
            ax.plot(dates[line.index], line, color=colour, linewidth=2 if label == treated else 1.2)
            ends.append((dates[line.index[-1]], line.iloc[-1], label, colour))
        style.mark_interruption(ax, pd.Timestamp(day), "Code applies", side="left")
        style.count_axis(ax, f"index, {base} = 100")
        style.label_line_ends(ax, ends)

    last = wide[treated].dropna().iloc[-1]
    others = {label: wide[label].dropna().iloc[-1] for label in order[1:]}
    tidy = wide[order].round(1).set_axis(quarters[wide.index].to_numpy()).rename_axis("quarter").reset_index()
    return show.figure(
        draw,
        name="outcomes-index",
        caption=f"{treated} stands at {last:.0f} when {base} is 100; the other policy areas stand at "
        f"{min(others.values()):.0f} to {max(others.values()):.0f}",
        alt=f"Index lines by quarter with {base} at 100. In the last quarter: {treated} {last:.0f}, "
        + ", ".join(f"{label} {value:.0f}" for label, value in others.items())
        + ".",
        data=tidy,
        height=4.6,
    )


def forest(
    table: pd.DataFrame, *, name: str, caption: str, label: str = "model", unit: str = "percent"
) -> show.Figure:
    """Estimates with intervals, one row each, and the line of no change.

    Parameters
    ----------
    table : DataFrame
        `label`, change, ci_low, ci_high (in `unit`), in the order drawn from the top.
    """
    rows = table.reset_index(drop=True)

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        places = range(len(rows))[::-1]
        ax.hlines(places, rows["ci_low"], rows["ci_high"], color=style.GREY, linewidth=1.4)
        ax.plot(rows["change"], places, "o", color=style.ACCENT, markersize=5)
        ax.axvline(0, color=style.INK, linewidth=0.8)
        texts = [text.replace(", ", ",\n", 1) if style.is_narrow(fig) else text for text in rows[label]]
        ax.set_yticks(list(places), texts)
        ax.set_ylim(-0.6, len(rows) - 0.4)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel(f"change at the interruption, {unit}")

    worst = rows.iloc[int((rows["ci_high"] - rows["ci_low"]).to_numpy().argmax())]
    return show.figure(
        draw,
        name=name,
        caption=caption,
        alt=f"{len(rows)} estimates with their intervals: "
        + "; ".join(
            f"{r[label]} {r.change:.0f} ({r.ci_low:.0f} to {r.ci_high:.0f})" for _, r in rows.iterrows()
        )
        + f". The widest is {worst[label]}.",
        data=rows,
        height=1.2 + 0.34 * len(rows),
        narrow_height=1.3 + 0.42 * len(rows),
    )


def fitted_series(
    fit: Fit,
    breaks: Mapping[str, str],
    *,
    name: str,
    caption: str,
    unit: str,
    scale: float = 1e6,
    period: str = "quarter",
) -> show.Figure:
    """Observed values, fit, and the counterfactual with its interval, interruptions marked.

    Parameters
    ----------
    fit : its.Fit
    breaks : mapping of first period to name
        The interruptions.
    unit : str
        Of the axis, after division by `scale`.
    period : str
        What a period is called in the data.
    """
    table = fit.counterfactual
    quarters = [str(period) for period in table.index]
    shown = table[["observed", "fitted", "counterfactual", "ci_low", "ci_high"]] / scale
    places = range(len(shown))
    ceiling = float(shown[["observed", "fitted"]].max().max()) * 1.7

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        ax.fill_between(
            places, shown["ci_low"], shown["ci_high"].clip(upper=ceiling), color=style.BAND, linewidth=0
        )
        ax.plot(places, shown["counterfactual"], color=style.GREY, linestyle=(0, (2, 2)))
        ax.plot(places, shown["fitted"], color=style.ACCENT)
        ax.plot(places, shown["observed"], "o", color=style.INK, markersize=4)
        for row, (start, label) in enumerate(breaks.items()):
            style.mark_interruption(ax, quarters.index(start) - 0.5, label, row=row)
        every = max(6, len(shown) // 4) if style.is_narrow(fig) else max(3, len(shown) // 8)
        ax.set_xticks(list(places)[::every], quarters[::every])
        style.count_axis(ax, unit)
        ax.set_ylim(0, ceiling)

    last = shown.iloc[-1]
    return show.figure(
        draw,
        name=name,
        caption=caption,
        alt=f"Points observed from {quarters[0]} to {quarters[-1]}, a fitted line with steps at {show.listing(breaks)}, "
        f"and the counterfactual without them with its interval. In {quarters[-1]}: observed {last['observed']:.1f}, "
        f"fitted {last['fitted']:.1f}, counterfactual {last['counterfactual']:.1f} ({unit}).",
        data=shown.round(3).set_axis(quarters).rename_axis(period).reset_index(),
        note="Points: observed. Line: fitted. Dashed: counterfactual, with its 95 % interval where it fits the axis.",
    )
