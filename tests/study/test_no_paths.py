"""Nothing that is published says where, by whom or on which machine it was made; failed pages neither."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eprivacy_its import cli
from eprivacy_its.runs import provenance

sys.path.insert(0, str(Path(__file__).parent))
import toy

FAILS = """
import sys, warnings
from pathlib import Path
from eprivacy_its import paths
print(paths.root(), paths.processed() / "toy.csv", sys.prefix, Path.home() / "thesis.txt", sep="; ")
warnings.warn("a warning names the file of the cell")
paths.root() / "data"
"""
READS = 'open(paths.root() / "data" / "none.csv")'


def secrets(project: Path, home: Path) -> list[str]:
    names = [str(project), str(project.resolve()), str(home), home.name, "somebody-7f3a", sys.prefix]
    host = socket.gethostname()
    return [*names, host] if len(host) > 5 else names


def leaks(folder: Path, words: list[str]) -> list[str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    return [f"{f}: {word}" for f in files for word in words if word.encode() in f.read_bytes()]


@pytest.mark.build
def test_no_output_names_this_machine(
    project: Path, notebook_writer: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home-of-somebody-7f3a"
    home.mkdir()
    outside = home / "series.csv"
    outside.write_text("n\n1\n")
    for name, value in {"HOME": str(home), "USER": "somebody-7f3a", "LOGNAME": "somebody-7f3a"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("EPRIVACY_ITS_OUTSIDE", "1")
    notebook_writer(
        project / "notebooks/03_reads.ipynb",
        FAILS,
        READS,
        parameters='data = "data/raw/toy/figures.csv"  # path of a series',
    )
    with (project / "notebooks/graph.yml").open("a") as graph:
        graph.write("03_reads: {}\n")
    (project / "scenarios/mine.yml").write_text(f"notebook: 03_reads\nparameters: {{data: {outside}}}\n")
    status, out, told = toy.build(project, variables={"EPRIVACY_ITS_OUTSIDE": "1"})
    assert status == 1
    assert cli.main(["run", "scenarios/mine.yml"]) == 1
    words = secrets(project, home)
    for place in ("site", "results", "scenarios"):
        assert leaks(project / "build" / place, words) == []
    page = (project / "build/site/03_reads.html").read_text()
    assert "none.csv" in page
    assert "FileNotFoundError" in page
    assert not any(word in out + told for word in words)


def test_paths_become_what_they_are_in_the_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(project.parent))
    monkeypatch.setattr(sys, "prefix", f"{project}/.venv")
    told = {
        f"File {project}/src/a.py:3": "File src/a.py:3",
        f"File ~/{project.name}/src/a.py:3": "File src/a.py:3",
        f"in {project}.": "in the project.",
        f"in {project}": "in the project",
        f"{project}-other/a.py": f"~/{project.name}-other/a.py",
        f"{project}/.venv/lib/b.py": "python/lib/b.py",
        f"{project.parent}/c.py": "~/c.py",
        "/tmp/its-1/ipykernel_12/345.py:1: UserWarning": "this cell:1: UserWarning",
        "/mnt/series.csv": "series.csv",
        "no path/at/all": "no path/at/all",
    }
    for text, shown in told.items():
        assert provenance.without_paths(text, {"/mnt/series.csv": "series.csv"}) == shown
    monkeypatch.setenv("HOME", "/")
    assert provenance.without_paths("/etc/a", {}) == "/etc/a"


def test_megabytes_without_a_blank_are_read_in_one_go(project: Path) -> None:
    """A figure as HTML: a pattern that looks ahead from each place would take hours."""
    text = "x" * 2_000_000
    assert provenance.without_paths(text, {}) == text
