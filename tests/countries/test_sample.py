"""The country panel on the published figures, against independent computations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from eprivacy_its import results
from eprivacy_its.errors import InputError
from eprivacy_its.packages import raw
from eprivacy_its.panel import event, headline
from eprivacy_its.robustness import regions
from helpers import data
from helpers.countries import checks, records, sample


@pytest.fixture(scope="module")
def reports() -> pd.DataFrame:
    return data.read("country_reports")


def long_form(reports: pd.DataFrame) -> pd.DataFrame:
    """The same rows by another road: no helper of the package, dummies named for statsmodels."""
    located = reports[reports.iso3.fillna("") != ""]
    first = located[located.year == 2019].set_index("iso3").reports
    enters = first[first >= 500].index
    rows = located[located.iso3.isin(enters)].dropna(subset="reports").copy()
    rows["y"] = rows.reports.astype(float)
    for year in (2019, 2021, 2022, 2023):
        rows[f"d{year}"] = (rows.eu27 & (rows.year == year)).astype(float)
    return rows


@pytest.mark.parametrize("dropped", [(), ("POL",)])
def test_required_ratios_against_statsmodels(reports: pd.DataFrame, dropped: tuple[str, ...]) -> None:
    import statsmodels.api as sm

    rows = long_form(reports)
    rows = rows[~rows.iso3.isin(dropped)]
    groups = {"cov_type": "cluster", "cov_kwds": {"groups": rows.iso3.astype("category").cat.codes}}
    right = "C(iso3) + C(year) + d2019 + d2021 + d2022 + d2023"
    log = smf.ols(f"np.log(y) ~ {right}", rows, eval_env=0).fit(**groups)
    ppml = smf.glm(f"y ~ {right}", rows, family=sm.families.Poisson()).fit(tol=1e-12, **groups)
    panel = sample.study_panel(reports).without(dropped)
    for model, other in (("log", log), ("ppml", ppml)):
        made = event.event_study(panel, model)
        names = [f"d{period}" for period in made.periods]
        np.testing.assert_allclose(made.coef, other.params[names], atol=1e-7)
        # statsmodels counts the place effects in k, or not: within 12 % of ours in either convention.
        np.testing.assert_allclose(np.sqrt(np.diag(made.cov)), other.bse[names], rtol=0.12)


def test_poisson_is_the_ratio_of_ratios_of_sums(reports: pd.DataFrame) -> None:
    rows = long_form(reports)
    sums = rows.groupby(["eu27", "year"]).y.sum()
    expected = (sums[True, 2021] / sums[True, 2020]) / (sums[False, 2021] / sums[False, 2020])
    made = event.event_study(sample.study_panel(reports), "ppml").ratio(2021)[0]
    assert made == pytest.approx(expected, rel=1e-9)


def test_all_member_states_are_in(reports: pd.DataFrame) -> None:
    panel = sample.study_panel(reports)
    assert panel.treated.sum() == 27
    assert panel.counts[panel.treated].sum(axis=0).tolist() == [725232, 1046349, 555834, 1503431, 1343857]


@pytest.mark.parametrize("name", list(sample.COMPARISONS))
def test_each_comparison_keeps_the_treated(reports: pd.DataFrame, name: str) -> None:
    panel = sample.study_panel(reports)
    made = sample.comparison(reports, panel, name)
    assert made.treated.sum() == 27
    assert 0 < (~made.treated).sum() <= (~panel.treated).sum()


def test_comparisons_hold_whom_their_names_say(reports: pd.DataFrame) -> None:
    panel = sample.study_panel(reports)
    europe = set(sample.comparison(reports, panel, "other European places").places)
    strict = set(sample.comparison(reports, panel, "Europe outside EEA and UK").places)
    assert {"SRB", "BIH", "ALB", "MKD", "MNE", "GBR", "NOR"} <= europe
    assert europe - strict == {"GBR", "NOR", "ISL"}
    with pytest.raises(InputError, match="comparison"):
        sample.comparison(reports, panel, "nowhere")


@pytest.fixture
def staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, results.Estimate]]:
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    return lambda: {one.id: one for one in results.staged(tmp_path)}


@pytest.mark.parametrize(("model", "method"), [("log", "CRV3 by place"), ("ppml", "placebo-union test")])
def test_a_study_names_its_method_and_is_graded_by_regions(
    reports: pd.DataFrame, staged: Callable, model: str, method: str
) -> None:
    panel = sample.study_panel(reports)
    study = headline.headline(panel, model, base=2020, draws=199, seed=1)
    found = checks.evidence(reports, panel, model, level=0.95, source_level="transcription")
    records.study("countries/x/y", study, panel, found, sources=["a"])
    made = staged()
    own = made["countries/x/y"]
    assert (own.estimate, own.ci_low, own.ci_high) == pytest.approx(study.ratio(2021))
    assert method in own.estimator
    assert own.ci_high < 1  # by places alone it would be suggestive
    assert str(replace(found, wider=()).grade(own.ci_low, own.ci_high)) == "suggestive"
    assert own.grade == "not identified"
    assert "By regions, whose places share shocks: continents" in own.note
    for division, one in regions.differences(panel, model, base=2020, period=2021, level=0.95).items():
        row = made[f"countries/x/y/by-{division.lower().replace(' ', '-')}"]
        assert (row.estimate, row.ci_low, row.ci_high) == pytest.approx(one.ratio)
        assert (row.n, row.grade) == (one.df + 2, "not identified")
        assert f"t({one.df})" in row.estimator


def test_a_synthetic_control_is_graded_by_all_perfect_fits(reports: pd.DataFrame, staged: Callable) -> None:
    panel = sample.study_panel(reports)
    table = checks.union_table(panel, draws=49, seed=1, level=0.95).set_index("method")
    for method, row in table.iterrows():
        records.union(method, row, level=0.95, n=513, sources=["a"], source_level="transcription")
    made = staged()
    control = made["countries/eu27-2021/synthetic-control"]
    assert control.estimate == pytest.approx(0.609, abs=5e-4)
    assert (control.ci_low, control.ci_high) == pytest.approx((0.185, 2.043), abs=1e-3)
    assert (control.level, control.grade) == (None, "not identified")
    assert results.parts(control)[1].startswith("range ")
    did = made["countries/eu27-2021/difference-in-differences"]
    assert did.ci_high < 1 < table["regions to"]["difference in differences"]
    assert (did.level, did.grade) == (0.95, "not identified")


def test_regional_error_of_a_counterfactual_is_the_spread_of_whole_regions(reports: pd.DataFrame) -> None:
    from scipy import stats

    panel = sample.study_panel(reports)
    row = (
        checks.union_table(panel, draws=49, seed=1, level=0.9)
        .set_index("method")
        .loc["difference in differences"]
    )
    logs = np.log(panel.counts)
    change = logs[:, 2] - logs[:, :2].mean(axis=1)
    reach = []
    for division in regions.DIVISIONS:
        labels, free = regions.labels(panel, division), ~panel.treated
        effects = [
            change[free & (labels == name)].mean() - change[free & (labels != name)].mean()
            for name in set(labels[free])
        ]
        reach.append(stats.t.ppf(0.95, len(effects) - 1) * np.sqrt(np.mean(np.square(effects))))
    assert np.log(row["regions to"] / row["ratio"]) == pytest.approx(max(reach))


def test_growth_of_each_side_is_recorded_beside_their_ratio(reports: pd.DataFrame, staged: Callable) -> None:
    panel = sample.study_panel(reports)
    records.growth(2022, panel, sources=["a"])
    made = staged()
    inside, outside = (
        made[f"countries/eu27-2022-against-2021/growth-{side}"] for side in ("in-the-eu", "elsewhere")
    )
    assert inside.estimate == pytest.approx(2.80, abs=0.005)
    assert outside.estimate == pytest.approx(1.23, abs=0.005)
    pairs = checks.placebo_years(panel, draws=49, seed=1).set_index("to year")
    assert pairs.log[2022] == pytest.approx(inside.estimate / outside.estimate)
    assert inside.grade == outside.grade == ""


def test_a_pair_of_years_is_graded_by_its_weakest_interval(reports: pd.DataFrame, staged: Callable) -> None:
    from scipy import stats

    panel = sample.study_panel(reports)
    pairs = checks.placebo_years(panel, draws=499, seed=1).set_index("to year")
    change = np.log(panel.at(2022) / panel.at(2021))
    d = panel.treated
    gap = change[d].mean() - change[~d].mean()
    assert pairs.log[2022] == pytest.approx(np.exp(gap))
    half = np.log(pairs["interval to"][2022] / pairs["interval from"][2022]) / 2
    # The jackknife of a difference of means is close to Welch's error.
    welch = np.sqrt(change[d].var(ddof=1) / d.sum() + change[~d].var(ddof=1) / (~d).sum())
    assert half == pytest.approx(stats.t.ppf(0.975, len(d) - 1) * welch, rel=0.03)
    common = {"level": 0.95, "n": 342, "sources": ["a"], "source_level": "transcription"}
    near = {year: checks.regional(panel, "log", 0.95, year - 1, year) for year in (2020, 2022)}
    records.pair(2022, pairs.loc[2022], near[2022], **common)
    records.pair(2020, pairs.loc[2020], {**near[2020], "wider": [(0.6, 0.9)] * 3}, **common)
    entries = list(staged().values())
    assert near[2022]["placebo_floor"] == pytest.approx(1 / 7)
    assert [entry.grade for entry in entries] == ["not identified", "suggestive"]
    assert entries[0].ci_low == pytest.approx(pairs["interval from"][2022])
    assert "by regions continents 0.95 to 4.30" in entries[0].note


def test_group_totals_add_up_to_the_panel(reports: pd.DataFrame) -> None:
    panel = sample.study_panel(reports)
    made = sample.group_totals(reports, panel).set_index("group")
    assert made.loc["EU-27 (27)", "2021"] == 555834
    apart = made.drop(index="EU-27 without Poland (26)")
    assert apart["2020"].sum() == panel.at(2020).sum()
    assert made.loc["EU-27 (27)", "2021 / 2020"] == pytest.approx(555834 / 1046349)


def test_2024_stands_apart_in_its_own_unit(reports: pd.DataFrame) -> None:
    later = raw.load(sample.REFERRALS_2024)
    made = sample.referrals_2024(reports, sample.study_panel(reports), later).set_index("group")
    members = reports.loc[reports.eu27, "iso3"].unique()
    own = later[later.iso3.isin(members)]
    assert made.loc["EU-27 (27)"].tolist() == [own.referrals.sum(), own.informational.sum(), 27]
    poland = later.loc[later.iso3 == "POL", "referrals"].sum()
    assert made.loc["EU-27 without Poland (26)", "referrals"] == own.referrals.sum() - poland
    assert reports.year.max() == 2023  # no table holds both
