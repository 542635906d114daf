"""The study's own code against what was simulated: a fall by a quarter in January 2022."""

from __future__ import annotations

import numpy as np
from analysis import model, tables


def test_every_month_is_there_once() -> None:
    calls = tables.tidy()
    assert len(calls) == 60
    assert calls["month"].is_unique


def test_the_interval_holds_what_was_simulated() -> None:
    made = model.fit(tables.tidy(), "2022-01", "auto", 0.95)
    low, high = made.conf_int().loc["level_1"]
    assert low < np.log(0.75) < high
