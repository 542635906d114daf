"""Parameters are read without running the notebook, and wrong ones are refused with the nearest right one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.runs import parameters, schemas

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SERIES = NOTEBOOKS / "06_series.ipynb"


@pytest.fixture
def notebook(tmp_path: Path, notebook_writer: Callable[..., None]) -> Path:
    file = tmp_path / "own.ipynb"
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
    assert read["interruptions"].default == ["2020-12-21"]


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


@pytest.mark.parametrize("file", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda file: Path(file).stem)
def test_schema_and_notebook_are_in_step(file: Path) -> None:
    read = parameters.read(file)
    schema = schemas.of_notebook(file.stem)
    assert schema is not None, f"src/helpers/schemas.py: no class for {file.stem}; add one"
    assert list(read) == list(schema.model_fields)
    assert parameters.faults_of_defaults(file) == []


def cells(notebook: Path) -> list[str]:
    content = nbformat.read(notebook, as_version=4).cells
    return [cell.source for cell in content if cell.cell_type == "code"]


@pytest.mark.parametrize("file", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda file: Path(file).stem)
def test_a_notebook_checks_its_parameters_wherever_it_runs(file: Path) -> None:
    """As JupyterLab and plain Papermill run it: a wrong value ends in one line, before anything is read."""
    schema = schemas.of_notebook(file.stem)
    name = next(iter(schema.model_fields))
    parameters_cell, *others = cells(file)
    space: dict[str, object] = {}
    exec(parameters_cell, space)
    space[name] = wrong = {"not": "one of its values"}
    with pytest.raises(InputError) as caught:
        exec("\n".join(others[:2]), space)
    told = str(caught.value)
    assert told.startswith(f"parameters: parameter {name} = {wrong!r}; expected "), told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"level": 95}, "level = 95, expected a number from 0.5 to 0.999"),
        ({"level": 0.9999999999999999}, "expected a number from 0.5 to 0.999"),
        ({"horizons": list(range(101))}, "; at most 100"),
        ({"level": "0.9"}, "expected a number from 0.5"),
        ({"harmonics": 9}, "expected a whole number from -1 to 6"),
        ({"estimator": "olls"}, 'did you mean "ols"? expected one of auto, quasi'),
        ({"interruptions": "2020-12-21"}, "expected a list; each entry: text or a whole number"),
        ({"washout": [["2020-W01"]]}, "expected a list; each entry: a list of 2"),
        ({"slope_change": 1}, "expected true or false"),
        ({"estimator": None}, "expected one of"),
        ({"level": [0.9, 95]}, "level, value 2 of the list to sweep = 95, expected a number from 0.5"),
        ({"estimator": ["ols", "reml", "ols"]}, "'ols' stands twice"),
        ({"estimator": []}, "= [], expected one of"),
        ({"estimator": [["ols"]]}, "expected one of"),
    ],
)
def test_bounds_of_the_schema(values: dict, message: str) -> None:
    with pytest.raises(InputError) as error:
        parameters.given(values, SERIES, "mine.yml")
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_list_one_level_deeper_is_swept() -> None:
    given = parameters.given(
        {
            "estimator": ["ols", "reml"],
            "interruptions": [["2020-12-21"], ["2020-12-21", "2021-08-02"]],
            "washout": [[["2021-W01", "2021-W02"]], []],
            "covariates": ["a", "b"],
            "level": [0.9],
        },
        SERIES,
        "mine.yml",
    )
    assert given.swept == {
        "estimator": ["ols", "reml"],
        "interruptions": [["2020-12-21"], ["2020-12-21", "2021-08-02"]],
        "washout": [[["2021-W01", "2021-W02"]], []],
    }
    assert given.values == {"covariates": ["a", "b"], "level": 0.9}
    with pytest.raises(InputError, match="expected one of"):
        parameters.check({"estimator": ["ols", "reml"]}, SERIES, "mine.yml")


@pytest.mark.parametrize("file", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda file: Path(file).stem)
def test_no_value_is_both_a_value_and_a_list_to_sweep(file: Path) -> None:
    for name, parameter in parameters.read(file).items():
        typed = schemas.typed(file.stem, parameter)
        assert typed.fits(parameter.default)
        assert not typed.fits([parameter.default]), name
        assert not typed.fits([parameter.default, parameter.default]), name


def test_a_wrong_default_is_told(tmp_path: Path, notebook_writer: Callable[..., None]) -> None:
    notebook_writer(tmp_path / "04_countries.ipynb", parameters="level = 95  # of all intervals")
    (line,) = parameters.faults_of_defaults(tmp_path / "04_countries.ipynb")
    assert line.startswith(
        "04_countries.ipynb, parameters cell: parameter level = 95, expected a number from 0.5 to 0.999"
    )
