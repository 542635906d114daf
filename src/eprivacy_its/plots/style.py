"""The one figure style: colours, axes that speak in units, marked interruptions, labels at line ends.

`eprivacy_its.show.figure` activates the style around each drawing, so a drawing function only calls what is here::

    def draw(fig):
        ax = fig.add_subplot()
        ax.plot(years, eu, color=style.ACCENT)
        style.mark_interruption(ax, 2021, "Code applies")
        style.count_axis(ax, "reports a year")
        style.label_line_ends(ax, [(2023, eu[-1], "EU-27", style.ACCENT)])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eprivacy_its.show.numbers import MINUS, number
from eprivacy_its.show.palette import ACCENT, BAND, GREY, GRID, INK, LIGHT, PAPER, SECOND, SECOND_BAND, rc

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MplFigure
    from matplotlib.text import Annotation

__all__ = [
    "ACCENT",
    "BAND",
    "GREY",
    "GRID",
    "INK",
    "LIGHT",
    "PAPER",
    "SECOND",
    "SECOND_BAND",
    "count_axis",
    "dense",
    "is_narrow",
    "label_line_end",
    "label_line_ends",
    "mark_interruption",
    "rc",
    "reference_line",
    "short_count",
]

_MILLION, _BILLION = 1e6, 1e9


def is_narrow(fig: MplFigure) -> bool:
    """Whether this is the drawing for a phone."""
    return bool(fig.get_figwidth() < 5)


def short_count(value: float) -> str:
    """A count as an axis says it: ``0``, ``800``, ``300,000``, ``1.5 million``, ``2 billion``."""
    if abs(value) >= _MILLION:
        unit, word = (_BILLION, "billion") if abs(value) >= _BILLION else (_MILLION, "million")
        text = f"{abs(value) / unit:.2f}".rstrip("0").rstrip(".")
        return f"{MINUS if value < 0 else ''}{text}\N{NO-BREAK SPACE}{word}"
    if float(value).is_integer():
        return number(value)
    return number(value, 1 if abs(value) >= 1 else 2)


def count_axis(ax: Axes, unit: str = "", *, axis: str = "y", zero: bool = True) -> None:
    """Ticks in thousands or millions, the unit set flat above the axis, zero shown unless told otherwise.

    Parameters
    ----------
    ax : matplotlib Axes
    unit : str
        E.g. ``reports a year``.
    axis : {"y", "x"}
    zero : bool
        False where zero is far away and a change is what matters.
    """
    from matplotlib.ticker import FuncFormatter

    which = ax.yaxis if axis == "y" else ax.xaxis
    which.set_major_formatter(FuncFormatter(lambda value, _position: short_count(value)))
    if zero:
        low, high = ax.get_ylim() if axis == "y" else ax.get_xlim()
        limits = (min(0.0, low), max(0.0, high)) if low < 0 else (0.0, high)
        (ax.set_ylim if axis == "y" else ax.set_xlim)(*limits)
    if unit and axis == "y":
        # Flat above the axis: read without turning the head, and it costs no width on a phone.
        ax.set_title(unit, loc="left", fontsize=8.5, fontweight="normal", color=GREY, pad=8)
    elif unit:
        ax.set_xlabel(unit)


def dense(ax: Axes, *, axis: str = "x", wide: int = 10, narrow: int = 5) -> None:
    """At most so many ticks on an axis of numbers or dates, fewer on the narrow drawing."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    bins = narrow if is_narrow(ax.get_figure(root=True)) else wide  # type: ignore[arg-type]
    which = ax.xaxis if axis == "x" else ax.yaxis
    if isinstance(which.get_major_locator(), AutoDateLocator):
        locator = AutoDateLocator(minticks=2, maxticks=max(bins, 5))
        which.set_major_locator(locator)
        which.set_major_formatter(ConciseDateFormatter(locator))
        return
    which.set_major_locator(MaxNLocator(nbins=bins, integer=True))


def mark_interruption(
    ax: Axes, x: Any, label: str, *, row: int = 0, side: str = "right", color: str = INK
) -> Annotation:
    """A dashed line at the interruption with its name at the top.

    Parameters
    ----------
    ax : matplotlib Axes
    x : number or date
        In the unit of the x axis.
    label : str
        Name, with a line break where the narrow drawing needs one.
    row : int
        0 at the top; 1, 2, … one line lower each, for dates that stand close together.
    side : {"right", "left"}
        Where the name stands.
    """
    if side not in {"right", "left"}:
        raise ValueError(f"side {side!r}: expected 'right' or 'left'")
    ax.axvline(x, color=color, linewidth=1, linestyle=(0, (4, 3)), zorder=1.5)
    sign = 1 if side == "right" else -1
    return ax.annotate(
        label,
        (x, 1),
        xycoords=("data", "axes fraction"),
        xytext=(4 * sign, -2 - 11 * row),
        textcoords="offset points",
        ha="left" if side == "right" else "right",
        va="top",
        fontsize=8.5,
        color=color,
    )


def reference_line(ax: Axes, y: float, label: str = "") -> None:
    """A thin line at no change (0 or 1), named at its right end."""
    ax.axhline(y, color=GREY, linewidth=1, zorder=1)
    if label:
        ax.annotate(
            label,
            (1, y),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=8.5,
            color=GREY,
        )


def label_line_end(
    ax: Axes, x: Any, y: float, text: str, color: str = INK, *, shift: float = 0.0, bold: bool = False
) -> Annotation:
    """Name a line at its end, to the right of the point, `shift` points higher."""
    return ax.annotate(
        text,
        (x, y),
        xytext=(6, shift),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        fontweight="bold" if bold else "normal",
        color=color,
        annotation_clip=False,
    )


def label_line_ends(
    ax: Axes, labels: Sequence[tuple[Any, float, str, str]], *, gap: float = 11.0
) -> list[Annotation]:
    """Name several lines at their ends, moved apart so that no two names overlap.

    Call it last: the places depend on the limits of the axis.

    Parameters
    ----------
    ax : matplotlib Axes
    labels : sequence of (x, y, text, color)
    gap : float
        Least distance of two names, in points.
    """
    if not labels:
        return []
    figure = ax.get_figure(root=True)
    assert figure is not None  # an Axes given to a drawing stands on a figure
    points = 72.0 / figure.dpi
    wanted = [
        float(ax.transData.transform((ax.convert_xunits(x), y))[1]) * points for x, y, _text, _c in labels
    ]
    placed = spread(wanted, gap)
    return [
        label_line_end(ax, x, y, text, color, shift=place - want)
        for (x, y, text, color), place, want in zip(labels, placed, wanted, strict=True)
    ]


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Places at least `gap` apart, in the same order, each group centred on where it wants to be.

    Isotonic regression by pooling adjacent violators, which gives the least squared total shift.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    blocks: list[tuple[float, int]] = []  # mean of (wanted - rank * gap), size
    for rank, i in enumerate(order):
        mean, size = wanted[i] - rank * gap, 1
        while blocks and blocks[-1][0] > mean:
            other, count = blocks.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        blocks.append((mean, size))
    starts = [mean for mean, size in blocks for _ in range(size)]
    placed = [0.0] * len(wanted)
    for rank, i in enumerate(order):
        placed[i] = starts[rank] + rank * gap
    return placed
