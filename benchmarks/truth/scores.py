"""What intervals are worth: coverage, width, bias, interval score, false findings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from truths import Cell, draw, targets

Array = np.ndarray
OURS = "eprivacy-its"
ALPHA = 0.05
KEY = ["truth", "n", "strength", "tool", "setting", "target"]
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


def share_se(share: float, m: int) -> float:
    """Monte Carlo standard error of a share; that of half a case where all or none are."""
    return float(np.sqrt(max(share * (1 - share), 0.25 / m) / m)) if m else float("nan")


def with_truth(cell: Cell, rows: pd.DataFrame) -> pd.DataFrame:
    """Answers with the ``truth``, the ``score``, and whether the interval is ``held`` and is ``usable``."""
    asked = set(targets(cell))
    rows = rows[rows["target"].isin(asked)].copy()
    drawn = {number: draw(cell, number) for number in rows["series"].unique()}
    truth = [
        drawn[number].truth(target, cell.at)
        for number, target in zip(rows["series"], rows["target"], strict=True)
    ]
    rows["truth"] = np.array(truth, dtype=float)
    rows["usable"] = np.isfinite(rows[["estimate", "low", "high"]].to_numpy(dtype=float)).all(axis=1)
    rows["held"] = (rows["low"] <= rows["truth"]) & (rows["truth"] <= rows["high"])
    rows["score"] = interval_score(rows["low"], rows["high"], rows["truth"])
    return rows


def measures(
    cell: Cell, tool: str, setting: str, rows: pd.DataFrame, ours: pd.DataFrame
) -> list[dict[str, Any]]:
    """A row a target. `rows` and `ours` as answered; our score is of the series that the tool answered."""
    known, beside = with_truth(cell, rows), with_truth(cell, ours)
    asked, found = rows["series"].nunique(), []
    key = {"truth": cell.truth, "n": cell.n, "strength": cell.strength, "tool": tool, "setting": setting}
    for target, part in known.groupby("target", sort=True):
        part = part[part["usable"]]
        mine = beside[(beside["target"] == target) & beside["series"].isin(part["series"]) & beside["usable"]]
        found.append({**key, "target": target, **_measured(part, mine, asked)})
    if not found:
        found.append(
            {**key, "target": "none", "series": asked, "failures": asked, "seconds": rows["seconds"].mean()}
        )
    return found


def _measured(part: pd.DataFrame, mine: pd.DataFrame, asked: int) -> dict[str, Any]:
    null = part[part["series"] % 2 == 0]
    held, false = float(part["held"].mean()), float(1 - null["held"].mean())
    return {
        **{"series": asked, "failures": asked - len(part)},
        **{"coverage": held, "coverage_se": share_se(held, len(part))},
        **{"width": (part["high"] - part["low"]).mean(), "bias": (part["estimate"] - part["truth"]).mean()},
        **{"score": part["score"].mean(), "ours_score": mine["score"].mean()},
        **{"null_series": len(null), "false_findings": false, "false_se": share_se(false, len(null))},
        "seconds": part["seconds"].mean(),
    }


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """As it is written: shares to four places, amounts to six digits, seconds to three."""
    table = table.sort_values(KEY, ignore_index=True).reindex(columns=COLUMNS)
    digits = {"seconds": 3, "width": 6, "bias": 6, "score": 6, "ours_score": 6}
    for name, kept in digits.items():
        table[name] = [f"{value:.{kept}g}" if np.isfinite(value) else "" for value in table[name]]
    for name in ("coverage", "coverage_se", "false_findings", "false_se"):
        table[name] = table[name].round(4)
    return table.astype({"series": int, "failures": int, "null_series": "Int64"})
