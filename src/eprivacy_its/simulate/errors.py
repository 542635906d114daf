"""Coverage of the default interval where errors are not what its model says.

Series without any change, so that each interval should hold 0: the level change, the slope change, the effect in the
last period and the total after the break. Break half-way, and with six periods after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from eprivacy_its import parallel
from eprivacy_its.simulate.series import ar1, design

Array = np.ndarray
LENGTHS = (24, 40, 100, 200)
#: Periods after the break, besides half of all.
AFTER = 6
#: The goal: least coverage under AR(1) errors, and under others.
LEAST_AR1, LEAST_OTHER = 0.93, 0.92
METHODS = ("reml-integrated",)
QUANTITIES = ("level change", "slope change", "effect in the last period", "total")
#: Periods before the first one, in which a process forgets its start.
_RUN_IN = 300
Process = Callable[[int, int, int, np.random.Generator], Array]


def _arma(ar: Sequence[float], ma: Sequence[float]) -> Process:
    def process(m: int, n: int, at: int, rng: np.random.Generator) -> Array:
        e = rng.standard_normal((m, n + _RUN_IN))
        x = np.zeros_like(e)
        for t in range(2, x.shape[1]):
            x[:, t] = e[:, t]
            for lag, value in enumerate(ar, 1):
                x[:, t] += value * x[:, t - lag]
            for lag, value in enumerate(ma, 1):
                x[:, t] += value * e[:, t - lag]
        return x[:, _RUN_IN:]

    return process


def _walk(q: float) -> Process:
    """Random walk with steps of variance q under noise of variance 1; without noise if q is infinite."""

    def process(m: int, n: int, at: int, rng: np.random.Generator) -> Array:
        steps, noise = rng.standard_normal((2, m, n))
        walk = np.cumsum(steps, axis=1)
        return walk if np.isinf(q) else np.sqrt(q) * walk + noise

    return process


def _first(rho: float) -> Process:
    return lambda m, n, at, rng: ar1(m, n, rho, rng)


def _restless(m: int, n: int, at: int, rng: np.random.Generator) -> Array:
    x = rng.standard_normal((m, n))
    x[:, at:] *= 2
    return x


#: By name; those of `AR1` are what the model says.
PROCESSES: dict[str, Process] = {
    "independent": _first(0.0),
    "AR(1) 0.4": _first(0.4),
    "AR(1) 0.8": _first(0.8),
    "AR(2) 0.5, 0.3": _arma([0.5, 0.3], []),
    "AR(2) 0.1, 0.5": _arma([0.1, 0.5], []),
    "ARMA 0.9, -0.6": _arma([0.9], [-0.6]),
    "random walk + noise, q 0.04": _walk(0.04),
    "random walk + noise, q 0.25": _walk(0.25),
    "random walk": _walk(np.inf),
    "MA(1) 0.6": _arma([], [0.6]),
    "t(3)": lambda m, n, at, rng: rng.standard_t(3, (m, n)),
    "standard deviation doubles": _restless,
}
AR1 = ("independent", "AR(1) 0.4", "AR(1) 0.8")


@dataclass(frozen=True)
class ErrorCell:
    """One truth: a process, the number of periods, and the row of the break."""

    errors: str
    n: int
    at: int


def cells(lengths: Sequence[int] = LENGTHS, errors: Sequence[str] = tuple(PROCESSES)) -> list[ErrorCell]:
    """Break half-way, and with `AFTER` periods after."""
    return [ErrorCell(name, n, at) for n in lengths for at in (n // 2, n - AFTER) for name in errors]


def coverage(
    asked: Sequence[ErrorCell], *, series: int, totals: int, seed: int = 20201221, jobs: int = 1
) -> pd.DataFrame:
    """Share of 95 % intervals that hold 0.

    Parameters
    ----------
    asked : sequence of ErrorCell
    series : int
        Series a cell; of totals, which take a fit each, the first `totals` of them.
    seed : int
        Of the whole table; a cell's series depend on it and the cell alone.
    jobs : int
        Worker processes.

    Returns
    -------
    DataFrame
        ``errors n after quantity method coverage mc_se median_width series seed``.
    """
    tasks = [(cell, series, totals, seed) for cell in asked]
    return pd.DataFrame([row for part in parallel.in_order(_cell, tasks, jobs) for row in part])


def draw(cell: ErrorCell, series: int, seed: int) -> Array:
    """The series of a cell, shape (series, n)."""
    key = (list(PROCESSES).index(cell.errors), cell.n, cell.at)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
    return PROCESSES[cell.errors](series, cell.n, cell.at, rng)


def _cell(cell: ErrorCell, series: int, totals: int, seed: int) -> list[dict]:
    from eprivacy_its.its import fit_many

    Y, X = draw(cell, series, seed), design(cell.n, cell.at)
    # The slope counted back from the last period: the level change is then the effect there.
    back = X.copy()
    back[:, 3] -= X[:, 2] * (cell.n - 1 - cell.at)
    rows = []
    for method in METHODS:
        here, there = (fit_many(Y, terms, method) for terms in (X, back))
        ends = [(here.ci_low[:, j], here.ci_high[:, j]) for j in (2, 3)]
        ends += [(there.ci_low[:, 2], there.ci_high[:, 2]), _totals(Y[:totals], cell.at, method)]
        rows += [
            _row(cell, name, method, low, high, seed)
            for name, (low, high) in zip(QUANTITIES, ends, strict=True)
        ]
    return rows


def _totals(Y: Array, at: int, method: str) -> tuple[Array, Array]:
    """Ends of the interval of the total after the break, series by series."""
    from eprivacy_its.its import design as make
    from eprivacy_its.its import fit_design
    from eprivacy_its.its.estimators import find

    n = Y.shape[1]
    made = make(pd.DataFrame({"t": np.arange(n), "y": Y[0]}), time="t", outcome="y", interruptions=[at])
    found = [fit_design(replace(made, y=y), find(method)).cumulative(at, n - 1).absolute for y in Y]
    return np.array([one.ci_low for one in found]), np.array([one.ci_high for one in found])


def _row(cell: ErrorCell, quantity: str, method: str, low: Array, high: Array, seed: int) -> dict:
    share, m = float(((low <= 0) & (high >= 0)).mean()), len(low)
    return {
        **{"errors": cell.errors, "n": cell.n, "after": cell.n - cell.at, "quantity": quantity},
        **{"method": method, "coverage": share},
        "mc_se": float(np.sqrt(max(share * (1 - share), 0.25 / m) / m)),
        **{"median_width": float(np.median(high - low)), "series": m, "seed": seed},
    }


def short(table: pd.DataFrame, method: str = METHODS[0]) -> pd.DataFrame:
    """Cells of a method that fall short of the goal, the worst first."""
    mine = table[table["method"] == method]
    least = np.where(mine["errors"].isin(AR1), LEAST_AR1, LEAST_OTHER)
    return mine[mine["coverage"] < least].sort_values("coverage", kind="stable").reset_index(drop=True)
