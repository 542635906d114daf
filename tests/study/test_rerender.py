"""Words of a notebook changed: its code does not run again, and the result is that of a whole run."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import nbformat
import pytest

from eprivacy_its.runs import execute
from eprivacy_its.study import build

sys.path.insert(0, str(Path(__file__).parent))
from toy import tree

pytestmark = pytest.mark.build
CODE = 'from pathlib import Path\nwith Path("ran.txt").open("a") as log: _ = log.write("x")'


def run(force: bool = False) -> build.Report:
    return build.run_all(jobs=1, force=force, stream=io.StringIO())


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.fixture
def counted(project: Path) -> Path:
    """The project, its second notebook telling in ran.txt how often it ran; a scenario runs it again."""
    file = project / "notebooks/02_claims.ipynb"
    notebook = nbformat.read(file, as_version=4)
    cell = nbformat.v4.new_code_cell(CODE.replace("ran.txt", str(project / "ran.txt")), id="count")
    notebook.cells.append(cell)
    nbformat.write(notebook, file)
    (project / "scenarios/mine.yml").write_text("notebook: 02_claims\nparameters: {factor: 5}\n")
    assert run().ok
    assert (project / "ran.txt").read_text() == "xx"
    return project


def test_new_words_need_no_run_and_give_what_a_run_gives(counted: Path) -> None:
    edit(counted / "notebooks/02_claims.ipynb", "# Notebook 02_claims", "# New words")
    report = run()
    assert report.ok
    assert sorted(report.done) == ["02_claims", "mine"]  # what reads its estimates finds them as they were
    assert (counted / "ran.txt").read_text() == "xx"
    quick = tree(execute.cache() / "notebooks") | tree(execute.cache() / "scenarios")
    assert b"New words" in quick["mine/notebook.ipynb"]
    assert run(force=True).ok
    assert (counted / "ran.txt").read_text() == "xxxx"
    whole = tree(execute.cache() / "notebooks") | tree(execute.cache() / "scenarios")
    for name, content in whole.items():
        if name.endswith("state.json"):
            assert json.loads(content)["error"] == json.loads(quick[name])["error"]
        else:
            assert content == quick[name], name
    assert quick.keys() == whole.keys()


def test_changed_code_runs(counted: Path) -> None:
    edit(counted / "notebooks/02_claims.ipynb", "the total is", "the sum is")
    assert run().ok
    assert (counted / "ran.txt").read_text() == "xxxx"


def test_words_and_data_changed_together_run(counted: Path) -> None:
    edit(counted / "notebooks/02_claims.ipynb", "# Notebook 02_claims", "# New words")
    edit(counted / "data/raw/toy/figures.csv", "7", "8")
    assert run().ok
    assert (counted / "ran.txt").read_text() == "xxxx"


def test_a_failed_run_is_tried_again_with_new_words(counted: Path) -> None:
    file = counted / "notebooks/02_claims.ipynb"
    edit(file, "total * factor)", "total * nothing)")
    assert not run().ok
    before = (counted / "ran.txt").read_text()
    edit(file, "# Notebook 02_claims", "# New words")
    edit(file, "total * nothing)", "total * factor)")
    assert run().ok
    assert len((counted / "ran.txt").read_text()) == len(before) + 2
