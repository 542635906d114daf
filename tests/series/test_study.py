"""The steps of notebook 06 on every kind of series: known effects are found, short series stay honest."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eprivacy_its import its, paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.plots import series as plots
from eprivacy_its.series import (
    checklist,
    coarser,
    detectable,
    evidence,
    findings,
    forecasts,
    narrative,
    placebo,
    scale,
    sensitivity,
    simulated,
    study,
    yearend,
)
from eprivacy_its.series.study import Study

ROOT = Path(__file__).resolve().parents[2]


def counts(n: int, start: int, mean: float = 300.0, ratio: float = 0.6) -> np.ndarray:
    after = np.arange(n) >= start
    return np.random.default_rng(n).poisson(mean * np.where(after, ratio, 1.0))


def months(n: int) -> list[str]:
    return [f"{2010 + i // 12}-{1 + i % 12:02d}" for i in range(n)]


def frame_of(kind: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A small series of one kind, and the settings that go with it."""
    if kind == "years, very short":
        return pd.DataFrame({"t": range(2012, 2021), "y": counts(9, 5)}), {"interruptions": ["2017"]}
    if kind == "years with zeros":
        return pd.DataFrame({"t": range(2012, 2021), "y": [3, 0, 2, 5, 1, 0, 1, 0, 1]}), {
            "interruptions": [2017]
        }
    if kind == "quarters, short":
        times = [f"{2015 + i // 4}Q{1 + i % 4}" for i in range(18)]
        return pd.DataFrame({"t": times, "y": counts(18, 10)}), {"interruptions": ["2017Q3"]}
    if kind == "months, rates":
        y = 5 + np.where(np.arange(60) >= 40, -1.0, 0.0) + np.random.default_rng(3).normal(0, 0.3, 60)
        return pd.DataFrame({"t": months(60), "y": y.round(4)}), {"interruptions": ["2013-05"]}
    if kind == "months, below zero":
        y = np.random.default_rng(4).normal(0, 1.0, 48)
        return pd.DataFrame({"t": months(48), "y": y.round(4)}), {"interruptions": ["2012-07"]}
    if kind == "exposure":
        more = {"people": 1000 + np.arange(60)}
        return pd.DataFrame({"t": months(60), "y": counts(60, 40), **more}), {
            "interruptions": ["2013-05"],
            "exposure": "people",
        }
    if kind == "control":
        frame = pd.DataFrame(
            {
                "t": months(60) * 2,
                "y": np.concatenate([counts(60, 40), counts(61, 99)[:60]]),
                "eu": [1] * 60 + [0] * 60,
            }
        )
        return frame, {"interruptions": ["2013-05"], "control": "eu"}
    if kind == "two interruptions, washout, covariate":
        frame = pd.DataFrame({"t": months(72), "y": counts(72, 40), "dry": np.arange(72) % 2})
        return frame, {
            "interruptions": ["2013-05", "2014-11"],
            "names": ["off", "on"],
            "washout": [["2013-05", "2013-06"]],
            "covariates": ["dry"],
            "horizons": [2, 6],
        }
    if kind == "days":
        days = pd.date_range("2020-09-01", periods=150).strftime("%d/%m/%Y")
        return pd.DataFrame({"t": days, "y": counts(150, 111)}), {"interruptions": ["21/12/2020"]}
    assert kind == "steps, levels only"
    frame = pd.DataFrame({"t": range(1, 41), "y": counts(40, 20)})
    return frame, {"interruptions": [21], "slope_change": False, "estimator": "ols"}


KINDS = (
    "years, very short",
    "years with zeros",
    "quarters, short",
    "months, rates",
    "months, below zero",
    "exposure",
    "control",
    "two interruptions, washout, covariate",
    "days",
    "steps, levels only",
)


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Study]:
    """A study of one kind of series, in a stage of its own."""
    monkeypatch.setenv(paths.STAGE_VARIABLE, str(tmp_path / "stage"))

    def begun(kind: str) -> Study:
        frame, settings = frame_of(kind)
        file = tmp_path / "series.csv"
        frame.to_csv(file, index=False)
        return study.begin({"data": str(file), "time": "t", "outcome": "y", **settings})

    return begun


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_works_for_every_kind(kind: str, begin: Callable[[str], Study]) -> None:
    mine = begin(kind)
    tried, foretold, path = placebo.run(mine), forecasts.run(mine), forecasts.path(mine)
    compared = sensitivity.run(mine, mine.horizons(1)[-1])
    texts = [
        narrative.honest(mine),
        narrative.placement(mine),
        narrative.choices(mine),
        evidence.placebo(mine, tried),
        evidence.path(mine, path),
        evidence.forecasts(mine, foretold),
        evidence.holiday(mine, yearend.table(mine)),
        evidence.models(mine, compared),
        evidence.detect(mine),
        narrative.answer(mine, tried, compared, foretold, path),
        narrative.limits(mine),
    ]
    for text in texts:
        assert text.strip()
        assert "nan" not in text.lower().replace("finance", "")
    assert "\n\n" not in narrative.answer(mine, tried, compared, foretold, path)
    for frame in (
        findings.terms(mine),
        findings.effects(mine),
        findings.totals(mine),
        detectable.table(mine),
        checklist.table(mine, tried, compared),
    ):
        assert not frame.empty
    marks = list(zip(map(mine.day, mine.starts), mine.names, strict=True))
    figures = [
        plots.observed(findings.observed(mine), marks=marks, label=mine.axis),
        plots.fitted(findings.paths(mine), marks=marks, label=mine.axis, level=0.95),
        plots.models(compared.frame, at="2020", unit=scale.scale(mine).suffix),
    ]
    if tried.n:
        figures.append(plots.placebos(tried.frame, unit=scale.scale(mine).suffix))
    assert all(figure.alt and "nan" not in figure.alt for figure in figures)
    findings.record(mine, tried, compared, foretold)
    ids = {estimate.id for estimate in results.staged(paths.stage())}
    wanted = {f"series/level-{k}" for k in range(1, len(mine.starts) + 1)}
    assert wanted | {"series/cumulative"} <= ids
    assert any(name.startswith("series/effect-1-h") for name in ids)


def test_a_very_short_series_gets_levels_only_and_no_placebo(begin: Callable[[str], Study]) -> None:
    mine = begin("years, very short")
    assert not mine.fit.design.slope_change
    assert not mine.seasons
    assert narrative.honest(mine).startswith("**A very short series.**")
    tried = placebo.run(mine)
    assert (tried.rank("level-1"), tried.n) == (None, 0)
    assert evidence.placebo(mine, tried).startswith("No placebo date could be tried")


def test_a_short_series_is_called_short(begin: Callable[[str], Study]) -> None:
    assert narrative.honest(begin("quarters, short")).startswith("**A short series.**")


def test_rates_are_told_in_their_own_unit(begin: Callable[[str], Study]) -> None:
    mine = begin("months, rates")
    assert mine.fit.estimator.startswith("reml")
    assert scale.scale(mine).name == "difference"
    effect = mine.effect(1, 0).absolute
    assert effect.ci_low < -1.0 < effect.ci_high
    rows = findings.paths(mine)
    after = rows[rows["day"] >= mine.day(mine.starts[0])]
    mean = (after["observed"] - after["counterfactual"]).mean()
    said = narrative.answer(mine, placebo.run(mine), sensitivity.run(mine, 0))
    assert f"the months lay {abs(mean):.2f} below what was expected on average" in said


def test_days_are_read_and_placed_day_first(begin: Callable[[str], Study]) -> None:
    mine = begin("days")
    assert mine.labels == ["2020-12-21"]
    assert mine.seasons == {7: 3}


def test_a_week_that_began_before_the_date_is_told(tmp_path: Path) -> None:
    mine = study.begin(
        {
            "data": str(ROOT / "scenarios/data/simulated-gap-2026.csv"),
            "time": "week",
            "outcome": "simulated_reports",
            "interruptions": ["2026-04-04", "2026-07-31"],
        }
    )
    assert "starts on 2026-03-30, 5 days before the date given" in narrative.placement(mine)


@pytest.fixture(scope="module")
def mine() -> Study:
    return study.begin(
        {
            "data": str(ROOT / "scenarios/data/simulated-weekly.csv"),
            "time": "week",
            "outcome": "simulated_reports",
            "interruptions": ["2020-12-21"],
        }
    )


class TestNumbers:
    def test_the_known_truth_is_inside_the_intervals(self, mine: Study) -> None:
        truth = simulated.WEEKLY
        level, slope = mine.fit.terms.loc["level_1"], mine.fit.terms.loc["slope_1"]
        assert level["ci_low"] < truth.levels[0] < level["ci_high"]
        assert slope["ci_low"] < truth.slopes[0] < slope["ci_high"]

    def test_the_model_is_that_of_its(self, mine: Study) -> None:
        frame = pd.read_csv(ROOT / "scenarios/data/simulated-weekly.csv")
        direct = its.fit(frame, time="week", outcome="simulated_reports", interruptions=["2020-W52"])
        pd.testing.assert_frame_equal(mine.fit.terms, direct.terms, check_exact=True)
        assert direct.names[4:] == ("year_end", "easter", "sin_1", "cos_1", "sin_2", "cos_2")

    def test_effects_add_up(self, mine: Study) -> None:
        rows = findings.paths(mine)
        after = rows[rows["day"] >= mine.day(mine.starts[0])]
        gap = (after["observed"] - after["counterfactual"]).sum()
        # The total is a forecast: errors before the interruption go on for a while, which the path leaves out.
        assert mine.total.absolute.estimate == pytest.approx(gap, rel=0.01)
        first = mine.effect(1, 0)
        assert first.ratio.estimate == pytest.approx(math.exp(mine.fit.terms.loc["level_1", "estimate"]))

    def test_placebos_use_nothing_after_the_interruption(self, mine: Study) -> None:
        changed = mine.series.frame.copy()
        late = mine.series.ordinals >= mine.starts[0]
        changed.loc[late, "simulated_reports"] *= 3
        from dataclasses import replace

        other = replace(mine, series=replace(mine.series, frame=changed))
        first, second = placebo.run(mine).frame, placebo.run(other).frame
        pd.testing.assert_frame_equal(first[~first["real"]], second[~second["real"]])

    def test_the_rank_counts_the_larger(self, mine: Study) -> None:
        tried = placebo.run(mine)
        sizes = tried.frame["statistic"].abs()
        larger = int((sizes[:-1] >= sizes.iloc[-1]).sum())
        rank = tried.rank("level-1")
        assert rank is not None
        assert (rank.p_value, rank.n, rank.floor) == (
            (1 + larger) / (1 + tried.n),
            tried.n,
            1 / (1 + tried.n),
        )

    def test_the_detectable_effect_has_its_power(self) -> None:
        """By the definition of power: a t test of an effect this large rejects 80 % of the time."""
        for df in (5.0, 20.0, 150.0):
            cut = stats.t.ppf(0.975, df)
            size = detectable.multiple(0.95, df) * cut
            power = stats.nct.sf(cut, df, size) + stats.nct.cdf(-cut, df, size)
            assert power == pytest.approx(0.8, abs=0.02)

    def test_the_detectable_effect_agrees_with_simulation(self) -> None:
        """`eprivacy_its.simulate` finds the same smallest fall from series that it draws itself."""
        from eprivacy_its.simulate.power import minimum_detectable, noise_of

        frame = pd.read_csv(ROOT / "scenarios/data/simulated-weekly.csv")
        before = frame["simulated_reports"].to_numpy()[:103]
        noise = noise_of(before)
        drawn = minimum_detectable(before=103, after=47, sd=noise.sd, rho=noise.rho, series=500)
        plain = study.begin(
            {
                "data": str(ROOT / "scenarios/data/simulated-weekly.csv"),
                "time": "week",
                "outcome": "simulated_reports",
                "interruptions": ["2020-12-21"],
                "harmonics": 0,
            }
        )
        found = detectable.table(plain).iloc[0]
        assert -found["smallest fall"] == pytest.approx(drawn.fall, rel=0.35)

    def test_agreement_is_the_share_with_the_same_sign(self) -> None:
        signs = pd.DataFrame({"level-1": [-1.0, -1.0, 1.0, np.nan, -1.0], "cumulative": 1.0})
        models = sensitivity.Models(pd.DataFrame(), signs)
        assert sensitivity.agreement(models, "level-1") == 0.75
        assert sensitivity.agreement(models, "cumulative") == 1

    def test_a_model_that_fails_says_why(self, mine: Study, monkeypatch: pytest.MonkeyPatch) -> None:
        refused = sensitivity.Variant("odd", {"estimator": "ols", "exposure": "week"})
        monkeypatch.setattr(sensitivity, "variants", lambda _study: [refused])
        row = sensitivity.run(mine, 0).frame.iloc[-1]
        assert np.isnan(row["estimate"])
        assert row["note"].startswith("not fitted: ")


def test_the_bundled_examples_are_what_the_seed_gives(tmp_path: Path) -> None:
    simulated.write(tmp_path)
    for name in simulated.EXAMPLES:
        assert (tmp_path / name).read_bytes() == (ROOT / "scenarios/data" / name).read_bytes()
        assert name.startswith("simulated-")


@pytest.mark.parametrize("file", sorted((ROOT / "scenarios").glob("*.yml")), ids=lambda file: Path(file).stem)
def test_every_scenario_of_the_project_can_run(file: Path) -> None:
    import yaml

    parameters = yaml.safe_load(file.read_text())["parameters"]
    parameters["data"] = str(file.parent / parameters["data"])
    study.validate(parameters, file.name)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("data", " ", "it is needed; give it"),
        ("interruptions", [], "expected at least one period, e.g. [2021-05-17]"),
        ("interruptions", "2012-01", "expected a list; each entry: text or a whole number; at most 100"),
        ("names", ["a", "b"], "expected 1, one an interruption, or none"),
        ("estimator", "olls", 'did you mean "ols"? expected one of auto, '),
        ("exposure", "y", "it is the outcome or the time; expected the column of a population"),
        ("covariates", "people", "expected a list; each entry: text; at most 100"),
        ("harmonics", 7, "expected a whole number from -1 to 6"),
        ("season", [1.0], "expected a list; each entry: a number above 1 and below 1,000,000"),
        ("washout", [["2012-01"]], "expected a list; each entry: a list of 2; each entry: text or a whole number"),
        ("level", "0.9", "expected a number from 0.5 to 0.999"),
        ("slope_change", 1, "expected true or false"),
        ("dates", "us", "expected empty or one of day-first, month-first"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(name: str, value: object, told: str) -> None:
    given = {"data": "a.csv", "time": "t", "outcome": "y", "interruptions": ["2012-01"], name: value}
    with pytest.raises(InputError) as caught:
        study.begin(given)
    assert str(caught.value).startswith(f"parameters: parameter {name} = {value!r}; {told}")
    assert "\n" not in str(caught.value)


def test_settings_name_every_fault() -> None:
    with pytest.raises(InputError) as caught:
        study.begin({"data": "", "outcome": "y", "interruptions": [], "level": 2.0, "harmonics": 9}, "a.yml")
    lines = str(caught.value).splitlines()
    assert [line.split()[2] for line in lines] == ["data", "time", "interruptions", "harmonics", "level"]
    assert lines[1] == "a.yml: parameter time is missing; expected text"


def test_simulated_series_follow_their_truth() -> None:
    """Averaged over many draws, the log counts have the stated jump."""
    truth = simulated.WEEKLY
    start = (truth.starts[0] - truth.first).days // 7
    draws = [np.log(simulated.weekly(truth, seed)["simulated_reports"].to_numpy()) for seed in range(200)]
    mean = np.mean(draws, axis=0)
    season = 0.1 * np.sin(2 * np.pi * np.arange(truth.weeks) / (365.25 / 7))
    clean = mean - season - truth.growth * np.arange(truth.weeks)
    assert clean[start] - clean[:start].mean() == pytest.approx(truth.levels[0], abs=0.03)
    assert all(a < b for a, b in itertools.pairwise(clean[start::20]))


class TestCoarser:
    def test_sums_are_complete_and_add_up(self, mine: Study) -> None:
        from eprivacy_its.its.periods import Calendar

        sums = coarser.summed(mine, Calendar("M"))
        assert set(sums["rows"]) == {4, 5}
        assert sums["period"].iloc[0] == "2019-01"  # the week of 31 December 2018 is alone in its month
        frame = mine.series.frame
        january = frame[frame["week"].between("2019-W02", "2019-W05")]["simulated_reports"].sum()
        assert sums["total"].iloc[0] == january

    def test_coarser_rows_detect_less(self, mine: Study) -> None:
        table = coarser.table(mine)
        assert table is not None
        falls = table["smallest fall"].dropna()
        assert len(falls) == 3
        assert (falls.diff().dropna() < 0).all()
        assert table["note"].iloc[-1].startswith("too few rows")

    @pytest.mark.parametrize("kind", ["months, rates", "exposure", "control", "steps, levels only"])
    def test_what_can_t_be_added_up_is_left(self, kind: str, begin: Callable[[str], Study]) -> None:
        assert coarser.table(begin(kind)) is None


def test_periods_of_the_washout_may_be_absent(tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": months(60), "y": counts(60, 40)})
    given = {"time": "t", "outcome": "y", "interruptions": ["2013-05"], "data": str(tmp_path / "s.csv")}
    frame.drop(index=[40, 41]).to_csv(tmp_path / "s.csv", index=False)
    with pytest.raises(InputError, match=r"2013-05 to 2013-06 missing.*washout"):
        study.begin(given)
    mine = study.begin({**given, "washout": [["2013-05", "2013-06"]]})
    frame.to_csv(tmp_path / "s.csv", index=False)
    whole = study.begin({**given, "washout": [["2013-05", "2013-06"]]})
    pd.testing.assert_frame_equal(mine.fit.terms, whole.fit.terms)
    told = dict(mine.series.understood.lines())["gaps and duplicates"]
    assert " ".join(told.split()) == "2 periods absent (3.3 %), in the washout"
    assert len(findings.observed(mine)) == 58
    tried = placebo.run(mine)
    assert "nan" not in narrative.answer(mine, tried, sensitivity.run(mine, 6))
