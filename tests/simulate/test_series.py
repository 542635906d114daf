"""Simulated series have the mean, spread and autocorrelation that they claim."""

from __future__ import annotations

import numpy as np
import pytest

from eprivacy_its import simulate
from eprivacy_its.errors import InputError


def test_design_counts_from_the_first_period_of_the_new_regime() -> None:
    X = simulate.design(5, 3)
    np.testing.assert_array_equal(X[:, 2], [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(X[:, 3], [0, 0, 0, 0, 1])
    assert simulate.design(5, 3, trend=False, slope_change=False).shape == (5, 2)


@pytest.mark.parametrize("rho", [0.0, 0.8])
@pytest.mark.parametrize("family", ["normal", "counts", "counts-latent"])
def test_moments(family: str, rho: float) -> None:
    mean = 0.0 if family == "normal" else 200.0
    Y = simulate.draw(20_000, np.full(6, mean), rho, np.random.default_rng(1), family=family, sd=3.0, cv=0.2)
    variance = 9.0 if family == "normal" else 200 + (0.2 * 200) ** 2
    expected = rho if family != "counts-latent" else rho * 1600 / variance
    away = Y - mean
    assert Y.mean() == pytest.approx(mean, abs=0.01 * np.sqrt(variance) * 3)
    assert away.var() == pytest.approx(variance, rel=0.03)
    first = (away[:, 1:] * away[:, :-1]).mean() / away.var()
    assert first == pytest.approx(expected, abs=0.02)
    third = (away[:, 3:] * away[:, :-3]).mean() / away.var()
    assert third == pytest.approx(expected * rho**2, abs=0.02)


def test_one_series_with_its_truth() -> None:
    frame = simulate.simulated_series(
        400, at=200, intercept=np.log(5000), level_change=-0.5, family="counts", cv=0.05, seed=4
    )
    ratio = frame["outcome"][200:].mean() / frame["outcome"][:200].mean()
    assert np.log(ratio) == pytest.approx(-0.5, abs=0.02)
    assert frame.attrs["truth"]["level_1"] == -0.5
    again = simulate.simulated_series(
        400, at=200, intercept=np.log(5000), level_change=-0.5, family="counts", cv=0.05, seed=4
    )
    assert frame.equals(again)


def test_messages() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="row 9 of 5"):
        simulate.design(5, 9)
    with pytest.raises(InputError, match="rho is 1"):
        simulate.draw(1, np.ones(5), 1.0, rng)
    with pytest.raises(InputError, match="counts-latent"):
        simulate.draw(1, np.ones(5), 0.5, rng, family="gamma")
    with pytest.raises(InputError, match="not above 0"):
        simulate.draw(1, np.zeros(5), 0.5, rng, family="counts")
