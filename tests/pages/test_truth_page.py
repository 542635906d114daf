"""The page on which tool holds the truth: its numbers are those of the committed tables."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from helpers.pages import truth


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return truth.read()


@pytest.fixture(scope="module")
def page() -> str:
    return truth.content().body


def _row(tool: str, coverage: float, score: float, ours: float, **other: object) -> dict:
    row = {"truth": "ar1", "n": 24, "strength": "none", "target": "mean", "tool": tool, "setting": "default"}
    row |= {"series": 100, "failures": 0, "coverage": coverage, "coverage_se": 0.02, "null_series": 50}
    row |= {"score": score, "ours_score": ours, "false_findings": 1 - coverage, "seconds": 1.0}
    return row | other


def test_the_goal_compares_with_the_best_score_among_peers_of_enough_series():
    table = pd.DataFrame(
        [
            _row("eprivacy-its", 0.95, 10.0, 10.0),
            _row("a", 0.96, 9.6, 10.0),
            _row("b", 0.70, 12.0, 10.0),
            _row("c", 0.99, 1.0, 10.0, series=19),
            _row("eprivacy-its", 0.90, 10.0, 10.0, n=52),
            _row("a", 0.97, 5.0, 10.0, n=52),
            _row("eprivacy-its", 0.93, 10.0, 10.0, n=150),
            _row("a", 0.91, 8.0, 10.0, n=150),
        ]
    )
    first, second, third = (row for _, row in truth.goal(table).iterrows())
    assert (first["best"], first["met"]) == ("a", True)
    assert first["ratio"] == pytest.approx(10 / 9.6)
    assert not second["met"]
    assert truth.why(second) == "covers too little, and the best peer scores better"
    assert not third["near"]
    assert "covers less than it says" in truth.why(third)


@pytest.mark.parametrize(("series", "luck"), [(20, 0.2642), (100, 0.0631)])
def test_the_share_of_misses_by_luck_is_that_of_the_binomial(series, luck):
    assert truth._luck(series) == pytest.approx(luck, abs=1e-4)


def test_pooling_weighs_by_answers():
    table = pd.DataFrame(
        [_row("a", 0.9, 8.0, 10.0), _row("a", 0.5, 20.0, 10.0, n=52, series=60, failures=10, null_series=20)]
    )
    (row,) = truth.pooled(table, ["tool"]).to_dict("records")
    assert row["coverage"] == pytest.approx((90 + 25) / 150)
    assert row["false_findings"] == pytest.approx((5 + 10) / 70)
    assert row["coverage_se"] == pytest.approx((115 / 150 * 35 / 150 / 150) ** 0.5)
    assert row["score"] == pytest.approx(1.4)
    assert row["failures"] == 10


def test_every_number_of_the_text_is_filled_in(page, tables):
    assert not re.findall(r"%[a-z_]+%", page)
    for value in filter(None, truth.words(*tables).values()):
        assert value in page


def test_losses_come_before_all_other_results(page, tables):
    table, _, _ = tables
    goals = truth.goal(table)
    lost = goals[~goals["met"]]
    assert page.index("table-truth-losses") < page.index("figure-truth-coverage")
    assert page.index("figure-truth-coverage") < page.index("table-truth-eprivacy-its")
    assert f"of {len(lost)} rows" in page
    worst = lost.sort_values("coverage").iloc[0]
    cells = page.split('id="table-truth-losses"')[1].split("<tbody")[1].split("</tr>")[0]
    assert f"{100 * worst['coverage']:.0f}" in cells


def test_each_tool_has_the_same_table_and_its_documentation(page, tables):
    table, settings, _ = tables
    for row in settings.itertuples():
        assert f"<h3>{row.title}</h3>" in page
        assert row.documentation in page
        assert str(row.version).split()[0] in page
    for name in table.loc[table["target"] != "none", "tool"].unique():
        assert f'id="table-truth-{name}"' in page


def test_the_table_has_every_cell_of_the_default_and_says_how_many_series(tables):
    table, settings, truths = tables
    ours = table[table["tool"] == truth.OURS]
    assert len(ours.groupby(["truth", "n", "strength"])) >= 70
    assert set(ours["truth"]) == set(truths["truth"])
    assert (ours["series"] > 0).all()
    assert set(settings["tool"]) >= set(table["tool"])
    shares = table[table["target"] != "none"]
    assert shares["coverage"].between(0, 1).all()
    assert (shares["ours_score"] > 0).all()


def test_the_page_is_left_out_where_the_tables_are_not_there(monkeypatch, tmp_path):
    monkeypatch.setattr(truth.paths, "root", lambda: tmp_path)
    assert truth.PAGE.made_from(()) is None


def test_the_text_says_simulated_and_names_its_limits(page):
    assert "<em>simulated</em>" in page
    assert page.index("What this cannot show") > page.index("Reproduce a cell")
