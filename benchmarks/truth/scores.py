"""What intervals are worth: coverage, width, bias, interval score, false findings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from truths import Cell, draw, targets

Array = np.ndarray
OURS = "eprivacy-its"
ALPHA = 0.05
CELL = ["truth", "n", "strength"]
KEY = [*CELL, "tool", "setting", "target"]
COLUMNS = [
    *KEY,
    *("series", "failures", "coverage", "coverage_se", "width", "bias", "score", "ours_score"),
    *("null_series", "false_findings", "false_se", "seconds"),
]


def interval_score(low: Array, high: Array, truth: Array, alpha: float = ALPHA) -> Array:
    """Width, and 2 / alpha times the distance by which the truth is missed (Gneiting & Raftery 2007)."""
    low, high, truth = (np.asarray(value, dtype=float) for value in (low, high, truth))
    missed = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return high - low + 2 / alpha * missed


def share_se(share: Any, m: Any) -> Any:
    """Monte Carlo standard error of a share; that of half a case where all or none are."""
    return np.sqrt(np.maximum(share * (1 - share), 0.25 / m) / m)


def with_truth(rows: pd.DataFrame) -> pd.DataFrame:
    """Answers to targets that have one, with the ``truth``, the ``score``, and whether the interval ``held``."""
    drawn = []
    for (truth, n, strength), part in rows.groupby(CELL, sort=False):
        cell = Cell(str(truth), int(n), str(strength))
        for number in part["series"].unique():
            series = draw(cell, int(number))
            drawn += [(*part[CELL].iloc[0], number, one, series.truth(one, cell.at)) for one in targets(cell)]
    known = rows.merge(pd.DataFrame(drawn, columns=[*CELL, "series", "target", "value"]))
    known["held"] = (known["low"] <= known["value"]) & (known["value"] <= known["high"])
    known["score"] = interval_score(known["low"], known["high"], known["value"])
    known["width"], known["bias"] = known["high"] - known["low"], known["estimate"] - known["value"]
    return known


def measures(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a cell, tool, setting and target.

    Parameters
    ----------
    rows : DataFrame
        Answers with the columns of `KEY`, ``series estimate low high seconds``; those of this project's default among
        them, whose score is taken of the series that a tool answered.
    """
    asked = rows.groupby(KEY[:-1])["series"].nunique()
    known = with_truth(rows)
    known = known[np.isfinite(known[["estimate", "low", "high"]].to_numpy(dtype=float)).all(axis=1)]
    place = [*CELL, "target", "series"]
    ours = known[known["tool"] == OURS].set_index(place)["score"].rename("ours_score")
    known = known.join(ours, on=place)
    null = known[known["series"] % 2 == 0].groupby(KEY)["held"]
    means = {"coverage": "held"} | {
        name: name for name in ("width", "bias", "score", "ours_score", "seconds")
    }
    grouped = known.groupby(KEY)
    found = grouped.agg(answered=("held", "size"), **{name: (of, "mean") for name, of in means.items()})
    found = found.assign(null_series=null.size(), false_findings=1 - null.mean())
    found["coverage_se"] = share_se(found["coverage"], found["answered"])
    found["false_se"] = share_se(found["false_findings"], found["null_series"])
    silent = asked.index.difference(found.index.droplevel("target"))
    lost = silent.to_frame(index=False).assign(target="none", answered=0)
    found = pd.concat([found.reset_index(), lost], ignore_index=True).merge(asked.reset_index())
    return found.assign(failures=found["series"] - found["answered"])


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """As it is written: shares to four places, amounts to six digits, seconds to three."""
    table = table.sort_values(KEY, ignore_index=True).reindex(columns=COLUMNS)
    digits = {"seconds": 3, "width": 6, "bias": 6, "score": 6, "ours_score": 6}
    for name, kept in digits.items():
        table[name] = [f"{value:.{kept}g}" if np.isfinite(value) else "" for value in table[name]]
    for name in ("coverage", "coverage_se", "false_findings", "false_se"):
        table[name] = table[name].round(4)
    return table.astype({"series": int, "failures": int, "null_series": "Int64"})
