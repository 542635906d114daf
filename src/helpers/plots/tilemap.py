"""A tile-grid map of the EU-27: one square a Member State, so that Malta is as visible as France."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eprivacy_its import show
from eprivacy_its.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as MplFigure

# Column and row of each state, north at the top, neighbours kept adjacent where the grid allows.
TILES: Mapping[str, tuple[int, int]] = {
    "SWE": (5, 0), "FIN": (6, 0), "EST": (7, 0),
    "IRL": (0, 1), "DNK": (4, 1), "LTU": (6, 1), "LVA": (7, 1),
    "NLD": (3, 2), "DEU": (4, 2), "POL": (5, 2),
    "BEL": (2, 3), "LUX": (3, 3), "CZE": (4, 3), "SVK": (5, 3),
    "FRA": (2, 4), "AUT": (4, 4), "HUN": (5, 4), "ROU": (6, 4),
    "PRT": (0, 5), "ESP": (1, 5), "ITA": (3, 5), "SVN": (4, 5), "HRV": (5, 5), "BGR": (6, 5),
    "MLT": (3, 6), "GRC": (6, 6), "CYP": (7, 6),
}  # fmt: skip

FULL = 60.0
"""Percent change at which a tile is fully coloured; larger changes look the same and are printed anyway."""


FAINTEST, STRONGEST = 0.12, 0.48
"""How opaque a tile is. Above the second the words on it lose their contrast on dark pages."""


def change_map(states: pd.DataFrame, *, name: str, caption: str) -> show.Figure:
    """Percent change by Member State.

    Parameters
    ----------
    states : DataFrame
        Columns `iso3`, `place`, `change` (percent), one row a Member State.

    Raises
    ------
    ValueError
        A Member State without a tile, or a tile without a row.
    """
    if set(states.iso3) != set(TILES):
        odd = sorted(set(states.iso3) ^ set(TILES))
        raise ValueError(f"tile map: {', '.join(odd)} is not on both sides; expected the EU-27 once each")
    changes = states.set_index("iso3")["change"]

    def draw(fig: MplFigure) -> None:
        from matplotlib.patches import Rectangle

        ax = fig.add_subplot()
        small = style.is_narrow(fig)
        for code, (column, row) in TILES.items():
            value = float(changes[code])
            color = style.ACCENT if value < 0 else style.SECOND
            strength = FAINTEST + (STRONGEST - FAINTEST) * min(abs(value) / FULL, 1)
            ax.add_patch(Rectangle((column, -row), 0.94, 0.94, facecolor=color, alpha=strength, linewidth=0))
            ax.text(
                column + 0.47, -row + 0.6, code, ha="center", va="center", fontsize=7.3 if small else 9,
                fontweight="bold",
            )  # fmt: skip
            text = show.number(value, 0, signed=True)
            ax.text(column + 0.47, -row + 0.27, text, ha="center", va="center", fontsize=7.3 if small else 9)
        ax.set_xlim(-0.1, 8.1)
        ax.set_ylim(-6.1, 1.05)
        ax.set_aspect("equal")
        ax.set_axis_off()

    lowest, highest = states.iloc[int(states.change.argmin())], states.iloc[int(states.change.argmax())]
    fell = int((states.change < 0).sum())
    alt = (
        f"Grid of 27 tiles placed like a map, each with a country code and its percent change, orange for a "
        f"fall and blue for a rise. {fell} fell; from {lowest.place} {show.percent(lowest.change, 0)} "
        f"to {highest.place} {show.percent(highest.change, 0, signed=True)}."
    )
    data = states[["place", "iso3", "change"]].sort_values("change")
    return show.figure(
        draw, name=name, caption=caption, alt=alt, data=data, height=5.6, narrow_height=3.8,
        units={"change": "percent"}, decimals={"change": 1},
    )  # fmt: skip
