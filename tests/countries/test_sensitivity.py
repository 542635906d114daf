"""Tables of the sensitivity notebook on the published figures, against hand computations."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import results
from eprivacy_its.errors import InputError
from helpers import data
from helpers.countries import checks, multiverse, sample, sensitivity
from helpers.countries.specifications import list_specifications


@pytest.fixture(scope="module")
def reports() -> pd.DataFrame:
    return data.read("country_reports")


def test_dose_by_hand() -> None:
    made = sensitivity.dose(data.read("interruptions"), 0.7).set_index("dates of")
    # 1 January to 1 August 2021, and to 7 November 2021, both inclusive.
    assert made["days off in 2021"].tolist() == [213, 311]
    share = 213 / 365
    off = made["ratio while off"]["law"]
    assert share * off + (1 - share) == pytest.approx(0.7)
    with pytest.raises(InputError, match="code-applies"):
        sensitivity.dose(data.read("interruptions").iloc[1:], 0.7)


def test_sender_changes_join_the_lines_of_meta() -> None:
    made = sensitivity.sender_changes(data.read("sender_reports")).set_index("sender")
    assert made["2021"]["Meta, all lines"] == 22118952 + 3393654 + 1372696
    assert made["change"]["Microsoft"] == pytest.approx(100 * (78603 / 96776 - 1))
    assert not {"Facebook", "Instagram", "WhatsApp"} & set(made.index)


def test_police_changes_need_the_year_before(reports: pd.DataFrame) -> None:
    made = sensitivity.police_beside(data.read("national_police"), reports)
    germany = made[(made.place == "Germany") & (made["police counts"] == "total")].set_index("year")
    assert pd.isna(germany["police change"][2022])  # 2021 is missing
    assert germany["police change"][2023] == pytest.approx(100 * (180300 / 136437 - 1))
    assert set(made.loc[made.place == "Czechia", "NCMEC"]) >= {11044, 15004}


def test_not_located_by_hand(reports: pd.DataFrame) -> None:
    made = sensitivity.not_located(reports)
    assert made == {"before": 641874.0, "after": 1193266.0, "rise": 551392.0, "eu_fall": 1046349.0 - 555834.0}


def test_placebo_dates_keep_the_order_of_years(reports: pd.DataFrame) -> None:
    made = sensitivity.placebo_dates(reports, draws=19, seed=1, workers=1)
    assert made["to year"].tolist() == [2020, 2021, 2022, 2023]
    world = sample.world(reports, 2019, 2020, 2021)
    curve = multiverse.curve(world, list_specifications(("year before",)))
    assert made["median"][1] == pytest.approx(math.exp(np.median(curve.estimate[0])))


def test_by_choice_counts_every_specification_once_a_choice(reports: pd.DataFrame) -> None:
    listed = list_specifications()
    frame = multiverse.curve(sample.world(reports, 2019, 2020, 2021), listed).frame()
    made = sensitivity.by_choice(frame)
    assert (made.groupby("choice").specifications.sum() == len(listed)).all()
    for end in ("lowest tenth", "highest tenth"):
        assert made.groupby("choice")[end].sum().to_numpy() == pytest.approx(100)
    lowest = frame.nsmallest(len(frame) // 10, "ratio")
    sums = made[made["option"] == "Poisson"].iloc[0]
    assert sums["lowest tenth"] == pytest.approx(100 * (lowest["estimator"] == "Poisson").mean())


def test_honest_table_and_grades_follow_the_rule(reports: pd.DataFrame) -> None:
    panel = sample.study_panel(reports)
    bounds = sensitivity.honest_table({"log": (panel, "log")}, 0.95).set_index("study")
    pieces = checks.honest_pieces(panel, "log")
    assert bounds["line"]["log"] == pytest.approx(math.exp(pieces.post + pieces.pre))
    assert bounds["low at 1"]["log"] < bounds["low at 0"]["log"] < bounds["high at 0"]["log"]
    curve = multiverse.curve(sample.world(reports, 2019, 2020, 2021), list_specifications())
    assert bounds["breakdown"]["log"] < 1
    made = sensitivity.grades(
        curve, bounds, {"log": (panel, "log")}, draws=199, seed=1, level=0.95, source_level="transcription"
    ).iloc[0]
    assert made["to"] < 1 < made["to "]  # by places it lies below 1, by regions it does not: these decide
    assert made.grade == "not identified"
    assert f"{made['by regions from']:.2f}" in made.reason
    found = checks.Evidence(
        breakdown=0.6, sign_share=0.97, source_level="transcription", placebo_p=2 / 7, placebo_floor=1 / 7,
        wider=((0.4, 0.9),),
    )  # fmt: skip
    assert str(found.grade(0.5, 0.8)) == "suggestive"


def test_the_multiverse_is_graded_by_its_range(
    reports: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    curve = multiverse.curve(sample.world(reports, 2019, 2020, 2021), list_specifications())
    sensitivity.record_curve(curve, 0.002, level=0.95, sources=["a"], source_level="transcription")
    sensitivity.record_regions(0.66, 2 / 7, pd.Series([0.7, 0.8, 1.1, 1.2, 1.5, 1.9]), sources=["a"])
    made = {one.id: one for one in results.staged(tmp_path)}
    median = made["sensitivity/multiverse/median"]
    assert median.ci_low < 1 < median.ci_high
    assert median.grade == "not identified"
    ungraded = [id for id, one in made.items() if not one.grade]
    assert len(ungraded) == len(made) - 1
    assert made["sensitivity/regions/moved-as-far"].estimate == 1  # 1.9; 1.5 is less than 1 / 0.66
    assert made["sensitivity/regions/fell-as-far"].estimate == 0
    assert made["sensitivity/regions/smallest-p"].estimate == pytest.approx(1 / 7)


def test_on_off_is_a_collapsed_difference(reports: pd.DataFrame) -> None:
    panel = sample.study_panel(reports)
    logs = np.log(panel.counts)
    change = logs[:, 2] - logs[:, [0, 1, 3, 4]].mean(axis=1)
    expected = change[panel.treated].mean() - change[~panel.treated].mean()
    ratio, low, high = checks.on_off(panel)
    assert math.log(ratio) == pytest.approx(expected)
    assert low < ratio < high


def test_inference_table_agrees_on_the_estimate(reports: pd.DataFrame) -> None:
    made = checks.inference_table(sample.study_panel(reports), draws=199, seed=1, level=0.95)
    by_region = made.method.str.endswith("regions, t") | made.method.str.contains("continents")
    spread = made[~by_region].dropna(subset="ratio").groupby("model").ratio.agg(np.ptp)
    assert (spread < 1e-9).all()
    assert made.p.between(1e-4, 1).all()
    rows = made.set_index(["model", "method"])
    assert rows["interval to"]["Poisson", "inverted placebo-union test"] < 1
    assert (rows.loc[by_region.to_numpy(), "interval to"] > 1).all()
    assert by_region.sum() == 6
