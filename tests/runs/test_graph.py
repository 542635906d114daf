"""The graph of notebooks and scenarios, and the faults it names."""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from eprivacy_its import paths, yamlfile
from eprivacy_its.errors import InputError
from eprivacy_its.runs import graph


def test_the_sets_own_graph_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(Path(__file__).parents[2]))
    runs = graph.notebooks()
    assert runs["01_clean"].makes_tables
    missing = [file for run in runs.values() for file in run.reads if not file.exists()]
    assert not missing
    order = list(
        TopologicalSorter({run.name: run.results for run in runs.values()}).static_order()
    )  # no circle
    assert sorted(order) == sorted(runs)


def test_a_table_a_path_and_a_wildcard(project: Path) -> None:
    runs = graph.notebooks()
    assert runs["02_claims"].reads == (project / "data/processed/toy.csv",)
    assert runs["01_clean"].reads == (project / "data/raw/toy/figures.csv",)
    assert runs["02_claims"].tables == runs["02_claims"].reads
    assert runs["09_findings"].results == ("02_claims",)


def test_a_notebook_without_entry_is_named(project: Path) -> None:
    (project / "notebooks/Untitled.ipynb").write_text("{}")  # somebody tries something: not of the set
    graph.notebooks()
    (project / "notebooks/13_forgotten.ipynb").write_text("{}")
    with pytest.raises(InputError, match=r"no entry for notebooks/13_forgotten\.ipynb.*Add 13_forgotten:"):
        graph.notebooks()


def scenario(project: Path, text: str, name: str = "mine") -> Path:
    file = project / "scenarios" / f"{name}.yml"
    file.write_text(text)
    return file


def test_scenario_takes_changes(project: Path) -> None:
    file = scenario(project, "title: Mine\nnotebook: 02_claims\nparameters: {factor: 3}\n")
    run = graph.scenario(file)
    assert (run.name, run.title, run.parameters) == ("mine", "Mine", {"factor": 3})
    assert file in run.reads
    assert graph.scenario(file, {"factor": 4}).parameters == {"factor": 4}
    assert run.command == "eprivacy-its run scenarios/mine.yml"
    assert list(graph.scenarios()) == ["mine"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "expected the keys title, notebook and parameters"),
        ("notebook: 02_claims\nparameter: {}\n", 'unknown key "parameter"; did you mean "parameters"?'),
        ("notebook: 02_claim\n", 'no notebook "02_claim"; did you mean "02_claims"?'),
        ("notebook: ../../etc/passwd\n", "no notebook"),
        ("title: x\n", 'no notebook "None"'),
        ("notebook: 02_claims\nparameters: [1]\n", "parameters must be a mapping"),
        ("notebook: 02_claims\nparameters: {facto: 1}\n", 'no parameter "facto"; did you mean "factor"?'),
        ("notebook: [02_claims\n", "mine.yml, line 2: not readable as YAML"),
        ("notebook: !!python/object/apply:os.system ['true']\n", "not readable as YAML"),
    ],
)
def test_scenario_faults_are_named(project: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        graph.scenario(scenario(project, text))
    assert message in str(error.value)
    assert "mine.yml" in str(error.value)


def test_a_scenario_is_small_and_there(project: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        graph.scenario(project / "scenarios/none.yml")
    big = scenario(project, "title: " + "x" * yamlfile.BYTES)
    with pytest.raises(InputError, match="larger than"):
        graph.scenario(big)


def test_a_scenario_can_not_take_a_notebooks_name(project: Path) -> None:
    with pytest.raises(InputError, match="is the name of a notebook"):
        graph.scenario(scenario(project, "notebook: 02_claims\n", name="02_claims"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("02_claims: {}\n03_none: {}\n", "there is no notebooks/03_none.ipynb"),
        ("02_claims:\n  results: [04_none]\n", "results of unknown notebooks"),
    ],
)
def test_graph_faults_are_named(project: Path, text: str, message: str) -> None:
    (project / "notebooks/graph.yml").write_text(text)
    with pytest.raises(InputError, match=message):
        graph.notebooks()
