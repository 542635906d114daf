"""The country panel on the published figures, against independent computations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from eprivacy_its.errors import InputError
from eprivacy_its.panel import event
from helpers import data
from helpers.countries import sample


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


def test_recorded_study_holds_its_interval_and_reason(
    reports: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eprivacy_its.robustness.grade import grade

    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    study = event.event_study(sample.study_panel(reports), "log")
    made = grade(design="model", ci_low=0.5, ci_high=0.8, null=1.0)
    sample.record_study("countries/eu27-2021/log-twfe", study, sources=["a"], grade=made)
    entry = json.loads((tmp_path / "estimates.json").read_text())[0]
    assert entry["estimate"] == pytest.approx(study.ratio(2021)[0])
    assert entry["grade"] == "suggestive"
    assert made.reason in entry["note"]


def test_a_pair_of_years_is_graded_by_its_interval_and_placebo(
    reports: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scipy import stats

    from helpers.countries import checks

    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
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
    sample.record_pair(2022, pairs.loc[2022], **common)
    sample.record_pair(2020, pairs.loc[2020].replace({pairs["p log"][2020]: 0.2}), **common)
    entries = json.loads((tmp_path / "estimates.json").read_text())
    assert [entry["grade"] for entry in entries] == ["suggestive", "not identified"]
    assert entries[0]["ci_low"] == pytest.approx(pairs["interval from"][2022])


def test_the_note_of_a_study_gives_the_jackknife_interval(reports: pd.DataFrame) -> None:
    from helpers.countries import checks

    panel = sample.study_panel(reports)
    found = checks.Evidence(placebo_p=0.0012, breakdown=0.39, sign_share=1.0, source_level="transcription")
    text = checks.study_note(panel, event.event_study(panel, "ppml"), found)
    assert text == "Jackknife (CRV3) interval 0.17 to 0.88; placebo p 0.0012; breakdown value 0.39."


def test_group_totals_add_up_to_the_panel(reports: pd.DataFrame) -> None:
    panel = sample.study_panel(reports)
    made = sample.group_totals(reports, panel).set_index("group")
    assert made.loc["EU-27 (27)", "2021"] == 555834
    apart = made.drop(index="EU-27 without Poland (26)")
    assert apart["2020"].sum() == panel.at(2020).sum()
    assert made.loc["EU-27 (27)", "2021 / 2020"] == pytest.approx(555834 / 1046349)
