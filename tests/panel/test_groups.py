"""Groups that share shocks: against regressions and textbook tests, and their size where the usual error fails."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel, event, groups

Make = Callable[..., Panel]
LABELS = np.array(["x"] * 15 + ["a"] * 4 + ["b"] * 9 + ["c"] * 12)


@pytest.mark.parametrize("statistic", ["log", "ppml"])
def test_difference_is_the_regression_of_group_changes(simulated: Make, statistic: str) -> None:
    panel = simulated(1, effect=-0.4)
    made = groups.against_groups(panel, LABELS, base=2020, period=2021, statistic=statistic, level=0.9)
    before, after = panel.at(2020), panel.at(2021)
    y = [
        np.log(after[inside] / before[inside]).mean()
        if statistic == "log"
        else np.log(after[inside].sum() / before[inside].sum())
        for inside in (name == LABELS for name in "xabc")
    ]
    fit = sm.OLS(y, sm.add_constant(np.array([1.0, 0, 0, 0]))).fit()
    assert made.estimate == pytest.approx(fit.params[1])
    assert (made.ci_low, made.ci_high) == pytest.approx(tuple(fit.conf_int(0.1)[1]))
    assert made.p_value == pytest.approx(fit.pvalues[1])
    assert made.df == fit.df_resid == 2
    assert made.ratio == pytest.approx(tuple(np.exp([made.estimate, made.ci_low, made.ci_high])))


def test_labels_of_treated_places_are_not_read(simulated: Make) -> None:
    panel = simulated(2)
    other = np.where(panel.treated, "a", LABELS)
    one, two = (groups.against_groups(panel, part, base=2020, period=2021) for part in (LABELS, other))
    assert one == two


def test_missing_and_zero_places_are_left_out(simulated: Make) -> None:
    panel = simulated(6)
    panel.counts[16, 1] = np.nan
    panel.counts[30, 2] = 0
    kept = [number not in (16, 30) for number in range(40)]
    made = groups.group_changes(panel, LABELS, base=2020, period=2021)
    again = groups.group_changes(panel.keep(np.array(kept)), LABELS[kept], base=2020, period=2021)
    assert made == again
    sums = groups.group_changes(panel, LABELS, base=2020, period=2021, statistic="ppml")
    inside = LABELS == "c"  # the place with the zero is among them and counts
    assert sums["c"] == pytest.approx(np.log(panel.at(2021)[inside].sum() / panel.at(2020)[inside].sum()))


def test_f_test_is_that_of_scipy_and_the_correlation_that_of_equal_groups() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat(list("abcdef"), 8)
    values = rng.normal(size=48) + np.repeat(rng.normal(size=6), 8)
    made = groups.intraclass(values, labels)
    expected = stats.f_oneway(*(values[labels == name] for name in "abcdef"))
    assert (made.f, made.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    # Equal groups: the estimate is that of restricted maximum likelihood.
    fit = sm.MixedLM(values, np.ones(48), labels).fit(reml=True)
    shared = float(fit.cov_re[0, 0])
    assert made.value == pytest.approx(shared / (shared + fit.scale), abs=1e-4)
    assert made.df == (5, 42)
    assert made.ci_low < made.value < made.ci_high


def test_correlation_of_unequal_groups_by_hand() -> None:
    values, labels = np.array([0.0, 2.0, 5.0, 6.0, 7.0]), np.array(list("aabbb"))
    made = groups.intraclass(values, labels)
    # Means 1 and 6, overall 4: between 2 * 9 + 3 * 4 = 30 on 1; within 2 + 2 = 4 on 3; n0 = 5 - 13 / 5 = 2.4.
    assert made.f == pytest.approx(30 / (4 / 3))
    assert made.value == pytest.approx((30 - 4 / 3) / (30 + 1.4 * 4 / 3))


def test_size_with_shared_shocks() -> None:
    """Ten groups of unlike size share shocks: the usual error rejects most true nulls, groups one in twenty."""
    sizes = [12, *([4, 8, 12] * 3)]
    labels = np.repeat([f"g{number}" for number in range(10)], sizes)
    treated, names = labels == "g0", tuple(f"P{number:03d}" for number in range(len(labels)))
    rejected = {"groups": 0, "CRV1": 0}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        shock = np.repeat(rng.normal(0, 0.4, 10), sizes)
        before = np.exp(rng.normal(7, 1, len(labels)))
        after = before * np.exp(shock + rng.normal(0, 0.4, len(labels)))
        panel = Panel(names, (2020, 2021), np.column_stack([before, after]), treated)
        rejected["groups"] += groups.against_groups(panel, labels, base=2020, period=2021).p_value <= 0.05
        rejected["CRV1"] += event.event_study(panel, "log").terms.p_value[2021] <= 0.05
    # 300 draws of probability 0.05: 99.9 % of counts lie in 4 to 28.
    assert 4 <= rejected["groups"] <= 28
    assert rejected["CRV1"] > 100


def test_bad_input_is_refused(simulated: Make) -> None:
    panel = simulated(1)
    with pytest.raises(InputError, match="1 untreated, expected at least two"):
        groups.against_groups(panel, np.full(40, "a"), base=2020, period=2021)
    with pytest.raises(InputError, match="statistic 'log-t'"):
        groups.against_groups(panel, LABELS, base=2020, period=2021, statistic="log-t")
    with pytest.raises(InputError, match="at least two groups"):
        groups.intraclass(np.arange(3.0), np.array(list("abc")))
    with pytest.raises(InputError, match="at least two groups"):
        groups.intraclass(np.arange(3.0), np.array(list("aaa")))
