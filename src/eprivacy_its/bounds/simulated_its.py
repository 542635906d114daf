"""The study's interrupted time series on each simulated draw, beside the sharp bounds."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.bounds.claims import Study, Window
from eprivacy_its.bounds.problem import Problem
from eprivacy_its.bounds.sampler import Draws, draw
from eprivacy_its.bounds.solve import bound
from eprivacy_its.bounds.targets import level_change, window

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SimulatedITS:
    """Answers of one model on simulated series that fit the claims.

    Attributes
    ----------
    kappa : float
        Bound on weekly moves under which the series were drawn.
    draws : Draws
        The simulated series.
    level_ratio, ci_low, ci_high : ndarray, shape (draws,)
        Level change at the date as a ratio, with the model's 95 % interval.
    ols_change : ndarray, shape (draws,)
        OLS level change, in units a day.
    sharp_low, sharp_high : float
        Sharp bounds of `ols_change`.
    """

    kappa: float
    draws: Draws
    level_ratio: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    ols_change: np.ndarray
    sharp_low: float
    sharp_high: float


def weekly_study(study: Study, first: str, last: str) -> Study:
    """The study cut to whole claims inside a window and one rate a week.

    Claims that reach outside are left out, parts too: they don't bear on the whole series alone.
    """
    span = window(first, last)
    inside = tuple(
        claim
        for claim in study.claims
        if claim.window.within(span) and (claim.baseline is None or claim.baseline.within(span))
    )
    return replace(study, span=span, claims=inside, resolution="week", parts=())


def whole_weeks(draws: Draws) -> tuple[list[datetime.date], np.ndarray]:
    """Mondays of the whole weeks, and the simulated reports of each week, shape (draws, weeks)."""
    grid = draws.problem.grid
    six = datetime.timedelta(days=6)
    mondays = grid.mondays()
    inside = [k for k, monday in enumerate(mondays) if Window(monday, monday + six).within(grid.span)]
    return [mondays[k] for k in inside], 7 * draws.series[:, inside]


def fit_draws(
    study: Study, at: str, kappa: float, *, estimator: str, draws: int, chains: int, seed: int
) -> SimulatedITS:
    """Draw series at weekly resolution and fit the same interrupted time series to each.

    Parameters
    ----------
    study : Study
        From :func:`weekly_study`.
    at : str
        First day of the new regime, a Monday.
    estimator : str
        A log-link estimator of :mod:`eprivacy_its.its` that fits many series at once.
    """
    from eprivacy_its import its

    drawn = draw(Problem.of(study.with_kappa(kappa)), draws=draws, chains=chains, seed=seed)
    mondays, weekly = whole_weeks(drawn)
    t = np.arange(len(mondays), dtype=float)
    after = np.array([monday >= datetime.date.fromisoformat(at) for monday in mondays], dtype=float)
    # Time is counted from the date, so that the intercept is the level there.
    trend = t - float(np.argmax(after))
    fits = its.fit_many(weekly, np.column_stack([np.ones_like(t), trend, after, trend * after]), estimator)
    span = drawn.problem.grid.span
    target = level_change(span.first, span.last, at)
    sharp = bound(drawn.problem, target)
    level = 2
    return SimulatedITS(
        kappa=kappa,
        draws=drawn,
        level_ratio=np.exp(fits.estimate[:, level]),
        ci_low=np.exp(fits.ci_low[:, level]),
        ci_high=np.exp(fits.ci_high[:, level]),
        ols_change=drawn.values(target).ravel(),
        sharp_low=sharp.low,
        sharp_high=sharp.high,
    )


def compare(
    studies: Mapping[str, Study], at: str, kappas: Sequence[float], **settings: Any
) -> tuple[pd.DataFrame, list[SimulatedITS]]:
    """:func:`fit_draws` for each named set of claims and each kappa: one table of :func:`spread` with the
    column ``claims`` in front, and what it was made from."""
    import pandas as pd

    tables, all_made = [], []
    for name, study in studies.items():
        made = [fit_draws(study, at, kappa, **settings) for kappa in kappas]
        table = spread(made)
        table.insert(0, "claims", name)
        tables.append(table)
        all_made += made
    return pd.concat(tables, ignore_index=True), all_made


def spread(made: list[SimulatedITS]) -> pd.DataFrame:
    """One row a kappa: spread of the simulated answers, sharp bounds, and how well the draws mixed.

    Columns ``kappa series ratio_05 ratio_50 ratio_95 below_one certain_below`` (percent of the series whose
    ratio, and whose interval, lies below 1), ``ols_05 ols_50 ols_95 sharp_low sharp_high`` (units a day),
    ``rhat ess`` (worst of all weeks).
    """
    import pandas as pd

    rows = []
    for each in made:
        ratio = np.quantile(each.level_ratio, [0.05, 0.5, 0.95])
        ols = np.quantile(each.ols_change, [0.05, 0.5, 0.95])
        rows.append(
            {
                "kappa": each.kappa,
                "series": len(each.level_ratio),
                **dict(zip(["ratio_05", "ratio_50", "ratio_95"], ratio, strict=True)),
                "below_one": 100 * float((each.level_ratio < 1).mean()),
                "certain_below": 100 * float((each.ci_high < 1).mean()),
                **dict(zip(["ols_05", "ols_50", "ols_95"], ols, strict=True)),
                "sharp_low": each.sharp_low,
                "sharp_high": each.sharp_high,
                "rhat": float(np.nanmax(each.draws.rhat)),
                "ess": float(np.nanmin(each.draws.ess)),
            }
        )
    return pd.DataFrame(rows)
