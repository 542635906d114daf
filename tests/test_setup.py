"""Setting up says in one line what is missing: no Python, too old, without venv, no disk, no registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

OLD = """case "$*" in -V) echo Python 3.9.1;; *version_info*) exit 1;; esac"""
NO_VENV = f'''case "$*" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@"'''
FULL = "echo Filesystem 1024-blocks Used Available Capacity Mounted; echo /dev/x 9000 8000 1000 90% /"


def program(folder: Path, name: str, body: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


def setup(folder: Path, python: str | Path, **variables: str) -> tuple[int, str]:
    """Exit status and last line of `.ci/setup` in a folder of its own."""
    project = folder / "a project"
    shutil.copytree(ROOT / ".ci", project / ".ci")
    done = subprocess.run(
        ["bash", str(project / ".ci" / "setup")],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHON": str(python), **variables},
    )
    assert not (project / ".venv" / ".ready").exists()
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return done.returncode, lines[0]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (None, "found; install Python 3.11 or newer"),
        (OLD, "Python 3.11 or newer is needed, found Python 3.9.1; name another: make PYTHON=python3.12"),
        (NO_VENV, "Python's venv module is missing"),
        ("exit 127", "does not run; name another"),
    ],
    ids=["none", "too old", "without venv", "broken"],
)
def test_what_is_wrong_with_python_is_one_line(body: str | None, says: str, tmp_path: Path) -> None:
    python = tmp_path / "python" if body is None else program(tmp_path, "python", body)
    status, line = setup(tmp_path, python)
    assert status == 1
    assert line.startswith("setup: ")
    assert says in line


@pytest.mark.parametrize("free", [FULL, "echo Filesystem; echo - - - -"], ids=["full", "not told"])
def test_a_full_disk_is_one_line(free: str, tmp_path: Path) -> None:
    """Where the free space is not told the next thing that is missing is: here the lock."""
    program(tmp_path, "df", free)
    python = program(
        tmp_path, "python", f'case "$*" in "-m venv"*) exit 1;; esac; exec "{sys.executable}" "$@"'
    )
    status, line = setup(tmp_path, python, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert status == 1
    expected = "1.5 GB of free disk is needed here, found 0 MB" if free == FULL else "could not make .venv"
    assert line == f"setup: {expected}"


INNER = """case "$*" in
"-m pip config get"*) echo https://mirror.example/simple;;
*"uv pip sync"*) echo "$UV_DEFAULT_INDEX $UV_CACHE_DIR" >"$0.said"; exit 1;;
esac"""


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ({}, "https://mirror.example/simple"),
        ({"PIP_INDEX_URL": "https://pip.example"}, "https://pip.example"),
        ({"UV_DEFAULT_INDEX": "https://uv.example", "PIP_INDEX_URL": "x"}, "https://uv.example"),
    ],
)
def test_uv_gets_what_pip_was_told_and_a_cache_that_can_be_written(
    given: dict[str, str], index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CACHE_DIR", "XDG_CACHE_HOME", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    inner = program(tmp_path, "inner", INNER)
    python = program(
        tmp_path,
        "python",
        f'case "$*" in "-m venv"*) mkdir -p .venv/bin; cp "{inner}" .venv/bin/python; exit;; esac; '
        f'exec "{sys.executable}" "$@"',
    )
    # In /proc nobody can write, root included.
    status, line = setup(tmp_path, python, HOME="/proc", **given)
    assert status == 1
    assert "set PIP_INDEX_URL or UV_DEFAULT_INDEX" in line
    venv = tmp_path / "a project/.venv"
    assert (venv / "bin/python.said").read_text() == f"{index} {venv}/.cache\n"
