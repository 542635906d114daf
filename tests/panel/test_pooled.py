"""Random effects against a published example and against other ways to the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.meta_analysis import combine_effects

from eprivacy_its.panel import pooled

#: Trials of the BCG vaccine (Colditz et al. 1994): tuberculosis and all vaccinated, tuberculosis and all controls.
BCG = np.array([
    [4, 123, 11, 139], [6, 306, 29, 303], [3, 231, 11, 220], [62, 13598, 248, 12867], [33, 5069, 47, 5808],
    [180, 1541, 372, 1451], [8, 2545, 10, 629], [505, 88391, 499, 88391], [29, 7499, 45, 7277],
    [17, 1716, 65, 1665], [186, 50634, 141, 27338], [5, 2498, 3, 2341], [27, 16913, 29, 17854],
])  # fmt: skip


def bcg() -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the relative risks, and their standard errors."""
    a, n1, c, n0 = BCG.T.astype(float)
    return np.log(a / n1) - np.log(c / n0), np.sqrt(1 / a - 1 / n1 + 1 / c - 1 / n0)


def test_the_vaccine_trials_come_out_as_published() -> None:
    """Viechtbauer (2010), Journal of Statistical Software 36(3), section 3.1: REML with normal quantiles."""
    y, s = bcg()
    got = pooled.pool(y, s)
    assert got.k == 13
    assert got.tau2 == pytest.approx(0.3132, abs=5e-5)
    assert got.estimate == pytest.approx(-0.7145, abs=5e-5)
    assert got.q == pytest.approx(152.2330, abs=5e-5)
    assert got.q_p_value < 1e-4
    assert got.i2 == pytest.approx(0.9222, abs=5e-5)
    weights = 1 / (s**2 + got.tau2)
    assert weights.sum() ** -0.5 == pytest.approx(0.1798, abs=5e-5)


def test_the_interval_is_that_of_another_implementation() -> None:
    """statsmodels has Hartung and Knapp's variance for its own tau²; a weighted regression has it for ours."""
    import statsmodels.api as sm

    y, s = bcg()
    got = pooled.pool(y, s, level=0.9)
    regression = sm.WLS(y, np.ones_like(y), weights=1 / (s**2 + got.tau2)).fit()
    assert got.se == pytest.approx(regression.bse[0], rel=1e-9)
    assert [got.ci_low, got.ci_high] == pytest.approx(list(regression.conf_int(0.1)[0]), rel=1e-9)
    assert got.p_value == pytest.approx(regression.pvalues[0], rel=1e-6)
    wide = stats.t.ppf(0.95, 12) * np.sqrt(got.tau2 + got.se**2)
    assert got.predicted_high - got.estimate == pytest.approx(wide, rel=1e-12)
    assert got.q == pytest.approx(combine_effects(y, s**2).q, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_variance_between_units_maximises_the_restricted_likelihood(seed: int) -> None:
    rng = np.random.default_rng(seed)
    s = rng.uniform(0.05, 0.5, 8)
    y = rng.normal(0.2, 0.25 * (seed > 1), 8) + rng.normal(0, s)

    def restricted(tau2: float) -> float:
        """By the matrices, not by the formula of one mean."""
        inverse = np.diag(1 / (s**2 + tau2))
        ones = np.ones((8, 1))
        info = ones.T @ inverse @ ones
        projected = inverse - inverse @ ones @ np.linalg.inv(info) @ ones.T @ inverse
        return float(np.linalg.slogdet(inverse)[1] - np.linalg.slogdet(info)[1] - y @ projected @ y)

    best = optimize.brute(lambda t: -restricted(t[0]), [(0, 1)], Ns=300, finish=None)
    tau2 = pooled.between(y, s**2)
    assert tau2 == pytest.approx(float(np.ravel(best)[0]), abs=4e-3)
    assert restricted(tau2) >= restricted(float(np.ravel(best)[0])) - 1e-9


def test_units_that_agree_too_well_don_t_narrow_the_interval() -> None:
    s = np.full(5, 0.2)
    got = pooled.pool(np.full(5, 1.0) + np.linspace(-1e-3, 1e-3, 5), s)
    assert got.tau2 == 0
    assert got.i2 == 0
    assert got.se == pytest.approx(0.2 / np.sqrt(5))


@pytest.mark.parametrize(("y", "s"), [([1.0], [1.0]), ([1.0, 2.0], [1.0, 0.0]), ([1.0, np.nan], [1.0, 1.0])])
def test_what_can_t_be_pooled_is_refused(y: list[float], s: list[float]) -> None:
    with pytest.raises(ValueError, match="pool"):
        pooled.pool(y, s)
