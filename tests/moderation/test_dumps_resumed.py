"""A run that is killed goes on where it was, counts no day twice and leaves no half table."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import simulated_dumps

from conftest import holds, run
from helpers.moderation import tables

#: The command, in a process that kills itself when a function of the given name is called for the n-th time.
KILLED = """
import os, signal, sys
from helpers.moderation import __main__, statements
place, name, left = {"count": statements, "replace": os, "fsync": os}[sys.argv[1]], sys.argv[1], int(sys.argv[2])
real = getattr(place, name)
def counted_down(*given):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given)
setattr(place, name, counted_down)
sys.exit(__main__.main(sys.argv[3:]))
"""


@pytest.mark.parametrize(
    ("function", "call", "before"),
    [
        ("count", 1, 0),
        ("count", 4, 1),
        ("replace", 1, 0),
        ("replace", 2, 1),
        ("fsync", 3, 2),
        ("replace", 4, 3),
        ("fsync", 5, 3),
        ("replace", 5, 3),
    ],
)
def test_killed_anywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], function: str, call: int, before: int
) -> None:
    """Three dumps of two parts each; then both tables are written. `before` dumps are finished at the kill."""
    made = [simulated_dumps.write(tmp_path, f"2025-07-0{day}", 200, part_rows=100) for day in (1, 2, 3)]
    out = tmp_path / "out" / "t.csv"
    arguments = ["count", *(str(one.file) for one in made), "--out", str(out), "--jobs", "1"]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, function, str(call), *arguments], capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL
    assert not out.exists()
    assert run(*arguments) == 0
    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if line.endswith("statements")]) == 3 - before
    assert holds(out, made)
    assert run(*arguments) == 0
    assert capsys.readouterr().err == "3 of 3 dumps were counted before.\n"
    assert holds(out, made)


def test_a_file_that_was_fetched_again_is_counted_again(tmp_path: Path) -> None:
    first = simulated_dumps.write(tmp_path, "2025-07-02", 200)
    out = tmp_path / "t.csv"
    assert run("count", first.file, "--out", out, "--jobs", 1) == 0
    second = simulated_dumps.write(tmp_path, "2025-07-02", 200, seed=5)
    os.utime(second.file, ns=(1, 1))  # the size may be the same, and a fast machine might give the same time
    assert run("count", second.file, "--out", out, "--jobs", 1) == 0
    assert holds(out, [second])


def test_what_was_kept_and_is_damaged_is_counted_again(tmp_path: Path) -> None:
    made = simulated_dumps.write(tmp_path, "2025-07-02", 200)
    out = tmp_path / "t.csv"
    assert run("count", made.file, "--out", out, "--jobs", 1) == 0
    (kept,) = (tmp_path / "t.csv.days").iterdir()
    kept.write_bytes(kept.read_bytes()[:-20])
    assert run("count", made.file, "--out", out, "--jobs", 1) == 0
    assert holds(out, [made])


def test_another_day_joins_the_table(tmp_path: Path) -> None:
    made = [simulated_dumps.write(tmp_path, f"2025-07-0{day}", 200) for day in (1, 2)]
    out = tmp_path / "t.csv"
    assert run("count", made[0].file, "--out", out, "--jobs", 1) == 0
    assert run("count", *(one.file for one in made), "--out", out, "--jobs", 1) == 0
    assert holds(out, made)
    assert tables.read(out)[0].keys() == {key for one in made for key in one.rows()}
