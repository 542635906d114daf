"""Power and minimum detectable change against direct simulation and known formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from eprivacy_its import simulate
from eprivacy_its.errors import InputError
from eprivacy_its.its.integrated import gaussian
from eprivacy_its.simulate.series import ar1


def test_power_at_the_minimum_detectable_change_is_the_power_asked_for() -> None:
    found = simulate.minimum_detectable(before=30, after=20, sd=0.1, rho=0.4)
    share, error = simulate.power(found.log, before=30, after=20, sd=0.1, rho=0.4)
    assert share == pytest.approx(0.8, abs=1e-3)
    assert 0 < error < 0.01
    X = simulate.design(50, 30)
    Y = 0.1 * ar1(2000, 50, 0.4, np.random.default_rng(9)) - found.log * X[:, 2]
    direct = (gaussian(Y, X, terms=[2], keep=False).ci_high[:, 0] < 0).mean()
    assert direct == pytest.approx(0.8, abs=0.03)


def test_long_independent_series_need_what_the_textbook_says() -> None:
    """Two means, many periods: (z_.975 + z_.8) times the standard error, and a bit for unknown rho."""
    found = simulate.minimum_detectable(
        before=500, after=500, sd=0.1, rho=0.0, trend=False, slope_change=False, series=1000
    )
    textbook = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * 0.1 * np.sqrt(2 / 500)
    assert textbook < found.log < 1.15 * textbook
    assert found.fall == pytest.approx(100 * (1 - np.exp(-found.log)))
    assert found.rise > found.fall
    assert 0 < found.mc_se < 0.1


def test_more_noise_and_more_correlation_need_more() -> None:
    base = simulate.minimum_detectable(before=24, after=24, sd=0.1, rho=0.2).log
    assert simulate.minimum_detectable(before=24, after=24, sd=0.2, rho=0.2).log == pytest.approx(2 * base)
    assert simulate.minimum_detectable(before=96, after=96, sd=0.1, rho=0.2).log < base
    assert simulate.minimum_detectable(before=96, after=96, sd=0.1, rho=0.8).log > 1.1 * (
        simulate.minimum_detectable(before=96, after=96, sd=0.1, rho=0.2).log
    )


def test_noise_of_a_known_series() -> None:
    values = np.exp(5 + 0.01 * np.arange(400) + 0.1 * ar1(1, 400, 0.6, np.random.default_rng(2))[0])
    noise = simulate.noise_of(values)
    assert noise.sd == pytest.approx(0.1, rel=0.2)
    assert noise.rho_low < 0.6 < noise.rho_high
    assert noise.n == 400


def test_least_squares_needs_its_noncentral_t() -> None:
    """Power of the t test of a level change has a closed form without autocorrelation."""
    found = simulate.minimum_detectable(
        before=6, after=4, sd=0.1, rho=0.0, trend=False, slope_change=False, interval="ols", series=20_000
    )
    se = 0.1 * np.sqrt(1 / 6 + 1 / 4)
    exact = stats.nct.sf(stats.t.ppf(0.975, 8), 8, found.log / se)
    assert exact == pytest.approx(0.8, abs=0.012)


def test_messages() -> None:
    with pytest.raises(InputError, match="at least 5"):
        simulate.noise_of(np.ones(4))
    with pytest.raises(InputError, match="not above 0"):
        simulate.noise_of(np.array([1.0, 2, 0, 4, 5]))
    with pytest.raises(InputError, match="can't carry"):
        simulate.minimum_detectable(before=2, after=2, sd=0.1, rho=0.0)
