"""Simulated series for the ITS tests; all of them are simulated, none is data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eprivacy_its.its.design import Links
from eprivacy_its.its.kernels.median import ar1_errors


@pytest.fixture
def monthly() -> pd.DataFrame:
    """60 simulated months, a fall of 20 % in month 36, correlated, with people and a covariate."""
    n = 60
    rng = np.random.default_rng(12)
    t = np.arange(n)
    error = ar1_errors(rng.standard_normal((1, n)), 0.4, Links.of(t))[0]
    people = 1000 * np.exp(0.002 * t)
    heat = rng.normal(size=n)
    mean = 0.4 * people * np.exp(0.004 * t - 0.22 * (t >= 36) + 0.06 * error + 0.02 * heat)
    mean *= np.exp(0.1 * np.sin(2 * np.pi * t / 12))
    return pd.DataFrame(
        {
            "month": pd.period_range("2018-01", periods=n, freq="M").astype(str),
            "events": rng.poisson(mean),
            "rate": mean / people * (1 + 0.03 * rng.normal(size=n)),
            "people": people,
            "heat": heat,
        }
    )


@pytest.fixture
def stacked(monthly: pd.DataFrame) -> pd.DataFrame:
    """The same with simulated control rows that don't fall."""
    rng = np.random.default_rng(13)
    control = monthly.assign(
        events=rng.poisson(300, len(monthly)), rate=0.3 + 0.01 * rng.normal(size=len(monthly))
    )
    return pd.concat([monthly.assign(eu=1), control.assign(eu=0)], ignore_index=True)
