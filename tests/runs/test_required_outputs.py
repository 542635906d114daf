"""What a notebook declares it must leave, and how a run that does not is told."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from eprivacy_its import paths
from eprivacy_its.errors import InputError
from eprivacy_its.runs import execute, graph, required_outputs
from eprivacy_its.runs.required_outputs import Declared
from eprivacy_its.study import build

ROOT = Path(__file__).parents[2]
FULL = "place,reports\nPoland,7\nFrance,\n"


def stage(
    folder: Path, *, svg: str | None = "<svg/>", data: str | None = FULL, table: str | None = FULL
) -> Path:
    (folder / "figures").mkdir()
    (folder / "tables").mkdir()
    for name, text in (("figures/fall.svg", svg), ("figures/fall.csv", data), ("tables/places.csv", table)):
        if text is not None:
            (folder / name).write_text(text)
    return folder


WANTED = Declared(figures=("fall",), tables=("places",))


def test_all_there_is_no_fault(tmp_path: Path) -> None:
    assert required_outputs.missing(WANTED, stage(tmp_path)) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"svg": None}, "figure fall is missing"),
        ({"svg": ""}, "figure fall is empty"),
        ({"data": None}, "data of figure fall is missing"),
        ({"data": "place,reports\n"}, "data of figure fall is empty"),
        ({"table": None}, "table places is missing"),
        ({"table": ""}, "table places is empty"),
        ({"table": "place,reports\n"}, "table places is empty"),
        (
            {"table": "place,reports\nPoland,\nFrance,nan\n"},
            "table places has no number: all are NaN or missing",
        ),
        ({"table": "a,b\n,NaN\n,\n"}, "table places has no value at all"),
    ],
)
def test_what_is_missing_empty_or_without_numbers_is_named(
    given: dict[str, str | None], said: str, tmp_path: Path
) -> None:
    told = required_outputs.missing(WANTED, stage(tmp_path, **given))
    assert told is not None
    assert said in told


def test_a_table_of_words_needs_no_number(tmp_path: Path) -> None:
    assert required_outputs.missing(WANTED, stage(tmp_path, table="a,b\nyes,no\n")) is None


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{figure: [fall]}", "unknown key 'figure'"),
        ("{figures: fall}", "figures = 'fall', expected a list of names"),
        ("{estimates: [1]}", r"estimates = \[1\], expected a list of names"),
    ],
)
def test_faulty_declarations_are_named(project: Path, entry: str, said: str) -> None:
    (project / "notebooks/graph.yml").write_text(f"02_claims: {entry}\n")
    with pytest.raises(InputError, match=said):
        graph.notebooks()


def test_every_notebook_of_the_set_declares_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(ROOT))
    for run in graph.notebooks().values():
        assert run.declared.figures, run.name
        assert run.declared.tables, run.name


@pytest.mark.build
def test_a_run_without_its_estimate_fails_and_a_new_declaration_runs_it_again(
    project: Path, notebook_writer: Callable[..., None]
) -> None:
    (project / "notebooks/graph.yml").write_text("02_claims: {estimates: [toy/total]}\n")
    notebook_writer(project / "notebooks/02_claims.ipynb", "x = 1")
    report = build.run_all(jobs=1, force=False, stream=io.StringIO())
    assert "estimate toy/total was not recorded" in report.failed["02_claims"]
    (project / "notebooks/graph.yml").write_text("02_claims: {}\n")
    assert build.run_all(jobs=1, force=False, stream=io.StringIO()).done == ["02_claims"]
    (project / "notebooks/graph.yml").write_text("02_claims: {tables: [none]}\n")
    report = build.run_all(jobs=1, force=False, stream=io.StringIO())
    assert "table none is missing" in report.failed["02_claims"]
    assert not (execute.results_folder() / "02_claims.json").exists()
