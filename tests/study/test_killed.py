"""Builds that are killed: the last good site stays whole, nothing lives on, the next build finishes."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eprivacy_its.runs import swap

sys.path.insert(0, str(Path(__file__).parent))
import toy

DEEP = bool(os.environ.get("EPRIVACY_ITS_DEEP"))
KILLS = 100 if DEEP else 3
TOTAL = toy.RECORD.format(id="total", value="14")
RAW = "data/raw/toy/figures.csv"
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


def undisturbed(project: Path, figure: int) -> tuple[dict[str, dict[str, bytes]], float]:
    (project / RAW).write_text(f"year,reports\n2020,{figure}\n")
    started = time.monotonic()
    status, _, told = toy.build(project, "--jobs", "2")
    assert status == 0, told
    return toy.made(project), time.monotonic() - started


@linux
@pytest.mark.build
def test_killed_at_random_moments_nothing_is_lost(project: Path, tally: Counter[str]) -> None:
    good = {figure: undisturbed(project, figure) for figure in (8, 7)}
    wanted, seconds = 8, good[7][1]
    chance = random.Random(20201221)
    whole = {name: [one[0][name] for one in good.values()] for name in ("site", "results")}
    survived, replaced = 0, 0
    for _ in range(KILLS):
        (project / RAW).write_text(f"year,reports\n2020,{wanted}\n")
        running = toy.start(project, "--jobs", "2")
        time.sleep(chance.uniform(0.05, 1.15 * seconds))
        toy.kill(running)
        now = toy.made(project)
        for name, versions in whole.items():
            assert now[name] in versions, [toy.difference(now[name], v) for v in versions]
        survived += 1
        tally["kills of a build survived"] += 1
        assert toy.orphans(project) == []
        if now == good[wanted][0]:
            replaced, wanted = replaced + 1, 15 - wanted
    (project / RAW).write_text(f"year,reports\n2020,{wanted}\n")
    status, _, told = toy.build(project, "--jobs", "2")
    assert status == 0, told
    assert toy.made(project) == good[wanted][0]
    hidden = [f for f in (project / "build").rglob(".*") if f.name != ".lock"]
    assert hidden == []
    print(f"{survived} kills survived, {replaced} of them after the site was replaced")


@linux
@pytest.mark.build
@pytest.mark.skipif(not DEEP, reason="make check-deep; test_in_flight.py tries each kind once")
def test_saved_at_random_moments_no_old_number_has_a_new_checksum(project: Path, tally: Counter[str]) -> None:
    good = {figure: undisturbed(project, figure) for figure in (8, 7)}
    wanted, seconds = 8, good[7][1]
    chance = random.Random(20220101)
    for _ in range(50):
        running = toy.start(project, "--jobs", "2", "--force")
        time.sleep(chance.uniform(0.05, 1.15 * seconds))
        (project / RAW).write_text(f"year,reports\n2020,{wanted}\n")
        running.communicate(timeout=300)
        if running.returncode == 0:
            assert toy.made(project) in [one[0] for one in good.values()]
        status, _, told = toy.build(project)
        assert status == 0, told
        assert toy.made(project) == good[wanted][0]
        tally["files saved while a build ran"] += 1
        wanted = 15 - wanted


def shown(folder: Path) -> dict[str, bytes]:
    """Files of a sweep that a reader sees."""
    return {name: text for name, text in toy.tree(folder).items() if "/." not in f"/{name}"}


@linux
@pytest.mark.build
@pytest.mark.skipif(not DEEP, reason="make check-deep; test_sweep.py tries one kill")
def test_a_sweep_killed_at_random_moments_ends_the_same(project: Path, tally: Counter[str]) -> None:
    (project / "data/processed/toy.csv").write_text("year,reports\n2020,7\n")
    (project / "scenarios/mine.yml").write_text("notebook: 02_claims\nparameters: {factor: [1, 2, 3]}\n")
    command = [sys.executable, "-m", "eprivacy_its.cli", "run", "scenarios/mine.yml", "--jobs", "2"]
    options: dict[str, Any] = {"cwd": project, "env": toy.environment(project), "stderr": subprocess.PIPE}
    made = project / "build/scenarios/mine"

    def finish() -> None:
        done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, text=True, **options)
        assert done.returncode == 0, done.stderr

    started = time.monotonic()
    finish()
    seconds, good = time.monotonic() - started, shown(made)
    chance = random.Random(20210110)
    shutil.rmtree(made)
    for _ in range(KILLS):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
        time.sleep(chance.uniform(0.05, 1.15 * seconds))
        toy.kill(running)
        tally["kills of a sweep survived"] += 1
        assert toy.orphans(project) == []
        now = shown(made) if made.exists() else {}
        assert all(good.get(name) == text for name, text in now.items()), toy.difference(good, now)
        if now == good:
            shutil.rmtree(made)
    finish()
    assert shown(made) == good


@pytest.mark.build
def test_what_has_finished_is_not_run_again(project: Path) -> None:
    """Killed when the second notebook runs: the first one is up to date in the next build."""
    running = toy.start(project, "--jobs", "1")
    for line in running.stderr:
        if "02_claims started" in line:
            break
    toy.kill(running)
    status, out, told = toy.build(project, "--jobs", "1")
    assert status == 0, told
    assert "2 run, 1 up to date" in out


@linux
@pytest.mark.build
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_asked_to_end_it_ends_with_its_kernels_and_the_next_clears_up(
    project: Path, notebook_writer: Callable[..., None], number: int, tmp_path: Path
) -> None:
    """Ended while a cell runs: no process lives on, and the next command clears what lies about."""
    begun, shared = toy.hanging(notebook_writer, project), tmp_path / "shared"
    shared.mkdir()
    running = toy.start(project, variables={"TMPDIR": str(shared)})
    toy.await_word(begun)
    assert list(shared.iterdir()) != []
    toy.kill(running, number)
    assert running.returncode != 0
    assert toy.orphans(project) == []
    assert not (project / "build/site").exists()
    notebook_writer(project / "notebooks/02_claims.ipynb", "from eprivacy_its import results", TOTAL)
    status, _, told = toy.build(project, variables={"TMPDIR": str(shared)})
    assert status == 0, told
    assert list(shared.iterdir()) == []


@pytest.mark.parametrize("system", [True, False])
def test_folders_change_places_whole(system: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not system:
        monkeypatch.setattr(swap, "_system_exchange", lambda: None)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    swap.put(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old/file").read_text() == "new"
    assert (tmp_path / "new/file").read_text() == "old"
    swap.put(tmp_path / "new", tmp_path / "third")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["old", "third"]


def test_a_kill_between_two_renames_is_repaired(tmp_path: Path) -> None:
    (tmp_path / ".site.before").mkdir()
    (tmp_path / ".site.before/index.html").write_text("good")
    swap.sweep_build(tmp_path, tmp_path / "cache")
    assert (tmp_path / "site/index.html").read_text() == "good"


def test_what_is_hidden_under_the_lock_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".run-x/deep").mkdir(parents=True)
    (tmp_path / ".site.json.17.part").touch()
    (tmp_path / ".lock").touch()
    (tmp_path / ".site.before").mkdir()
    (tmp_path / "site").mkdir()
    swap.sweep(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {".lock", ".site.before", "site"}


@pytest.mark.build
def test_a_stale_lock_file_is_harmless(project: Path) -> None:
    (project / "build").mkdir()
    (project / "build/.lock").write_text("999999999")
    status, _, told = toy.build(project)
    assert status == 0, told
    assert "waiting" not in told
    assert json.loads((project / "build/results/02_claims.json").read_text())["schema"] == 1
