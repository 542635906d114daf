"""Targets: linear functionals equal to what they are named after."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from bounds.small import day, study
from eprivacy_its import bounds
from eprivacy_its.bounds.targets import of_asked

CLAIM = {"id": "all", "quantity": "total", "window": [day(0), day(139)], "value": 1e5, "rounding": 0}


def grid():
    return bounds.Problem.of(study(140, [CLAIM])).grid


def test_segmented_regression_is_that_of_ordinary_least_squares() -> None:
    y = np.random.default_rng(1).gamma(5, 100, 140)
    weekly = y.reshape(20, 7).mean(axis=1)
    after = (np.arange(20) >= 12).astype(float)
    design = np.column_stack(
        [np.ones(20), np.arange(20), after, np.clip(np.arange(20) - 12, 0, None) * after]
    )
    params = sm.OLS(weekly, design).fit().params
    window = (day(0), day(139))
    assert bounds.level_change(*window, day(84)).value(grid(), y) == pytest.approx(params[2], rel=1e-10)
    assert bounds.slope_change(*window, day(84)).value(grid(), y) == pytest.approx(params[3], rel=1e-10)
    relative = bounds.level_change(*window, day(84), relative=True).value(grid(), y)
    assert relative == pytest.approx(100 * params[2] / (params[0] + 12 * params[1]), rel=1e-10)


def test_segmented_regression_takes_whole_weeks_of_its_window() -> None:
    y = np.random.default_rng(2).gamma(5, 100, 140)
    trimmed = bounds.level_change(day(3), day(137), day(84)).value(grid(), y)
    exact = bounds.level_change(day(7), day(132), day(84)).value(grid(), y)
    assert trimmed == pytest.approx(exact, rel=1e-10)
    outside = y.copy()
    outside[:7], outside[133:] = 1e6, 1e6
    assert bounds.level_change(day(3), day(137), day(84)).value(grid(), outside) == pytest.approx(trimmed)


def test_segmented_regression_takes_no_week_that_the_series_cuts() -> None:
    """Three days of a 21st week are in the series; the window goes on."""
    claim = {**CLAIM, "window": [day(0), day(142)]}
    cut = bounds.Problem.of(study(143, [claim])).grid
    y = np.append(np.random.default_rng(2).gamma(5, 100, 140), [1e6] * 3)
    exact = bounds.level_change(day(0), day(139), day(84)).value(grid(), y[:140])
    assert bounds.level_change(day(0), day(146), day(84)).value(cut, y) == pytest.approx(exact, rel=1e-10)


def test_segmented_regression_refuses_what_it_can_not_do() -> None:
    with pytest.raises(ValueError, match="is no Monday"):
        bounds.level_change(day(0), day(139), day(85)).value(grid(), np.ones(140))
    with pytest.raises(ValueError, match="fewer than 3 whole weeks"):
        bounds.level_change(day(0), day(139), day(133)).value(grid(), np.ones(140))


def test_plain_targets_are_what_they_say() -> None:
    y = np.random.default_rng(3).gamma(5, 100, 140)
    assert bounds.total(day(3), day(9)).value(grid(), y) == pytest.approx(y[3:10].sum())
    assert bounds.mean_rate(day(3), day(9)).value(grid(), y) == pytest.approx(y[3:10].mean())
    expected = 100 * (y[20:25].mean() / y[3:10].mean() - 1)
    assert bounds.change(day(20), day(24), day(3), day(9)).value(grid(), y) == pytest.approx(expected)
    short = 5 * y[3:10].mean() - y[20:25].sum()
    assert bounds.shortfall(day(20), day(24), day(3), day(9)).value(grid(), y) == pytest.approx(short)


def test_windows_are_checked() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        bounds.mean_rate(day(9), day(3))
    with pytest.raises(ValueError, match="outside the series"):
        bounds.mean_rate(day(100), day(140)).value(grid(), np.ones(140))


def test_targets_of_a_file_are_those_of_the_package() -> None:
    y = np.random.default_rng(4).gamma(5, 100, 140)
    rows = [
        {"name": "rate", "quantity": "mean rate", "window": [day(3), day(9)]},
        {"name": "sum", "quantity": "total", "window": [day(3), day(9)]},
        {"name": "ratio", "quantity": "ratio", "window": [day(20), day(24)], "baseline": [day(3), day(9)]},
        {
            "name": "short",
            "quantity": "shortfall",
            "window": [day(20), day(24)],
            "baseline": [day(3), day(9)],
        },
        {"name": "level", "quantity": "level change", "window": [day(0), day(139)], "at": day(84)},
        {"name": "slope", "quantity": "slope change", "window": [day(0), day(139)], "at": day(84)},
    ]
    made = {asked.name: of_asked(asked) for asked in study(140, [CLAIM], targets=rows).targets}
    assert made["rate"].value(grid(), y) == pytest.approx(y[3:10].mean())
    assert made["sum"].value(grid(), y) == pytest.approx(y[3:10].sum())
    assert made["ratio"].value(grid(), y) == pytest.approx(y[20:25].mean() / y[3:10].mean())
    assert made["short"].value(grid(), y) == pytest.approx(5 * y[3:10].mean() - y[20:25].sum())
    assert made["level"].value(grid(), y) == bounds.level_change(day(0), day(139), day(84)).value(grid(), y)
    assert made["slope"].unit == "a day, a week"
