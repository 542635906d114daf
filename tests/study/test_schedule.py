"""What starts first: the longest way through the graph."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from eprivacy_its import paths
from eprivacy_its.errors import InputError
from eprivacy_its.runs import execute, graph
from eprivacy_its.runs.graph import Run
from eprivacy_its.study import build, schedule


def runs_of(processed: Path) -> dict[str, Run]:
    table = (processed / "toy.csv",)
    made = [
        Run("clean", Path("clean.ipynb"), makes_tables=True),
        Run("short", Path("short.ipynb"), reads=table),
        Run("long", Path("long.ipynb"), reads=table),
        Run("alone", Path("alone.ipynb")),
        Run("last", Path("last.ipynb"), results=("long",)),
    ]
    return {run.name: run for run in made}


def test_a_run_counts_with_the_longest_way_after_it() -> None:
    seconds = {"clean": 2.0, "short": 3.0, "long": 30.0, "alone": 9.0, "last": 1.0}
    found = schedule.priorities(runs_of(paths.processed()), seconds)
    assert found == {"clean": 33.0, "short": 3.0, "long": 31.0, "alone": 9.0, "last": 1.0}


def test_the_queue_gives_the_longest_first_and_the_earlier_of_equals() -> None:
    queue = schedule.LongestFirst({"a": 1.0, "b": 5.0, "c": 5.0})
    queue.extend(SimpleNamespace(task=SimpleNamespace(name=name)) for name in "abc")
    assert [queue.popleft().task.name for _ in range(3)] == ["b", "c", "a"]


def test_measured_seconds_go_before_those_of_the_graph(project: Path) -> None:
    run = Run("02_claims", project / "notebooks/02_claims.ipynb", seconds=20.0)
    assert build._expected(run) == 20.0
    folder = execute.run_folder("02_claims")
    folder.mkdir(parents=True)
    (folder / "state.json").write_text(json.dumps({"seconds": 4.5}))
    assert build._expected(run) == 4.5
    (folder / "state.json").write_text("not JSON")
    assert build._expected(run) == 20.0


@pytest.mark.build
@pytest.mark.parametrize(("first", "second"), [("short", "tall"), ("tall", "short")])
def test_a_first_build_starts_by_the_seconds_of_the_graph(project: Path, first: str, second: str) -> None:
    source = (project / "notebooks/02_claims.ipynb").read_text().replace("toy/found", "toy/again")
    for name in (first, second):
        (project / f"notebooks/{name}.ipynb").write_text(source)
    seconds = {first: 50, second: 5}
    (project / "notebooks/graph.yml").write_text(
        '01_clean:\n  reads: ["data/raw/*/*.csv"]\n  writes: ["data/processed/*"]\n'
        + "".join(f"{n}:\n  reads: [toy]\n  seconds: {seconds[n]}\n" for n in ("short", "tall"))
    )
    told = io.StringIO()
    build.run_all(jobs=1, force=False, stream=told)
    started = [line.split()[0] for line in told.getvalue().splitlines() if line.endswith("started")]
    assert started == ["01_clean", first, second]


def test_seconds_of_the_graph_are_a_number(project: Path) -> None:
    (project / "notebooks/graph.yml").write_text("02_claims:\n  seconds: soon\n")
    with pytest.raises(InputError, match="expected a number from 0"):
        graph.notebooks()
