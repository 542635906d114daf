"""Tables of the sensitivity notebook on the published figures, against hand computations."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

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


def test_honest_table_and_grades_follow_the_rule(reports: pd.DataFrame) -> None:
    panel = sample.study_panel(reports)
    bounds = sensitivity.honest_table({"log": (panel, "log")}, 0.95).set_index("study")
    pieces = checks.honest_pieces(panel, "log")
    assert bounds["line"]["log"] == pytest.approx(math.exp(pieces.post + pieces.pre))
    assert bounds["low at 1"]["log"] < bounds["low at 0"]["log"] < bounds["high at 0"]["log"]
    curve = multiverse.curve(sample.world(reports, 2019, 2020, 2021), list_specifications())
    rule = {"curve": curve, "placebo_p": 0.01, "source_level": "transcription"}
    assert bounds["breakdown"]["log"] < 1
    assert sensitivity.grades(bounds=bounds, **rule).grade[0] == "suggestive"
    assert sensitivity.grades(bounds=bounds.assign(breakdown=1.5), **rule).grade[0] == "established"
    assert sensitivity.grades(bounds=bounds.assign(**{"high at 0": 1.1}), **rule).grade[0] == "not identified"


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
    assert made.groupby("model").ratio.nunique().to_dict()["Poisson"] <= 2
    spread = made.dropna(subset="ratio").groupby("model").ratio.agg(np.ptp)
    assert (spread < 1e-9).all()
    assert made.p.between(1 / 200, 1).sum() >= 3
