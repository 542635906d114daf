"""What the page of one's own series claims, against what it may: units, ranks, forecasts, holidays, equivalence."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import its, paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.robustness.grade import grade
from eprivacy_its.series import (
    evidence,
    findings,
    forecasts,
    narrative,
    placebo,
    scale,
    sensitivity,
    study,
    yearend,
)
from eprivacy_its.series.placebo import Placebos, Rank
from eprivacy_its.series.study import Study
from eprivacy_its.show import stage

ROOT = Path(__file__).resolve().parents[2]
Begin = Callable[..., Study]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Begin:
    """A study of values under a name, in a stage of its own."""
    monkeypatch.setenv(paths.STAGE_VARIABLE, str(tmp_path / "stage"))

    def begun(values: Any, times: list[Any], start: Any, name: str = "outcome", **settings: Any) -> Study:
        file = tmp_path / "series.csv"
        pd.DataFrame({"when": times, name: values}).to_csv(file, index=False)
        given = {"interruptions": [start], **settings}
        return study.begin({"data": str(file), "time": "when", "outcome": name, **given})

    return begun


def months(n: int) -> list[str]:
    return pd.period_range("2015-01", periods=n, freq="M").astype(str).tolist()


def weeks(n: int, first: str = "2018-01-01") -> list[str]:
    return pd.date_range(first, periods=n, freq="7D").strftime("%Y-%m-%d").tolist()


def quick(mine: Study, monkeypatch: pytest.MonkeyPatch) -> tuple[Placebos, sensitivity.Models]:
    """Placebos, and two other models instead of all."""
    every = sensitivity.variants
    chosen = {"reml", "ols", "reml, log", "ols, log"}
    monkeypatch.setattr(sensitivity, "variants", lambda one: [v for v in every(one) if v.name in chosen])
    return placebo.run(mine), sensitivity.run(mine, mine.horizons(1)[-1])


@pytest.mark.parametrize(("centre", "step"), [(-10.0, 5.0), (0.0, 2.0)])
def test_a_series_below_or_around_nothing_is_told_in_its_own_unit(
    centre: float, step: float, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    y = centre + step * (np.arange(60) >= 30) + np.random.default_rng(1).normal(0, 0.5, 60)
    mine = begin(y.round(4), months(60), "2017-07", "balance")
    assert mine.effect(1, 0).relative is None
    tried, compared = quick(mine, monkeypatch)
    said = narrative.answer(mine, tried, compared)
    for text in (said.split(" of the models")[0].rsplit(". ", 1)[0], evidence.models(mine, compared)):
        assert "%" not in text.replace("95 %", "")
    assert said.startswith(
        f"In 2017-07, balance stood {mine.effect(1, 0).absolute:.2f} above the path before"
    )
    assert compared.frame["estimate"].tolist() == pytest.approx([step] * len(compared.frame), abs=0.7)
    findings.record(mine, tried, compared)
    assert {e.unit for e in results.staged(paths.stage())} == {"balance"}


def test_small_shares_keep_their_digits(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    y = 0.31 - 0.019 * (np.arange(72) >= 36) + np.random.default_rng(2).normal(0, 0.006, 72)
    mine = begin(y.round(4), months(72), "2018-01", "share")
    tried, compared = quick(mine, monkeypatch)
    effect = mine.effect(1, 0).absolute
    wanted = f"stood {abs(effect):.4f} below the path before, continued (change −{-effect.ci_low:.4f} to −{-effect.ci_high:.4f})"
    assert wanted in narrative.answer(mine, tried, compared)
    assert "0.0 " not in evidence.detect(mine) + evidence.models(mine, compared)


def test_a_unit_stands_behind_numbers_and_a_column_s_name_before_the_verb(begin: Begin) -> None:
    y = 100 + np.random.default_rng(2).normal(0, 6, 40)
    plain, named = (
        begin(y.round(2), list(range(1, 41)), 25, "VolksWagen", unit=unit) for unit in ("", "euros")
    )
    assert (scale.scale(plain).text(36.4), scale.scale(plain).subject) == ("36.4", "VolksWagen")
    assert (scale.scale(named).text(36.4), scale.scale(named).subject) == (
        "36.4\N{NO-BREAK SPACE}euros",
        "VolksWagen",
    )
    assert plain.when(25) == "at step 25"


@pytest.mark.parametrize(
    ("times", "start", "when", "each"),
    [
        (weeks(100), "2019-04-01", "in 2019-W14", "each week of the year was seen about once"),
        (weeks(100, "2018-01-07"), "2019-03-31", "in the week of 2019-03-31", "each week of the year"),
        (months(48), "2017-01", "in 2017-01", "each month of the year was seen about twice"),
        (
            [f"{y}Q{q}" for y in range(2010, 2020) for q in range(1, 5)],
            "2012Q1",
            "in 2012Q1",
            "each quarter of the year",
        ),
        (list(range(1980, 2010)), 2001, "in 2001", ""),
        (
            pd.date_range("2019-01-01", periods=120).strftime("%Y-%m-%d").tolist(),
            "2019-03-20",
            "on 2019-03-20",
            "",
        ),
    ],
)
def test_sentences_follow_the_frequency(
    times: list[Any], start: Any, when: str, each: str, begin: Begin
) -> None:
    y = 100 + np.random.default_rng(5).normal(0, 6, len(times))
    mine = begin(y.round(2), times, start, "rate")
    assert mine.when(mine.starts[0]) == when
    assert each in narrative.limits(mine)
    assert "months" not in narrative.limits(mine) + narrative.choices(mine) or mine.word == "month"


def test_each_effect_is_ranked_among_its_own_kind(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """No jump, a slope of -1 a week: the late effect and the total stand out, the jump does not."""
    since = np.maximum(np.arange(120) - 78, 0)
    y = 100 - since + np.random.default_rng(7).normal(0, 3, 120)
    mine = begin(y.round(3), weeks(120), "2019-07-01", "rate", harmonics=0, holidays=False)
    tried, compared = quick(mine, monkeypatch)
    late, total, jump = (tried.rank(name) for name in ("effect-1-h26", "cumulative", "level-1"))
    assert late is not None
    assert total is not None
    assert jump is not None
    assert late.p_value == late.floor
    assert total.p_value == total.floor < 0.03
    assert jump.p_value > 0.1
    sizes = tried.scores["h26"].abs().dropna()
    assert late.n == len(sizes) < jump.n
    one = mine.refit(
        mine.series.frame[mine.series.ordinals < mine.starts[0]],
        interruptions=[tried.frame["period"].iloc[3]],
    )
    start = one.design.starts[0]
    effect = one.effect(mine.period(start + 26), of=1).absolute
    assert tried.scores["h26"].iloc[3] == pytest.approx(effect.estimate / effect.se, rel=0.02)
    findings.record(mine, tried, compared)
    grades = {e.id: e.grade for e in results.staged(paths.stage())}
    assert grades["series/level-1"] == "not identified"
    assert grades["series/effect-1-h26"] == grades["series/cumulative"] == "suggestive"


def test_every_interruption_has_its_ranks(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    y = (
        100
        - 12 * (np.arange(110) >= 60)
        + 0.5 * (np.arange(110) >= 85)
        + np.random.default_rng(3).normal(0, 4, 110)
    )
    y[:60] += 8 * (np.arange(60) // 15 % 2)
    given = {"interruptions": ["2019-02-25", "2019-08-19"], "names": ["off", "on"]}
    mine = begin(y.round(3), weeks(110), "", "rate", **given)
    tried, compared = quick(mine, monkeypatch)
    assert set(tried.real) == {"cumulative"} | {
        name for k in (1, 2) for name in (f"level-{k}", *(f"effect-{k}-h{h}" for h in mine.horizons(k)))
    }
    second = tried.rank("level-2")
    assert second is not None
    larger = int((tried.scores["level"].abs() >= abs(tried.real["level-2"])).sum())
    assert second.p_value == (1 + larger) / (1 + tried.n)
    assert set(compared.signs.columns) == set(tried.real)
    said = narrative.answer(mine, tried, compared)
    assert "In 2019-W34 (on), rate stood" in said
    assert "At the end, in 2020-W06, rate stood" in said


def test_a_rank_that_can_not_be_small_decides_nothing() -> None:
    given: dict[str, Any] = {"design": "model", "ci_low": 1.0, "ci_high": 2.0, "sign_share": 1.0}
    assert grade(**given, placebo_p=0.5, placebo_floor=0.05).value == "not identified"
    few = grade(**given, placebo_p=0.5, placebo_floor=1 / 7)
    assert few.value == "suggestive"
    assert "at best 0.143, can neither pass nor fail" in few.reason
    whole = {**given, "breakdown": 2.0, "source_level": "read in full"}
    assert grade(**whole, placebo_p=0.05, placebo_floor=0.05).value == "established"
    assert grade(**whole, placebo_p=1 / 7, placebo_floor=1 / 7).value == "suggestive"
    missed = grade(**whole, placebo_p=0.05, placebo_floor=0.05, failed=["forecasts missed"])
    assert (missed.value, missed.reason) == ("suggestive", "the interval excludes 0, but forecasts missed")
    wider = grade(**whole, placebo_p=0.05, placebo_floor=0.05, wider=[(-0.5, 3.5)])
    assert (wider.value, wider.reason.split(",")[0]) == (
        "not identified",
        "the interval that allows for more",
    )
    assert "neither pass nor fail" in evidence.least(Rank(1 / 7, 6))
    assert evidence.least(Rank(0.02, 49)) == ", the least that 49 dates allow"


@pytest.mark.parametrize("estimator", ["auto", "ols", "quasi-poisson", "reml-integrated"])
@pytest.mark.parametrize("kind", ["weeks", "days", "months", "two seasons"])
def test_the_page_and_the_call_give_the_same_numbers(kind: str, estimator: str, begin: Begin) -> None:
    n = {"weeks": 160, "days": 120, "months": 60, "two seasons": 800}[kind]
    times = months(n) if kind == "months" else weeks(n)
    if kind in ("days", "two seasons"):
        times = pd.date_range("2018-01-01", periods=n).strftime("%Y-%m-%d").tolist()
    y, start = np.random.default_rng(4).poisson(200 + 40 * np.sin(np.arange(n) / 8)), times[int(0.7 * n)]
    more = {"season": [7, 365.25]} if kind == "two seasons" else {}
    mine = begin(y, times, start, "events", estimator=estimator, **more)
    call = its.fit(
        pd.DataFrame({"when": times, "events": y}),
        time="when",
        outcome="events",
        interruptions=[start],
        estimator=estimator,
        **more,
    )
    pd.testing.assert_frame_equal(mine.fit.terms, call.terms, check_exact=True)
    assert (mine.fit.notes, mine.fit.choice) == (call.notes, call.choice)
    assert (len(call.names) == 4) == (estimator != "auto")
    again = mine.refit()
    pd.testing.assert_frame_equal(again.terms, call.terms, check_exact=True)


def test_settings_reach_the_model(begin: Begin) -> None:
    y = np.random.default_rng(4).poisson(200, 120)
    y[20:23] += 100
    asked: dict[str, Any] = {"holidays": True, "pulses": [["2018-05-21", "2018-06-04"]], "harmonics": 1}
    mine = begin(y, weeks(120), "2019-07-01", "events", **asked)
    assert mine.fit.names[4:] == ("pulse_1", "year_end", "easter", "sin_1", "cos_1")
    assert mine.fit.ratios.loc["pulse_1", "estimate"] == pytest.approx(1.5, abs=0.1)
    with pytest.raises(InputError, match=r"pulses = .*each entry: a list of 2;"):
        begin(y, weeks(120), "2019-07-01", "events", pulses=["2018-05-21"])
    with pytest.raises(InputError, match=r"season = \[0\.5\]; .* a number above 1 "):
        begin(y, weeks(120), "2019-07-01", "events", season=[0.5])


def test_a_file_of_one_s_own_is_not_called_simulated(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = begin(np.random.default_rng(4).poisson(200, 40), months(40), "2017-01", "events")
    assert (mine.source, mine.geography) == ("own-series", "not stated")
    named = begin(np.arange(40) % 7, months(40), "2017-01", "events", source="register", geography="Kent")
    assert (named.source, named.geography) == ("register", "Kent")
    example = {"data": str(ROOT / "scenarios/data/simulated-weekly.csv"), "time": "week"}
    bundled = study.begin({**example, "outcome": "simulated_reports", "interruptions": ["2020-12-21"]})
    assert (bundled.source, bundled.geography) == ("simulated", "none (simulated)")
    assert stage.is_simulated()


class TestForecasts:
    def test_an_interval_is_that_of_a_textbook(self, begin: Begin) -> None:
        """Held or not, against the prediction interval of least squares, line by line."""
        from scipy import stats

        y = 50 + np.cumsum(np.random.default_rng(6).normal(size=90))
        mine = begin(y.round(6), list(range(1, 91)), 61, "level", estimator="ols")
        found = forecasts.run(mine)
        assert found is not None
        t, y, held = np.arange(90.0), np.round(y, 6), dict.fromkeys(forecasts.AHEAD, 0)
        for origin, ahead in itertools.product(forecasts._origins(mine) - 1, forecasts.AHEAD):
            at = int(origin) + ahead - 1
            if at >= 60:
                continue
            X = np.column_stack([np.ones(origin), t[:origin]])
            b, (rss,), *_ = np.linalg.lstsq(X, y[:origin], rcond=None)
            x = np.array([1.0, t[at]])
            se = np.sqrt(rss / (origin - 2) * (1 + x @ np.linalg.inv(X.T @ X) @ x))
            held[ahead] += abs(y[at] - x @ b) <= stats.t.ppf(0.975, origin - 2) * se
        assert dict(zip(found.frame["ahead"], found.frame["held"], strict=True)) == held

    def test_errors_that_wander_are_seen_and_others_are_not(self, begin: Begin) -> None:
        noise = np.random.default_rng(6).normal(size=120)
        for values, seen in ((np.cumsum(noise), True), (noise, False)):
            mine = begin((50 + values).round(6), list(range(1, 121)), 105, "level", estimator="ols")
            found = forecasts.run(mine)
            assert found is not None
            assert bool(len(found.short)) is seen
            assert ("too narrow" in evidence.forecasts(mine, found)) is seen

    @pytest.mark.parametrize(("jump", "wanted"), [(60.0, "suggestive"), (4.0, "not identified")])
    def test_a_model_that_misses_is_graded_by_a_wider_interval(
        self, jump: float, wanted: str, begin: Begin, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        y = 50 + np.cumsum(np.random.default_rng(5).normal(size=120)) + jump * (np.arange(120) >= 104)
        mine = begin(y.round(6), list(range(1, 121)), 105, "level", estimator="ols")
        tried, compared = quick(mine, monkeypatch)
        foretold = forecasts.run(mine)
        assert foretold is not None
        assert foretold.factor == foretold.short["stretch"].max() > 1
        assert "But the intervals are too narrow: forecasts before the break held" in narrative.answer(
            mine, tried, compared, foretold
        )
        findings.record(mine, tried, compared, foretold)
        (level,) = [e for e in results.staged(paths.stage()) if e.id == "series/level-1"]
        assert not level.ci_low <= 0 <= level.ci_high
        half, factor = (level.ci_high - level.ci_low) / 2, foretold.factor
        assert (abs(level.estimate) > factor * half) is (wanted == "suggestive")
        assert level.grade == wanted
        checks = findings._Checks(tried, compared, foretold)
        assert checks.wider((2.0, 1.5, 3.0), False) == [pytest.approx((2 - factor / 2, 2 + factor))]
        assert checks.wider((0.5, 0.4, 1.0), True) == [pytest.approx((0.5 * 0.8**factor, 0.5 * 2**factor))]
        assert findings._Checks(tried, compared, None).wider((2.0, 1.5, 3.0), False) == []

    def test_shifts_are_those_of_a_loop(self) -> None:
        rng = np.random.default_rng(9)
        t = np.arange(30.0)
        X = np.column_stack([np.ones(30), t, t >= 20, np.maximum(t - 20, 0)])
        u = rng.normal(size=30)
        sizes = []
        for k in range(30):
            rest = [np.linalg.lstsq(X[:, :width], np.roll(u, k), rcond=None)[1][0] for width in (2, 4)]
            sizes.append(rest[0] - rest[1])
        rank = forecasts.shifted(u, X, [2, 3])
        assert (rank.p_value, rank.n) == (np.mean(np.array(sizes) >= sizes[0] - 1e-9), 29)

    def test_the_size_that_is_told_is_the_one_measured(self) -> None:
        table = pd.read_csv(ROOT / "benchmarks/results/own-series-path.csv")
        null = 100 * table.loc[table["jump_sd"] == 0, "at_most_0.05"]
        measured = f"{null.min():.0f} to {null.max():.0f}"
        assert measured == evidence.PATH_SIZE


class TestHolidays:
    def test_what_a_dip_would_make_of_a_change(self, begin: Begin) -> None:
        """One year's end before, a dip of 20 % at each, no change: undone by 20 % nothing is left."""
        times = weeks(70, "2019-01-07")
        dips = [pd.Timestamp(day).isocalendar().week in (52, 53, 1) for day in times]
        y = 100 * np.where(dips, 0.8, 1.0) + np.random.default_rng(8).normal(0, 0.5, 70)
        mine = begin(y.round(3), times, "2019-12-23", "rate")
        assert (mine.fit.design.holidays, yearend.near(mine)) == ((), ["year_end"])
        table = yearend.table(mine)
        assert table is not None
        first = table[table["at"] == "2019-W52"].set_index("dip")["change"]
        assert abs(first[20]) < 2 < abs(first[0])
        assert first[10] < first[20] < first[40]
        said = evidence.holiday(mine, table)
        assert "can't tell a dip at the year's end from a change" in said
        assert "The year's end apart from the change" in narrative.limits(mine)

    @pytest.mark.parametrize(
        ("start", "near"),
        [("2019-03-25", ["easter"]), ("2019-05-27", []), ("2019-07-01", []), ("2019-11-18", ["year_end"])],
    )
    def test_a_break_near_a_holiday_is_seen(self, start: str, near: list[str], begin: Begin) -> None:
        y = 100 + np.random.default_rng(8).normal(0, 3, 70)
        assert yearend.near(begin(y.round(3), weeks(70, "2018-10-01"), start, "rate")) == near

    def test_intervals_hold_what_the_table_says(self) -> None:
        """Measured by ``benchmarks/own_series.py``: a yearly dip and no change."""
        table = pd.read_csv(ROOT / "benchmarks/results/own-series-holidays.csv")
        auto, without = (table[table["model"] == name] for name in ("auto", "without holidays"))
        assert (auto["coverage"] + auto["mc_se"] >= 0.92).all()
        assert set(auto["terms"]) == {"year_end easter"}
        assert (without.loc[without["dip_percent"] == 40, "coverage"] < 0.8).all()

    def test_variants_hold_the_holidays_and_leave_them_out(self, begin: Begin) -> None:
        y = 100 + np.random.default_rng(8).normal(0, 3, 160)
        mine = begin(y.round(3), weeks(160), "2020-06-01", "rate")
        names = {variant.name: variant.changes for variant in sensitivity.variants(mine)}
        assert mine.refit(**names["without holidays"]).design.holidays == ()
        left = mine.refit(**names["holidays left out"])
        out = pd.to_datetime(left.design.left_out["period"].astype(str) + "-1", format="%G-W%V-%u")
        assert {"2018-12-24", "2019-04-15", "2020-04-13"} <= set(out.dt.strftime("%Y-%m-%d"))
        assert all(week in (1, 52, 53, *range(13, 18)) for week in out.dt.isocalendar().week)


def test_what_was_not_found_is_bounded(begin: Begin) -> None:
    y = 100 + 30 * (np.arange(60) >= 40) + np.random.default_rng(8).normal(0, 3, 60)
    found, none = (
        begin(y.round(3), months(60), "2018-05", "rate"),
        begin((y - 30 * (np.arange(60) >= 40)).round(3), months(60), "2018-05", "rate"),
    )
    assert evidence.excluded(found) == ""
    effect = none.effect(1, 0).absolute
    bound = max(-effect.ci_low, effect.ci_high)
    assert (
        evidence.excluded(none)
        == f"Changes beyond ±{bound:.2f} in 2018-05 are excluded at the 95\N{NO-BREAK SPACE}% level."
    )
    assert evidence.excluded(none) in evidence.detect(none)


def test_an_axis_says_what_it_shows(begin: Begin) -> None:
    y = np.random.default_rng(8).normal(50, 3, 40)
    assert begin(y.round().astype(int), months(40), "2017-01", "arrests").axis == "arrests a month"
    assert begin(y.round(3), months(40), "2017-01", "share_price").axis == "share price"
    assert begin(y.round(3), months(40), "2017-01", "share_price", unit="euros").axis == "share price, euros"


def test_a_gradual_onset_is_told_as_one(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = np.clip((np.arange(60) - 29) / 6, 0, 1)
    y = 50 - 8 * steps + np.random.default_rng(1).normal(0, 0.5, 60)
    mine = begin(y.round(4), months(60), "2017-07", "rate", ramp=[6], estimator="ols")
    monkeypatch.setattr(sensitivity, "variants", lambda one: [sensitivity.Variant("at once", {"ramp": 1})])
    tried, compared = placebo.run(mine), sensitivity.run(mine, 5)
    assert mine.horizons(1) == [5, 6, 12]
    said = narrative.answer(mine, tried, compared)
    assert said.startswith("In 2017-12, rate stood 7.89 below the path before")
    assert "The level is taken to change in equal steps from 2017-07 to 2017-12." in said
    assert "`level` is the change once it is whole" in narrative.choices(mine)
    assert tried.side == 8
    assert tried.rank("level-1").p_value == 1 / (1 + tried.n)
    assert "the gradual change at the real date gives" in evidence.placebo(mine, tried)
    assert "a gradual change at 2017-07 had to be" in evidence.detect(mine)
    assert compared.fitted == 2
    assert findings._moved(mine, 1) == "change over 6 months from"
    assert forecasts.run(mine) is not None
    assert forecasts.path(mine).p_value < 0.05


def test_a_share_is_told_in_percentage_points(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, n = np.random.default_rng(2), 60
    tested = rng.integers(400, 800, n)
    passed = rng.binomial(tested, np.where(np.arange(n) < 30, 0.5, 0.4))
    file = Path(begin(passed, months(n), "2017-07").settings.data)
    pd.DataFrame({"when": months(n), "passed": passed, "all_tested": tested}).to_csv(file, index=False)
    given = {"data": str(file), "time": "when", "outcome": "passed", "interruptions": ["2017-07"]}
    mine = study.begin({**given, "denominator": "all_tested", "unit": "tests passed"})
    assert mine.fit.estimator == "quasi-binomial-ar1-integrated"
    names = {variant.name for variant in sensitivity.variants(mine)}
    assert {"quasi-binomial", "quasi-binomial-ar1"} <= names
    assert not {"poisson", "ols", "reml, log"} & names
    monkeypatch.setattr(sensitivity, "variants", lambda one: [])
    tried, compared = placebo.run(mine), sensitivity.run(mine, 12)
    said = narrative.answer(mine, tried, compared)
    assert re.match(
        r"In 2017-07, tests passed as a share of all tested stood \d+\.\d+\spercentage points below the path before, continued "
        r"\(change −\d+\.\d+ to −\d+\.\d+\spercentage points\)",
        said,
    )
    assert re.search(r"that adds up to [12],\d\d\d fewer tests passed than expected", said)
    assert "Terms are odds ratios" in narrative.choices(mine)
    assert "counts scatter" not in narrative.choices(mine)
    effect = mine.effect(1, 0).absolute
    assert findings.effects(mine)["change"][0] == pytest.approx(100 * effect.estimate)
    assert effect.ci_low < -0.1 < effect.ci_high < 0
    assert findings.terms(mine).set_index("term").loc["level_1", "estimate"] == pytest.approx(0.67, abs=0.12)
    assert tried.frame["estimate"].iloc[-1] == pytest.approx(100 * effect.estimate)
    assert "percentage points" in evidence.detect(mine)
    assert mine.axis == "tests passed, share of all tested"


def test_a_date_that_was_searched_for_is_told_first(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    for size, words in ((6.0, "Intervals take the date as known."), (0.0, "That is no find:")):
        y = 50 + size * (np.arange(60) >= 34) + rng.normal(0, 1, 60)
        mine = begin(y.round(3), months(60), "2017-07", "rate", interruptions=[], scan=["2016-06", "2019-01"])
        monkeypatch.setattr(sensitivity, "variants", lambda one: [])
        tried, compared = placebo.run(mine), sensitivity.run(mine, mine.horizons(1)[-1])
        said = narrative.answer(mine, tried, compared)
        assert said.startswith(
            "The date was searched for from 2016-06 to 2019-01: a change is likeliest from 20"
        )
        assert words in said
        assert "placebo dates before" not in said
        assert "The date was searched for, so that its rank" in evidence.placebo(mine, tried)
        assert mine.labels == [mine.fit.scan.date] == [mine.fit.design.start_label(1)]
    with pytest.raises(InputError, match="scan searches for the date; leave interruptions empty"):
        begin(y, months(60), "2017-07", "rate", scan=["2016-06", "2019-01"])
    with pytest.raises(InputError, match="expected the first and the last date"):
        begin(y, months(60), "2017-07", "rate", interruptions=[], scan=["2016-06"])
