"""A quick figure of a fit: observed, fitted, counterfactual, interruptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from eprivacy_its.its.result import Fit

#: Colour-blind safe (Okabe & Ito 2008): vermilion for what was fitted, greys for the rest.
_ACCENT, _GREY, _INK = "#d55e00", "#8c8c8c", "#222222"


def plot(fit: Fit, ax: Axes | None = None) -> Axes:
    """Draw a fit on axes, or on new ones without global state.

    Parameters
    ----------
    ax : Axes, optional
        Default: the axes of a new figure, 7.2 by 4.2 inches.
    """
    if ax is None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 4.2), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
    made = fit.design
    table = fit.counterfactual
    x = made.ordinal if made.group is None else made.ordinal[made.group == 1]
    if made.group is not None:
        control = made.group == 0
        ax.plot(made.ordinal[control], fit.observed[control], ".", color=_GREY, markersize=4, label="control")
    ax.plot(x, table["observed"], "o", color=_INK, markersize=3, label="observed")
    ax.plot(x, table["fitted"], color=_ACCENT, label="fitted")
    if made.starts:
        after = x >= made.starts[0]
        ax.plot(x[after], table["counterfactual"][after], "--", color=_GREY, label="counterfactual")
        low, high = table["ci_low"][after], table["ci_high"][after]
        ax.fill_between(x[after], low, high, color=_GREY, alpha=0.25, linewidth=0)
    for k, start in enumerate(made.starts, 1):
        ax.axvline(start - 0.5, color=_INK, linewidth=0.8)
        ax.annotate(
            made.start_label(k), (start - 0.5, 1), xycoords=("data", "axes fraction"), xytext=(3, -10),
            textcoords="offset points", fontsize=8,
        )  # fmt: skip
    _labels(fit, ax, x)
    return ax


def _labels(fit: Fit, ax: Axes, x: np.ndarray) -> None:
    calendar = fit.design.calendar
    ticks = np.unique(np.linspace(x.min(), x.max(), 6).round().astype(int))
    ax.set_xticks(ticks, [calendar.label(int(tick)) for tick in ticks])
    ax.set_xlabel(calendar.word)
    ax.set_ylabel(fit.design.outcome)
    ax.legend(frameon=False, fontsize=8)
    ax.spines[["top", "right"]].set_visible(False)
