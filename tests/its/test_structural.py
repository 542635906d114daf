"""ARIMA, local level and negative binomial against statsmodels and dense likelihoods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize

from helpers import its


def frame(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(21)
    walk = np.cumsum(rng.normal(size=n))
    y = 2000 + 40 * walk + 60 * rng.normal(size=n) - 300 * (np.arange(n) >= 35)
    return pd.DataFrame({"t": np.arange(n), "y": y, "events": rng.negative_binomial(8, 8 / (8 + y / 20))})


def fit(data: pd.DataFrame, estimator: str, **changes: object) -> its.Fit:
    outcome = "events" if its.ESTIMATORS[estimator].counts else "y"
    return its.fit(
        data, **({"time": "t", "outcome": outcome, "interruptions": [35], "estimator": estimator} | changes)
    )


def test_local_level_is_that_of_unobserved_components():
    data = frame()
    made = fit(data, "local-level")
    peer_model = sm.tsa.UnobservedComponents(
        data["y"] / 100, level="llevel", exog=made.design.X[:, 1:] / np.array([30, 1, 30])
    )
    peer = peer_model.fit(disp=False, maxiter=2000)
    peer = peer_model.fit(
        start_params=peer.params, method="nm", maxiter=20_000, disp=False, xtol=1e-9, ftol=1e-13
    )
    beta = np.asarray(peer.params)[2:] * 100 / np.array([30, 1, 30])
    np.testing.assert_allclose(made.params, beta, rtol=2e-3)
    assert made.options["q"] == pytest.approx(peer.params.iloc[1] / peer.params.iloc[0], rel=5e-3)
    smoothed = np.asarray(peer.smoothed_state[0]) * 100 + made.design.X[:, 1:] @ beta
    np.testing.assert_allclose(made.predictor, smoothed, atol=1.0)


@pytest.mark.parametrize("case", ["washout", "two groups"])
def test_local_level_is_the_best_of_the_dense_likelihood(case):
    data = frame()
    if case == "washout":
        made = fit(data, "local-level", washout=[(20, 24)])
    else:
        made = fit(
            pd.concat([data.assign(eu=1), data.assign(eu=0, y=data["y"].to_numpy()[::-1])]),
            "local-level",
            treated="eu",
        )
    links, y = made.design.links, made.design.y
    X = made.design.X[:, [made.design.names.index(name) for name in made.names]]
    n = links.n
    D = np.zeros((sum(len(rows) for rows, _ in links.steps.values()), n))
    W = np.zeros((n, n))
    pairs = sorted((b, a, s) for s, rows in links.steps.items() for b, a in zip(*rows, strict=True))
    for i, (before, after, step) in enumerate(pairs):
        D[i, after], D[i, before] = 1, -1
        W[i, i] = step
    W = W[: len(D), : len(D)]

    def dense(log_q: float) -> tuple[float, np.ndarray, np.ndarray]:
        V = D @ D.T + np.exp(log_q) * W
        inverse = np.linalg.inv(V)
        M = (D @ X).T @ inverse @ (D @ X)
        beta = np.linalg.solve(M, (D @ X).T @ inverse @ D @ y)
        rest = D @ (y - X @ beta)
        variance = rest @ inverse @ rest / len(D)
        loglik = -0.5 * (len(D) * (np.log(2 * np.pi * variance) + 1) + np.linalg.slogdet(V)[1])
        return loglik, beta, np.sqrt(np.diag(np.linalg.inv(M)) * variance)

    best = optimize.minimize_scalar(
        lambda v: -dense(v)[0], bounds=(-8, 8), method="bounded", options={"xatol": 1e-9}
    )
    loglik, beta, se = dense(best.x)
    assert made.loglik == pytest.approx(loglik, abs=1e-6)
    np.testing.assert_allclose(made.params, beta, rtol=1e-4)
    np.testing.assert_allclose(made.terms["se"], se, rtol=1e-4)


def test_a_level_that_does_not_wander_is_least_squares_by_maximum_likelihood():
    rng = np.random.default_rng(0)
    alternating = 5 * (-1.0) ** np.arange(60) + rng.normal(size=60)
    made = fit(frame().assign(y=alternating), "local-level")
    ols = fit(frame().assign(y=alternating), "ols")
    assert made.options["q"] == 0
    np.testing.assert_allclose(made.params, ols.params[1:], rtol=1e-6)
    np.testing.assert_allclose(made.predictor, ols.predictor, atol=1e-6)
    assert any("doesn't wander" in note for note in made.notes)


def test_arima_without_order_is_ar1_by_maximum_likelihood():
    data = frame()
    made = fit(data, "arima")
    X, y = made.design.X, made.design.y

    def loglik(rho: float) -> float:
        R = made.design.links.correlation(rho)
        peer = sm.GLS(y, X, sigma=R).fit()
        return -float(peer.llf)

    best = optimize.minimize_scalar(loglik, bounds=(-0.9, 0.99), method="bounded", options={"xatol": 1e-10})
    peer = sm.GLS(y, X, sigma=made.design.links.correlation(best.x)).fit()
    assert made.loglik == pytest.approx(-best.fun, abs=1e-4)
    np.testing.assert_allclose(made.params, peer.params, rtol=1e-2, atol=0.02 * peer.bse.max())


def test_arima_says_what_differencing_removed_and_knows_the_season():
    months = pd.period_range("2016-01", periods=60, freq="M").astype(str)
    data = frame().assign(month=months)
    made = its.fit(
        data, time="month", outcome="y", interruptions=["2018-12"], estimator="arima", order=(0, 1, 1),
        seasonal_order=(1, 0, 0),
    )  # fmt: skip
    assert made.names == ("trend", "level_1", "slope_1")
    assert made.options["seasonal_order"] == (1, 0, 0, 12)
    assert any("intercept" in note for note in made.notes)
    assert not made.counterfactual.isna().any().any()


def test_arima_takes_a_washout_as_missing_and_no_control():
    data = frame()
    made = fit(data, "arima", washout=[(20, 22)])
    assert made.n == 57
    assert np.isfinite(made.terms.to_numpy()[:, :2]).all()
    with pytest.raises(its.DesignError, match="one series"):
        fit(pd.concat([data.assign(eu=1), data.assign(eu=0)]), "arima", treated="eu")
    with pytest.raises(its.DesignError, match="season"):
        fit(data, "arima", seasonal_order=(1, 0, 0))


def test_negative_binomial_is_that_of_statsmodels():
    data = frame().assign(people=np.linspace(500, 700, 60))
    made = fit(data, "negative-binomial", exposure="people")
    peer = sm.NegativeBinomial(data["events"], made.design.X, exposure=data["people"]).fit(
        disp=False, maxiter=3000, method="bfgs", start_params=np.append(made.params, made.dispersion)
    )
    assert made.loglik == pytest.approx(peer.llf, abs=1e-5)
    np.testing.assert_allclose(made.params, peer.params.iloc[:-1], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(made.terms["se"], peer.bse.iloc[:-1], rtol=1e-3)
    assert made.dispersion == pytest.approx(peer.params.iloc[-1], rel=1e-3)


def test_negative_binomial_without_overdispersion_is_poisson():
    rng = np.random.default_rng(4)
    data = frame().assign(events=rng.binomial(200, 0.3, 60))
    made, plain = fit(data, "negative-binomial"), fit(data, "poisson")
    assert made.dispersion == 0
    np.testing.assert_allclose(made.terms["se"], plain.terms["se"])
    assert any("no overdispersion" in note for note in made.notes)
