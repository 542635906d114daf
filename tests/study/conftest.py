"""Throw-away projects: a few small notebooks in the project's own layout."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from eprivacy_its import parallel, paths

sys.path.insert(0, str(Path(__file__).parent))
import toy
from toy import RECORD


def write_notebook(
    file: Path, *cells: str, parameters: str = "factor = 2  # multiplies; a number; any"
) -> None:
    """A notebook with a heading, a parameters cell and these code cells."""
    first = new_markdown_cell(f"# Notebook {file.stem}\n\n**Question.** Q\n\n**Data.** D\n\n**Method.** M")
    settings = new_code_cell(parameters, metadata={"tags": ["parameters"]})
    notebook = new_notebook(cells=[first, settings, *[new_code_cell(cell) for cell in cells]])
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, file)


def make_project(root: Path) -> Path:
    """A project of three notebooks: `01_clean` makes a table, `02_claims` reads it, `09_findings` reads results."""
    for folder in ("notebooks", "data/raw/toy", "data/processed", "scenarios"):
        (root / folder).mkdir(parents=True)
    (root / "requirements.lock").write_text("toy==1 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    (root / "data/raw/toy/figures.csv").write_text("year,reports\n2020,7\n")
    (root / "notebooks/graph.yml").write_text(
        "study:\n  preload: [pandas, eprivacy_its.results]\n"
        "01_clean:\n  reads: [data/raw/*/*.csv]\n  writes: [data/processed/*.csv]\n"
        "02_claims:\n  reads: [toy]\n"
        "09_findings:\n  results: [02_claims]\n"
    )
    write_notebook(
        root / "notebooks/01_clean.ipynb",
        "from eprivacy_its import paths, results",
        'text = (paths.raw() / "toy/figures.csv").read_text()\n(paths.processed() / "toy.csv").write_text(text)',
        RECORD.format(id="rows", value="text.count(chr(10)) - 1"),
    )
    write_notebook(
        root / "notebooks/02_claims.ipynb",
        "import pandas as pd\nfrom eprivacy_its import paths, results",
        'total = int(pd.read_csv(paths.processed() / "toy.csv")["reports"].sum())',
        RECORD.format(id="total", value="total * factor"),
        'print("the total is", total * factor)',
    )
    write_notebook(
        root / "notebooks/09_findings.ipynb",
        "from eprivacy_its import results",
        RECORD.format(id="found", value='results.one("toy/total").estimate'),
    )
    return root


@pytest.fixture(scope="session")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That project, built once: what a build leaves holds no path, so that each project may have a copy."""
    root = make_project(tmp_path_factory.mktemp("first") / "a project")
    status, _, told = toy.build(root)
    assert status == 0, told
    return root


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project of :func:`make_project`, not built, as the folder in which commands work."""
    root = make_project(tmp_path / "a project")
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(root))
    for name in (
        paths.BUILD_VARIABLE,
        paths.STAGE_VARIABLE,
        paths.RESULTS_VARIABLE,
        "EPRIVACY_ITS_PROCESSED",
        parallel.VARIABLE,
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def built_project(project: Path, first_build: Path) -> Path:
    """The same, built."""
    for place in ("build", "data/processed"):
        shutil.copytree(first_build / place, project / place, symlinks=True, dirs_exist_ok=True)
    return project


@pytest.fixture
def notebook_writer() -> Callable[..., None]:
    return write_notebook
