"""Diagnostics against statsmodels and against their formulas written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from helpers import its
from helpers.its import diagnostics


def fitted(monthly: pd.DataFrame, estimator: str, outcome: str = "events", **more: object) -> its.Fit:
    return its.fit(
        monthly, time="month", outcome=outcome, interruptions=["2021-01"], estimator=estimator, **more
    )


def test_leverage_and_distance_are_those_of_statsmodels(monthly):
    made = fitted(monthly, "ols", "rate")
    influence = sm.OLS(made.design.y, made.design.X).fit().get_influence()
    rows = made.diagnostics["statistic"]
    assert rows["largest leverage"] == pytest.approx(influence.hat_matrix_diag.max())
    assert rows["largest Cook's distance"] == pytest.approx(influence.cooks_distance[0].max())


def test_residuals_of_an_ar1_model_are_whitened_by_the_inverse_root_of_its_correlation(monthly):
    gone = [("2019-03", "2019-05")]
    made = fitted(monthly, "reml", "rate", washout=gone)
    place = made.design.ordinal
    R = made.rho ** np.abs(np.subtract.outer(place, place))
    raw = made.design.y - made.predictor
    # Both whiten, so that sums of squares agree; the order of Cholesky's is that of time.
    whitened = np.linalg.solve(np.linalg.cholesky(R), raw) * np.sqrt(1 - made.rho**2)
    np.testing.assert_allclose(diagnostics.residuals(made), whitened, rtol=1e-9)


@pytest.mark.parametrize("estimator", ["quasi-poisson", "negative-binomial"])
def test_dispersion_is_measured_by_the_variance_of_the_model(monthly, estimator):
    made = fitted(monthly, estimator, exposure="people")
    y, mean = made.design.y, made.fitted
    alpha = made.dispersion if estimator == "negative-binomial" else 0.0
    variance = mean + alpha * mean**2
    free = len(y) - len(made.names)
    square = ((y - mean) ** 2 / variance).sum()
    assert made.diagnostics.loc["dispersion", "statistic"] == pytest.approx(square / free)
    np.testing.assert_allclose(diagnostics.residuals(made), (y - mean) / np.sqrt(variance))
