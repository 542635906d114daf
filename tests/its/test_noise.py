"""Scatter of outcomes around their mean, against its definition in dense matrices."""

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


@pytest.mark.parametrize("estimator", ["arima", "local-level"])
def test_the_outcome_of_a_structural_model_is_left_to_no_chance(estimator: str) -> None:
    found = noise.covariance(fit(estimator), INDEX[:4], MEAN[:4])
    np.testing.assert_array_equal(found, np.zeros((4, 4)))


@pytest.mark.parametrize("estimator", ["prais-winsten", "reml"])
def test_rates_scatter_with_the_dispersion_and_the_power_of_rho_of_their_distance(estimator: str) -> None:
    made = fit(estimator)
    assert made.rho is not None
    assert made.dispersion is not None
    assert 0.2 < made.rho < 0.999
    found = noise.covariance(made, INDEX, MEAN)
    np.testing.assert_allclose(found, made.dispersion * made.rho ** gaps(made, INDEX), rtol=1e-12)


def test_independent_rates_scatter_with_the_dispersion() -> None:
    made = fit("ols")
    np.testing.assert_allclose(noise.covariance(made, INDEX, MEAN), made.dispersion * np.eye(6), rtol=1e-12)


def test_the_scatter_of_a_logged_outcome_grows_with_its_mean() -> None:
    made = fit("reml", log=True)
    expected = made.dispersion * made.rho ** gaps(made, INDEX) * np.outer(MEAN, MEAN)
    np.testing.assert_allclose(noise.covariance(made, INDEX, MEAN), expected, rtol=1e-12)


def test_counts_scatter_with_their_mean() -> None:
    np.testing.assert_allclose(noise.covariance(fit("poisson"), INDEX, MEAN), np.diag(MEAN), rtol=1e-12)
    quasi = fit("quasi-poisson")
    assert quasi.dispersion is not None
    assert quasi.dispersion > 2
    found = noise.covariance(quasi, INDEX, MEAN)
    np.testing.assert_allclose(found, quasi.dispersion * np.diag(MEAN), rtol=1e-12)


def test_negative_binomial_counts_scatter_with_the_square_of_their_mean_too() -> None:
    made = fit("negative-binomial")
    assert made.dispersion is not None
    assert made.dispersion > 0.01
    expected = np.diag(MEAN + made.dispersion * MEAN**2)
    np.testing.assert_allclose(noise.covariance(made, INDEX, MEAN), expected, rtol=1e-12)


def test_negative_binomial_counts_without_overdispersion_scatter_like_poisson_ones() -> None:
    even = frame().assign(events=np.where(np.arange(30) % 2, 41, 39))
    made = its.fit(even, time="t", outcome="events", interruptions=[12], estimator="negative-binomial")
    assert made.dispersion == 0
    np.testing.assert_allclose(noise.covariance(made, INDEX, MEAN), np.diag(MEAN), rtol=1e-12)


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


@pytest.mark.parametrize(("given", "lags"), [(None, 2), (1, 1), (6, 6), (0, 0)])
def test_newey_west_takes_the_scatter_from_its_residuals(given: int | None, lags: int) -> None:
    """26 rows: by default the whole part of 4 (26 / 100)^(2/9) = 2.97, so 2 lags."""
    made = fit("newey-west", lags=given)
    expected = made.dispersion * bartlett(made, INDEX, lags)
    assert lags == 0 or abs(expected[0, 1]) > 0.05 * expected[0, 0]
    np.testing.assert_allclose(noise.covariance(made, INDEX, MEAN), expected, rtol=1e-10, atol=1e-12)


def test_newey_west_takes_no_scatter_from_one_group_to_the_other() -> None:
    rng = np.random.default_rng(32)
    control = frame().assign(eu=0, rate=30 + np.cumsum(rng.normal(size=30)))
    both = pd.concat([frame().assign(eu=1), control])
    made = its.fit(
        both, time="t", outcome="rate", interruptions=[12], estimator="newey-west", treated="eu", lags=4
    )
    index = np.array([26, 28, 29, 30, 31, 34])
    expected = made.dispersion * bartlett(made, index, 4)
    assert (expected[:3, 3:] == 0).all()
    np.testing.assert_allclose(noise.covariance(made, index, MEAN), expected, rtol=1e-10, atol=1e-12)


def test_newey_west_scatter_goes_with_the_square_of_the_unit() -> None:
    small = frame().assign(rate=frame()["rate"] / 1e6)
    made = its.fit(small, time="t", outcome="rate", interruptions=[12], estimator="newey-west")
    peer = fit("newey-west", washout=[])
    found, expected = noise.covariance(made, INDEX, MEAN), noise.covariance(peer, INDEX, MEAN)
    np.testing.assert_allclose(found, expected / 1e12, rtol=1e-6)


def test_newey_west_without_residuals_has_no_correlation() -> None:
    made = fit("newey-west")
    made = replace(made, predictor=made.design.y, dispersion=2.0)
    np.testing.assert_allclose(noise.covariance(made, INDEX, MEAN), 2.0 * np.eye(6), rtol=1e-12)


@pytest.mark.filterwarnings("error")
def test_an_exact_fit_leaves_nothing_to_chance() -> None:
    exact = frame().assign(rate=3.0 + 2.0 * np.arange(30))
    for estimator in ("newey-west", "ols", "reml"):
        made = its.fit(exact, time="t", outcome="rate", interruptions=[12], estimator=estimator)
        np.testing.assert_allclose(noise.covariance(made, INDEX, MEAN), np.zeros((6, 6)), atol=1e-12)


@pytest.mark.parametrize("estimator", ["reml-integrated", "quasi-poisson-ar1-integrated"])
def test_the_noise_of_a_total_is_a_coefficient_with_the_variance_of_the_sum_at_each_rho(
    estimator: str,
) -> None:
    made = fit(estimator)
    mixture, total = made.mixture, noise.with_total(made, INDEX, MEAN)
    unit = np.sqrt(MEAN) if estimator.startswith("quasi") else np.ones(6)
    k = len(made.coefficients)
    assert total.unscaled.shape == (1, len(mixture.rho), k + 1, k + 1)
    for c, rho in enumerate(mixture.rho):
        R = np.power(rho, gaps(made, INDEX).astype(float))
        assert total.unscaled[0, c, k, k] == pytest.approx(unit @ R @ unit, rel=1e-10)
    np.testing.assert_array_equal(total.unscaled[0, :, :k, :k], mixture.unscaled[0])
    assert (total.unscaled[:, :, k, :k] == 0).all()
    assert (total.unscaled[:, :, :k, k] == 0).all()
    assert total.centre.shape == (1, len(mixture.rho), k + 1)
    np.testing.assert_array_equal(total.centre[:, :, :k], mixture.centre)
    assert (total.centre[:, :, k] == 0).all()
    np.testing.assert_array_equal(total.weight, mixture.weight)


def test_the_interval_of_a_total_of_logged_outcomes_weighs_each_with_its_mean() -> None:
    """Of one period rho doesn't matter: the variance is that of the outcome."""
    made = fit("reml-integrated", log=True)
    for place, mean in ((16, 2.0), (20, 7.0)):
        found = noise.with_total(made, np.array([place]), np.array([mean])).unscaled[0, :, -1, -1]
        np.testing.assert_allclose(found, mean**2)
