"""Outcomes that would have been, given the periods before, against dense matrices and statsmodels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import its
from eprivacy_its.its import noise

INDEX = np.array([15, 16, 17, 18, 21, 25])
MEAN = np.array([3.0, 5.0, 4.0, 8.0, 6.0, 7.0])


def frame() -> pd.DataFrame:
    """30 periods; the rate is a random walk, the counts scatter more than Poisson ones."""
    rng = np.random.default_rng(31)
    rate = 20 + np.cumsum(rng.normal(size=30))
    return pd.DataFrame({"t": np.arange(30), "rate": rate, "events": rng.negative_binomial(5, 0.1, 30)})


def fit(estimator: str, **changes: object) -> its.Fit:
    """With a washout of four periods: rows 16 and 17 are five periods apart."""
    outcome = "events" if its.ESTIMATORS[estimator].counts else "rate"
    arguments = {"time": "t", "outcome": outcome, "interruptions": [12], "washout": [(17, 20)]}
    return its.fit(frame(), **(arguments | {"estimator": estimator} | changes))


def gaps(made: its.Fit, index: np.ndarray) -> np.ndarray:
    time = made.design.ordinal[index]
    return np.abs(np.subtract.outer(time, time))


BEFORE = np.arange(12)


def undone(made: its.Fit) -> tuple[np.ndarray, np.ndarray]:
    """Terms of the wanted rows with the interruption undone, and their means by the terms alone."""
    X0 = made.design.X.copy()
    X0[:, list(made.design.effect_columns)] = 0.0
    X0 = X0[np.ix_(INDEX, [made.design.names.index(name) for name in made.names])]
    mean = X0 @ made.coefficients
    return X0, np.exp(mean) if made.link == "log" else mean


def found(made: its.Fit) -> noise.Forecast:
    return noise.forecast(made, INDEX, *undone(made), BEFORE)


def given(C: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights of the twelve errors before in each of those after, and the variance that they leave the total."""
    K = np.linalg.solve(C[:12, :12], C[:12, 12:])
    return K.T, float(w @ (C[12:, 12:] - C[12:, :12] @ K) @ w)


@pytest.mark.parametrize("estimator", ["prais-winsten", "reml"])
@pytest.mark.parametrize("log", [False, True])
def test_rates_go_on_from_the_last_error_before(estimator: str, log: bool) -> None:
    made = fit(estimator, log=log)
    assert made.rho is not None
    assert made.dispersion is not None
    assert 0.2 < made.rho < 0.999
    X, e = made.design.X[BEFORE], (made.design.y - made.predictor)[BEFORE]
    K, _ = given(made.rho ** gaps(made, np.append(BEFORE, INDEX)), np.ones(6))
    ahead, (_, mean) = found(made), undone(made)
    expected = mean * np.exp(K @ e) if log else mean + K @ e
    np.testing.assert_allclose(ahead.mean, expected, rtol=1e-9)
    w = mean if log else np.ones(6)
    np.testing.assert_allclose(ahead.lean, -(w @ K @ X), rtol=1e-8, atol=1e-10)
    _, chance = given(made.rho ** gaps(made, np.append(BEFORE, INDEX)), w)
    assert ahead.chance == pytest.approx(made.dispersion * chance, rel=1e-8)


@pytest.mark.parametrize("estimator", ["ols", "poisson", "quasi-poisson", "negative-binomial"])
def test_independent_outcomes_tell_nothing_of_one_another(estimator: str) -> None:
    made = fit(estimator)
    ahead, (_, mean) = found(made), undone(made)
    np.testing.assert_allclose(ahead.mean, mean, rtol=1e-12)
    np.testing.assert_array_equal(ahead.lean, np.zeros(len(made.coefficients)))
    dispersion = 1.0 if made.dispersion is None else made.dispersion
    assert dispersion != 1.0 or estimator == "poisson"
    variance = {
        "ols": dispersion * np.ones(6),
        "negative-binomial": mean + dispersion * mean**2,
    }.get(estimator, dispersion * mean)
    assert ahead.chance == pytest.approx(variance.sum(), rel=1e-10)


def test_correlated_counts_err_in_roots_of_their_means() -> None:
    made = fit("quasi-poisson-ar1")
    counts = frame().assign(events=(20 * frame()["rate"]).round())
    made = its.fit(counts, time="t", outcome="events", interruptions=[12], estimator="quasi-poisson-ar1")
    assert made.rho is not None
    assert made.rho > 0.2
    ahead, (_, mean) = found(made), undone(made)
    e = ((made.design.y - made.fitted) / np.sqrt(made.fitted))[BEFORE]
    K, chance = given(made.rho ** gaps(made, np.append(BEFORE, INDEX)), np.sqrt(mean))
    np.testing.assert_allclose(ahead.mean, mean + np.sqrt(mean) * (K @ e), rtol=1e-9)
    slope = made.design.X[BEFORE] * np.sqrt(made.fitted[BEFORE])[:, None]
    np.testing.assert_allclose(ahead.lean, -(np.sqrt(mean) @ K @ slope), rtol=1e-8, atol=1e-8)
    assert ahead.chance == pytest.approx(made.dispersion * chance, rel=1e-8)


def bartlett(made: its.Fit, index: np.ndarray, lags: int) -> np.ndarray:
    """Sums over pairs of residuals one by one, with the kernel's weights."""
    e = made.design.y - made.predictor
    n, time = len(e), made.design.ordinal
    group = np.zeros(n) if made.design.group is None else made.design.group
    result = np.zeros((len(index), len(index)))
    for i, row in enumerate(index):
        for j, other in enumerate(index):
            distance = abs(time[row] - time[other])
            if group[row] != group[other] or distance > lags:
                continue
            pairs = [
                e[a] * e[b]
                for a in range(n)
                for b in range(n)
                if group[a] == group[b] and time[b] - time[a] == distance
            ]
            result[i, j] = (1 - distance / (lags + 1)) * sum(pairs) / (e @ e)
    return result


@pytest.mark.parametrize(("given_lags", "lags"), [(None, 2), (1, 1), (6, 6), (0, 0)])
def test_newey_west_takes_the_correlation_from_its_residuals(given_lags: int | None, lags: int) -> None:
    """26 rows: by default the whole part of 4 (26 / 100)^(2/9) = 2.97, so 2 lags."""
    made = fit("newey-west", lags=given_lags)
    expected = bartlett(made, INDEX, lags)
    assert lags == 0 or abs(expected[0, 1]) > 0.05
    np.testing.assert_allclose(noise.correlation(made, INDEX), expected, rtol=1e-10, atol=1e-12)
    C, e = bartlett(made, np.append(BEFORE, INDEX), lags), (made.design.y - made.predictor)[BEFORE]
    K, chance = given(C, np.ones(6))
    ahead = found(made)
    np.testing.assert_allclose(ahead.mean, undone(made)[1] + K @ e, rtol=1e-8)
    assert ahead.chance == pytest.approx(made.dispersion * chance, rel=1e-8)


def test_newey_west_takes_no_correlation_from_one_group_to_the_other() -> None:
    rng = np.random.default_rng(32)
    control = frame().assign(eu=0, rate=30 + np.cumsum(rng.normal(size=30)))
    both = pd.concat([frame().assign(eu=1), control])
    made = its.fit(
        both, time="t", outcome="rate", interruptions=[12], estimator="newey-west", treated="eu", lags=4
    )
    index = np.array([26, 28, 29, 30, 31, 34])
    expected = bartlett(made, index, 4)
    assert (expected[:3, 3:] == 0).all()
    np.testing.assert_allclose(noise.correlation(made, index), expected, rtol=1e-10, atol=1e-12)


def test_newey_west_without_residuals_has_no_correlation() -> None:
    made = fit("newey-west")
    made = replace(made, predictor=made.design.y)
    np.testing.assert_allclose(noise.correlation(made, INDEX), np.eye(6), rtol=1e-12)


@pytest.mark.filterwarnings("error")
def test_an_exact_fit_leaves_nothing_to_chance() -> None:
    exact = frame().assign(rate=3.0 + 2.0 * np.arange(30))
    for estimator in ("newey-west", "ols", "reml"):
        made = its.fit(exact, time="t", outcome="rate", interruptions=[12], estimator=estimator)
        ahead = found(made)
        assert ahead.chance == pytest.approx(0, abs=1e-12)
        np.testing.assert_allclose(ahead.mean, 3.0 + 2.0 * INDEX)


@pytest.mark.parametrize("estimator", ["reml-integrated", "quasi-poisson-ar1-integrated"])
def test_errors_in_total_are_a_coefficient_with_dense_mean_and_covariance_at_each_correlation(
    estimator: str,
) -> None:
    made = fit(estimator)
    mixture, (_, mean), ahead = made.mixture, undone(made), found(made)
    total, k, counts = ahead.mixture, len(made.coefficients), estimator.startswith("quasi")
    assert total is not None
    before = (made.design.y - made.fitted)[BEFORE]
    root = np.sqrt(made.fitted[BEFORE]) if counts else np.ones(12)
    e, slope = (
        before / root,
        made.design.X[BEFORE] * (root if counts else 1)[:, None] if counts else made.design.X[BEFORE],
    )
    paths, parts = [], []
    for c, (rho, share) in enumerate(zip(mixture.rho, mixture.share, strict=True)):
        C = share * np.power(rho, gaps(made, np.append(BEFORE, INDEX)).astype(float))
        np.fill_diagonal(C, 1.0)
        paths.append(given(C, np.ones(6))[0])
        moved = e - slope @ (mixture.centre[0, c] - made.coefficients)
        parts.append((C, paths[-1] @ moved))
    expected = np.einsum("c,cr->r", mixture.weight[0], np.array([path for _, path in parts]))
    np.testing.assert_allclose(ahead.mean, mean + (np.sqrt(mean) if counts else 1) * expected, rtol=1e-6)
    w = np.sqrt(ahead.mean) if counts else np.ones(6)
    for c, (C, path) in enumerate(parts):
        assert total.centre[0, c, k] == pytest.approx(w @ (path - expected), rel=1e-5, abs=1e-6)
        lean = -(w @ paths[c] @ slope)
        inside = mixture.unscaled[0, c]
        np.testing.assert_allclose(total.unscaled[0, c, k, :k], inside @ lean, rtol=1e-5, atol=1e-9)
        whole = lean @ inside @ lean + given(C, w)[1]
        assert total.unscaled[0, c, k, k] == pytest.approx(whole, rel=1e-6)
    np.testing.assert_array_equal(total.unscaled[0, :, :k, :k], mixture.unscaled[0])
    np.testing.assert_array_equal(total.weight, mixture.weight)


def test_a_change_in_variance_scales_the_errors_to_come() -> None:
    made = fit("reml-integrated")
    one = replace(made.mixture, scale=np.ones((len(made.mixture.rho), made.n)))
    two = replace(one, scale=np.where(np.arange(made.n) >= 12, 2.0, 1.0) * one.scale)
    plain, wide = (found(replace(made, mixture=mixture)) for mixture in (one, two))
    k = len(made.coefficients)

    def left(ahead: noise.Forecast) -> np.ndarray:
        """What is left to chance: the variance given the terms."""
        U = ahead.mixture.unscaled[0]
        lean = np.linalg.solve(U[:, :k, :k], U[:, :k, k, None])[:, :, 0]
        return U[:, k, k] - np.einsum("ck,ck->c", lean, U[:, :k, k])

    np.testing.assert_allclose(left(wide), 4 * left(plain), rtol=1e-4)


def test_a_wandering_level_is_forecast_as_by_unobserved_components() -> None:
    import statsmodels.api as sm

    made = fit("local-level")
    at = int(np.argmax(made.mixture.weight[0]))
    mixture = replace(
        made.mixture,
        **{f: getattr(made.mixture, f)[:, at : at + 1] for f in ("weight", "centre", "s2", "unscaled")},
        rho=made.mixture.rho[at : at + 1],
        share=made.mixture.share[at : at + 1],
    )
    mixture = replace(mixture, weight=np.ones((1, 1)), centre=made.coefficients[None, None])
    made = replace(made, mixture=mixture)
    X = made.design.X[:, [made.design.names.index(name) for name in made.names]]
    rest = np.full(26, np.nan)
    rest[BEFORE] = (made.design.y - X @ made.coefficients)[BEFORE]
    noise_variance = mixture.s2[0, 0] * (1 - mixture.share[0])
    steps = mixture.s2[0, 0] * mixture.share[0] * (1 - mixture.rho[0] ** 2)
    peer = sm.tsa.UnobservedComponents(rest[:12], level="llevel").filter([noise_variance, steps])
    X0, _ = undone(made)
    ahead, distance = found(made), made.design.ordinal[INDEX] - made.design.ordinal[11]
    forecast = peer.get_forecast(int(distance[-1]))
    level = forecast.predicted_mean[distance - 1]
    np.testing.assert_allclose(ahead.mean, X0 @ made.coefficients + level, rtol=1e-4)
    single = noise.forecast(made, INDEX[-1:], X0[-1:], np.zeros(1), BEFORE)
    k, U = len(made.coefficients), single.mixture.unscaled[0, 0]
    left = U[k, k] - U[k, :k] @ np.linalg.solve(U[:k, :k], U[:k, k])
    assert mixture.s2[0, 0] * left == pytest.approx(forecast.var_pred_mean[distance[-1] - 1], rel=1e-2)


def test_arima_forecasts_as_ar1_and_as_exponential_smoothing() -> None:
    made = fit("arima", order=(1, 0, 0))
    rho = made.forecaster.params[0]
    X, e = made.design.X[BEFORE], (made.design.y - made.design.X @ made.coefficients)[BEFORE]
    K, chance = given(rho ** gaps(made, np.append(BEFORE, INDEX)), np.ones(6))
    ahead = found(made)
    np.testing.assert_allclose(ahead.mean, undone(made)[1] + K @ e, rtol=1e-6)
    np.testing.assert_allclose(ahead.lean, -(K.sum(0) @ X), rtol=1e-6, atol=1e-9)
    assert ahead.chance == pytest.approx(made.dispersion / (1 - rho**2) * chance, rel=1e-6)
    smooth = fit("arima", order=(0, 1, 1))
    one = noise.forecast(smooth, INDEX[:1], undone(smooth)[0][:1], np.zeros(1), BEFORE)
    step = int(smooth.design.ordinal[INDEX[0]] - smooth.design.ordinal[11])
    variance = smooth.dispersion * (1 + (step - 1) * (1 + smooth.forecaster.params[0]) ** 2)
    assert one.chance == pytest.approx(variance, rel=1e-8)
