"""Wild cluster bootstrap: against regressions of drawn outcomes, its size, and the ends of its interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel, bootstrap, event

Make = Callable[..., Panel]


class BruteForce:
    """The bootstrap by a regression with dummies for each draw."""

    def __init__(self, panel: Panel, base: int, period: int, draws: int, seed: int) -> None:
        data = event.cells(panel, "log", base)
        self.place = data.place
        self.y = data.y
        self.x = np.hstack([data.x, pd.get_dummies(data.place, dtype=float).to_numpy()])
        self.at = len(data.periods) + data.periods.index(period)
        self.signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, len(panel.places)))

    def t_of(self, y: np.ndarray, value: float) -> float:
        kwds = {"groups": self.place, "use_correction": False}
        fit = sm.OLS(y, self.x).fit(cov_type="cluster", cov_kwds=kwds)
        return (fit.params[self.at] - value) / fit.bse[self.at]

    def p_value(self, value: float) -> float:
        others = np.delete(np.arange(self.x.shape[1]), self.at)
        null = sm.OLS(self.y - value * self.x[:, self.at], self.x[:, others]).fit()
        fitted = null.fittedvalues + value * self.x[:, self.at]
        seen = abs(self.t_of(self.y, value))
        drawn = [abs(self.t_of(fitted + null.resid * row[self.place], value)) for row in self.signs]
        return (1 + sum(t >= seen - 1e-12 for t in drawn)) / (1 + len(self.signs))


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_p_value_and_ends_equal_brute_force(simulated: Make, level: float) -> None:
    panel = simulated(10, places=12, treated=5, effect=-0.5, missing=1)
    brute = BruteForce(panel, base=2020, period=2021, draws=99, seed=3)
    made = bootstrap.wild_bootstrap(panel, base=2020, period=2021, draws=99, seed=3, level=level)
    assert made.p_value == pytest.approx(brute.p_value(0.0))
    assert made.estimate == pytest.approx(sm.OLS(brute.y, brute.x).fit().params[brute.at])
    assert made.ci_low < made.estimate < made.ci_high
    # The p-value crosses 1 - level at each end, found to 1e-4.
    assert brute.p_value(made.ci_low - 2e-4) <= 1 - level + 1e-9 < brute.p_value(made.ci_low + 2e-4)
    assert brute.p_value(made.ci_high + 2e-4) <= 1 - level + 1e-9 < brute.p_value(made.ci_high - 2e-4)


def test_interval_is_open_where_no_value_is_rejected(simulated: Make) -> None:
    """Four clusters have 8 pairs of signs: no p-value can reach a level of 0.1."""
    made = bootstrap.wild_bootstrap(
        simulated(3, places=4, treated=2), base=2020, period=2021, draws=999, seed=1, level=0.99
    )
    assert (made.ci_low, made.ci_high) == (-np.inf, np.inf)


def test_too_few_draws_are_refused(simulated: Make) -> None:
    with pytest.raises(InputError, match="draws 98, expected at least 99"):
        bootstrap.wild_bootstrap(simulated(1), base=2020, period=2021, draws=98, seed=1)


def test_it_has_its_size(simulated: Make) -> None:
    rejected = sum(
        bootstrap.wild_bootstrap(
            simulated(seed, places=20, treated=8), base=2020, period=2021, draws=199, seed=seed
        ).p_value
        <= 0.05
        for seed in range(300)
    )
    # 300 draws of probability 0.05: 99.9 % of counts lie in 4 to 28.
    assert 4 <= rejected <= 28


class DenseScores:
    """The score bootstrap from scratch: Poisson with a dummy a place, fitted by statsmodels, nothing profiled."""

    def __init__(self, panel: Panel, base: int, period: int, draws: int, seed: int) -> None:
        data = event.cells(panel, "ppml", base)
        self.place, self.y = data.place, data.y
        self.x = np.hstack([data.x, pd.get_dummies(data.place, dtype=float).to_numpy()])
        self.at = len(data.periods) + data.periods.index(period)
        self.signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, len(panel.places)))

    def p_value(self, value: float) -> float:
        others = np.delete(np.arange(self.x.shape[1]), self.at)
        null = sm.GLM(
            self.y, self.x[:, others], sm.families.Poisson(), offset=value * self.x[:, self.at]
        ).fit(tol=1e-12)
        hessian = self.x.T @ (self.x * null.mu[:, None])
        rows = self.x * (self.y - null.mu)[:, None]
        scores = np.array([rows[self.place == one].sum(axis=0) for one in np.unique(self.place)])
        along = scores @ np.linalg.inv(hessian)[self.at]  # each cluster's part of the one-step estimate

        def statistic(weights: np.ndarray) -> float:
            drawn = weights * along
            return abs(drawn.sum()) / drawn.std()  # studentised, centred

        seen = statistic(np.ones(len(along)))
        drawn = [statistic(row) for row in self.signs]
        return (1 + sum(t >= seen * (1 - 1e-9) for t in drawn)) / (1 + len(self.signs))


def test_score_bootstrap_equals_dense_scores(simulated: Make) -> None:
    panel = simulated(10, places=12, treated=5, effect=-0.3)
    dense = DenseScores(panel, base=2020, period=2021, draws=99, seed=3)
    made = bootstrap.wild_score_bootstrap(panel, base=2020, period=2021, draws=99, seed=3, level=0.9)
    fit = sm.GLM(dense.y, dense.x, sm.families.Poisson()).fit(tol=1e-12)
    assert made.estimate == pytest.approx(fit.params[dense.at], abs=1e-6)
    assert made.p_value == pytest.approx(dense.p_value(0.0))
    assert made.ci_low < made.estimate < made.ci_high
    assert dense.p_value(made.ci_low - 2e-4) <= 0.1 < dense.p_value(made.ci_low + 2e-4)
    assert dense.p_value(made.ci_high + 2e-4) <= 0.1 < dense.p_value(made.ci_high - 2e-4)


def test_score_bootstrap_refuses_too_few_draws(simulated: Make) -> None:
    with pytest.raises(InputError, match="draws 98, expected at least 99"):
        bootstrap.wild_score_bootstrap(simulated(1), base=2020, period=2021, draws=98, seed=1)
