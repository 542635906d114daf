"""The multiverse: each average against an independent computation, and the size of the curve's test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel, event
from helpers import data
from helpers.countries import multiverse, sample
from helpers.countries.multiverse import World
from helpers.countries.specifications import Specification, choices, list_specifications

PLAIN = Specification("mean log change", "year before", "all", "all", "among the others", 100)


def simulated_world(seed: int, effect: float = 0.0, places: int = 80, members: int = 20) -> World:
    """Simulated counts of three years with places of very unlike size; roles at random."""
    rng = np.random.default_rng(seed)
    level = rng.normal(8, 1.2, places)
    counts = np.exp(level[:, None] + rng.normal(0, 0.4, (places, 3)))
    member = np.zeros(places, bool)
    member[rng.permutation(places)[:members]] = True
    counts[member, 2] *= np.exp(effect)
    counts = rng.poisson(counts).astype(float) + 100
    europe = member | (rng.random(places) < 0.3)
    associated = europe & ~member & (rng.random(places) < 0.2)
    return World(
        counts[:, 0], counts[:, 1], counts[:, 2], counts[:, 0], member[None], europe[None], associated[None]
    )


def one(world: World, **changes: object) -> tuple[float, float, float]:
    made = multiverse.curve(world, [replace(PLAIN, **changes)])
    return float(made.estimate[0, 0]), float(made.low[0, 0]), float(made.high[0, 0])


def as_panel(world: World) -> Panel:
    counts = np.column_stack([world.earlier, world.before, world.after])
    return Panel(tuple(f"P{i:02d}" for i in range(len(counts))), (2019, 2020, 2021), counts, world.member[0])


@pytest.mark.parametrize(("estimator", "model"), [("mean log change", "log"), ("Poisson", "ppml")])
def test_plain_specification_is_the_event_study(estimator: str, model: str) -> None:
    world = simulated_world(1, effect=-0.4)
    study = event.event_study(as_panel(world), model)
    assert one(world, estimator=estimator)[0] == pytest.approx(study.coef[1], abs=1e-9)


def test_mean_has_the_interval_of_the_event_study() -> None:
    world = simulated_world(2)
    study = event.event_study(as_panel(world), "log", covariance="CRV3").terms.loc[2021]
    assert one(world)[1:] == (pytest.approx(study.ci_low), pytest.approx(study.ci_high))


def test_trimmed_is_yuen() -> None:
    world = simulated_world(3)
    change, member = np.log(world.after / world.before), world.member[0]
    test = stats.ttest_ind(change[member], change[~member], equal_var=False, trim=0.2)
    interval = test.confidence_interval()
    made = one(world, estimator="trimmed log change")
    gap = stats.trim_mean(change[member], 0.2) - stats.trim_mean(change[~member], 0.2)
    assert made[0] == pytest.approx(gap)
    assert made[1:] == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_weighted_is_weighted_least_squares() -> None:
    import statsmodels.api as sm

    world = simulated_world(4)
    change, member = np.log(world.after / world.before), world.member[0]
    fit = sm.WLS(change, sm.add_constant(member.astype(float)), weights=world.volume).fit(cov_type="HC0")
    made = one(world, estimator="log change weighted by 2019")
    assert made[0] == pytest.approx(fit.params[1])
    left_out = []
    for place in range(len(change)):
        stays = np.arange(len(change)) != place
        x = sm.add_constant(member[stays].astype(float))
        left_out.append(sm.WLS(change[stays], x, weights=world.volume[stays]).fit().params[1])
    n = len(change)
    jackknife = np.sqrt((n - 1) / n * ((np.array(left_out) - fit.params[1]) ** 2).sum())
    assert (made[2] - made[1]) / 2 == pytest.approx(stats.t.ppf(0.975, n - 1) * jackknife)


def test_poisson_error_is_close_to_the_event_study_cluster_error() -> None:
    world = simulated_world(5)
    study = event.event_study(as_panel(world), "ppml")
    low, high = study.terms.loc[2021, ["ci_low", "ci_high"]]
    made = one(world, estimator="Poisson")
    assert made[1:] == (pytest.approx(low, abs=0.03), pytest.approx(high, abs=0.03))


@pytest.mark.parametrize("baseline", ["two years before", "mean of the two", "trend continued"])
def test_baselines_by_hand(baseline: str) -> None:
    world = simulated_world(6)
    e, b, a, m = np.log(world.earlier), np.log(world.before), np.log(world.after), world.member[0]
    change = {"two years before": a - e, "mean of the two": a - (e + b) / 2, "trend continued": a - 2 * b + e}
    expected = change[baseline][m].mean() - change[baseline][~m].mean()
    assert one(world, baseline=baseline)[0] == pytest.approx(expected)


def test_sets_of_places() -> None:
    world = simulated_world(7)
    member, europe, associated = world.member[0], world.europe[0], world.associated[0]
    specs = [
        replace(PLAIN, compared="Europe", associated="left out"),
        replace(PLAIN, compared="outside Europe", associated="with the EU"),
        replace(PLAIN, treated="without the largest rise"),
        replace(PLAIN, treated="without doublers", minimum=2000),
    ]
    made = multiverse.curve(world, specs)
    assert made.others[0, 0] == (europe & ~member & ~associated).sum()
    assert made.members[0, 1] == (member | associated).sum()
    assert made.others[0, 1] == (~europe).sum()
    assert made.members[0, 2] == member.sum() - 1
    calm = (world.before < 2 * world.earlier) & (world.volume >= 2000)
    assert (made.members[0, 3], made.others[0, 3]) == ((member & calm).sum(), (~member & calm).sum())


def test_the_list_is_long_ordered_and_without_doubles() -> None:
    listed = list_specifications()
    assert len(listed) >= 500
    assert len(set(listed)) == len(listed)
    assert listed == list_specifications()
    named = choices()
    for field in ("estimator", "baseline", "treated"):
        assert {getattr(item, field) for item in listed} <= set(named.option)


def test_no_two_listed_specifications_are_the_same_analysis() -> None:
    made = multiverse.curve(
        sample.world(data.read("country_reports"), 2019, 2020, 2021), list_specifications()
    )
    key = np.round(np.column_stack([made.estimate[0], made.low[0]]), 10)
    # A minimum that removes nobody, or volume bounds that do, can make two lists of places equal by chance.
    assert len(np.unique(key, axis=0)) >= 0.85 * len(key)


def test_shuffles_keep_counts_strata_and_joint_roles() -> None:
    world = simulated_world(8)
    made = world.shuffled(50, seed=1)
    stratum = np.searchsorted(np.array(multiverse.STRATA), world.volume, side="right")
    for value in np.unique(stratum):
        at = stratum == value
        assert (made.member[:, at].sum(axis=1) == world.member[0, at].sum()).all()
    assert not (made.member & made.associated).any()
    assert (made.member <= made.europe).all()
    assert (made.member != world.member).any()


def test_same_values_on_one_and_two_workers() -> None:
    world = simulated_world(9)
    listed = list_specifications()[::40]
    one_worker, two = (
        multiverse.placebo_curves(world, listed, draws=250, seed=3, workers=workers) for workers in (1, 2)
    )
    assert one_worker.equals(two)


def test_batched_placebo_equals_one_at_a_time() -> None:
    world = simulated_world(10)
    listed = list_specifications()[::25]
    shuffled = world.shuffled(7, seed=4)
    together = multiverse.curve(shuffled, listed).estimate
    for draw in range(7):
        alone = multiverse.curve(shuffled.rows(draw, draw + 1), listed).estimate
        np.testing.assert_allclose(together[draw], alone[0], rtol=1e-10, atol=1e-12)


def test_size_and_power_of_the_curve() -> None:
    listed = list_specifications()[::60]
    rejected = {0.0: 0, -0.5: 0}
    for effect in rejected:
        for seed in range(200):
            world = simulated_world(seed, effect)
            seen = multiverse.curve(world, listed).summary().loc[0]
            placebo = multiverse.placebo_curves(world, listed, draws=99, seed=seed)
            rejected[effect] += multiverse.curve_p_values(seen, placebo)["median"] <= 0.05
    # 200 draws of probability 0.05: 99.9 % of counts lie in 1 to 21.
    assert 1 <= rejected[0.0] <= 21
    assert rejected[-0.5] >= 150


def test_a_baseline_without_its_year_is_refused() -> None:
    world = sample.world(data.read("country_reports"), None, 2019, 2020)
    assert np.isfinite(multiverse.curve(world, [PLAIN]).estimate).all()
    with pytest.raises(InputError, match="trend continued"):
        multiverse.curve(world, [replace(PLAIN, baseline="trend continued")])


def test_zero_counts_are_refused() -> None:
    world = simulated_world(11)
    world.after[0] = 0
    with pytest.raises(InputError, match="zero or missing"):
        multiverse.curve(world, [PLAIN])


def test_sign_share() -> None:
    made = multiverse.curve(simulated_world(12, effect=-1.0), list_specifications()[::30])
    assert multiverse.sign_share(made, -0.3) == pytest.approx((made.estimate[0] < 0).mean())
