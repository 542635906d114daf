"""Event study of a treated group with two-way fixed effects: logarithms (OLS) and counts (Poisson, PPML).

Model for place i and period t, base period b, treated group D::

    E[y_it] = exp(a_i + g_t + sum_{s != b} beta_s D_i 1[t = s])      PPML
    log y_it =    a_i + g_t + sum_{s != b} beta_s D_i 1[t = s] + e_it    log

Place effects are concentrated out: demeaned within places (log), or fixed at the place's total (Poisson;
Hausman, Hall & Griliches 1984), so only year effects and the coefficients of interest are estimated.

Standard errors are CRV1, clustered by place, with the factor G/(G-1) * (n-1)/(n-k): G clusters, n
observations, k = year effects + coefficients (place effects are nested in the clusters and not counted, as
in fixest and reghdfe), and t quantiles on G-1 degrees of freedom. CRV3 is the jackknife over places
(Bell & McCaffrey 2002; MacKinnon, Nielsen & Webb 2023), better with unequal clusters.

Missing counts: the place and period is left out. Zero counts: kept by Poisson, left out by logarithms,
which have no value there; log(1 + y) is not offered because its answer depends on the unit of y.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eprivacy_its.errors import InputError
from eprivacy_its.panel.frame import Floats, Panel

if TYPE_CHECKING:
    import pandas as pd

MODELS = ("log", "ppml")
COVARIANCES = ("CRV1", "CRV3")
_TOLERANCE = 1e-10  # on the Newton step, far below any printed digit
_STEPS = 60


@dataclass(frozen=True)
class Cells:
    """Observed place-periods of an event study in long form, sorted by place.

    Attributes
    ----------
    y : array (n,), counts or their logarithms
    x : array (n, k), year effects first, then treated x period
    place : int array (n,), row of the panel
    weight : array (n,), constant within a place
    """

    y: Floats
    x: Floats
    place: NDArray[np.int64]
    weight: Floats
    periods: tuple[int, ...]


@dataclass(frozen=True)
class EventStudy:
    """Coefficients treated x period against the base period.

    Attributes
    ----------
    periods : tuple of int, length m
        Periods other than the base.
    coef : array (m,)
        Log ratio of treated to others in that period, relative to the base period.
    cov : array (m, m)
        Covariance of `coef`, of kind `covariance`.
    clusters, n : int
        Places and place-periods used.
    """

    model: str
    base: int
    periods: tuple[int, ...]
    coef: Floats
    cov: Floats
    covariance: str
    clusters: int
    n: int
    level: float

    @property
    def df(self) -> int:
        """Degrees of freedom of the t quantiles: clusters - 1."""
        return self.clusters - 1

    @property
    def terms(self) -> pd.DataFrame:
        """One row a period (base included, all zero): estimate and interval as logs and as ratios."""
        import pandas as pd
        from scipy import stats

        se = np.sqrt(np.diag(self.cov))
        reach = float(stats.t.ppf(0.5 + self.level / 2, self.df))
        frame = pd.DataFrame(
            {"estimate": self.coef, "se": se, "df": self.df},
            index=pd.Index(self.periods, name="period"),
        )
        frame["statistic"] = frame.estimate / frame.se
        frame["p_value"] = 2 * stats.t.sf(frame.statistic.abs(), self.df)
        frame["ci_low"] = frame.estimate - reach * frame.se
        frame["ci_high"] = frame.estimate + reach * frame.se
        nothing = {"estimate": 0.0, "se": 0.0, "df": self.df, "ci_low": 0.0, "ci_high": 0.0}
        frame.loc[self.base] = pd.Series(nothing)
        frame = frame.sort_index().astype({"df": int})
        frame["ratio"] = np.exp(frame.estimate)
        frame["ratio_low"], frame["ratio_high"] = np.exp(frame.ci_low), np.exp(frame.ci_high)
        return frame

    def ratio(self, period: int) -> tuple[float, float, float]:
        """Ratio at a period with the ends of its interval."""
        ratio, low, high = self.terms.loc[[period], ["ratio", "ratio_low", "ratio_high"]].to_numpy()[0]
        return float(ratio), float(low), float(high)


def cells(panel: Panel, model: str, base: int, weights: Floats | None = None) -> Cells:
    """Long form of the panel for a model: outcome, design, clusters.

    Raises
    ------
    InputError
        Unknown model or base, or weights that are not one positive number a place.

    Examples
    --------
    >>> event.cells(examples.places(), "log", 2020).periods
    (2019, 2021, 2022)
    """
    if model not in MODELS:
        raise InputError(f"event study: model {model!r}, expected one of {', '.join(MODELS)}")
    base_column = panel.column(base)
    # No comparison holds for a missing count.
    used = panel.counts > 0 if model == "log" else panel.counts >= 0
    weight = np.ones(len(panel.places)) if weights is None else np.asarray(weights, float)
    if weight.shape != (len(panel.places),) or not (np.isfinite(weight) & (weight > 0)).all():
        raise InputError("event study: weights, expected one positive number a place")
    place, column = np.nonzero(used)
    y = panel.counts[place, column]
    others = [c for c in range(len(panel.periods)) if c != base_column]
    year = (column[:, None] == np.array(others)).astype(float)
    x = np.hstack([year, year * panel.treated[place][:, None]])
    outcome = np.log(y) if model == "log" else y
    return Cells(outcome, x, place.astype(np.int64), weight[place], tuple(panel.periods[c] for c in others))


def event_study(
    panel: Panel,
    model: str = "ppml",
    *,
    base: int = 2020,
    weights: Floats | None = None,
    covariance: str = "CRV1",
    level: float = 0.95,
) -> EventStudy:
    """Event study of `panel.treated` against the other places.

    Parameters
    ----------
    model : str
        ``log`` (OLS on logarithms) or ``ppml`` (Poisson pseudo-maximum likelihood).
    base : int
        Period of reference, its coefficient is 0.
    weights : array (N,), optional
        Positive, one a place.
    covariance : str
        ``CRV1`` or ``CRV3``, both clustered by place.
    level : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    EventStudy
        Coefficients are logs of ratios of ratios: (treated at t / treated at base) / (others likewise).

    Examples
    --------
    >>> study = event.event_study(examples.places(), "ppml", base=2020)
    >>> np.exp(study.coef).round(2).tolist()
    [1.0, 0.69, 0.68]
    """
    if covariance not in COVARIANCES:
        raise InputError(f"event study: covariance {covariance!r}, expected {' or '.join(COVARIANCES)}")
    data = cells(panel, model, base, weights)
    solve = fit_log if model == "log" else fit_ppml
    beta, information, scores = solve(data)
    groups, k = scores.shape
    if covariance == "CRV1":
        bread = np.linalg.inv(information)
        factor = groups / (groups - 1) * (len(data.y) - 1) / (len(data.y) - k)
        cov = factor * bread @ (scores.T @ scores) @ bread
    else:
        cov = crv3(data, model, beta)
    m = len(data.periods)
    return EventStudy(
        model, base, data.periods, beta[m:], cov[m:, m:], covariance, groups, len(data.y), level
    )


def _starts(place: NDArray[np.int64]) -> NDArray[np.int64]:
    new = np.ones(len(place), dtype=bool)
    np.not_equal(place[1:], place[:-1], out=new[1:])
    return np.flatnonzero(new)


def _rows_each(starts: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of rows of each place."""
    return np.diff(np.append(starts, len(place)))


def _within(values: Floats, weight: Floats, place: NDArray[np.int64]) -> Floats:
    """Values less their weighted mean within the place; shape of `values` kept."""
    starts = _starts(place)
    counts = _rows_each(starts, place)
    two = values if values.ndim == 2 else values[:, None]
    sums = np.add.reduceat(two * weight[:, None], starts, axis=0)
    totals = np.add.reduceat(weight, starts)
    means = np.repeat(sums / totals[:, None], counts, axis=0)
    return (two - means).reshape(values.shape)


def _by_place(rows: Floats, place: NDArray[np.int64]) -> Floats:
    sums: Floats = np.add.reduceat(rows, _starts(place), axis=0)
    return sums


def fit_log(data: Cells) -> tuple[Floats, Floats, Floats]:
    """Weighted least squares within places: coefficients (k,), information (k, k), scores (G, k).

    Examples
    --------
    >>> beta, _, _ = event.fit_log(event.cells(examples.places(), "log", 2020))
    >>> beta.round(2).tolist()
    [-0.01, 0.02, -0.02, 0.01, -0.38, -0.38]
    """
    x = _within(data.x, data.weight, data.place)
    y = _within(data.y, data.weight, data.place)
    information = x.T @ (x * data.weight[:, None])
    _full_rank(information)
    beta: Floats = np.linalg.solve(information, x.T @ (data.weight * y)).astype(np.float64)
    residual = data.weight * (y - x @ beta)
    return beta, information, _by_place(x * residual[:, None], data.place)


def fit_ppml(
    data: Cells, start: Floats | None = None, offset: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """Poisson with place effects concentrated out, by Newton: coefficients, information, scores.

    Given beta the place effect is log(total of y / total of exp(x beta)); Newton's step on the rest is
    within-place least squares weighted by the fitted mean. `offset`, shape (n,), has a coefficient of 1.

    Examples
    --------
    >>> beta, _, _ = event.fit_ppml(event.cells(examples.places(), "ppml", 2020))
    >>> np.exp(beta).round(2).tolist()
    [1.0, 1.02, 0.99, 1.0, 0.69, 0.68]
    """
    beta = np.zeros(data.x.shape[1]) if start is None else start.copy()
    for _ in range(_STEPS):
        information, scores = ppml_scores(data, beta, offset)
        step = np.linalg.solve(information, scores.sum(axis=0))
        if np.abs(step).max() < _TOLERANCE:
            return beta, information, scores
        beta = beta + np.clip(step, -2, 2)
    raise InputError("event study: Poisson did not converge; is a group's total zero in some period?")


def ppml_scores(data: Cells, beta: Floats, offset: Floats | None = None) -> tuple[Floats, Floats]:
    """Information (k, k) and scores (G, k) of the concentrated Poisson likelihood at any `beta`.

    Examples
    --------
    The scores add up to 0 at the maximum:

    >>> data = event.cells(examples.places(), "ppml", 2020)
    >>> bool((abs(event.ppml_scores(data, event.fit_ppml(data)[0])[1].sum(axis=0)) < 1e-6).all())
    True
    """
    starts = _starts(data.place)
    counts = _rows_each(starts, data.place)
    totals = np.repeat(np.add.reduceat(data.y, starts), counts)
    rate = np.exp(data.x @ beta + (0.0 if offset is None else offset))
    sums = np.repeat(np.add.reduceat(rate, starts), counts)
    mean = totals * rate / sums
    # A place without any report has mean 0 and says nothing; a tiny floor keeps its average defined.
    use = data.weight * np.maximum(mean, 1e-12)
    x = _within(data.x, use, data.place)
    information = x.T @ (x * use[:, None])
    _full_rank(information)
    return information, _by_place(x * (data.weight * (data.y - mean))[:, None], data.place)


def _full_rank(information: Floats) -> None:
    if np.linalg.cond(information) > 1e12:
        raise InputError(
            "event study: the design has no unique solution; does each group have counts in each period?"
        )


def crv3(data: Cells, model: str, beta: Floats) -> Floats:
    """Jackknife over places: (G-1)/G times the sum of squared deviations from the full estimate.

    Examples
    --------
    >>> data = event.cells(examples.places(), "log", 2020)
    >>> np.sqrt(np.diag(event.crv3(data, "log", event.fit_log(data)[0]))).round(2).tolist()
    [0.05, 0.05, 0.04, 0.07, 0.05, 0.05]
    """
    places = np.unique(data.place)
    refits = []
    for left_out in places:
        stays = data.place != left_out
        part = Cells(data.y[stays], data.x[stays], data.place[stays], data.weight[stays], data.periods)
        refits.append((fit_log(part) if model == "log" else fit_ppml(part, beta))[0])
    away = np.array(refits) - beta
    return (len(places) - 1) / len(places) * away.T @ away


def leave_one_out(panel: Panel, model: str, *, base: int, period: int) -> pd.DataFrame:
    """Coefficient at `period` with each place left out in turn.

    Returns
    -------
    DataFrame
        Columns `place`, `treated`, `estimate` (log ratio), `ratio`, `shift` (estimate less the full one),
        most influential first; ties by code.

    Examples
    --------
    >>> event.leave_one_out(examples.places(), "log", base=2020, period=2021).shape
    (12, 5)
    """
    import pandas as pd

    data = cells(panel, model, base)
    full = (fit_log(data) if model == "log" else fit_ppml(data))[0]
    at = len(data.periods) + data.periods.index(period)
    rows = []
    for number in np.unique(data.place):
        stays = data.place != number
        part = Cells(data.y[stays], data.x[stays], data.place[stays], data.weight[stays], data.periods)
        beta = (fit_log(part) if model == "log" else fit_ppml(part, full))[0][at]
        rows.append((panel.places[number], bool(panel.treated[number]), beta))
    frame = pd.DataFrame(rows, columns=["place", "treated", "estimate"])
    frame["ratio"] = np.exp(frame.estimate)
    frame["shift"] = frame.estimate - full[at]
    order = frame["shift"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)
