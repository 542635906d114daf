"""Real regions as placebo unions: neighbours share shocks, random unions don't.

Europe is left out, since it holds the treated places and their neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.panel import Panel
from eprivacy_its.panel.randomisation import change_statistics
from eprivacy_its.robustness.regions import DIVISIONS

if TYPE_CHECKING:
    import pandas as pd

_WORLD = DIVISIONS["world regions"]
REGIONS: Mapping[str, frozenset[str]] = {
    name: frozenset(code for code, region in _WORLD.items() if region == name)
    for name in sorted(set(_WORLD.values()) - {"Europe"})
}


def bloc_changes(panel: Panel, statistic: str = "log") -> pd.DataFrame:
    """Change of each region against all other untreated places, and of the treated against all others.

    Parameters
    ----------
    statistic : str
        ``log`` or ``ppml``, as in :func:`eprivacy_its.panel.randomisation.change_statistics`.

    Returns
    -------
    DataFrame
        `bloc`, `places`, and for each pair of neighbouring years a column like ``2020-2021``: the difference
        of mean log changes, or of logs of sums, as a ratio. First row: the treated group.
    """
    import pandas as pd

    others = panel.keep(~panel.treated)
    rows = [_row("EU-27", panel, panel.treated, statistic)]
    for name, codes in REGIONS.items():
        inside = np.array([place in codes for place in others.places])
        rows.append(_row(name, others, inside, statistic))
    return pd.DataFrame(rows)


def _row(name: str, panel: Panel, inside: np.ndarray, statistic: str) -> dict:
    row: dict = {"bloc": name, "places": int(inside.sum())}
    for base, period in zip(panel.periods[:-1], panel.periods[1:], strict=True):
        gap = change_statistics(panel.at(base), panel.at(period), inside[None, :], statistic)[0]
        row[f"{base}-{period}"] = float(np.exp(gap))
    return row


def as_large(table: pd.DataFrame, column: str, threshold: float) -> list[str]:
    """Regions whose ratio in `column` is at least as far from 1, on the log scale, as `threshold`."""
    regions = table.iloc[1:]
    far = np.abs(np.log(regions[column])) >= abs(np.log(threshold))
    return list(regions.loc[far, "bloc"])


def rank(table: pd.DataFrame, column: str) -> tuple[float, float]:
    """p-value of the treated group's ratio among the regions, both directions, and the smallest possible one."""
    seen = float(table[column].iloc[0])
    return (1 + len(as_large(table, column, seen))) / len(table), 1 / len(table)
