"""`by`: the series of a long file, fitted together, pooled, and a page each."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import yaml
from tests.study.conftest import RECORD, write_notebook

from eprivacy_its import cli
from eprivacy_its.panel import pooled
from eprivacy_its.runs import parameters
from eprivacy_its.series import units as series_units
from eprivacy_its.study import units

ROOT = Path(__file__).resolve().parents[2]
MONTHS = [f"{2014 + i // 12}-{i % 12 + 1:02d}" for i in range(48)]
STARTS = {"North": 24, "South West": 30, "East": 24, "Isle, of": 20}
HEAD = "title: Regions\nnotebook: 06_series\nby: region\nparameters:\n  data: ../long.csv\n  time: month\n  outcome: n\n"


def long(estimates: bool = False) -> pd.DataFrame:
    """Four simulated regions below one another, each with its own first month."""
    rng = np.random.default_rng(3)
    parts = []
    for place, (name, start) in enumerate(STARTS.items()):
        since = np.arange(48) - start
        mean = 40 + 5 * place + 0.2 * np.arange(48) + (since >= 0) * (3 * place + 0.1 * since)
        drawn = rng.normal(mean, 4.0).round(2)
        parts.append(pd.DataFrame({"month": MONTHS, "region": name, "from": MONTHS[start], "n": drawn}))
    return pd.concat(parts)


@pytest.fixture
def own(project: Path) -> Path:
    """A project with that file, and notebook 06 replaced by one that records a number and runs at once."""
    for other in (project / "notebooks").glob("0[129]_*.ipynb"):
        other.unlink()
    (project / "notebooks/graph.yml").write_text("06_series:\n")
    cell = next(
        "".join(one["source"])
        for one in json.loads((ROOT / "notebooks/06_series.ipynb").read_text())["cells"]
        if "parameters" in one["metadata"].get("tags", [])
    )
    write_notebook(
        project / "notebooks/06_series.ipynb",
        "from eprivacy_its import results",
        RECORD.format(id="where", value="len(where[-1])"),
        parameters=cell,
    )
    long().to_csv(project / "long.csv", index=False)
    (project / "scenarios/mine.yml").write_text(
        HEAD + "  estimator: ols\n  harmonics: 0\n  interruptions: [2016-01]\n"
    )
    return project


def run(*more: str) -> int:
    return cli.main(["run", "scenarios/mine.yml", "--jobs", "1", *more])


def jumps(staggered: bool) -> tuple[np.ndarray, np.ndarray]:
    """Jumps and standard errors of each region by statsmodels."""
    found = []
    for name, part in long().groupby("region", sort=False):
        start = STARTS[str(name)] if staggered else 24
        t = np.arange(48.0)
        since = np.maximum(t - start, 0)
        X = np.column_stack([np.ones(48), t, t >= start, since])
        fit = sm.OLS(part["n"].to_numpy(), X).fit()
        found.append((fit.params[2], fit.bse[2]))
    return tuple(np.array(found).T)  # type: ignore[return-value]


@pytest.mark.parametrize("staggered", [False, True])
def test_many_series_are_pooled_without_a_page_each(
    own: Path, staggered: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(units, "PAGES", 1)
    assert run(*(["--interruption-column", "from"] if staggered else [])) == 0
    said = capsys.readouterr()
    assert "4 series fitted, 0 left out" in said.err
    assert "where=" in said.err
    made = own / "build/scenarios/mine"
    found = {one["id"]: one for one in json.loads((made / "results.json").read_text())["estimates"]}
    estimate, se = jumps(staggered)
    want = pooled.pool(estimate, se)
    got = found["mine/pooled/level-1"]
    assert [got["estimate"], got["ci_low"], got["ci_high"]] == pytest.approx(
        [want.estimate, want.ci_low, want.ci_high], rel=1e-6
    )
    assert (got["n"], got["scale"], got["window"]) == (
        4,
        "difference",
        "2015-09 to 2016-07" if staggered else "2016-01",
    )
    each = [one["estimate"] for name, one in found.items() if name.endswith("level-1")][1:]
    assert each == pytest.approx(list(estimate), rel=1e-6)
    rows = list(csv.DictReader((made / "estimates.csv").open()))
    assert len(rows) == len(found) == 2 + 4 * 2
    page = (made / "page.html").read_text()
    for words in (
        "4 series compared",
        "South West",
        "prediction interval",
        "adjusted",
        "In 4 series the est",
    ):
        assert words in page
    assert not list((made / "runs").iterdir())


def test_each_series_has_a_page_and_its_command_makes_it_alone(own: Path) -> None:
    frame = long()
    frame[frame["region"].isin(["South West", "Isle, of"])].to_csv(own / "long.csv", index=False)
    assert run("--interruption-column", "from") == 0
    made = own / "build/scenarios/mine"
    page = (made / "page.html").read_text()
    folders = list((made / "runs").iterdir())
    assert len(folders) == 2
    for place in folders:
        assert f'href="runs/{place.name}/page.html"' in page
    (west,) = (place for place in folders if "south-west" in place.name)
    recorded = json.loads((west / "results.json").read_text())["provenance"]
    assert recorded["parameters"]["where"] == ["region=South West"]
    assert recorded["parameters"]["interruptions"] == ["2016-07"]
    assert "--set by= " in recorded["command"]
    assert "Regions: region=South West" in (west / "page.html").read_text()
    assert run("--set", "by=", "--set", 'where=["region=Isle, of"]') == 0
    assert not (made / "runs").exists()


def test_a_series_that_can_t_be_read_is_named_and_left_out(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(units, "PAGES", 1)
    frame = long()
    gap = (frame["region"] == "East") & (frame["month"] == "2015-03")
    frame[~gap].to_csv(own / "long.csv", index=False)
    assert run() == 1
    said = capsys.readouterr().err
    assert "left out: long.csv, region=East" in said
    assert "2015-03 missing" in said
    assert "3 series fitted, 1 left out" in said
    assert "Series that were left out" in (own / "build/scenarios/mine/page.html").read_text()


def test_rows_of_no_series_are_named_and_left_out(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Totals below a table, or a name that somebody forgot: the rest is analysed all the same."""
    monkeypatch.setattr(units, "PAGES", 1)
    total = long()[lambda frame: frame["region"] == "East"].assign(region="")
    pd.concat([long(), total]).to_csv(own / "long.csv", index=False)
    new = ["new", "all", "--data", "long.csv", "--time", "month", "--outcome", "n", "--by", "region"]
    told = 'left out: long.csv, row 194, column "region": no value; 48 rows that belong to no series are left out'
    assert cli.main([*new, "--interruption", "2016-01"]) == 0
    assert told in capsys.readouterr().err.splitlines()
    assert run() == 1
    said = capsys.readouterr().err.splitlines()
    assert told in said
    assert "4 series fitted, 1 left out" in said


def test_where_one_page_fails_the_others_and_the_mean_are_made(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = next(
        "".join(one["source"])
        for one in json.loads((own / "notebooks/06_series.ipynb").read_text())["cells"]
        if "parameters" in one["metadata"].get("tags", [])
    )
    write_notebook(
        own / "notebooks/06_series.ipynb",
        "from eprivacy_its import results",
        'assert "West" not in where[-1], "out of paper"',
        RECORD.format(id="where", value="len(where[-1])"),
        parameters=cell,
    )
    assert run() == 1
    said = capsys.readouterr().err
    told = [line for line in said.splitlines() if "out of paper" in line]
    assert told
    assert all("south-west" in line for line in told)
    made = own / "build/scenarios/mine"
    found = {one["id"]: one for one in json.loads((made / "results.json").read_text())["estimates"]}
    assert found["mine/pooled/level-1"]["n"] == 4
    page = (made / "page.html").read_text()
    places = {place.name.rpartition("-")[0]: place for place in (made / "runs").iterdir()}
    linked = {name: f'href="runs/{place.name}/page.html"' in page for name, place in places.items()}
    assert linked == {
        "region-north": True,
        "region-east": True,
        "region-isle-of": True,
        "region-south-west": False,
    }
    assert "This page is incomplete" in (places["region-south-west"] / "page.html").read_text()


def test_fitted_together_each_series_has_the_numbers_of_its_own_fit(tmp_path: Path) -> None:
    frame = long()
    frame["n"] = frame["n"].round()
    frame.astype({"n": int}).to_csv(tmp_path / "long.csv", index=False)
    given = {
        "data": str(tmp_path / "long.csv"),
        "time": "month",
        "outcome": "n",
        "interruptions": ["2016-01"],
    }
    found = series_units.read(given, "region")
    for row in found.terms.to_dict("records"):
        alone = found.studies[row["unit"]].fit
        assert row["estimator"] == alone.estimator
        for name in ("estimate", "se", "ci_low", "ci_high", "p_value"):
            assert row[name] == pytest.approx(alone.terms.loc[row["term"], name], abs=1e-6), name
    assert (found.terms["adjusted"] >= found.terms["p_value"]).all()


def test_new_writes_a_scenario_of_a_long_file(own: Path) -> None:
    base = ["new", "all", "--data", "long.csv", "--time", "month", "--outcome", "n", "--by", "region"]
    assert cli.main([*base, "--interruption-column", "from"]) == 0
    written = yaml.safe_load((own / "scenarios/all.yml").read_text())
    assert (written["by"], written["interruption_column"]) == ("region", "from")
    assert "interruptions" not in written["parameters"]
    parameters.check(written["parameters"], own / "notebooks/06_series.ipynb", "all.yml")


NEW = ["new", "all", "--data", "long.csv", "--time", "month", "--outcome", "n"]
FAULTS = {
    "no date": (NEW, "no interruption; give --interruption DATE"),
    "date column alone": ([*NEW, "--interruption-column", "from"], "without --by"),
    "both": (
        [*NEW, "--by", "region", "--interruption-column", "from", "--interruption", "2016-01"],
        "leave one out",
    ),
    "no such column": ([*NEW, "--by", "regon", "--interruption", "2016-01"], 'did you mean "region"?'),
    "one value": ([*NEW, "--by", "one", "--interruption", "2016-01"], "the same value in every row"),
    "dates differ": (
        [*NEW, "--by", "one", "--interruption-column", "from"],
        "the same value in every row",
    ),
    "the time": (
        [*NEW, "--by", "month", "--interruption", "2016-01"],
        "is the time or a number of the model",
    ),
    "the outcome": ([*NEW, "--by", "n", "--interruption", "2016-01"], "is the time or a number of the model"),
    "a covariate that never changes": (
        [*NEW, "--by", "region", "--interruption", "2016-01", "--covariates", "flat"],
        "term 'flat' can't be told apart from 'intercept'. Leave one out. (4 series like this)",
    ),
    "no dates": ([*NEW, "--by", "region", "--interruption-column", "n"], "expected one date"),
    "a list beside it": (
        ["run", "scenarios/mine.yml", "--set", "estimator=[ols, reml]"],
        "by and a list for estimator",
    ),
    "column without by": (
        ["run", "scenarios/mine.yml", "--set", "by=", "--interruption-column", "from"],
        "interruption_column without by",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_input_is_one_message(own: Path, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    long().assign(one="x", flat=1).to_csv(own / "long.csv", index=False)
    arguments, words = FAULTS[fault]
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1
    assert not (own / "scenarios/all.yml").exists()
    assert not (own / "build/scenarios/mine").exists()


def test_a_column_may_be_called_anything(own: Path) -> None:
    long().rename(columns={"region": "r\U0001f600"}).to_csv(own / "long.csv", index=False)
    (own / "scenarios/mine.yml").write_text(
        HEAD.replace("by: region\n", "") + "  estimator: ols\n  harmonics: 0\n  interruptions: [2016-01]\n"
    )
    assert cli.main(["run", "scenarios/mine.yml", "--by", "r\U0001f600", "--jobs", "1"]) == 0
