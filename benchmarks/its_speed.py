"""Speed of `its.fit_many` against a loop over statsmodels, as ratios from one run.

    python benchmarks/its_speed.py [--series 20000] [--periods 60] [--check]

Both sides give estimates, standard errors and intervals of the same simulated series (level and slope change half
way). Where statsmodels has no such estimator the loop is what a user would write with it: for `reml` a bounded
search over rho with `GLS`; for `quasi-poisson-ar1` a `GLM`, the same search on its working residuals, and the
sandwich. With --check the exit status is 1 if a goal is missed: 50 times for the linear estimators, 20 for the two
with a search.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.linalg import toeplitz
from scipy.optimize import minimize_scalar

from eprivacy_its import its

Array = np.ndarray
GOALS = {"ols": 50, "newey-west": 50, "prais-winsten": 50, "poisson": 20, "quasi-poisson": 20}
GOALS |= {"reml": 20, "quasi-poisson-ar1": 20}
LAGS = 3


def restricted(rho: float, y: Array, X: Array) -> tuple[float, object]:
    """Restricted log-likelihood at rho through statsmodels' GLS."""
    n, k = X.shape
    R = toeplitz(rho ** np.arange(n))
    fit = sm.GLS(y, X, sigma=R).fit()
    information = np.linalg.inv(fit.normalized_cov_params)
    value = (n - k) * np.log(fit.scale) + np.linalg.slogdet(R)[1] + np.linalg.slogdet(information)[1]
    return value, fit


def loop_reml(y: Array, X: Array) -> object:
    best = minimize_scalar(lambda r: restricted(r, y, X)[0], bounds=(-0.99, 0.999), method="bounded")
    fit = restricted(best.x, y, X)[1]
    return fit.params, fit.bse, fit.conf_int()


def loop_counts_ar1(y: Array, X: Array) -> object:
    fit = sm.GLM(y, X, family=sm.families.Poisson()).fit()
    root = np.sqrt(fit.mu)
    Z, e = X * root[:, None], (y - fit.mu) / root
    best = minimize_scalar(lambda r: restricted(r, e, Z)[0], bounds=(0, 0.999), method="bounded")
    scale = restricted(best.x, e, Z)[1].scale
    bread = np.linalg.inv(Z.T @ Z)
    cov = scale * bread @ Z.T @ toeplitz(best.x ** np.arange(len(y))) @ Z @ bread
    return fit.params, np.sqrt(np.diag(cov))


def _done(fit: object) -> object:
    return fit.params, fit.bse, fit.conf_int()


LOOPS: dict[str, Callable[[Array, Array], object]] = {
    "ols": lambda y, X: _done(sm.OLS(y, X).fit()),
    "newey-west": lambda y, X: _done(
        sm.OLS(y, X).fit(cov_type="HAC", cov_kwds={"maxlags": LAGS, "use_correction": True}, use_t=True)
    ),
    "prais-winsten": lambda y, X: _done(sm.GLSAR(y, X, rho=1).iterative_fit(maxiter=20)),
    "reml": loop_reml,
    "poisson": lambda y, X: _done(sm.GLM(y, X, family=sm.families.Poisson()).fit()),
    "quasi-poisson": lambda y, X: _done(sm.GLM(y, X, family=sm.families.Poisson()).fit(scale="X2")),
    "quasi-poisson-ar1": loop_counts_ar1,
}


def simulated(series: int, n: int) -> tuple[Array, Array, Array]:
    """Simulated rates and counts, and their design."""
    rng = np.random.default_rng(1)
    t = np.arange(n, dtype=float)
    X = np.column_stack([np.ones(n), t, t >= n // 2, np.maximum(t - n // 2, 0)]).astype(float)
    noise = rng.standard_normal((series, n))
    for i in range(1, n):
        noise[:, i] = 0.4 * noise[:, i - 1] + np.sqrt(1 - 0.16) * noise[:, i]
    counts = rng.poisson(np.exp(5 + 0.1 * noise)).astype(float)
    return 50 + noise, counts, X


def measure(series: int, n: int, alone: int) -> pd.DataFrame:
    """Microseconds a series, batched and looped, and their ratio."""
    rates, counts, X = simulated(series, n)
    rows = []
    for name, loop in LOOPS.items():
        Y = counts if its.ESTIMATORS[name].counts else rates
        options = {"lags": LAGS} if name == "newey-west" else {}
        its.fit_many(Y[:10], X, name, **options)
        start = time.perf_counter()
        its.fit_many(Y, X, name, **options)
        batched = (time.perf_counter() - start) / series
        few = max(5, alone // 10) if name in ("reml", "quasi-poisson-ar1") else alone
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = time.perf_counter()
            for y in Y[:few]:
                loop(y, X)
            looped = (time.perf_counter() - start) / few
        rows.append(
            (
                name,
                1e6 * batched,
                1e6 * looped,
                looped / batched,
                GOALS[name],
                looped / batched >= GOALS[name],
            )
        )
    columns = [
        "estimator",
        "fit_many, µs a series",
        "statsmodels loop, µs a series",
        "ratio",
        "goal",
        "reached",
    ]
    return pd.DataFrame(rows, columns=columns)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=20_000, help="series of fit_many")
    parser.add_argument("--periods", type=int, default=60, help="periods of a series")
    parser.add_argument(
        "--alone", type=int, default=200, help="series of the loop (a tenth for the searches)"
    )
    parser.add_argument("--check", action="store_true", help="exit status 1 if a goal is missed")
    given = parser.parse_args()
    table = measure(given.series, given.periods, given.alone)
    print(table.to_string(index=False, float_format=lambda value: f"{value:,.1f}"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{given.series:,} simulated series of {given.periods} periods; peak memory {peak:,.0f} MB.")
    return int(given.check and not table["reached"].all())


if __name__ == "__main__":
    sys.exit(main())
