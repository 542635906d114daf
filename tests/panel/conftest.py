"""Simulated panels with known truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from eprivacy_its.panel import Panel


@pytest.fixture
def simulated() -> Callable[..., Panel]:
    """Maker of simulated panels: log counts with place, year and idiosyncratic parts."""

    def make(
        seed: int,
        places: int = 40,
        treated: int = 15,
        effect: float = 0.0,
        noise: float = 0.3,
        missing: int = 0,
        zeros: int = 0,
    ) -> Panel:
        rng = np.random.default_rng(seed)
        periods = (2019, 2020, 2021, 2022, 2023)
        mean = rng.normal(8, 1, (places, 1)) + rng.normal(0, 0.4, 5) + rng.normal(0, noise, (places, 5))
        mask = np.arange(places) < treated
        mean[mask, 2] += effect
        counts = rng.poisson(np.exp(mean)).astype(float)
        for number in range(missing):
            counts[(7 * number + 3) % places, number % 5] = np.nan
        for number in range(zeros):
            counts[(5 * number + 1) % places, (number + 2) % 5] = 0
        return Panel(tuple(f"P{i:03d}" for i in range(places)), periods, counts, mask)

    return make
