"""What the model assumes, tested: correlation left in the residuals, normality, equal variances, influence, dispersion.

The tests describe; none of them chooses a model (Durbin-Watson least of all).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eprivacy_its.its import spread

if TYPE_CHECKING:
    from eprivacy_its.its.result import Fit

Array = np.ndarray
Row = tuple[float, float, str]


def residuals(fit: Fit) -> Array:
    """Residuals that should be independent with equal variance if the model holds, shape (n,).

    Pearson residuals of counts; with an AR(1) model, each less rho times the one before it.
    """
    if fit.innovations is not None:
        return fit.innovations
    made = fit.design
    raw = made.y - fit.predictor if fit.spread is None else (made.y - fit.spread[0]) / fit.spread[1]
    if fit.spec.quadratic:
        raw = raw / np.sqrt(1 + (fit.dispersion or 0.0) * fit.fitted)
    if not fit.rho:
        return raw
    whitened = raw * np.sqrt(1 - fit.rho**2)
    for step, (before, after) in made.links.steps.items():
        r = fit.rho**step
        whitened[after] = (raw[after] - r * raw[before]) * np.sqrt((1 - fit.rho**2) / (1 - r**2))
    return whitened


def table(fit: Fit) -> pd.DataFrame:
    """Diagnostics of a fit: rows are tests, columns ``statistic p_value note``."""
    u = residuals(fit)
    rows: dict[str, Row] = {}
    if not np.ptp(u) > 1e-12 * (1 + np.abs(fit.design.y).max()):
        note = "The model fits exactly: there are no residuals to test."
        return _frame({"residuals": (0.0, 1.0, note)})
    for value, name in _groups(fit):
        mine = u if value is None else u[fit.design.group == value]
        rows |= _correlation(mine, fit, name)
    rows |= _normality(u)
    rows |= _variance(fit, u)
    rows |= _influence(fit, u)
    rows |= _dispersion(fit)
    return _frame(rows)


def _frame(rows: dict[str, Row]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=["statistic", "p_value", "note"]).rename_axis(
        "test"
    )


def _groups(fit: Fit) -> list[tuple[int | None, str]]:
    return [(None, "")] if fit.design.group is None else [(1, " (treated)"), (0, " (control)")]


def autocorrelations(u: Array, lags: int) -> Array:
    """Autocorrelations at lags 1 to `lags`."""
    centred = u - u.mean()
    total = float(centred @ centred)
    return np.array([float(centred[lag:] @ centred[:-lag]) / total for lag in range(1, lags + 1)])


def ljung_box(u: Array, lags: int) -> tuple[float, float]:
    """Ljung & Box (1978): statistic and p-value on `lags` degrees of freedom."""
    from scipy import stats

    n = len(u)
    r = autocorrelations(u, lags)
    statistic = float(n * (n + 2) * np.sum(r**2 / (n - np.arange(1, lags + 1))))
    return statistic, float(stats.chi2.sf(statistic, lags))


def breusch_godfrey(u: Array, X: Array, lags: int) -> tuple[float, float]:
    """Breusch (1978) and Godfrey (1978): n R² of the residuals on the terms and their own past."""
    from scipy import stats

    n = len(u)
    past = np.column_stack([np.concatenate([np.zeros(lag), u[:-lag]]) for lag in range(1, lags + 1)])
    Z = np.column_stack([X, past])
    rest = u - Z @ np.linalg.lstsq(Z, u, rcond=None)[0]
    statistic = n * (1 - float(rest @ rest) / float(u @ u))
    return statistic, float(stats.chi2.sf(statistic, lags))


def _correlation(u: Array, fit: Fit, name: str) -> dict[str, Row]:
    n = len(u)
    short = max(1, min(10, n // 5))
    season = fit.design.season
    rows: dict[str, Row] = {}
    lags = {short} | ({round(season)} if season and 1 < round(season) <= n // 3 else set())
    for lag in sorted(lags):
        statistic, p = ljung_box(u, lag)
        rows[f"Ljung-Box, {lag} lags{name}"] = (statistic, p, "small p: residuals are correlated in time")
    if fit.spec.least_squares and not name and n > fit.design.k + 2 * short:
        X = fit.design.X if fit.spread is None else fit.design.X * fit.spread[2][:, None]
        statistic, p = breusch_godfrey(u, X, short)
        rows[f"Breusch-Godfrey, {short} lags"] = (statistic, p, "small p: errors are correlated in time")
    first = autocorrelations(u, 1)[0]
    watson = float(np.sum(np.diff(u) ** 2) / np.sum(u**2))
    note = f"first autocorrelation {first:.2f}; near 2: none. Shown, never used to choose a model"
    rows[f"Durbin-Watson{name}"] = (watson, np.nan, f"{note}; it has no p-value of its own")
    return rows


def _normality(u: Array) -> dict[str, Row]:
    from scipy import stats

    bera = stats.jarque_bera(u)
    shapiro = stats.shapiro(u)
    note = "small p: residuals are not normal"
    return {
        "Jarque-Bera": (
            float(bera.statistic),
            float(bera.pvalue),
            f"{note} (skewness, kurtosis; for long series)",
        ),
        "Shapiro-Wilk": (float(shapiro.statistic), float(shapiro.pvalue), note),
    }


def _variance(fit: Fit, u: Array) -> dict[str, Row]:
    """F test of the variances before and after the first interruption, see `eprivacy_its.its.spread`."""
    made = fit.design
    if not made.starts:
        return {}
    later = made.ordinal >= made.starts[0]
    inside, outside = spread.degrees(np.linalg.qr(made.X)[0], later)
    if min(inside, outside) < 1:
        return {}
    ratio, below, above = (float(part[0]) for part in spread.compare(u[None], later, inside, outside))
    if not np.isfinite(ratio):
        return {}
    note = "variance after the interruption over that before; small p: they differ"
    if fit.spec.integrated:
        note += ". Intervals allow for a larger one in a much shorter stretch"
    return {"variance ratio": (ratio, min(1.0, 2 * min(below, above)), note)}


def _influence(fit: Fit, u: Array) -> dict[str, Row]:
    """Leverage and Cook's distance, of the working regression for counts."""
    made = fit.design
    kept = [made.names.index(name) for name in fit.names]
    X = made.X[:, kept]
    if fit.spread is not None:
        X = X * fit.spread[2][:, None]
        raw = (made.y - fit.spread[0]) / fit.spread[1]
    else:
        raw = u if fit.structural else made.y - fit.predictor
    n, k = X.shape
    Q = np.linalg.qr(X / np.linalg.norm(X, axis=0))[0]
    leverage = np.minimum(np.einsum("ij,ij->i", Q, Q), 1.0)
    # A period with a term of its own is fitted exactly: it has no residual to measure a distance by.
    free = leverage < 1 - 1e-9
    cook = np.zeros(n)
    cook[free] = (
        raw[free] ** 2 / (k * float(raw @ raw) / (n - k)) * leverage[free] / (1 - leverage[free]) ** 2
    )
    most, pulled = int(np.argmax(leverage)), int(np.argmax(cook))
    return {
        "largest leverage": (
            float(leverage[most]),
            np.nan,
            f"at {_where(fit, most)}; the mean is {k / n:.2f}"
            + ("" if free.all() else "; at 1 the period is fitted exactly and sets its term alone")
            + ". A measure, not a test",
        ),
        "largest Cook's distance": (
            float(cook[pulled]),
            np.nan,
            f"at {_where(fit, pulled)}; above 1: the result leans on this period. A measure, not a test",
        ),
    }


def _where(fit: Fit, row: int) -> str:
    group = fit.design.group
    return str(fit.design.labels[row]) + (
        "" if group is None else f" ({'treated' if group[row] else 'control'})"
    )


def _dispersion(fit: Fit) -> dict[str, Row]:
    if fit.spread is None or fit.spec.link == "identity":
        return {}
    from scipy import stats

    mean, variance = fit.spread[0], fit.spread[1] ** 2 if fit.link == "logit" else fit.fitted
    variance = mean + (fit.dispersion or 0.0) * mean**2 if fit.spec.quadratic else variance
    free = fit.n - len(fit.names)
    square = float(((fit.design.y - mean) ** 2 / variance).sum())
    note = "Pearson, per degree of freedom; above 1: more spread than the model's variance"
    return {"dispersion": (square / free, float(stats.chi2.sf(square, free)), note)}
