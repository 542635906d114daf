"""Colours and drawing defaults, the one style of all figures; `eprivacy_its.plots.style` offers them to authors.

Each colour is written into the SVG as a CSS variable with the light value as fallback, so that one picture
serves light and dark pages. Orange-red against blue is safe for the common kinds of colour blindness, and
both differ from the greys in lightness.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ACCENT = "#b5400f"
SECOND = "#1b6491"
INK = "#1f2328"
GREY = "#656c74"
LIGHT = "#aab0b6"
BAND = "#f5d9c9"
SECOND_BAND = "#cfe2ef"
GRID = "#e2e5e8"
PAPER = "#ffffff"

# name of the CSS variable: (light, dark)
VARIABLES: dict[str, tuple[str, str]] = {
    "--c-accent": (ACCENT, "#ff9d66"),
    "--c-second": (SECOND, "#77bdf0"),
    "--c-ink": (INK, "#e9e9e6"),
    "--c-grey": (GREY, "#a6adb5"),
    "--c-light": (LIGHT, "#636b74"),
    "--c-band": (BAND, "#53301d"),
    "--c-second-band": (SECOND_BAND, "#1f3d52"),
    "--c-grid": (GRID, "#30363c"),
    "--c-paper": (PAPER, "#15181b"),
}

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

RC: dict[str, Any] = {
    # Text stays text: it can be searched, selected and read in the reader's own font. Layout is measured
    # with DejaVu Sans, which comes with matplotlib and is wider than the fonts of most systems.
    "svg.fonttype": "none",
    "svg.hashsalt": "eprivacy-its",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.labelcolor": INK,
    "axes.edgecolor": LIGHT,
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.prop_cycle": None,
    "axes.formatter.useoffset": False,
    "axes.unicode_minus": True,
    # "2019, Jul, 2020": full dates at each tick run into each other on a phone.
    "date.converter": "concise",
    "text.parse_math": False,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "none",
    "text.color": INK,
    "xtick.color": LIGHT,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "xtick.major.size": 3.5,
    "ytick.color": LIGHT,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}


@contextmanager
def rc() -> Iterator[None]:
    """Drawing defaults inside the block only; matplotlib's global state is as before afterwards."""
    import matplotlib
    from cycler import cycler

    settings = {**RC, "axes.prop_cycle": cycler(color=[ACCENT, SECOND, GREY, LIGHT])}
    with matplotlib.rc_context(settings):  # type: ignore[arg-type]
        yield
