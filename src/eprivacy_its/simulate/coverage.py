"""Coverage and width of intervals, by simulation with common random numbers.

Each cell (family, n, rho, mean) draws its series from its own child of one seed, so that the table is the same
on any number of workers and for any choice of methods, and every method sees the same series.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eprivacy_its import parallel
from eprivacy_its.simulate import methods
from eprivacy_its.simulate.series import design, draw

Array = np.ndarray
LENGTHS = (12, 24, 52, 104, 200)
RHOS = (0.0, 0.4, 0.7, 0.8)
MEANS = (30, 3000)
CV = 0.2
#: The goal: least coverage, and the widest an interval may be beside the one that knows rho, from that length on.
LEAST, WIDEST, FROM_N = 0.93, 1.15, 52
TERMS = {"level change": 2, "slope change": 3}
COLUMNS = [
    *("family", "n", "rho", "mean", "term", "method", "coverage", "mc_se"),
    *("median_width", "width_ratio_to_oracle", "series", "seed"),
]


@dataclass(frozen=True, order=True)
class Cell:
    """One truth: family of `eprivacy_its.simulate.series`, periods, autocorrelation, mean count (0 if normal)."""

    family: str
    n: int
    rho: float
    mean: int = 0

    def correlation(self) -> Array:
        """Correlation matrix of the errors that the oracle knows, shape (n, n)."""
        gap = np.abs(np.subtract.outer(np.arange(self.n), np.arange(self.n)))
        latent = np.power(self.rho, gap, dtype=float)
        if self.family != "counts-latent":
            return latent
        share = self.mean * (np.power(1 + CV**2, latent) - 1)
        return (share + np.eye(self.n)) / (share[0, 0] + 1)

    def draw(self, m: int, seed: np.random.SeedSequence) -> Array:
        mean = np.full(self.n, float(self.mean))
        return draw(m, mean, self.rho, np.random.default_rng(seed), family=self.family, cv=CV)

    def methods(self) -> dict[str, methods.Method]:
        batched = methods.NORMAL if self.family == "normal" else methods.COUNTS
        return batched | methods.ALONE["normal" if self.family == "normal" else "counts"]


def grid(
    families: Iterable[str] = ("normal", "counts", "counts-latent"),
    lengths: Sequence[int] = LENGTHS,
    rhos: Sequence[float] = RHOS,
    means: Sequence[int] = MEANS,
) -> list[Cell]:
    """The cells of the goal, and for counts both readings of rho."""
    cells = []
    for family in families:
        for mean in (0,) if family == "normal" else means:
            cells += [Cell(family, n, rho, mean) for n in lengths for rho in rhos]
    return cells


def coverage(
    cells: Sequence[Cell],
    *,
    series: int = 10_000,
    seed: int = 20201221,
    level: float = 0.95,
    only: Sequence[str] | None = None,
    jobs: int = 1,
    progress: bool = False,
) -> pd.DataFrame:
    """Share of intervals that hold the truth, for each cell, term and method.

    Parameters
    ----------
    cells : sequence of Cell
    series : int
        Series a cell.
    seed : int
        Of the whole table.
    level : float
        Nominal coverage.
    only : sequence of str, optional
        Methods to keep (the oracle is always computed, for the widths); default: all of `methods.NORMAL` and
        `methods.COUNTS`, not the slow ones of `methods.ALONE`.
    jobs : int
        Worker processes; on a cluster (`eprivacy_its.parallel`) all its workers. The table doesn't depend on it.
    progress : bool
        Show a progress bar on a terminal.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: coverage and its Monte Carlo standard error as shares; median width on the link
        scale; its ratio to that of the interval that knows rho.
    """
    from tqdm import tqdm

    tasks = [(c, _seed(seed, c), series, level, only) for c in cells]
    run = parallel.in_order(_cell, tasks, jobs)
    rows = [row for part in tqdm(run, total=len(cells), disable=not progress, unit="cell") for row in part]
    table = pd.DataFrame(rows)
    table["series"], table["seed"] = series, seed
    return table.sort_values(["family", "mean", "n", "rho", "term", "method"], ignore_index=True)[COLUMNS]


def _seed(seed: int, cell: Cell) -> np.random.SeedSequence:
    """A child of the seed that depends on the cell alone, not on which others are asked for."""
    key = (
        ["normal", "counts", "counts-latent"].index(cell.family),
        cell.n,
        round(1000 * cell.rho),
        cell.mean,
    )
    return np.random.SeedSequence(seed, spawn_key=key)


def _cell(
    cell: Cell, seed: np.random.SeedSequence, series: int, level: float, only: Sequence[str] | None
) -> list[dict]:
    X, V, Y = design(cell.n), cell.correlation(), cell.draw(series, seed)
    rows: list[dict] = []
    known: dict[str, Array] = {}
    slow = {name for part in methods.ALONE.values() for name in part}
    for name, method in cell.methods().items():
        if name != "oracle" and (name in slow if only is None else name not in only):
            continue
        low, high = method(Y, X, list(TERMS.values()), level, V)
        share, width = ((low <= 0) & (high >= 0)).mean(0), np.median(high - low, axis=0)
        known.setdefault("width", width)
        for j, term in enumerate(TERMS):
            rows.append(
                {
                    **{"family": cell.family, "n": cell.n, "rho": cell.rho, "mean": cell.mean, "term": term},
                    **{"method": name, "coverage": share[j]},
                    "mc_se": np.sqrt(max(share[j] * (1 - share[j]), 0.25 / series) / series),
                    "median_width": width[j],
                    "width_ratio_to_oracle": width[j] / known["width"][j],
                }
            )
    return rows


def goal(
    table: pd.DataFrame, least: float = LEAST, widest: float = WIDEST, from_n: int = FROM_N
) -> pd.DataFrame:
    """Each method against the goal: cells it meets and its worst, in coverage and in width from `from_n` on.

    Returns
    -------
    DataFrame
        One row a family and method: ``cells``, ``below_coverage``, ``lowest_coverage``, ``lowest_where``,
        ``wide_cells`` (those with n >= `from_n`), ``too_wide``, ``widest_ratio``, ``widest_where``.
    """
    rows = []
    for (family, method), part in table.groupby(["family", "method"], sort=True):
        long = part[part["n"] >= from_n]
        low, wide = part.iloc[int(part["coverage"].argmin())], None
        row = {"family": family, "method": method, "cells": len(part)}
        row |= {"below_coverage": int((part["coverage"] < least).sum()), "lowest_coverage": low["coverage"]}
        row |= {"lowest_where": _where(low), "wide_cells": len(long)}
        if len(long):
            wide = long.iloc[int(long["width_ratio_to_oracle"].argmax())]
            row |= {"too_wide": int((long["width_ratio_to_oracle"] > widest).sum())}
            row |= {"widest_ratio": wide["width_ratio_to_oracle"], "widest_where": _where(wide)}
        rows.append(row)
    return pd.DataFrame(rows)


def _where(row: pd.Series) -> str:
    mean = f", mean {row['mean']}" if row["mean"] else ""
    return f"{row['term']}, n {row['n']}, rho {row['rho']}{mean}"
