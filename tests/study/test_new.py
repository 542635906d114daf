"""`new`: every parameter on the command line, gaps named, a file in any case where one exists to be written."""

from __future__ import annotations

import inspect
import json
import shutil
from pathlib import Path

import pytest
import yaml

from eprivacy_its import cli, its, options
from eprivacy_its.runs import parameters

ROOT = Path(__file__).resolve().parents[2]
MONTHS = [f"{2015 + i // 12}-{i % 12 + 1:02d}" for i in range(48)]
BASE = ["--data", "s.csv", "--time", "month", "--outcome", "n", "--interruption", "2017-01"]


@pytest.fixture
def own(project: Path) -> Path:
    """A project with notebook 06 and a series of 48 months."""
    (project / "notebooks/graph.yml").write_text("06_series:\n")
    for other in (project / "notebooks").glob("0[129]_*.ipynb"):
        other.unlink()
    shutil.copy(ROOT / "notebooks/06_series.ipynb", project / "notebooks")
    series(project, MONTHS)
    return project


def series(project: Path, months: list[str], values: dict[int, object] | None = None) -> None:
    rows = [f"{m},{(values or {}).get(i, 40 + (7 * i) % 23)}" for i, m in enumerate(months)]
    (project / "s.csv").write_text("month,n\n" + "\n".join(rows) + "\n")


def with_cases(project: Path, part: int | None = None) -> None:
    """A series with a second column of 80 cases and more, and one part that is larger than its whole."""
    rows = [f"{m},{40 + (7 * i) % 23},{80 + i % 5}" for i, m in enumerate(MONTHS)]
    if part is not None:
        rows[5] = f"{MONTHS[5]},{part},80"
    (project / "s.csv").write_text("month,n,cases\n" + "\n".join(rows) + "\n")


def written(project: Path) -> tuple[str, dict[str, object]]:
    text = (project / "scenarios/mine.yml").read_text()
    return text, yaml.safe_load(text)["parameters"]


def test_every_parameter_of_fit_and_of_the_notebook_has_an_option() -> None:
    of_fit = set(inspect.signature(its.fit).parameters) - {"frame", "time", "outcome", "interruptions"}
    renamed = {"treated": "control"}
    assert {renamed.get(name, name) for name in of_fit} <= set(options.PARAMETERS)
    of_notebook = set(parameters.read(ROOT / "notebooks/06_series.ipynb"))
    assert of_notebook == set(options.PARAMETERS) | {"data", "time", "outcome", "interruptions"}
    assert set(options.READING) <= set(options.PARAMETERS)


def test_no_comment_of_a_parameter_confuses_papermill() -> None:
    """It takes an equals sign in a comment for a second assignment, and says so on the terminal."""
    assert [
        p.name for p in parameters.read(ROOT / "notebooks/06_series.ipynb").values() if "=" in p.comment
    ] == []


def test_parameters_are_written_in_their_types(own: Path) -> None:
    more = [
        "--estimator", "arima", "--order", "[1, 0, 0]", "--slope-change", "false", "--washout", "Jan 2017:Mar 2017",
        "--horizons", "4", "--horizons", "6", "--level", "0.9", "--unit", "offences", "--source", "police",
        "--geography", "Ohio", "--min-periods", "4", "--names", "a law",
    ]  # fmt: skip
    assert cli.main(["new", "mine", *BASE, *more]) == 0
    _, got = written(own)
    assert got["order"] == [1, 0, 0]
    assert (got["slope_change"], got["level"], got["min_periods"]) == (False, 0.9, 4)
    assert (got["washout"], got["horizons"]) == ([["2017-01", "2017-03"]], [4, 6])
    assert (got["unit"], got["source"], got["geography"], got["names"]) == (
        "offences",
        "police",
        "Ohio",
        ["a law"],
    )


def test_kinds_of_effect_and_outcome_are_written(own: Path) -> None:
    with_cases(own)
    assert cli.main(["new", "mine", *BASE, "--denominator", "cases", "--ramp", "4"]) == 0
    _, got = written(own)
    assert (got["denominator"], got["ramp"]) == ("cases", [4])
    (own / "scenarios/mine.yml").unlink()
    searched = ["--scan", "Jun 2016:2017-06", "--weights", "cases", "--estimator", "reml"]
    assert cli.main(["new", "mine", *BASE[:-2], *searched]) == 0
    _, got = written(own)
    assert (got["scan"], got["weights"], got["interruptions"]) == (["2016-06", "2017-06"], "cases", [])


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--ramp", "23"], "with a ramp of 23 months, 2 month(s) after it have the whole change"),
        (["--ramp", "0"], "parameter ramp = [0]"),
        (["--denominator", "case"], 'no column "case"; did you mean "cases"?'),
        (["--denominator", "n"], "it is the outcome or the time"),
        (
            ["--denominator", "cases", "--estimator", "negative-binomial"],
            "which 'negative-binomial' does not model",
        ),
        (["--estimator", "quasi-binomial"], "give the column that 'n' is a part of as denominator"),
        (["--weights", "cases", "--estimator", "poisson"], "weights are for linear estimators"),
        (["--scan", "2016-06:2017-06"], "leave interruptions empty, or leave scan out"),
    ],
)
def test_kinds_are_refused(
    option: list[str], said: str, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_cases(own)
    assert cli.main(["new", "mine", *BASE, *option]) == 2
    assert said in capsys.readouterr().err
    assert not (own / "scenarios/mine.yml").exists()


def test_a_part_larger_than_its_whole_is_named_by_its_row(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_cases(own, part=81)
    for command in (["new", "mine", *BASE], ["check", "s.csv", "--time", "month", "--outcome", "n"]):
        assert cli.main([*command, "--denominator", "cases"]) == 2
        assert 's.csv, row 7, column "n": 81 is more than its denominator, 80' in capsys.readouterr().err


def test_what_a_file_of_ones_own_is_is_never_simulated(own: Path) -> None:
    assert cli.main(["new", "mine", *BASE]) == 0
    _, got = written(own)
    assert (got["source"], got["geography"]) == ("own-series", "not stated")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--level", "2"], "parameter level = 2"),
        (["--estimator", "olss"], 'did you mean "ols"?'),
        (["--lags", "many"], "parameter lags = 'many'"),
        (["--washout", "a:b:c"], "expected FIRST:LAST"),
        (["--washout", "2030-01:2030-02"], "is outside the data"),
        (["--where", "region=North"], "expected COLUMN=VALUE with one of these columns: month, n"),
        (["--sheet", "Data"], "which has no sheets"),
    ],
)
def test_refused(option: list[str], said: str, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new", "mine", *BASE, *option]) == 2
    assert said in capsys.readouterr().err
    assert not (own / "scenarios/mine.yml").exists()


def test_a_washout_may_name_the_gap(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series(own, [m for m in MONTHS if m != "2016-05"])
    assert cli.main(["new", "mine", *BASE, "--washout", "2016-05:2016-05"]) == 0
    assert capsys.readouterr().err == ""
    assert written(own)[1]["washout"] == [["2016-05", "2016-05"]]


def test_a_gap_is_left_to_the_model_with_a_warning(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series(own, [m for m in MONTHS if m not in ("2016-05", "2017-09", "2017-10")], {3: "n/a"})
    assert cli.main(["new", "mine", *BASE]) == 0
    text, got = written(own)
    assert got["missing"] == "model"
    warned = capsys.readouterr().err
    for part in ("2016-05 missing", "2017-09 to 2017-10 missing", "no value", "nothing is filled in"):
        assert part in warned
        assert part in text
    assert "with 0" not in warned


def test_what_is_held_back_is_asked_for(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series(own, MONTHS, {3: "<5"})
    assert cli.main(["new", "mine", *BASE]) == 2
    assert "--suppressed low and high" in capsys.readouterr().err
    assert cli.main(["new", "mine", *BASE, "--suppressed", "low"]) == 0


def test_the_schema_says_what_is_accepted(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) == set(parameters.read(own / "notebooks/06_series.ipynb"))
    assert schema["additionalProperties"] is False
    assert schema["properties"]["estimator"]["enum"] == ["auto", *its.ESTIMATORS]
    assert schema["properties"]["level"]["default"] == 0.95
    assert cli.main(["schema", "06_serie"]) == 2
    assert "did you mean 06_series?" in capsys.readouterr().err
