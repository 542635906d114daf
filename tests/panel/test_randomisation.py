"""Randomisation inference: exact in small cases, right size where the cluster error fails."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel, event, randomisation

Make = Callable[..., Panel]


def test_exact_p_value_by_enumeration(simulated: Make) -> None:
    panel = simulated(1, places=8, treated=3, effect=-0.5)
    change = np.log(panel.at(2021) / panel.at(2020))

    def gap(group: tuple[int, ...]) -> float:
        inside = np.isin(np.arange(8), group)
        return change[inside].mean() - change[~inside].mean()

    seen = gap((0, 1, 2))
    gaps = [gap(group) for group in combinations(range(8), 3)]
    made = randomisation.randomise(panel, base=2020, period=2021, statistic="log", draws=999, seed=1)
    assert made.observed == pytest.approx(seen)
    assert made.p_value == pytest.approx(np.mean(np.abs(gaps) >= abs(seen) - 1e-12))
    assert made.floor == pytest.approx(1 / 56)


@pytest.mark.parametrize(("statistic", "model"), [("log", "log"), ("ppml", "ppml")])
def test_statistic_is_the_event_study_coefficient(simulated: Make, statistic: str, model: str) -> None:
    panel = simulated(2, effect=-0.4)
    made = randomisation.randomise(panel, base=2020, period=2021, statistic=statistic, draws=99, seed=1)
    study = event.event_study(panel, model, base=2020)
    assert made.observed == pytest.approx(study.coef[study.periods.index(2021)], abs=1e-9)


def test_studentised_statistic_is_welch(simulated: Make) -> None:
    from scipy import stats

    panel = simulated(3)
    change = np.log(panel.at(2021) / panel.at(2020))
    expected = stats.ttest_ind(change[panel.treated], change[~panel.treated], equal_var=False).statistic
    made = randomisation.randomise(panel, base=2020, period=2021, statistic="log-t", draws=99, seed=1)
    assert made.observed == pytest.approx(expected)


def test_same_seed_same_draws_and_the_floor_is_stated(simulated: Make) -> None:
    panel = simulated(4, effect=-3.0)
    a, b = (randomisation.randomise(panel, base=2020, period=2021, draws=499, seed=11) for _ in range(2))
    np.testing.assert_array_equal(a.placebo, b.placebo)
    assert a.p_value == a.floor == pytest.approx(1 / 500)


def test_groups_have_the_size_and_are_uniform() -> None:
    groups = randomisation.draw_unions(10, 3, 20000, seed=5)
    assert (groups.sum(axis=1) == 3).all()
    np.testing.assert_allclose(groups.mean(axis=0), 0.3, atol=0.012)


@pytest.mark.parametrize("statistic", ["log", "log-t", "ppml"])
def test_size_with_many_treated(simulated: Make, statistic: str) -> None:
    rejected = sum(
        randomisation.randomise(
            simulated(seed, places=24, treated=9),
            base=2020,
            period=2021,
            statistic=statistic,
            draws=199,
            seed=seed,
        ).p_value
        <= 0.05
        for seed in range(400)
    )
    # 400 draws of probability 0.05: 99.9 % of counts lie in 7 to 36.
    assert 7 <= rejected <= 36


def test_one_treated_place_fools_the_cluster_error_but_not_randomisation(simulated: Make) -> None:
    cluster, ours = 0, 0
    for seed in range(400):
        panel = simulated(5000 + seed, places=20, treated=1)
        row = event.event_study(panel, "log", base=2020).terms.loc[2021]
        cluster += row.p_value <= 0.05
        ours += randomisation.randomise(panel, base=2020, period=2021, draws=999, seed=1).p_value <= 0.05
    assert cluster / 400 > 0.5  # the usual error sees no spread among one place
    # One of 20 places: the attainable p-values are k/20, so size is 0.05 exactly; 99.9 % band 7 to 36.
    assert 7 <= ours <= 36


def test_power_and_one_outlier(simulated: Make) -> None:
    found = 0
    for seed in range(100):
        panel = simulated(seed, places=40, treated=15, effect=-0.5)
        panel.counts[20, 1] *= 30  # an outlier among the others must not hide the effect altogether
        found += randomisation.randomise(panel, base=2020, period=2021, draws=199, seed=seed).p_lower <= 0.1
    # Power without the outlier is near 1; with it well above the 10 % of no effect.
    assert found >= 40


def test_missing_and_zero_places_are_left_out(simulated: Make) -> None:
    panel = simulated(6)
    panel.counts[3, 1] = np.nan
    panel.counts[30, 2] = 0
    made = randomisation.randomise(panel, base=2020, period=2021, draws=99, seed=1)
    again = randomisation.randomise(panel.without(["P003", "P030"]), base=2020, period=2021, draws=99, seed=1)
    assert made.observed == again.observed


def test_bad_input_is_refused(simulated: Make) -> None:
    with pytest.raises(InputError, match="statistic"):
        randomisation.randomise(simulated(7), base=2020, period=2021, statistic="rank", draws=99, seed=1)
    with pytest.raises(InputError, match="both groups"):
        randomisation.draw_unions(5, 5, 10, seed=1)


def test_a_union_of_one_place_is_drawn_and_none_or_all_are_not() -> None:
    drawn = randomisation.draw_unions(5, 1, 200, seed=1)
    assert (drawn.sum(axis=1) == 1).all()
    assert drawn.any(axis=0).all()
    for size in (0, 5):
        with pytest.raises(InputError, match=f"{size} treated of 5 places"):
            randomisation.draw_unions(5, size, 10, seed=1)


@pytest.mark.parametrize(("size", "places"), [(1, 9), (2, 9), (7, 9), (8, 9)])
def test_studentised_statistic_of_small_groups(size: int, places: int) -> None:
    """Two members have a spread of their own; one borrows that of the others."""
    from scipy import stats

    rng = np.random.default_rng(size)
    before, after = rng.uniform(50, 100, places), rng.uniform(50, 100, places)
    members = np.arange(places) < size
    change = np.log(after / before)
    inside, outside = change[members], change[~members]
    if min(size, places - size) > 1:
        expected = stats.ttest_ind(inside, outside, equal_var=False).statistic
    else:
        spread = (inside if size > 1 else outside).var(ddof=1)
        expected = (inside.mean() - outside.mean()) / np.sqrt(spread * (1 / size + 1 / (places - size)))
    made = randomisation.change_statistics(before, after, members[None, :], "log-t")
    assert made == pytest.approx([expected])


@pytest.mark.parametrize("effect", [-0.2, 0.2])
def test_p_values_count_the_placebo_groups_and_the_real_one(simulated: Make, effect: float) -> None:
    panel = simulated(12, effect=effect)
    made = randomisation.randomise(panel, base=2020, period=2021, draws=199, seed=3)
    assert len(made.placebo) == 199
    assert made.frame.statistic.tolist() == made.placebo.tolist()
    assert made.p_value == (1 + sum(abs(made.placebo) >= abs(made.observed))) / 200
    assert made.p_lower == (1 + sum(made.placebo <= made.observed)) / 200
    assert made.floor == 1 / 200
    assert made.floor < made.p_value < 1


def test_all_groups_are_taken_where_there_are_no_more_than_draws(simulated: Make) -> None:
    panel = simulated(1, places=8, treated=3, effect=-0.5)
    for draws, exact in ((55, False), (56, True)):
        groups, all_of_them = randomisation.placebo_unions(8, 3, draws, seed=1)
        assert (len(groups), all_of_them) == (draws, exact)
    made = randomisation.randomise(panel, base=2020, period=2021, draws=56, seed=1)
    assert made.p_lower == np.mean(made.placebo <= made.observed + 1e-12)
    assert made.p_lower >= made.floor == 1 / 56


@pytest.mark.parametrize("statistic", ["log", "ppml"])
def test_a_zero_takes_part_in_totals_only(simulated: Make, statistic: str) -> None:
    """One count of one stays in, a zero in either period has no logarithm."""
    panel = simulated(6)
    panel.counts[3, 1], panel.counts[20, 2], panel.counts[21, 1] = 0, 0, 1
    made = randomisation.randomise(panel, base=2020, period=2021, statistic=statistic, draws=9, seed=1)
    kept = panel if statistic == "ppml" else panel.without(["P003", "P020"])
    expected = randomisation.change_statistics(kept.at(2020), kept.at(2021), kept.treated[None, :], statistic)
    assert made.observed == expected[0]


def p_of_value(panel: Panel, value: float, statistic: str, groups: np.ndarray, exact: bool) -> float:
    """The test of one value, from scratch: the effect taken out of the treated places, all groups ranked."""
    before, after = panel.at(2020), panel.at(2021) * np.exp(-value * panel.treated)

    def shown(group: np.ndarray) -> float:
        if statistic == "log":
            change = np.log(after / before)
            return float(change[group].mean() - change[~group].mean())
        inside, outside = (after[side].sum() / before[side].sum() for side in (group, ~group))
        return float(np.log(inside / outside))

    seen = abs(shown(panel.treated))
    extreme = sum(abs(shown(group)) >= seen - 1e-9 for group in groups)
    return extreme / len(groups) if exact else (1 + extreme) / (1 + len(groups))


@pytest.mark.parametrize("statistic", ["log", "ppml"])
@pytest.mark.parametrize(("places", "draws"), [(8, 999), (30, 199)])
def test_interval_is_what_the_test_keeps(simulated: Make, statistic: str, places: int, draws: int) -> None:
    """Values just inside each end are kept, values just outside rejected; so are values along the way."""
    panel = simulated(1, places=places, treated=3, effect=-0.5)
    made = randomisation.randomise(
        panel, base=2020, period=2021, statistic=statistic, draws=draws, seed=4, level=0.9
    )
    groups, exact = randomisation.placebo_unions(places, 3, draws, 4)
    assert exact == (places == 8)
    ends = made.ci_low, made.ci_high
    assert ends[0] < made.observed < ends[1]
    for value in (*np.linspace(*ends, 7)[1:-1], ends[0] + 1e-5, ends[1] - 1e-5):
        assert p_of_value(panel, value, statistic, groups, exact) > 0.1
    for value in (ends[0] - 1e-5, ends[1] + 1e-5, ends[0] - 1, ends[1] + 1):
        assert p_of_value(panel, value, statistic, groups, exact) <= 0.1


@pytest.mark.parametrize("statistic", ["log", "ppml"])
def test_interval_holds_zero_just_when_the_test_keeps_it(simulated: Make, statistic: str) -> None:
    for seed in range(60):
        panel = simulated(seed, places=24, treated=9, effect=-0.25)
        made = randomisation.randomise(
            panel, base=2020, period=2021, statistic=statistic, draws=199, seed=seed
        )
        assert (made.ci_low <= 0 <= made.ci_high) == (made.p_value > 0.05)


def test_no_value_is_rejected_where_the_floor_is_above_the_level(simulated: Make) -> None:
    for statistic in ("log", "ppml"):
        made = randomisation.randomise(
            simulated(1, places=6, treated=1), base=2020, period=2021, statistic=statistic, seed=1
        )
        assert made.floor == 1 / 6
        assert (made.ci_low, made.ci_high) == (-np.inf, np.inf)
    assert made.ratio[1:] == (0.0, np.inf)


def test_studentised_test_has_no_interval(simulated: Make) -> None:
    made = randomisation.randomise(simulated(1), base=2020, period=2021, statistic="log-t", draws=99, seed=1)
    assert np.isnan([made.ci_low, made.ci_high]).all()


def test_interval_of_sums_covers_where_the_cluster_interval_does_not(simulated: Make) -> None:
    """Simulated panels with a few places that carry the sums, and a true effect of -0.4."""
    from eprivacy_its.panel import Panel

    held = {"unions": 0, "CRV1": 0}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        before = rng.lognormal(7, 1.6, 40).round() + 20
        after = before * np.exp(rng.normal(0, 0.5, 40) - 0.4 * (np.arange(40) < 8))
        counts = np.column_stack([before, before, after])
        panel = Panel(tuple(f"P{i:02d}" for i in range(40)), (2019, 2020, 2021), counts, np.arange(40) < 8)
        made = randomisation.randomise(panel, base=2020, period=2021, statistic="ppml", draws=199, seed=seed)
        held["unions"] += made.ci_low <= -0.4 <= made.ci_high
        row = event.event_study(panel, "ppml").terms.loc[2021]
        held["CRV1"] += row.ci_low <= -0.4 <= row.ci_high
    # 200 draws of probability 0.95: 99.9 % of counts are 179 or more.
    assert held["unions"] >= 179
    assert held["CRV1"] < held["unions"] - 10
