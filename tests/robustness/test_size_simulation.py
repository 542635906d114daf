"""Tests tried on simulated panels: closed forms equal the real tests; sizes within Monte Carlo error; power."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from eprivacy_its.panel import Panel, bootstrap, event, groups, randomisation
from eprivacy_its.robustness import regions, size_simulation
from helpers import data
from helpers.countries import sample


@pytest.fixture(scope="module")
def real() -> Panel:
    return sample.study_panel(data.read("country_reports"))


@pytest.fixture(scope="module")
def tried(real: Panel) -> pd.DataFrame:
    return size_simulation.rejections(real, math.log(0.66), seed=5).set_index(["model", "inference"])


def one_panel(treated: int = 7, places: int = 25) -> Panel:
    """A simulated panel of five years; the closed forms use its years 2020 and 2021 only."""
    rng = np.random.default_rng(3)
    counts = rng.poisson(np.exp(rng.normal(7, 1, (places, 1)) + rng.normal(0, 0.4, (places, 5)))).astype(
        float
    )
    names = tuple(f"P{number:02d}" for number in range(places))
    return Panel(names, (2019, 2020, 2021, 2022, 2023), counts, np.arange(places) < treated)


def test_closed_forms_are_the_tests_of_the_page() -> None:
    panel = one_panel()
    labels = np.array([""] * 7 + ["a"] * 5 + ["b"] * 6 + ["c"] * 7)
    divisions = dict.fromkeys(regions.DIVISIONS, labels)
    made = size_simulation.p_values(panel.at(2020)[None], panel.at(2021)[None], 7, 499, 11, divisions)
    for model, covariance in (("log", "CRV1"), ("log", "CRV3"), ("ppml", "CRV1"), ("ppml", "CRV3")):
        study = event.event_study(panel, model, covariance=covariance)
        assert made[f"{model} {covariance.lower()}"][0] == pytest.approx(study.terms.p_value[2021], rel=1e-6)
    for model in ("log", "ppml"):
        drawn = randomisation.randomise(panel, base=2020, period=2021, statistic=model, draws=499, seed=11)
        assert made[f"{model} placebo"][0] == pytest.approx(drawn.p_value)
    wild = bootstrap.wild_bootstrap(panel, base=2020, period=2021, draws=499, seed=11)
    assert made["log wild"][0] == pytest.approx(wild.p_value)
    score = bootstrap.wild_score_bootstrap(panel, base=2020, period=2021, draws=499, seed=11)
    assert made["ppml score"][0] == pytest.approx(score.p_value)
    for model in ("log", "ppml"):
        whole = groups.against_groups(panel, labels, base=2020, period=2021, statistic=model)
        for division in regions.DIVISIONS:
            assert made[f"{model} {division}"][0] == pytest.approx(whole.p_value)
    without = size_simulation.p_values(panel.at(2020)[None], panel.at(2021)[None], 7, 499, 11, {})
    assert np.isnan(without["log continents"]).all()


def test_sizes_are_nominal_where_they_should_be(tried: pd.DataFrame) -> None:
    low, high = size_simulation.band()
    as_here = tried["27 of 171"]
    for kind in ("CRV3 by place, t", "wild cluster bootstrap", "placebo unions"):
        assert low <= as_here["log", kind] <= high, kind
    for kind in ("placebo unions", "wild score bootstrap"):
        assert low <= as_here["Poisson", kind] <= high, kind
    for division in regions.DIVISIONS:  # the EU is less noisy than small regions: too seldom, never too often
        assert as_here["log", f"{division}, t"] <= high
    for case in ("27 against 3", "1 of 20"):
        assert low <= tried[case]["log", "placebo unions"] <= high, case


def test_the_usual_error_fails_where_placebo_unions_do_not(tried: pd.DataFrame) -> None:
    usual = "CRV1 by place, t"
    assert tried["1 of 20"]["log", usual] > 0.5
    assert tried["27 against 3"]["log", usual] > 0.12
    assert tried["27 of 171"]["Poisson", usual] > 0.12
    assert tried["27 against 3"]["log", "CRV3 by place, t"] > 0.08  # why no interval is given there
    assert math.isnan(tried["1 of 20"]["log", "CRV3 by place, t"])


def test_where_regions_share_shocks_only_tests_by_regions_hold(tried: pd.DataFrame) -> None:
    _, high = size_simulation.band()
    for division in regions.DIVISIONS:
        shared = tried[f"shared in {division}"]
        assert shared["log", f"{division}, t"] <= high
        assert shared["Poisson", f"{division}, t"] <= high + 0.01
        for kind in ("CRV3 by place, t", "wild cluster bootstrap", "placebo unions"):
            assert shared["log", kind] > 0.35, kind
        for kind in ("CRV3 by place, t", "wild score bootstrap", "placebo unions"):
            assert shared["Poisson", kind] > 0.1, kind


def test_simulated_regions_have_the_correlation_of_the_real_ones(real: Panel) -> None:
    division = "world regions"
    seen = regions.correlation(real, division, base=2020, period=2021, level=0.95).value
    labels, case = size_simulation._labels(real), size_simulation.Case(171, 27, shared=division)
    rng = np.random.default_rng(1)
    before, after = size_simulation._simulate(real, case, size_simulation.spread(real), 300, rng, labels)
    change, free = np.log(after / before), labels[division] != ""
    found = [groups.intraclass(row[free], labels[division][free]).value for row in change]
    assert np.mean(found) == pytest.approx(seen, abs=0.03)
    assert (free.sum(), len(set(labels[division][free]))) == (144, 7)


def test_the_table_is_shown_in_two(tried: pd.DataFrame) -> None:
    whole = tried.reset_index()
    apart, together = size_simulation.split(whole)
    assert apart.shape[1] + together.shape[1] == whole.shape[1] + 2
    places, by_region = size_simulation.shared_range(whole)
    assert by_region[1] < places[0]


def test_power_of_the_effect_seen(tried: pd.DataFrame) -> None:
    power = tried["power"]
    assert power["log", "placebo unions"] > 0.85
    assert 0.2 < power["Poisson", "placebo unions"] < 0.5
    assert 0.4 < power["log", "world regions, t"] < power["log", "placebo unions"]


def test_same_seed_same_shares(real: Panel, tried: pd.DataFrame) -> None:
    again = size_simulation.rejections(real, math.log(0.66), seed=5).set_index(["model", "inference"])
    pd.testing.assert_frame_equal(again, tried)
