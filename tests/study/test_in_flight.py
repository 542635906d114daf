"""Files that are saved while a command runs: never old numbers under a new checksum."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eprivacy_its import cli
from eprivacy_its.runs import execute
from eprivacy_its.study import build

pytestmark = pytest.mark.build
Writer = Callable[..., None]

RECORD = (
    'results.record("toy/total", question="q", outcome="o", unit="u", geography="g", window="w", comparison="c", '
    'estimator="e", estimate=total * factor, scale="count", n=1, grade="suggestive", sources=["s"])'
)
SAVE = """
from pathlib import Path
if {when}:
    Path({flag!r}).touch()
    Path({file!r}).write_text({text!r})
"""


def saved(writer: Writer, project: Path, file: str, text: str, *, each_time: bool = False) -> None:
    """02_claims, and somebody who saves a file after the notebook has read the figures: once, or each time."""
    flag = project / "saved"
    when = "True" if each_time else f"not Path({str(flag)!r}).exists()"
    writer(
        project / "notebooks/02_claims.ipynb",
        "import pandas as pd\nfrom eprivacy_its import paths, results\nif False: import mine",
        'total = int(pd.read_csv(paths.processed() / "toy.csv")["reports"].sum())',
        SAVE.format(when=when, flag=str(flag), file=str(project / file), text=text),
        RECORD,
    )


def run() -> tuple[build.Report, str]:
    stream = io.StringIO()
    return build.run_all(jobs=1, force=False, stream=stream), stream.getvalue()


def recorded(project: Path) -> dict[str, Any]:
    return json.loads((execute.run_folder("02_claims") / "results.json").read_text())


def checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_run_whose_figures_changed_is_repeated(project: Path, notebook_writer: Writer) -> None:
    saved(notebook_writer, project, "data/processed/toy.csv", "year,reports\n2020,100\n")
    assert run()[0].ok
    found = recorded(project)
    assert found["estimates"][0]["estimate"] == 200
    table = project / "data/processed/toy.csv"
    assert found["provenance"]["inputs"]["data/processed/toy.csv"] == checksum(table)


def test_a_notebook_saved_meanwhile_is_run_as_saved(project: Path, notebook_writer: Writer) -> None:
    saved(notebook_writer, project, "elsewhere", "")
    file = project / "notebooks/02_claims.ipynb"
    newer = file.read_text().replace("total * factor", "total * factor + 1")
    saved(notebook_writer, project, "notebooks/02_claims.ipynb", newer)
    assert run()[0].ok
    found = recorded(project)
    assert found["estimates"][0]["estimate"] == 15
    assert found["provenance"]["notebook_sha256"] == checksum(file)
    assert run()[0].done == []


@pytest.mark.parametrize("file", ["data/processed/toy.csv", "requirements.lock"])
def test_one_that_changes_each_time_fails_in_one_line(
    project: Path, notebook_writer: Writer, file: str
) -> None:
    text = "year,reports\n2020,7\n" if file.endswith("csv") else "toy==1\n"
    saved(notebook_writer, project, file, text, each_time=True)
    report, told = run()
    assert report.failed["02_claims"] == (
        f"{file} changed meanwhile; save it, then give the same command again"
    )
    assert list(report.blocked) == ["09_findings"]
    assert "Traceback" not in told


def test_code_that_was_loaded_already_fails_the_run_and_the_next_build_mends_it(
    project: Path, notebook_writer: Writer
) -> None:
    (project / "src/mine").mkdir(parents=True)
    (project / "src/mine/__init__.py").write_text("x = 1\n")
    graph = project / "notebooks/graph.yml"
    graph.write_text(graph.read_text().replace("study:\n", "study:\n  package: mine\n"))
    saved(notebook_writer, project, "src/mine/__init__.py", "x = 2\n")
    report, _ = run()
    assert report.failed["02_claims"].startswith("src/mine/__init__.py changed meanwhile")
    report, _ = run()
    assert report.ok
    assert "02_claims" in report.done


def test_a_scenario_saved_after_it_was_read_is_not_told_under_its_new_checksum(
    project: Path, notebook_writer: Writer
) -> None:
    mine = project / "scenarios/mine.yml"
    mine.write_text("notebook: 02_claims\nparameters: {factor: 5}\n")
    saved(notebook_writer, project, "scenarios/mine.yml", "notebook: 02_claims\nparameters: {factor: 6}\n")
    report, _ = run()
    assert "scenarios/mine.yml changed meanwhile" in report.failed["mine"]
    report, _ = run()
    assert report.ok
    found = json.loads((execute.run_folder("mine", True) / "results.json").read_text())
    assert found["estimates"][0]["estimate"] == 42
    assert found["provenance"]["inputs"]["scenarios/mine.yml"] == checksum(mine)


def test_run_repeats_too_and_then_refuses(
    project: Path, notebook_writer: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run()[0].ok
    (project / "scenarios/mine.yml").write_text("notebook: 02_claims\nparameters: {factor: 5}\n")
    saved(notebook_writer, project, "data/processed/toy.csv", "year,reports\n2020,100\n")
    assert cli.main(["run", "scenarios/mine.yml"]) == 0
    made = project / "build/scenarios/mine/results.json"
    found = json.loads(made.read_text())
    assert found["estimates"][0]["estimate"] == 500
    assert found["provenance"]["inputs"]["data/processed/toy.csv"] == checksum(
        project / "data/processed/toy.csv"
    )
    before = made.read_text()
    saved(notebook_writer, project, "data/processed/toy.csv", "year,reports\n2020,9\n", each_time=True)
    capsys.readouterr()
    assert cli.main(["run", "scenarios/mine.yml"]) == 1
    assert "data/processed/toy.csv changed meanwhile" in capsys.readouterr().err
    assert made.read_text() == before


@pytest.mark.parametrize(
    "place",
    [
        "cache/notebooks/02_claims/notebook.ipynb",
        "cache/notebooks/02_claims/results.json",
        "cache/results/02_claims.json",
    ],
)
@pytest.mark.parametrize("damage", ["cut", "edited", "gone"])
def test_what_a_run_left_is_made_anew_when_it_is_not_as_it_was(
    built_project: Path, place: str, damage: str
) -> None:
    file = built_project / "build" / place
    whole = file.read_text()
    if damage == "gone":
        file.unlink()
    else:
        file.write_text(whole[: len(whole) // 2] if damage == "cut" else whole.replace("14", "99"))
    report, _ = run()
    assert report.ok
    assert "02_claims" in report.done
    assert file.read_text() == whole
