"""The build on throw-away projects: what runs again, what a failure leaves, what is refused."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eprivacy_its import paths, results
from eprivacy_its.runs import execute
from eprivacy_its.study import build
from eprivacy_its.study.build import Report

pytestmark = pytest.mark.build
RECORD = (
    'from eprivacy_its import results; results.record("toy/total", question="q", outcome="o", unit="u", geography="g", '
    'window="w", comparison="c", estimator="e", estimate=7, scale="count", n=1, grade="suggestive", sources=["s"])'
)


def run(force: bool = False) -> tuple[Report, str]:
    stream = io.StringIO()
    return build.run_all(jobs=1, force=force, stream=stream), stream.getvalue()


def recorded(id: str) -> float | None:
    return results.one(id, execute.results_folder()).estimate


def test_runs_only_what_is_out_of_date(project: Path, notebook_writer: Callable[..., None]) -> None:
    first, told = run()
    assert first.ok
    assert sorted(first.done) == ["01_clean", "02_claims", "09_findings"]
    assert "[3/3] 09_findings" in told
    assert recorded("toy/found") == 14

    again, told = run()
    assert again.ok
    assert not again.done
    assert told == ""

    # A comment in a raw file changes no table, so nothing behind 01_clean runs.
    raw = project / "data/raw/toy/figures.csv"
    same = (project / "data/processed/toy.csv").read_text()
    raw.write_text(raw.read_text())
    (project / "data/raw/toy/second.csv").write_text("year,reports\n")
    third, _ = run()
    assert third.done == ["01_clean"]
    assert (project / "data/processed/toy.csv").read_text() == same

    raw.write_text("year,reports\n2020,8\n")
    fourth, _ = run()
    assert sorted(fourth.done) == ["01_clean", "02_claims", "09_findings"]
    assert recorded("toy/found") == 16

    # A changed notebook runs again; what reads its results runs only when they changed.
    notebook = project / "notebooks/02_claims.ipynb"
    notebook.write_text(notebook.read_text().replace("# Notebook", "# The notebook"))
    fifth, _ = run()
    assert "02_claims" in fifth.done
    assert "01_clean" not in fifth.done

    (project / "requirements.lock").write_text("toy==2\n")
    assert len(run()[0].done) == 3


def test_a_folder_that_was_moved_needs_no_new_run(
    built_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_project.rename(tmp_path / "moved")
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path / "moved"))
    monkeypatch.chdir(tmp_path / "moved")
    report, told = run()
    assert (len(report.current), told) == (3, "")


def test_a_failing_notebook_leaves_its_error_and_stops_only_what_needs_it(
    built_project: Path, notebook_writer: Callable[..., None]
) -> None:
    notebook_writer(
        built_project / "notebooks/02_claims.ipynb", "x = 1", 'raise RuntimeError("no figure for 2020")'
    )
    report, told = run()
    assert report.done == []
    assert list(report.failed) == ["02_claims"]
    assert list(report.blocked) == ["09_findings"]
    assert "RuntimeError: no figure for 2020" in told
    executed = json.loads((execute.run_folder("02_claims") / "notebook.ipynb").read_text())
    outputs = [
        output for cell in executed["cells"] if cell["cell_type"] == "code" for output in cell["outputs"]
    ]
    assert [output["ename"] for output in outputs] == ["RuntimeError"]
    # A failed run is tried again, and its old results are not handed on.
    assert "02_claims" in run()[0].failed
    assert not (execute.results_folder() / "02_claims.json").exists()


def test_results_carry_provenance_without_time_or_place(built_project: Path) -> None:
    text = (execute.run_folder("02_claims") / "results.json").read_text()
    content = json.loads(text)
    assert content["schema"] == 1
    origin = content["provenance"]
    assert origin["parameters"] == {"factor": 2}
    assert list(origin["inputs"]) == ["data/processed/toy.csv"]
    assert len(origin["inputs"]["data/processed/toy.csv"]) == 64
    assert str(built_project) not in text
    assert "papermill" in origin["versions"]


def test_two_builds_give_the_same_bytes(built_project: Path) -> None:
    first = {f.name: f.read_bytes() for f in execute.results_folder().iterdir()}
    notebooks = {f.parent.name: f.read_bytes() for f in execute.cache().glob("notebooks/*/notebook.ipynb")}
    again, _ = run(force=True)
    assert len(again.done) == 3
    assert {f.name: f.read_bytes() for f in execute.results_folder().iterdir()} == first
    assert {
        f.parent.name: f.read_bytes() for f in execute.cache().glob("notebooks/*/notebook.ipynb")
    } == notebooks


def test_a_table_that_the_graph_does_not_list_is_an_error(
    built_project: Path, notebook_writer: Callable[..., None]
) -> None:
    notebook_writer(
        built_project / "notebooks/02_claims.ipynb",
        "from eprivacy_its import paths, results",
        f'(paths.stage() / "{paths.READ_LOG}").write_text("toy\\nhidden\\n")',
    )
    report, _ = run()
    assert "hidden" in report.failed["02_claims"]
    assert "graph.yml" in report.failed["02_claims"]


def test_dropped_notebooks_are_forgotten(built_project: Path) -> None:
    project = built_project
    (project / "notebooks/graph.yml").write_text("01_clean:\n  reads: [data/raw/*/*.csv]\n")
    for name in ("02_claims", "09_findings"):
        (project / f"notebooks/{name}.ipynb").unlink()
    run()
    assert not execute.run_folder("02_claims").exists()
    assert not (execute.results_folder() / "02_claims.json").exists()


def test_a_scenario_whose_data_are_gone_fails_alone(
    project: Path, notebook_writer: Callable[..., None]
) -> None:
    (project / "series.csv").write_text("n\n7\n")
    source = 'data = "data/raw/toy/figures.csv"  # path of a series'
    notebook_writer(
        project / "notebooks/02_claims.ipynb", "text = open(data).read()", RECORD, parameters=source
    )
    (project / "scenarios/mine.yml").write_text("notebook: 02_claims\nparameters: {data: ../series.csv}\n")
    assert run()[0].ok
    (project / "series.csv").unlink()
    report, _ = run()
    assert list(report.failed) == ["mine"]
    assert "no file ../series.csv" in report.failed["mine"]
    assert len(report.current) == 3
    build._publish(report)
    page = (project / "build/site/mine.html").read_text()
    assert "no file ../series.csv" in page
    assert not (project / "build/results/mine.json").exists()  # nothing of the run that there was before


class Releasing(io.StringIO):
    """A stream that lets the other process end as soon as something is said."""

    def __init__(self, other: subprocess.Popen[str]) -> None:
        super().__init__()
        self.other = other

    def write(self, text: str) -> int:
        assert self.other.stdin is not None
        self.other.stdin.close()
        return super().write(text)


def test_a_second_build_waits_and_says_for_whom(project: Path) -> None:
    script = "import sys; from eprivacy_its.study import build\nwith build.locked(sys.stderr): print('in', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "in\n"
    stream = Releasing(holder)
    with build.locked(stream):
        assert f"process {holder.pid}" in stream.getvalue()
    assert holder.wait(timeout=60) == 0


SCRIPT = """
import multiprocessing, sys

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    from eprivacy_its.study import build

    report = build.run_all(jobs=2, force=False, stream=sys.stdout)
    assert multiprocessing.get_start_method() == sys.argv[1]
    sys.exit(0 if report.ok and sorted(report.done) == ["01_clean", "02_claims", "09_findings"] else 1)
"""


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_workers_may_be_started_in_any_way(project: Path, method: str) -> None:
    """Python's own way to start them depends on its version and on the system."""
    script = project / "begin.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script, method], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert recorded("toy/found") == 14
