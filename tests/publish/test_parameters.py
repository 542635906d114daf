"""Parameters are read without running the notebook, and wrong ones are refused with the nearest right one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.errors import InputError
from helpers.publish import parameters


@pytest.fixture
def notebook(tmp_path: Path, notebook_writer: Callable[..., None]) -> Path:
    file = tmp_path / "06_series.ipynb"
    lines = (
        'estimator = "auto"  # which estimator; a name; see methods',
        "level = 0.95  # confidence; a share; 0 to 1",
        "draws = 1000  # Monte Carlo draws; count; from 100",
        "slope_change = True  # model it; yes or no; true, false",
        'interruptions = ["2020-12-21"]  # first periods; dates; inside the data',
        "exposure = None  # column; text; any or none",
    )
    notebook_writer(file, "pass", parameters="\n".join(lines))
    return file


def test_reads_names_defaults_and_comments(notebook: Path) -> None:
    read = parameters.read(notebook)
    assert list(read) == ["estimator", "level", "draws", "slope_change", "interruptions", "exposure"]
    assert read["level"].default == 0.95
    assert read["draws"].comment == "Monte Carlo draws; count; from 100"
    assert read["interruptions"].kind == "a list"


def test_a_hash_inside_text_is_no_comment(tmp_path: Path, notebook_writer: Callable[..., None]) -> None:
    file = tmp_path / "n.ipynb"
    notebook_writer(file, parameters='title = "week # one"  # shown on the page; text; any')
    assert parameters.read(file)["title"] == parameters.Parameter(
        "title", "week # one", "shown on the page; text; any"
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"estimater": "ols"}, 'did you mean "estimator"?'),
        ({"zzz": 1}, "it has: estimator, level"),
        ({"draws": 10.5}, "draws = 10.5, expected a whole number (Monte Carlo draws"),
        ({"draws": True}, "expected a whole number"),
        ({"level": "high"}, "expected a number"),
        ({"slope_change": "yes"}, "expected true or false"),
        ({"interruptions": "2020-12-21"}, "expected a list"),
        ({"estimator": ["ols"]}, "expected text"),
    ],
)
def test_refuses(notebook: Path, values: dict, message: str) -> None:
    with pytest.raises(InputError) as error:
        parameters.check(values, notebook, "scenario.yml")
    assert message in str(error.value)
    assert str(error.value).startswith("scenario.yml: ")


def test_one_line_a_fault(notebook: Path) -> None:
    with pytest.raises(InputError) as error:
        parameters.check({"estimater": 1, "draws": "x", "level": 0.9}, notebook, "s.yml")
    assert len(str(error.value).splitlines()) == 2


def test_converts_dates_and_numbers(notebook: Path) -> None:
    given = parameters.from_text(
        ["interruptions=[2020-12-21, 2021-11-08]", "level=1", "exposure=people", "draws=5"]
    )
    checked = parameters.check(given, notebook, "--set")
    assert checked == {
        "interruptions": ["2020-12-21", "2021-11-08"],
        "level": 1.0,
        "exposure": "people",
        "draws": 5,
    }
    assert isinstance(checked["level"], float)


@pytest.mark.parametrize("pair", ["estimator", "=ols", "a: b: c=", "x=[1, 2"])
def test_refuses_malformed_pairs(pair: str) -> None:
    if pair == "a: b: c=":  # an odd name is a name; it is refused as unknown later
        assert parameters.from_text([pair]) == {"a: b: c": None}
        return
    with pytest.raises(InputError, match="--set"):
        parameters.from_text([pair])


def test_a_parameters_cell_holds_literals_only(tmp_path: Path, notebook_writer: Callable[..., None]) -> None:
    file = tmp_path / "n.ipynb"
    notebook_writer(file, parameters="start = max(1, 2)  # start")
    with pytest.raises(InputError, match="start: the default must be a literal"):
        parameters.read(file)
