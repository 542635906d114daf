"""Tables of the claims audit as readers see them: words for headings, an interval in one cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eprivacy_its import show

if TYPE_CHECKING:
    import pandas as pd


def readings(table: pd.DataFrame, implied: Sequence[str]) -> pd.DataFrame:
    """The readings table for readers: each identified set in one cell.

    Parameters
    ----------
    table : DataFrame
        From `eprivacy_its.bounds.readings_table`.
    implied : sequence of str
        Names of what follows; each has the columns ``<name>_low`` and ``<name>_high``.
    """
    groups = list(table.columns[: table.columns.get_loc("possible")])
    made = table[[*groups, "possible"]].rename(columns={"levels": "levels count", "fall-58": "58 % against"})
    made["roughness"] = [show.percent(100 * kappa, 1) for kappa in table["smallest_kappa"]]
    for name in implied:
        ends = zip(table[f"{name}_low"], table[f"{name}_high"], strict=True)
        made[name] = [show.interval(low, high) for low, high in ends]
    return made


def spread(table: pd.DataFrame) -> pd.DataFrame:
    """The table of simulated answers for readers: a median and its spread in one cell.

    Parameters
    ----------
    table : DataFrame
        From `eprivacy_its.bounds.simulated_its.compare`.
    """
    import pandas as pd

    def around(name: str, digits: int) -> list[str]:
        return [
            f"{show.number(row[f'{name}_50'], digits)} "
            f"({show.interval(row[f'{name}_05'], row[f'{name}_95'], digits)})"
            for row in table.to_dict("records")
        ]

    return pd.DataFrame(
        {
            "claims": table["claims"],
            "weeks within": [show.percent(100 * kappa) for kappa in table["kappa"]],
            "ratio": around("ratio", 2),
            "interval below 1": [show.percent(share) for share in table["certain_below"]],
            "step": around("ols", 0),
            "sharp bounds of the step": [
                show.interval(row["sharp_low"], row["sharp_high"]) for row in table.to_dict("records")
            ],
            "R-hat": [show.number(value, 3) for value in table["rhat"]],
            "effective draws": [show.number(value) for value in table["ess"]],
        }
    )
