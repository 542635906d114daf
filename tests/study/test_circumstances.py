"""Where a command is run: few open files, no hard links, a closed or an old terminal, an impatient user."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from eprivacy_its import cli, paths
from eprivacy_its.runs import swap

sys.path.insert(0, str(Path(__file__).parent))
import toy

SERIES = "Zürich,reports\n" + "".join(f"2020-W{week:02d},{100 + week * 7 % 23}\n" for week in range(1, 41))
CHECK = [sys.executable, "-m", "eprivacy_its.cli", "check", "s.csv"]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "s.csv").write_text(SERIES, encoding="utf-8")
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.build
@pytest.mark.skipif(sys.platform != "linux", reason="counts the files that Linux lets a process open")
def test_a_build_needs_few_open_files(project: Path) -> None:
    status, _, told = toy.build(
        project, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    )
    assert status == 0, told
    assert "Traceback" not in told


def test_without_hard_links_files_are_written_all_the_same(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    new = ["new", "mine", "--data", "s.csv", "--time", "Zürich", "--outcome", "reports", "--interruption"]
    assert cli.main([*new, "2020-W20"]) == 0
    assert "outcome: reports" in (own / "scenarios/mine.yml").read_text(encoding="utf-8")
    assert [file.name for file in (own / "scenarios").iterdir() if file.suffix == ".part"] == []
    assert cli.main([*new, "2020-W20"]) == 2
    swap.linked_copy(own / "scenarios", own / "copy")
    assert toy.tree(own / "copy") == toy.tree(own / "scenarios")


def test_a_closed_terminal_is_no_failure(own: Path) -> None:
    done = subprocess.run(
        CHECK, stderr=subprocess.PIPE, text=True, check=False, preexec_fn=lambda: os.close(1)
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_who_reads_the_first_line_only_is_no_failure(own: Path) -> None:
    script = f"{' '.join(CHECK)} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[1:] in (["0"], ["141"])
    assert "Traceback" not in done.stderr


def test_a_terminal_that_knows_ascii_alone_gets_ascii(own: Path) -> None:
    plain = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(CHECK, capture_output=True, env=plain, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()
    assert rb"Z\xfcrich" in done.stdout


@pytest.mark.build
@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_a_second_ctrl_c_does_not_stop_the_clearing_up(
    project: Path, notebook_writer: Callable[..., None], tmp_path: Path
) -> None:
    begun, shared = toy.hanging(notebook_writer, project), tmp_path / "shared"
    shared.mkdir()
    running = toy.start(project, variables={"TMPDIR": str(shared)})
    toy.await_word(begun)
    for _ in range(3):
        running.send_signal(signal.SIGINT)
        time.sleep(0.05)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 1
    assert told.splitlines()[-1].startswith("interrupted; ")
    assert "Traceback" not in told
    assert toy.orphans(project) == []
    assert list(shared.iterdir()) == []
