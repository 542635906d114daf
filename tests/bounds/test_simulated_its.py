"""The study's model on simulated series: equal to fits one by one, inside the sharp bounds."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import bounds, its
from eprivacy_its.bounds import simulated_its

START = datetime.date(2020, 1, 1)


@pytest.fixture(scope="module")
def made() -> simulated_its.SimulatedITS:
    series = {"unit": "reports", "first": START.isoformat(), "last": "2020-10-31"}
    claims = [
        {"id": "a", "quantity": "total", "unit": "reports", "window": ["2020-01-01", "2020-05-31"],
         "value": 152000, "rounding": 0},
        {"id": "b", "quantity": "total", "unit": "reports", "window": ["2020-06-01", "2020-10-31"],
         "value": 91000, "rounding": 0},
        {"id": "outside", "quantity": "mean rate", "unit": "reports a day",
         "window": ["2020-10-01", "2020-10-31"], "value": 600, "rounding": 400},
    ]  # fmt: skip
    content = {"title": "t", "series": series, "claims": claims}
    content["assumptions"] = {"smoothness": {"breaks": ["2020-06-01"]}}
    study = simulated_its.weekly_study(bounds.parse(content), "2020-01-01", "2020-10-31")
    return simulated_its.fit_draws(
        study, "2020-06-01", 0.3, estimator="quasi-poisson", draws=12, chains=4, seed=1
    )


def test_study_is_cut_to_the_claims_inside() -> None:
    eu = bounds.parse(
        {
            "title": "t",
            "series": {"unit": "reports", "first": "2019-01-01", "last": "2021-12-31"},
            "claims": [
                {"id": str(year), "quantity": "total", "unit": "reports", "value": 10, "rounding": 0,
                 "window": [f"{year}-01-01", f"{year}-12-31"]}
                for year in (2019, 2020, 2021)
            ],
        }
    )  # fmt: skip
    cut = simulated_its.weekly_study(eu, "2020-01-01", "2021-12-31")
    assert [claim.id for claim in cut.claims] == ["2020", "2021"]
    assert cut.resolution == "week"


def test_many_fits_are_those_one_by_one(made: simulated_its.SimulatedITS) -> None:
    mondays, weekly = simulated_its.whole_weeks(made.draws)
    assert mondays[0] == datetime.date(2020, 1, 6)
    assert mondays[-1] == datetime.date(2020, 10, 19)
    for k in (0, 17):
        frame = pd.DataFrame({"week": pd.to_datetime(mondays), "y": weekly[k]})
        fit = its.fit(
            frame, time="week", outcome="y", interruptions=["2020-06-01"], estimator="quasi-poisson"
        )
        row = fit.terms.loc["level_1"]
        assert made.level_ratio[k] == pytest.approx(np.exp(row["estimate"]), rel=1e-5)
        assert (made.ci_low[k], made.ci_high[k]) == pytest.approx(
            (np.exp(row["ci_low"]), np.exp(row["ci_high"])), rel=1e-4
        )


def test_answers_lie_inside_the_sharp_bounds(made: simulated_its.SimulatedITS) -> None:
    assert made.sharp_low <= made.ols_change.min() <= made.ols_change.max() <= made.sharp_high


def test_spread_is_a_row_a_kappa(made: simulated_its.SimulatedITS) -> None:
    table = simulated_its.spread([made])
    row = table.iloc[0]
    assert row["series"] == 48
    assert row["kappa"] == 0.3
    for name, values in (("ratio", made.level_ratio), ("ols", made.ols_change)):
        ends = [row[f"{name}_{share}"] for share in ("05", "50", "95")]
        assert ends == pytest.approx(np.percentile(values, [5, 50, 95]))
    assert row["below_one"] == pytest.approx(100 * (made.level_ratio < 1).mean())
    assert row["certain_below"] == pytest.approx(100 * (made.ci_high < 1).mean())


def test_comparison_stacks_sets_of_claims_and_kappas(made: simulated_its.SimulatedITS) -> None:
    study = made.draws.problem.study
    table, fits = simulated_its.compare(
        {"these": study}, "2020-06-01", [0.3, 0.5], estimator="quasi-poisson", draws=12, chains=4, seed=1
    )
    assert list(table)[:2] == ["claims", "kappa"]
    assert table["claims"].tolist() == ["these", "these"]
    assert table["kappa"].tolist() == [0.3, 0.5]
    assert fits[0].level_ratio == pytest.approx(made.level_ratio)
    assert table.loc[1, "sharp_low"] < table.loc[0, "sharp_low"]
