"""The temporary folder of a command: gone with it, and what the dead left is told from what belongs to others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests import signals

from eprivacy_its.runs import scratch

HOLD = """
import sys, tempfile
from eprivacy_its.runs import scratch
from tests import signals
with scratch.own() as folder:
    print(tempfile.mkdtemp(), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def hold() -> subprocess.Popen[str]:
    running = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=signals.default,
    )
    assert running.stdout is not None
    assert Path(running.stdout.readline().strip()).is_dir()
    return running


def test_temporary_files_lie_in_it_and_go_with_it(base: Path) -> None:
    with scratch.own() as folder, scratch.own() as same:
        assert same == folder
        assert Path(tempfile.mkdtemp()).parent == folder
        assert os.environ["TMPDIR"] == os.environ["JUPYTER_RUNTIME_DIR"] == str(folder)
        assert (folder.stat().st_mode & 0o777) == 0o700
    assert list(base.iterdir()) == []
    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(base)
    assert "JUPYTER_RUNTIME_DIR" not in os.environ


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_what_a_killed_command_left_is_cleared_by_the_next(base: Path, number: int) -> None:
    living, ended = hold(), hold()
    ended.send_signal(number)
    ended.communicate()
    scratch.sweep(base)
    assert len(list(base.iterdir())) == 1
    living.communicate("")
    assert list(base.iterdir()) == []


def test_what_belongs_to_others_stays(base: Path) -> None:
    """A name is no proof, nor is a process that doesn't exist."""
    strange = [
        "run-20241105-experiment",
        "run-7777777-notes",
        "its-999999999-x",
        "its-cafe",
        "its-" + "g" * 16,
    ]
    for name in [*strange, "its-0123456789abcdef"]:
        (base / name).mkdir()
        (base / name / "thesis.txt").touch()
    for name in ("run-20240131123456-log.txt", "its-" + "1" * 16):
        (base / name).touch()
    (base / "elsewhere").mkdir()
    (base / "elsewhere" / scratch.MARK).touch()
    (base / ("its-" + "2" * 16)).symlink_to(base / "elsewhere")
    (base / ("its-" + "3" * 16)).mkdir()
    (base / ("its-" + "3" * 16) / scratch.MARK).symlink_to(base / "elsewhere" / scratch.MARK)
    before = sorted(base.rglob("*"))
    with scratch.own():
        pass
    assert sorted(base.rglob("*")) == before


def test_one_killed_before_it_had_its_mark_is_cleared(base: Path) -> None:
    (base / "its-0123456789abcdef").mkdir()
    (base / "its-0123456789abcde0").mkdir()
    (base / "its-0123456789abcde0" / scratch.MARK).touch()
    scratch.sweep(base)
    assert list(base.iterdir()) == []
