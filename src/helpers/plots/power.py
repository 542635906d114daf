"""Figures of what could have been detected, and of how often intervals hold the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from eprivacy_its import show
from eprivacy_its.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MplFigure


def coverage_map(table: pd.DataFrame, term: str, *, name: str, nominal: float = 0.95) -> show.Figure:
    """Methods by cells, shaded by how far coverage falls short of the nominal one.

    Parameters
    ----------
    table : DataFrame
        From `eprivacy_its.simulate.coverage`, one family, one mean.
    term : str
        ``level change`` or ``slope change``.
    name : str
        Of the figure.
    nominal : float
    """
    rows = table[(table["term"] == term) & (table["method"] != "oracle")]
    grid = rows.pivot_table(index="method", columns=["n", "rho"], values="coverage")
    grid = grid.loc[grid.min(axis=1).sort_values().index]

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        shown = grid.loc[
            :, grid.columns.get_level_values("rho") == grid.columns.get_level_values("rho").max()
        ]
        shown = shown if style.is_narrow(fig) else grid
        for y, (_, line) in enumerate(shown.iterrows()):
            for x, value in enumerate(line):
                alpha = min(max((nominal - value) / 0.35, 0.0), 1.0)
                ax.axvspan(x - 0.5, x + 0.5, (y + 0.04) / len(shown), (y + 0.96) / len(shown),
                           color=style.ACCENT, alpha=0.75 * alpha, linewidth=0)  # fmt: skip
                label = f"{100 * value:.0f}"
                # Inside the axes: to measure each label for the layout would take most of the time.
                ax.text(x, y, label, ha="center", va="center", fontsize=7.5, color=style.INK, in_layout=False)
        ax.set_yticks(range(len(shown)), shown.index)
        ax.set_xticks(
            range(len(shown.columns)),
            [f"{n}\n{rho:g}" for n, rho in zip(*map(shown.columns.get_level_values, (0, 1)), strict=True)],
        )
        ax.set_xlim(-0.5, len(shown.columns) - 0.5)
        ax.set_ylim(-0.5, len(shown) - 0.5)
        ax.set_xlabel("periods, and below them the true autocorrelation")
        ax.grid(visible=False)
        ax.tick_params(length=0)

    worst, best = grid.min(axis=1).iloc[0], grid.min(axis=1).iloc[-1]
    return show.figure(
        draw,
        simulated=True,
        name=name,
        caption=f"Coverage of the {term}, in percent: {grid.index[-1]} keeps at least "
        f"{show.percent(100 * best, 0)}, {grid.index[0]} falls to {show.percent(100 * worst, 0)}",
        alt=f"Grid of {len(grid)} methods by {len(grid.columns)} cells of series length and autocorrelation. The "
        f"lowest coverage of each method, from worst to best: "
        + "; ".join(f"{method} {100 * low:.0f} %" for method, low in grid.min(axis=1).items())
        + ".",
        data=rows[["method", "n", "rho", "coverage", "mc_se", "median_width", "width_ratio_to_oracle"]],
        decimals={
            "coverage": 3,
            "mc_se": 3,
            "median_width": 3,
            "width_ratio_to_oracle": 2,
            "n": None,
            "rho": 1,
        },
        height=0.32 * len(grid) + 1.2,
    )


def detectable_by_series(frame: pd.DataFrame, fall: float) -> show.Figure:
    """The smallest detectable fall of each series, against a fall that was claimed."""
    rows = frame.sort_values("smallest_fall", ascending=False).reset_index(drop=True)

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        for y, row in enumerate(rows.to_dict("records")):
            color = style.SECOND if str(row["series"]).startswith("simulated") else style.ACCENT
            ax.plot([0, row["smallest_fall"]], [y, y], color=style.LIGHT, linewidth=2, zorder=1)
            ax.plot(row["smallest_fall"], y, marker="o", color=color, markersize=6)
        ax.set_yticks(range(len(rows)), rows["series"])
        ax.set_xlim(0, 100)
        ax.set_xlabel("smallest detectable fall, percent")
        style.mark_interruption(ax, fall, f"{fall:.1f} % fall")
        ax.set_ylim(-0.6, len(rows) + 0.4)

    imagined = rows["series"].astype(str).str.startswith("simulated")
    able = rows["smallest_fall"] <= fall

    def share(kind: pd.Series) -> str:
        return f"{int((able & kind).sum()) or 'none'} of {int(kind.sum())}"

    caption = f"A fall of {fall:.1f} %: {share(~imagined)} published series could have shown it"
    if imagined.any():
        caption += f", {share(imagined)} simulated ones would"
    return show.figure(
        draw,
        name="detectable-by-series",
        caption=caption,
        alt="Dots: the smallest fall that each series could have shown. "
        + "; ".join(f"{row.series}: {row.smallest_fall:.0f} %" for row in rows.itertuples())
        + f". A dashed line marks a fall of {fall:.1f} %.",
        data=rows[["series", "before", "after", "smallest_fall", "mc_se", "chance"]],
        decimals={"smallest_fall": 1, "mc_se": 1, "chance": 2},
        units={"smallest_fall": "percent", "mc_se": "percent", "chance": "share"},
        height=0.3 * len(rows) + 1.2,
    )


def detectable_by_length(frame: pd.DataFrame, sd: float) -> show.Figure:
    """The smallest detectable fall against length, one line an autocorrelation (*simulated* series)."""

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        ends = []
        rhos = sorted(frame["rho"].unique())
        for rho in rhos:
            part = frame[frame["rho"] == rho]
            color = style.ACCENT if rho == rhos[-1] else style.GREY
            ax.plot(part["n"], part["smallest_fall"], color=color, marker="o", markersize=4)
            ends.append((part["n"].iloc[-1], part["smallest_fall"].iloc[-1], f"rho {rho:.1f}", color))
        ax.set_xscale("log")
        ticks = sorted(frame["n"].unique())
        ax.set_xticks(ticks, [str(n) for n in ticks])
        ax.minorticks_off()
        ax.set_ylim(0, None)
        ax.set_xlabel("periods, half of them before the interruption")
        ax.set_title("smallest detectable fall, percent", loc="left", fontsize=8.5, fontweight="normal")
        style.label_line_ends(ax, ends)

    low, high = frame["smallest_fall"].min(), frame["smallest_fall"].max()
    shortest = frame[frame["n"] == frame["n"].min()]["smallest_fall"]
    longest = frame[frame["n"] == frame["n"].max()]["smallest_fall"]
    return show.figure(
        draw,
        simulated=True,
        name="detectable-by-length",
        caption=f"Simulated series: from {shortest.min():.0f}-{shortest.max():.0f} % in the shortest to "
        f"{longest.min():.0f}-{longest.max():.0f} % in the longest",
        alt=f"Lines by autocorrelation: the smallest detectable level change falls with the number of periods, "
        f"more slowly the higher the autocorrelation; between {low:.0f} and {high:.0f} percent. Noise of {100 * sd:.0f} % a "
        "period was assumed.",
        data=frame,
        decimals={"n": None, "rho": 1, "smallest_fall": 1, "mc_se": 2},
        units={"smallest_fall": "percent", "mc_se": "percent"},
    )


def gap(found: pd.DataFrame) -> show.Figure:
    """The smallest fall in a gap that *simulated* series could show, by their rows and their noise.

    Parameters
    ----------
    found : DataFrame
        From `helpers.power.gap.detectable`.
    """
    rows = found.iloc[::-1].reset_index(drop=True)
    names = [f"{row.rows}, spread {row.sd:g}" for row in rows.itertuples()]
    known = rows["gap_fall"].notna()

    def draw(fig: MplFigure) -> None:
        ax = fig.add_subplot()
        for y, value in enumerate(rows["gap_fall"]):
            if value == value:
                ax.plot([0, value], [y, y], color=style.LIGHT, linewidth=2, zorder=1)
                ax.plot(value, y, marker="o", color=style.SECOND, markersize=6)
            else:
                ax.text(99, y, "none", ha="right", va="center", fontsize=8.5, color=style.GREY)
        ax.set_yticks(range(len(rows)), names)
        ax.set_xlim(0, 100)
        ax.set_ylim(-0.6, len(rows) - 0.4)
        ax.set_xlabel("smallest detectable fall in the gap, percent")

    told = "; ".join(
        f"{name} {value:.0f} %" if value == value else f"{name} none"
        for name, value in zip(names, rows["gap_fall"], strict=True)
    )
    return show.figure(
        draw,
        simulated=True,
        name="gap-by-rows",
        caption=f"Simulated: {int(known.sum())} of {len(rows)} imagined series could show a fall in the gap; the finer the "
        "rows, the smaller the fall they show",
        alt=f"Dots: the smallest fall in the gap that each simulated series could show. {told}.",
        data=found[["rows", "before", "during", "covered", "sd", "rho", "fall", "mc_se", "gap_fall"]],
        decimals={"covered": 2, "sd": 2, "rho": 1, "fall": 1, "mc_se": 1, "gap_fall": 1},
        height=0.34 * len(rows) + 1.0,
    )
