"""Simulated series with a known truth, for examples; nothing in them was observed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Truth:
    """A weekly series with known terms.

    Attributes
    ----------
    first : date
        Monday of the first week.
    weeks : int
    mean : float
        Reports a week at the start.
    growth : float
        Log change a week.
    starts : tuple of date
        A day in the first week of each new regime.
    levels, slopes : tuple of float
        Log change at each start, and added log change a week from then.
    rho : float
        Correlation of neighbouring log errors.
    sigma : float
        Standard deviation of the log errors.
    """

    first: dt.date
    weeks: int
    mean: float
    growth: float
    starts: tuple[dt.date, ...]
    levels: tuple[float, ...]
    slopes: tuple[float, ...]
    rho: float = 0.4
    sigma: float = 0.08


#: 150 weeks; a fall by 35 % in the week of 2020-12-21, then a slow return of 0.3 % a week.
WEEKLY = Truth(
    first=dt.date(2018, 12, 31),
    weeks=150,
    mean=900.0,
    growth=0.001,
    starts=(dt.date(2020, 12, 21),),
    levels=(float(np.log(0.65)),),
    slopes=(0.003,),
)
#: The gap of 2026 with no effect at all, as if every provider had gone on: what a page can say of that.
GAP_2026 = Truth(
    first=dt.date(2024, 1, 1),
    weeks=151,
    mean=1200.0,
    growth=0.0005,
    starts=(dt.date(2026, 4, 4), dt.date(2026, 7, 31)),
    levels=(0.0, 0.0),
    slopes=(0.0, 0.0),
)


def weekly(truth: Truth, seed: int) -> pd.DataFrame:
    """Draw a series: Poisson counts around a log-linear mean with a yearly season and AR(1) log errors.

    Parameters
    ----------
    truth : Truth
    seed : int

    Returns
    -------
    DataFrame
        ``week`` (2020-W52) and ``simulated_reports`` (whole numbers).
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    days = [truth.first + dt.timedelta(weeks=i) for i in range(truth.weeks)]
    t = np.arange(truth.weeks, dtype=float)
    log_mean = np.log(truth.mean) + truth.growth * t + 0.1 * np.sin(2 * np.pi * t / (365.25 / 7))
    for day, level, slope in zip(truth.starts, truth.levels, truth.slopes, strict=True):
        start = (day - truth.first).days // 7
        log_mean += np.where(t >= start, level + slope * (t - start), 0.0)
    error = np.empty(truth.weeks)
    error[0] = rng.normal(0.0, truth.sigma)
    for i in range(1, truth.weeks):
        error[i] = truth.rho * error[i - 1] + rng.normal(0.0, truth.sigma * np.sqrt(1 - truth.rho**2))
    counts = rng.poisson(np.exp(log_mean + error))
    labels = [f"{d.isocalendar().year}-W{d.isocalendar().week:02d}" for d in days]
    return pd.DataFrame({"week": labels, "simulated_reports": counts})


#: File below scenarios/data -> truth and seed.
EXAMPLES = {"simulated-weekly.csv": (WEEKLY, 20201221), "simulated-gap-2026.csv": (GAP_2026, 20260404)}


def write(folder: Path) -> None:
    """Write the bundled examples; a test compares them with the files that are committed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (truth, seed) in EXAMPLES.items():
        weekly(truth, seed).to_csv(folder / name, index=False, lineterminator="\n")
