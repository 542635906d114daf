"""Influence: the rule of the spike, robust averages, changes by place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel, influence, randomisation

Make = Callable[..., Panel]


def test_spike_rule_is_inclusive_and_needs_both_sides() -> None:
    counts = np.array([[100, 200, 100], [100, 199, 50], [100, 400, 201], [100, 900, 100.0]])
    panel = Panel(("A", "B", "C", "D"), (1, 2, 3), counts, np.array([True, False, False, False]))
    made = influence.spikes(panel, before=1, peak=2, after=3)
    assert made.place.tolist() == ["D", "A"]
    mask = influence.spike_mask(panel, before=1, peak=2, after=3)
    assert mask.tolist() == [True, False, False, True]
    with pytest.raises(InputError, match="factor"):
        influence.spikes(panel, before=1, peak=2, after=3, factor=1.0)


def test_huber_solves_its_equation_and_resists_an_outlier() -> None:
    values = np.r_[np.random.default_rng(1).normal(size=40), 9.0]
    scale = stats.median_abs_deviation(values, scale="normal")
    centre, error = influence.huber_mean(values)
    psi = sm.robust.norms.HuberT(influence.TUNING).psi((values - centre) / scale)
    assert psi.sum() == pytest.approx(0, abs=1e-8)
    assert influence.huber_mean(np.r_[values[:-1], 9000.0])[0] == pytest.approx(centre, abs=1e-6)
    assert error == pytest.approx(1 / np.sqrt(41), rel=0.3)


def test_standard_errors_of_huber_and_median_by_simulation() -> None:
    rng = np.random.default_rng(2)
    for location in (influence.huber_mean, lambda v: (np.median(v), influence.median_error(v))):
        made = np.array([location(rng.normal(size=60)) for _ in range(1500)])
        assert made[:, 1].mean() == pytest.approx(made[:, 0].std(), rel=0.12)


def test_mean_row_is_welch(simulated: Make) -> None:
    panel = simulated(3, effect=-0.4)
    made = influence.robust_changes(panel, base=2020, period=2021).set_index("average")
    change = np.log(panel.at(2021) / panel.at(2020))
    welch = stats.ttest_ind(change[panel.treated], change[~panel.treated], equal_var=False)
    interval = welch.confidence_interval(0.95)
    np.testing.assert_allclose(
        np.log(made.loc["mean", ["ratio_low", "ratio_high"]].astype(float)),
        [interval.low, interval.high],
        rtol=1e-9,
    )


def test_one_outlier_moves_the_mean_not_the_robust_averages(simulated: Make) -> None:
    panel = simulated(4, effect=-0.4)
    clean = influence.robust_changes(panel, base=2020, period=2021).set_index("average").ratio
    panel.counts[2, 1] *= 60
    spoilt = influence.robust_changes(panel, base=2020, period=2021).set_index("average").ratio
    moved = np.abs(np.log(spoilt / clean))
    assert moved["mean"] > 0.2
    assert moved["Huber"] < 0.12
    assert moved["median"] < 0.12


def test_unit_changes_divide_by_the_others(simulated: Make) -> None:
    panel = simulated(5)
    made = influence.unit_changes(panel, base=2020, period=2021).set_index("place")
    change = panel.at(2021) / panel.at(2020)
    expected = change[0] / np.exp(np.log(change[~panel.treated]).mean())
    assert made.ratio["P000"] == pytest.approx(expected)
    assert len(made) == 15


def test_a_place_without_a_count_has_no_ratio_to_average() -> None:
    """A logarithm of 0 would make the usual change 0 and every ratio infinite."""
    counts = np.array([[100, 50], [100, 80], [100, 125], [100, 0.0], [0, 100.0]])
    panel = Panel(tuple("ABCDE"), (1, 2), counts, np.array([True, False, False, False, False]))
    made = influence.unit_changes(panel, base=1, period=2)
    assert made.ratio.tolist() == pytest.approx([0.5])
    robust = influence.robust_changes(
        Panel(
            tuple("ABCDEF"), (1, 2), np.vstack([counts, [100, 40.0]]), np.array([True] + [False] * 4 + [True])
        ),
        base=1,
        period=2,
    )
    assert np.isfinite(robust[["ratio", "ratio_low", "ratio_high"]]).all().all()


def test_median_row_is_price_and_bonett_and_counts_of_one_take_part() -> None:
    rng = np.random.default_rng(8)
    counts = np.column_stack([rng.integers(1, 5, 31), rng.integers(1, 400, 31)]).astype(float)
    treated = np.arange(31) < 14
    counts[[0, 30]] = [[1, 9], [4, 1]]
    panel = Panel(tuple(f"P{i}" for i in range(31)), (2020, 2021), counts, treated)
    change = np.log(counts[:, 1] / counts[:, 0])

    def error(values: np.ndarray) -> float:
        n = len(values)
        c = max(1, round((n + 1) / 2 - np.sqrt(n)))
        ordered = sorted(values)
        return (ordered[n - c] - ordered[c - 1]) / (2 * stats.norm.ppf(1 - stats.binom.cdf(c - 1, n, 0.5)))

    gap = np.median(change[treated]) - np.median(change[~treated])
    reach = stats.norm.ppf(0.95) * np.hypot(error(change[treated]), error(change[~treated]))
    row = (
        influence.robust_changes(panel, base=2020, period=2021, level=0.9).set_index("average").loc["median"]
    )
    assert np.log(row.to_numpy()) == pytest.approx([gap, gap - reach, gap + reach])
    drawn = randomisation.randomise(panel, base=2020, period=2021, draws=20, seed=1)
    assert drawn.observed == pytest.approx(change[treated].mean() - change[~treated].mean())
