"""The recipes of CONTRIBUTING for an estimator, a notebook and a page; that for a table is tests/data/test_recipe.py."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from eprivacy_its import declaration, examples, its
from eprivacy_its.errors import InputError
from eprivacy_its.its import estimators
from eprivacy_its.its.kernels import linear
from eprivacy_its.pages import own
from eprivacy_its.runs import graph, parameters, required_outputs
from eprivacy_its.schema import Strict

ROOT = Path(__file__).resolve().parents[2]
Write = Callable[..., None]


@pytest.fixture
def study(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes what the toy study declares; its package holds one schema and one page."""
    listed = yaml.safe_load((project / "notebooks/graph.yml").read_text())
    package = ModuleType("toy_study")
    package.SCHEMAS, package.PAGE = {}, own.OwnPage("new.html", "New", lambda _: "", lambda _: None)
    monkeypatch.setitem(sys.modules, "toy_study", package)

    def declare(more: str = "", **entry: object) -> None:
        told = {**listed, "study": {**listed["study"], "schemas": "toy_study:SCHEMAS", **entry}}
        (project / "notebooks/graph.yml").write_text(yaml.safe_dump(told, sort_keys=False) + more)
        declaration._read.cache_clear()

    return declare


def test_a_notebook_is_listed_and_has_a_schema(
    project: Path, study: Callable[..., None], notebook_writer: Write, tmp_path: Path
) -> None:
    notebook = project / "notebooks/03_new.ipynb"
    notebook_writer(notebook, "pass")
    study()
    with pytest.raises(
        InputError, match=r"graph.yml: found no entry for notebooks/03_new.ipynb.*Add 03_new:"
    ):
        graph.notebooks()
    study("03_new:\n  figures: [curve]\n")
    run = graph.notebooks()["03_new"]
    assert "figure curve is missing" in str(required_outputs.missing(run.declared, tmp_path))
    told = "03_new.ipynb: toy_study:SCHEMAS has no schema of its parameters; add a class for 03_new"
    assert parameters.faults_of_defaults(notebook) == [told]

    class New(Strict):
        factor: int

    sys.modules["toy_study"].SCHEMAS["03_new"] = New
    assert parameters.faults_of_defaults(notebook) == []


def test_an_estimator_is_a_function_and_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit() -> its.Fit:
        return its.fit(
            examples.months(counts=False),
            time="month",
            outcome="y",
            interruptions=["2020-01"],
            estimator="new",
        )

    with pytest.raises(its.DesignError, match=r"Estimator 'new'"):
        fit()
    entry = estimators.Estimator("new", "a new one", "identity", "kernels.new:ols", least_squares=True)
    monkeypatch.setitem(estimators.ESTIMATORS._own, "new", entry)
    with pytest.raises(
        its.DesignError, match=r"Estimator 'new': eprivacy_its.its.kernels.new:ols: No module"
    ):
        fit()
    module = ModuleType("eprivacy_its.its.kernels.new")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(its.DesignError, match=r"'new': .*no attribute 'ols'"):
        fit()
    module.ols = linear.ols
    assert fit().estimator == "new"


def test_a_page_is_a_module_that_is_listed(study: Callable[..., None]) -> None:
    study(pages=["toy_study:PAGES"])
    with pytest.raises(InputError, match=r"graph.yml: study: toy_study:PAGES: .*no attribute 'PAGES'"):
        own.declared()
    study(pages=["toy_study:PAGE"])
    assert [page.href for page in own.declared()] == ["new.html"]


def test_no_page_of_the_study_is_forgotten() -> None:
    listed = yaml.safe_load((ROOT / "notebooks/graph.yml").read_text())["study"]["pages"]
    for file in sorted((ROOT / "src/helpers/pages").glob("*.py")):
        if re.search(r"^PAGE = ", file.read_text(), flags=re.M):
            name = f"helpers.pages.{file.stem}:PAGE"
            assert name in listed, f"notebooks/graph.yml: study: pages lacks {name}; add it"
