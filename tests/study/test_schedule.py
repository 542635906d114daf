"""What starts first: the longest way through the graph."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

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


class Immediately:
    """A pool of so many places, whose work ends when it is asked for, the first first."""

    def __init__(self, jobs: int) -> None:
        self.jobs, self.running = jobs, list[str]()

    @property
    def free(self) -> bool:
        return len(self.running) < self.jobs

    def start(self, name: str, work: tuple[Any, ...]) -> None:
        self.running.append(name)

    def next(self) -> tuple[str, Any]:
        return self.running.pop(0), None


def started(before: dict[str, set[str]], priority: dict[str, float], jobs: int, idle: str = "") -> list[str]:
    order: list[str] = []

    def prepare(name: str) -> tuple[str] | None:
        order.append(name)
        return None if name == idle else (name,)

    ended = [name for name, _ in schedule.in_order(before, priority, Immediately(jobs), prepare)]  # type: ignore[arg-type]
    assert sorted(ended) == sorted(set(before) - {idle})
    return order


def test_the_longest_starts_first_and_the_earlier_of_equals() -> None:
    free: dict[str, set[str]] = {"a": set(), "b": set(), "c": set()}
    assert started(free, {"a": 1.0, "b": 5.0, "c": 5.0}, 1) == ["b", "c", "a"]
    chain = {"a": {"d"}, "b": set(), "c": {"b"}, "d": set()}
    weights = {"a": 9.0, "b": 2.0, "c": 1.0, "d": 3.0}
    for idle in ("", "d", "b"):
        assert started(chain, weights, 1, idle) == ["d", "a", "b", "c"]
    assert started(chain, weights, 2) == ["d", "b", "a", "c"]


def test_notebooks_that_wait_for_each_other_are_named() -> None:
    runs = {
        "a": Run("a", Path("a.ipynb"), results=("b",)),
        "b": Run("b", Path("b.ipynb"), results=("a",)),
    }
    with pytest.raises(InputError, match="they wait for each other") as told:
        schedule.priorities(runs, {"a": 1.0, "b": 1.0})
    assert "a → b" in str(told.value) or "b → a" in str(told.value)


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
