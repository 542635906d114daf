"""What is recorded: the required ids, with the values computed here from the raw file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.bounds.small import day, study

from eprivacy_its import bounds, paths, results
from helpers import data
from helpers.claims import record


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    return tmp_path


def test_required_ids_are_recorded(stage: Path) -> None:
    countries = data.read("country_reports")
    record.totals(countries)
    record.changes(countries)
    record.levels(data.read("claims"))
    record.daily_means(countries)
    made = {estimate.id: estimate for estimate in results.staged(stage)}
    raw = pd.read_csv(paths.raw() / "ncmec" / "ncmec_reports_by_country.csv")
    eu = countries.loc[countries["eu27"], "iso3"].unique()
    sums = raw[raw["iso3"].isin(eu)].groupby("year")["reports"].sum()
    for year in range(2019, 2024):
        estimate = made[f"claims/eu27-total-{year}"]
        assert (estimate.estimate, estimate.scale, estimate.ci_low) == (sums[year], "count", None)
        assert estimate.sources == (f"ncmec-country-{year}",)
    poland = raw[raw["iso3"] == "POL"].set_index("year")["reports"]
    change = made["claims/eu27-change-2021"]
    assert change.estimate == pytest.approx(100 * (sums[2021] / sums[2020] - 1))
    assert change.scale == "percent change"
    without = made["claims/eu27-change-2021-without-poland"].estimate
    assert without == pytest.approx(100 * ((sums - poland)[2021] / (sums - poland)[2020] - 1))
    assert made["claims/daily-rate-before"].estimate == 1100
    assert made["claims/daily-rate-after"].estimate == 600
    assert made["claims/daily-rate-after"].grade == "suggestive"
    assert made["claims/daily-mean-2020"].estimate == pytest.approx(sums[2020] / 366)
    assert made["claims/daily-mean-2021"].estimate == pytest.approx(sums[2021] / 365)
    assert {made[f"claims/daily-mean-{year}"].unit for year in (2020, 2021)} == {"per day"}


def test_an_identified_set_is_no_confidence_interval(stage: Path) -> None:
    claim = {"id": "t", "quantity": "total", "window": [day(0), day(9)], "interval": [100, 200]}
    found = bounds.bound(bounds.Problem.of(study(10, [claim])), bounds.total(day(0), day(9)))
    record.identified(
        "claims/x", found, question="q", window="w", comparison="c", n=1, sources=["a"], note="More."
    )
    made = results.staged(stage)[0]
    assert (made.ci_low, made.ci_high, made.level, made.estimate) == (
        pytest.approx(100),
        pytest.approx(200),
        None,
        None,
    )
    assert made.note.startswith("Identified set, not a confidence interval. More")


def test_smoothness_and_season_are_recorded_with_their_ends(stage: Path) -> None:
    claim = {"id": "t", "quantity": "change", "window": [day(7), day(9)], "baseline": [day(0), day(2)],
             "value": -46, "rounding": 1, "source": "claim-a01"}  # fmt: skip
    made = study(10, [claim]).claims
    record.certain_kappa("claims/k", 0.02, question="q", window="w", claims=list(made))
    record.certain_kappa("claims/none", None, question="q", window="w", claims=list(made))
    record.season_dip(made[0], 46.0, 45.5, 46.5)
    found = {estimate.id: estimate for estimate in results.staged(stage)}
    assert found["claims/k"].estimate == 2
    assert found["claims/none"].estimate is None
    dip = found["claims/season/dip-that-explains-all"]
    assert {one.grade for one in found.values()} == {""}  # arithmetic
    assert (dip.ci_low, dip.estimate, dip.ci_high, dip.level) == (45.5, 46.0, 46.5, None)
    assert dip.sources == ("claim-a01",)


def test_counts_and_units_of_what_is_recorded(stage: Path) -> None:
    countries = data.read("country_reports")
    record.daily_means(countries)
    record.changes(countries)
    claim = {"id": "t", "quantity": "total", "window": [day(0), day(9)], "interval": [100, 200]}
    problem = bounds.Problem.of(study(10, [claim]))
    for name, target in (
        ("rate", bounds.mean_rate(day(0), day(4))),
        ("fall", bounds.change(day(5), day(9), day(0), day(4))),
    ):
        found = bounds.bound(problem, target)
        record.identified(
            f"claims/{name}", found, question="q", window="w", comparison="c", n=1, sources=["a"]
        )
    made = {estimate.id: estimate for estimate in results.staged(stage)}
    assert [made[f"claims/daily-mean-{year}"].n for year in (2020, 2021)] == [366, 365]
    assert made["claims/eu27-change-2021"].n == 27
    assert made["claims/eu27-change-2021"].sources == ("ncmec-country-2020", "ncmec-country-2021")
    assert made["claims/eu27-change-2021-without-poland"].n == 26
    assert "without Poland" in made["claims/eu27-change-2021-without-poland"].question
    assert "without" not in made["claims/eu27-change-2021"].question
    assert (made["claims/rate"].scale, made["claims/rate"].unit) == ("count", "reports a day")
    assert (made["claims/fall"].scale, made["claims/fall"].unit) == ("percent change", "percent")
    assert made["claims/rate"].note == "Identified set, not a confidence interval."
