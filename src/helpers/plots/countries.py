"""Figures of the country comparison: event study, forest, ranks, placebo distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its import show
from eprivacy_its.plots import style
from helpers.countries import specifications

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure

    from eprivacy_its.panel.headline import Headline

CHOICES = ("estimator", "baseline", "treated", "compared", "associated", "minimum")
OPTIONS = (
    specifications.ESTIMATORS, specifications.BASELINES, specifications.TREATED, specifications.COMPARED,
    specifications.ASSOCIATED, specifications.MINIMA,
)  # fmt: skip
STRETCHES = 40  # of the curve, in the strip beneath it
NAMES = {
    ("treated", "all"): "all Member States",
    ("compared", "all"): "all other places",
    ("compared", "Europe"): "others in Europe",
    ("compared", "outside Europe"): "others outside Europe",
    ("compared", "similar volume"): "others of similar volume",
    ("associated", "among the others"): "EEA and UK with the others",
    ("associated", "left out"): "EEA and UK left out",
    ("associated", "with the EU"): "EEA and UK with the EU",
    ("estimator", "Poisson"): "sums (Poisson)",
    ("estimator", "log change weighted by 2019"): "log change, weighted",
    ("baseline", "year before"): "2020 as baseline",
    ("baseline", "two years before"): "2019 as baseline",
    ("baseline", "mean of the two"): "mean of both years",
}
"""Options whose own words need their choice beside them."""
BREAK = 2020.5
"""Between the ticks of 2020 and 2021: a tick is a whole calendar year, and the Code applied 11 days before
its end."""


def ratio_axis(ax: Axes, axis: str = "y", ticks: Sequence[float] = (0.25, 0.5, 0.75, 1, 1.5, 2, 3)) -> None:
    """Logarithmic axis of ratios with plain numbers and a line at 1."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    which = ax.yaxis if axis == "y" else ax.xaxis
    (ax.set_yscale if axis == "y" else ax.set_xscale)("log")
    which.set_major_locator(FixedLocator(list(ticks)))
    which.set_minor_locator(NullLocator())
    which.set_major_formatter(FuncFormatter(lambda value, _position: f"{value:g}"))
    (ax.axhline if axis == "y" else ax.axvline)(1, color=style.GREY, linewidth=1, zorder=1)


def label_axis(ax: Axes, text: str) -> None:
    """What the axis measures, flat above it, as the other figures do."""
    ax.set_title(text, loc="left", fontsize=8.5, fontweight="normal", color=style.GREY, pad=8)


def event_studies(studies: Mapping[str, Headline], *, name: str, caption: str) -> show.Figure:
    """Coefficients of all years with intervals, one colour a model, hollow without a place.

    Parameters
    ----------
    studies : mapping of label to Headline
        Drawn side by side in this order; labels that hold "without" are hollow.
    """
    import pandas as pd

    parts = []
    for label, study in studies.items():
        terms = study.terms.reset_index()[["period", "ratio", "ratio_low", "ratio_high"]]
        parts.append(terms.assign(model=label))
    data = pd.concat(parts, ignore_index=True)[["model", "period", "ratio", "ratio_low", "ratio_high"]]
    base = next(iter(studies.values())).base

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        offsets = np.linspace(-0.24, 0.24, len(studies))
        for (label, study), offset in zip(studies.items(), offsets, strict=True):
            rows = data.loc[(data.model == label) & (data.period != base)]
            color = style.ACCENT if study.model == "log" else style.SECOND
            hollow = "without" in label
            ax.vlines(rows.period + offset, rows.ratio_low, rows.ratio_high, color=color, linewidth=1.4)
            ax.plot(
                rows.period + offset,
                rows.ratio,
                "o",
                color=color,
                markerfacecolor=style.PAPER if hollow else color,
                label=label,
            )
        ax.plot([base], [1], "D", color=style.INK, markersize=4)
        ratio_axis(ax)
        ax.set_xticks(sorted(data.period.unique()))
        label_axis(ax, "EU-27 to other places, 2020 = 1")
        style.mark_interruption(ax, BREAK, "Code applies,\n21 December 2020", side="left")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=1 if style.is_narrow(fig) else 2)

    pieces = []
    for label, study in studies.items():
        mid, low, high = study.ratio(2021)
        pieces.append(f"{label} {show.number(mid, 2)} ({show.interval(low, high, 2)})")
    years = ", ".join(str(period) for period in sorted(set(data.period)) if period != base)
    alt = f"Points with 95 % intervals for {years}, base {base}, log scale. In 2021: {'; '.join(pieces)}."
    return show.figure(draw, name=name, caption=caption, alt=alt, data=data, height=4.4, narrow_height=5.2)


def forest(
    rows: pd.DataFrame, *, name: str, caption: str, label: str, band: tuple[float, float] | None = None
) -> show.Figure:
    """Ratios with intervals, one row each, read from top to bottom.

    Parameters
    ----------
    rows : DataFrame
        Columns `row`, `ratio`, and `ratio_low`, `ratio_high` (NaN where a row has no interval).
    label : str
        What the axis measures.
    band : (float, float), optional
        Reference range shaded behind, e.g. where most untreated places lie.
    """

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        place = np.arange(len(rows))[::-1]
        if band is not None:
            ax.axvspan(*band, color=style.GRID, linewidth=0, zorder=0)
        ax.hlines(place, rows.ratio_low, rows.ratio_high, color=style.ACCENT, linewidth=1.4)
        ax.plot(rows.ratio, place, "o", color=style.ACCENT, markersize=4)
        few, many = (0.1, 0.2, 0.5, 1, 2), (0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2)
        ratio_axis(ax, "x", few if style.is_narrow(fig) else many)
        names = [fill(str(text), 24) for text in rows.row] if style.is_narrow(fig) else list(rows.row)
        ax.set_yticks(place, names, fontsize=7.3 if style.is_narrow(fig) else 8.5)
        ax.grid(visible=False, axis="y")
        ax.set_ylim(-0.7, len(rows) - 0.3)
        ax.set_xlabel(fill(label, 34) if style.is_narrow(fig) else label)

    first, last = rows.iloc[int(rows.ratio.argmin())], rows.iloc[int(rows.ratio.argmax())]
    shaded = f" The shaded band is {show.interval(*band, 2)}." if band else ""
    alt = (
        f"{len(rows)} rows on a log axis of ratios. Lowest: {first.row} {show.number(first.ratio, 2)}; "
        f"highest: {last.row} {show.number(last.ratio, 2)}.{shaded}"
    )
    wrapped = rows.row.astype(str).str.len().max() > 24  # two lines a row on a phone
    tall = 1.5 + (0.33 if wrapped else 0.2) * len(rows)
    return show.figure(
        draw, name=name, caption=caption, alt=alt, data=rows, height=1.3 + 0.2 * len(rows), narrow_height=tall
    )


def placebo_distribution(
    placebo: np.ndarray, observed: float, *, name: str, caption: str, label: str, p_value: float
) -> show.Figure:
    """Histogram of placebo statistics with the real one marked; values are shown as ratios."""
    import pandas as pd

    counts, edges = np.histogram(placebo, bins=40)
    data = pd.DataFrame({"from": np.exp(edges[:-1]), "to": np.exp(edges[1:]), "placebo unions": counts})

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        ax.bar(data["from"], counts, width=data["to"] - data["from"], align="edge", color=style.LIGHT)
        ratio_axis(ax, "x", (0.4, 0.5, 0.6, 0.75, 1, 1.5, 2))
        ax.axvline(np.exp(observed), color=style.ACCENT, linewidth=2)
        ax.annotate(
            f"EU-27\n{show.number(np.exp(observed), 2)}", (np.exp(observed), 0.95),
            xycoords=("data", "axes fraction"), xytext=(5, 0), textcoords="offset points", va="top",
            color=style.ACCENT, fontweight="bold",
        )  # fmt: skip
        ax.set_xlabel(fill(label, 34) if style.is_narrow(fig) else label)
        label_axis(ax, "placebo unions")

    low, high = np.exp(np.quantile(placebo, [0.025, 0.975]))
    alt = (
        f"Histogram of {show.number(len(placebo))} placebo ratios, 95 % of them from {show.number(low, 2)} to "
        f"{show.number(high, 2)}; the EU-27 at {show.number(np.exp(observed), 2)}, {show.p_value(p_value)}."
    )
    return show.figure(draw, name=name, caption=caption, alt=alt, data=data, height=3.2)


def specification_curve(
    frame: pd.DataFrame,
    null: np.ndarray,
    *,
    name: str,
    caption: str,
    ratio_limits: tuple[float, float] = (0.15, 3),
) -> show.Figure:
    """All specifications in order with their intervals, over the same curve under placebo unions; beneath, how common
    each option is along it.

    Parameters
    ----------
    frame : DataFrame
        One row a specification, ordered by `ratio`, with `ratio_low`, `ratio_high` and its choices.
    null : array (D, S)
        Log ratios of the curve under D placebo unions; each draw is ordered by itself.
    """
    ordered = np.exp(np.sort(null, axis=1))
    low, high = np.quantile(ordered, [0.025, 0.975], axis=0)
    data = frame.assign(rank=np.arange(1, len(frame) + 1), placebo_low=low, placebo_high=high)
    # Four decimals of a ratio are ten times finer than any printed here, and a third of the download.
    data = data.round(dict.fromkeys(["ratio", "ratio_low", "ratio_high", "placebo_low", "placebo_high"], 4))

    strip = options_along(data)

    def draw(fig: MplFigure) -> None:
        ax, beneath = fig.subplots(2, 1, sharex=True, height_ratios=(1, 1.05))
        rank = data["rank"]
        # One broken line instead of a line a specification: the same picture in a tenth of the bytes.
        stops = np.column_stack([data.ratio_low, data.ratio_high, np.full(len(data), np.nan)]).ravel()
        ax.plot(np.repeat(rank, 3), stops, color=style.BAND, linewidth=0.5)
        ax.fill_between(rank, low, high, color=style.LIGHT, alpha=0.55, linewidth=0)
        ax.plot(rank, data.ratio, color=style.ACCENT, linewidth=2)
        ratio_axis(ax, "y", (0.2, 0.3, 0.5, 0.75, 1, 1.5, 2))
        ax.set_ylim(*ratio_limits)
        ax.set_xlim(1, len(frame))
        _strip(beneath, strip, len(frame))
        label_axis(ax, "EU-27 in 2021 to others")
        middle = len(frame) // 2
        ax.annotate("placebo unions (95 %)", (middle, high[middle]), xytext=(0, 6), textcoords="offset points",
                    color=style.GREY, ha="center")  # fmt: skip
        ax.annotate("EU-27", (middle, data.ratio.iloc[middle]), xytext=(0, -13), textcoords="offset points",
                    color=style.ACCENT, fontweight="bold", ha="center")  # fmt: skip

    median = float(frame.ratio.median())
    alt = (
        f"A rising line of {show.number(len(frame))} ordered ratios from {show.number(frame.ratio.iloc[0], 2)} to "
        f"{show.number(frame.ratio.iloc[-1], 2)}, median {show.number(median, 2)}, each with its interval; a grey "
        f"band holds 95 % of the curves of placebo unions, at the median rank {show.number(low[len(low) // 2], 2)} "
        f"to {show.number(high[len(high) // 2], 2)}. Beneath, how common each option is along the curve. Of the lowest tenth "
        f"{_commonest(strip, 0)}; of the highest {_commonest(strip, -1)}."
    )
    columns = ["rank", "ratio", "ratio_low", "ratio_high", "placebo_low", "placebo_high"]
    return show.figure(
        draw, name=name, caption=caption, alt=alt, data=data[[*columns, *CHOICES, "members", "others"]], height=7.6,
        narrow_height=7.6, decimals={"minimum": None},
        note="Beneath the curve: the fuller a row, the more of the specifications there share its option.",
    )  # fmt: skip


def options_along(frame: pd.DataFrame) -> pd.DataFrame:
    """Share of the specifications in each stretch of the curve that have an option.

    Parameters
    ----------
    frame : DataFrame
        One row a specification, in the order of the curve, with `CHOICES`.

    Returns
    -------
    DataFrame
        A row an option, by choice and option; a column a stretch of the curve, lowest first; shares from 0 to 1.
    """
    import pandas as pd

    stretch = np.arange(len(frame)) * min(STRETCHES, len(frame)) // len(frame)
    parts = {
        choice: pd.crosstab(frame[choice].to_numpy(), stretch, normalize="columns").reindex(
            [one for one in listed if one in set(frame[choice])]
        )
        for choice, listed in zip(CHOICES, OPTIONS, strict=True)
    }
    return pd.concat(parts, names=["choice", "option"])


def _commonest(strip: pd.DataFrame, end: int) -> str:
    """The option of each choice that is commonest at one end of the curve, with its share of that tenth."""
    wide = max(1, strip.shape[1] // 10)
    share = (strip.iloc[:, :wide] if end == 0 else strip.iloc[:, -wide:]).mean(axis=1)
    top = share.groupby(level="choice", sort=False).idxmax()
    return show.listing([f"{show.percent(100 * share[at], 0)} have {option_name(*at)}" for at in top])


def option_name(choice: str, option: object) -> str:
    """An option that can stand without its choice."""
    return NAMES.get(
        (choice, str(option)),
        f"{show.number(int(str(option)))} reports or more" if choice == "minimum" else str(option),
    )


def _strip(ax: Axes, strip: pd.DataFrame, count: int) -> None:
    edges = np.linspace(1, count, strip.shape[1] + 1)
    place, before, ticks = 0.0, "", []
    for (choice, option), shares in zip(strip.index.tolist(), strip.to_numpy(), strict=True):
        place += 1.5 if choice != before else 1
        before = choice
        ax.stairs(0.85 * shares - place, edges, baseline=-place, fill=True, color=style.ACCENT)
        ticks.append((-place + 0.3, option_name(choice, option)))
    ax.set_yticks([at for at, _ in ticks], [words for _, words in ticks], fontsize=7.4)
    ax.set_ylim(-place - 0.2, -0.4)
    ax.grid(visible=False, axis="y")
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("specifications, ordered by their ratio")
