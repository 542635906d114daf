"""Sweeps of a small notebook through the real command line."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.study.conftest import RECORD, write_notebook
from tests.study.toy import environment, orphans, tree

from eprivacy_its import cli
from eprivacy_its.runs import graph
from eprivacy_its.runs.progress import Progress
from eprivacy_its.study import sweep

pytestmark = pytest.mark.build
SCENARIO = "title: Toy\nnotebook: 02_claims\nparameters:\n  factor: [1, 2, 0]\n  word: [a, b c]\n"


@pytest.fixture
def toy(project: Path) -> Path:
    """A project whose notebook divides by `factor`; 0 fails."""
    (project / "data/processed/toy.csv").write_text("year,reports\n2020,7\n")
    write_notebook(
        project / "notebooks/02_claims.ipynb",
        "import pandas as pd\nfrom eprivacy_its import paths, results",
        'total = int(pd.read_csv(paths.processed() / "toy.csv")["reports"].sum())',
        "share = total / factor",
        RECORD.format(id="share", value="share"),
        RECORD.format(id="total", value="total"),
        parameters='factor = 2  # divides; a number; not 0\nword = "a"  # said; a word; any',
    )
    (project / "scenarios/mine.yml").write_text(SCENARIO)
    return project


def run(*arguments: str) -> int:
    return cli.main(["run", "scenarios/mine.yml", "--jobs", "1", *arguments])


def estimates(file: Path) -> dict[str, float]:
    return {one["id"]: one["estimate"] for one in json.loads(file.read_text())["estimates"]}


def test_every_combination_has_a_page_and_one_page_compares_them(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = toy / "build/scenarios/mine"
    assert run() == 1
    shown = capsys.readouterr()
    assert shown.out == "build/scenarios/mine/page.html\n"
    assert "4 of 6 runs done, 2 failed" in shown.err
    told = [line for line in shown.err.splitlines() if line.startswith("0-")]
    assert len(told) == 2
    assert all("ZeroDivisionError: division by zero" in line for line in told)
    folders = sorted(place.name for place in (made / "runs").iterdir())
    assert [name.rpartition("-")[0] for name in folders] == ["0-a", "0-b-c", "1-a", "1-b-c", "2-a", "2-b-c"]
    page = (made / "page.html").read_text()
    for place in (made / "runs").iterdir():
        assert {"notebook.ipynb", "page.html", "results.json"} <= {file.name for file in place.iterdir()}
        failed = "ZeroDivisionError" in (place / "page.html").read_text()
        assert failed == place.name.startswith("0-")
        assert (f'href="runs/{place.name}/page.html"' in page) != failed
        assert place.name in page
    assert 'id="figure-runs"' in page
    assert 'id="table-each-run"' in page
    assert "Toy: 6 runs compared" in page
    rows = list(csv.DictReader(io.StringIO((made / "estimates.csv").read_text())))
    shares = {(row["factor"], row["word"]): row["estimate"] for row in rows if row["id"] == "toy/share"}
    assert shares == {("1", "a"): "7.0", ("1", "b c"): "7.0", ("2", "a"): "3.5", ("2", "b c"): "3.5"}
    assert sum("ZeroDivisionError" in row["error"] for row in rows) == 2
    found = estimates(made / "results.json")
    assert len(found) == 8
    assert all(id_.startswith("mine/") for id_ in found)

    # The same command again: only the failed ones, which may succeed another time.
    before = tree(made)
    assert run() == 1
    assert len([line for line in capsys.readouterr().err.splitlines() if line.startswith("[")]) == 2
    assert tree(made).keys() == before.keys()

    # Other lists: what is there stays, what is gone goes, what is new runs.
    (toy / "scenarios/mine.yml").write_text(SCENARIO.replace("[1, 2, 0]", "[2, 3]"))
    assert run() == 0
    ran = [line for line in capsys.readouterr().err.splitlines() if line.startswith("[")]
    assert [line.split("/")[2][:4] for line in ran] == ["3-a-", "3-b-"]
    assert len(list((made / "runs").iterdir())) == 4


def test_one_run_of_a_sweep_by_itself_gives_the_same(toy: Path) -> None:
    (toy / "scenarios/mine.yml").write_text(SCENARIO.replace("[1, 2, 0]", "[2]"))
    made = toy / "build/scenarios/mine"
    assert run() == 0
    (place,) = (made / "runs").glob("b-c-*")
    recorded = json.loads((place / "results.json").read_text())
    command = recorded["provenance"]["command"]
    assert command == "eprivacy-its run scenarios/mine.yml --set 'word=\"b c\"'"
    assert recorded["provenance"]["parameters"]["word"] == "b c"
    before = list(estimates(place / "results.json").values())
    assert run("--set", 'word="b c"') == 0
    assert list(estimates(made / "results.json").values()) == before
    assert not (made / "runs").exists()


def test_the_site_leaves_sweeps_to_their_own_command(toy: Path) -> None:
    assert list(graph.scenarios()) == []
    assert [file.name for file in graph.sweeps()] == ["mine.yml"]


def test_killed_it_goes_on_where_it_was(toy: Path) -> None:
    text = (toy / "notebooks/02_claims.ipynb").read_text()
    wait = f"import os, signal; factor > 2 and not os.path.exists('{toy}/go') and signal.pause(); "
    hangs = text.replace("share = total / factor", f"{wait}share = total / factor")
    assert hangs != text
    (toy / "notebooks/02_claims.ipynb").write_text(hangs)
    (toy / "scenarios/mine.yml").write_text("notebook: 02_claims\nparameters: {factor: [1, 2, 3, 4, 5, 6]}\n")
    command = [sys.executable, "-m", "eprivacy_its.cli", "run", "scenarios/mine.yml", "--jobs", "2"]
    options = {"cwd": toy, "env": environment(toy), "stderr": subprocess.PIPE, "text": True}
    first = subprocess.Popen(command, **options)
    for line in first.stderr:
        if line.startswith("[2/6]"):
            break
    first.send_signal(signal.SIGKILL)
    first.wait(timeout=30)
    assert orphans(toy, seconds=60) == []
    runs = toy / "build/scenarios/mine/runs"
    kept = [place for place in runs.iterdir() if (place / ".state").exists()]
    assert len(kept) == 2
    (toy / "go").touch()
    times = {place.name: (place / "page.html").stat().st_mtime_ns for place in kept}
    again = subprocess.run(
        command, check=True, capture_output=True, timeout=240, cwd=toy, env=environment(toy)
    )
    told = [line for line in again.stderr.decode().splitlines() if re.match(r"\[\d+/6\]", line)]
    # A run that ended between our look and the kill is kept too.
    assert len(told) <= 6 - len(kept)
    assert all((runs / name / "page.html").stat().st_mtime_ns == moment for name, moment in times.items())
    assert len([place for place in runs.iterdir() if not place.name.startswith(".")]) == 6


def test_one_process_at_a_time(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = graph.asked(toy / "scenarios/mine.yml")
    with sweep._locked(sweep.Sweep(asked)):
        assert run() == 2
    assert "another process runs this sweep" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("notebook: 02_claims\nparameters: {factor: [1, x]}\n", "value 2 of the list to sweep = 'x'"),
        ("notebook: 02_claims\nparameters: {factor: [1, 1]}\n", "1 stands twice in the list to sweep"),
        (f"notebook: 02_claims\nparameters: {{factor: {list(range(400))}, word: {[f'w{i}' for i in range(300)]}}}\n",
         "120,000 runs, more than the 100,000"),
    ],
)  # fmt: skip
def test_refused_before_anything_starts(
    text: str, said: str, toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (toy / "scenarios/mine.yml").write_text(text)
    assert run() == 2
    assert said in capsys.readouterr().err
    assert not (toy / "build").exists()


def test_a_terminal_shows_the_count_and_a_log_keeps_lines() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown = {}
    for stream in (Terminal(), io.StringIO()):
        progress = Progress(stream, 2)
        progress.tick("one", "1.0 s")
        progress.end("two", "FAILED: why")
        progress.close()
        shown[stream.isatty()] = stream.getvalue()
    assert shown[False] == "[1/2] one 1.0 s\n[2/2] two FAILED: why\n"
    assert "[1/2]" in shown[True]
    assert "one" not in shown[True]
    assert "[2/2] two FAILED: why\n" in shown[True]


def test_names_stay_apart_and_stay_the_same() -> None:
    values = [["a b"], ["a-b"], ["a", "b"], "a b", {"x": 1}, True, "", -1, 1]
    names = [sweep.named({"value": value}) for value in values]
    assert len(set(names)) == len(values)
    assert names == [sweep.named({"value": value}) for value in values]
    assert all(len(name) <= 51 and name == name.lower() for name in names)


def test_ten_thousand_combinations_are_made_one_at_a_time(toy: Path) -> None:
    (toy / "scenarios/mine.yml").write_text(
        f"notebook: 02_claims\nparameters: {{factor: {list(range(1, 101))}, word: {[f'w{i}' for i in range(100)]}}}\n"
    )
    whole = sweep.Sweep(graph.asked(toy / "scenarios/mine.yml"))
    assert whole.total == 10_000
    assert len({one.name for one in whole}) == 10_000
    assert os.path.commonpath([whole.folder, whole.place(next(iter(whole)))]) == str(whole.folder)
