"""Kills, edits and damage in any order: the next build ends in the bytes of a clean one."""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import toy

#: How many, drawn with a fixed seed; EPRIVACY_ITS_SEQUENCES says another number.
SEQUENCES = int(
    os.environ.get("EPRIVACY_ITS_SEQUENCES") or (200 if os.environ.get("EPRIVACY_ITS_DEEP") else 1)
)
STEPS = 4
RAW = "data/raw/toy/figures.csv"
FIGURES = (7, 8, 9)


def edit(project: Path, chance: random.Random) -> None:
    """Save other figures, or the same ones again."""
    (project / RAW).write_text(f"year,reports\n2020,{chance.choice(FIGURES)}\n")


def damage(project: Path, chance: random.Random) -> None:
    """Cut, lengthen, empty, overwrite or delete something that builds have left."""
    files = sorted(f for f in (project / "build").rglob("*") if f.is_file() and f.name != ".lock")
    if not files:
        return
    file = chance.choice(files)
    content = file.read_bytes()
    kind = chance.randrange(6)
    if kind == 0:
        file.unlink()
    elif kind == 1:
        shutil.rmtree(file.parent)
    else:
        spoiled = (content[: len(content) // 2], content + b"\0", b"", content[:-9] + b"spoiled!\n")
        file.write_bytes(spoiled[kind - 2])


def kill(project: Path, chance: random.Random) -> None:
    """Begin a build, save something into it or not, and end it by force, wherever it is."""
    running = toy.start(project, "--jobs", chance.choice("12"))
    time.sleep(chance.uniform(0.05, 4))
    if chance.random() < 0.3:
        edit(project, chance)
    toy.kill(running)
    assert toy.orphans(project) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
@pytest.mark.build
def test_after_any_sequence_the_next_build_is_that_of_a_clean_copy(
    project: Path, tally: Counter[str]
) -> None:
    clean = {}
    for figure in FIGURES:
        (project / RAW).write_text(f"year,reports\n2020,{figure}\n")
        status, _, told = toy.build(project, seconds=900)
        assert status == 0, told
        clean[figure] = toy.made(project)
        shutil.rmtree(project / "build")
    chance = random.Random(20221031)
    acts: tuple[Callable[[Path, random.Random], None], ...] = (edit, damage, damage, kill)
    for _ in range(SEQUENCES):
        done = [chance.choice(acts) for _ in range(chance.randint(1, STEPS))]
        for act in done:
            act(project, chance)
        status, _, told = toy.build(project, seconds=900)
        assert status == 0, (done, told)
        assert "Traceback" not in told
        figure = int((project / RAW).read_text().rpartition(",")[2])
        now = toy.made(project)
        for name in ("site", "results"):
            assert now[name] == clean[figure][name], (done, toy.difference(now[name], clean[figure][name]))
        tally["sequences of kills, edits and damage survived"] += 1
