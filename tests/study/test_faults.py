"""What the world does to a build: each ends with one clear message, status 1, and the last good site."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import toy

pytestmark = pytest.mark.build
Writer = Callable[..., None]


@pytest.fixture
def good(built_project: Path) -> dict[str, dict[str, bytes]]:
    """A complete build that must survive."""
    return toy.made(built_project)


def mount(folder: Path, options: str) -> None:
    folder.mkdir(exist_ok=True)
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system of a given size")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"this machine allows no mount: {done.stderr.strip()}")


@pytest.fixture
def small_disk(project: Path) -> Iterator[Path]:
    """The build folder on a file system of 8 MB."""
    folder = project / "build"
    mount(folder, "size=8m")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def cell(writer: Writer, project: Path, code: str) -> None:
    writer(project / "notebooks/02_claims.ipynb", "x = 1", code)


# name -> (code of the cell, options, what is told)
KERNELS: dict[str, tuple[str, list[str], list[str]]] = {
    "dies": ("import os\nos._exit(3)", [], ["cell 3 (`import os`)", "the kernel died"]),
    "is killed": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        [],
        ["cell 3", "the kernel died", "memory"],
    ),
    "hangs": (
        "import time\ntime.sleep(600)",
        ["--cell-seconds", "2"],
        ["cell 3 (`import time`)", "longer than 2 s", "--cell-seconds"],
    ),
    "needs too much": ("grown = bytearray(10**15)", [], ["cell 3: MemoryError"]),
}


@pytest.mark.parametrize("how", KERNELS)
def test_a_kernel_that(
    how: str, project: Path, good: dict[str, dict[str, bytes]], notebook_writer: Writer
) -> None:
    code, options, said = KERNELS[how]
    cell(notebook_writer, project, code)
    status, out, told = toy.build(project, *options)
    assert status == 1
    assert "1 up to date, 2 failed" in out
    last = [line for line in told.splitlines() if line.startswith("02_claims:")]
    assert len(last) == 1
    for part in said:
        assert part in last[0]
    assert "Traceback" not in told
    assert toy.orphans(project) == []
    # Its page says so, the other pages are there, and the last complete site is kept beside.
    page = (project / "build/site/02_claims.html").read_text()
    assert "This page is incomplete" in page
    assert "it stopped" in page or "in <a href=" in page
    assert toy.made(project, "build/last-good") == good
    assert "last-good/site/index.html" in told


def test_the_last_complete_site_is_kept_through_two_failures_and_then_not_needed(
    project: Path, good: dict[str, dict[str, bytes]], notebook_writer: Writer
) -> None:
    sound = (project / "notebooks/02_claims.ipynb").read_bytes()
    for code in ("1 / 0", "2 / 0"):
        cell(notebook_writer, project, code)
        assert toy.build(project)[0] == 1
        assert toy.made(project, "build/last-good") == good
    (project / "notebooks/02_claims.ipynb").write_bytes(sound)
    assert toy.build(project)[0] == 0
    assert toy.made(project) == good
    assert not (project / "build/last-good").exists()


def test_a_limit_on_memory_is_told_with_its_cell(project: Path, notebook_writer: Writer) -> None:
    """A limit that the kernel inherits, as `ulimit -v` sets it."""
    cell(notebook_writer, project, "grown = [bytearray(50_000_000) for _ in range(200)]")
    limit = 3_000_000_000
    status, _, told = toy.build(
        project, "--jobs", "1", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    )
    assert status == 1
    assert "cell 3: MemoryError" in told


def test_a_full_disk(small_disk: Path, project: Path, notebook_writer: Writer) -> None:
    status, _, told = toy.build(project)
    assert status == 0, told
    before = toy.made(project)
    (small_disk / "filler").write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 4096))
    cell(notebook_writer, project, "y = 2")
    status, _, told = toy.build(project)
    assert status == 1
    assert "No space left on device" in told
    assert "Traceback" not in told
    assert toy.made(project) == before
    (small_disk / "filler").unlink()
    status, _, told = toy.build(project)
    assert status == 1  # 09_findings reads what 02_claims no longer records: the notebook's own fault
    assert "09_findings" in told


def test_a_read_only_build_folder(small_disk: Path, project: Path, notebook_writer: Writer) -> None:
    assert toy.build(project)[0] == 0
    before = toy.made(project)
    cell(notebook_writer, project, "y = 2")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    status, out, told = toy.build(project)
    assert (status, out) == (1, "")
    assert "Read-only file system" in told
    assert len(told.splitlines()) == 1
    assert toy.made(project) == before


def test_an_input_that_vanished_is_named(project: Path, good: dict[str, dict[str, bytes]]) -> None:
    (project / "notebooks/graph.yml").write_text("02_claims:\n  reads: [toy, data/extra.csv]\n")
    for name in ("01_clean", "09_findings"):
        (project / f"notebooks/{name}.ipynb").unlink()
    status, _, told = toy.build(project)
    assert status == 1
    assert "data/extra.csv" in told
    assert "Traceback" not in told
    assert toy.made(project, "build/last-good") == good


def test_a_table_that_vanished_is_made_again(project: Path, good: dict[str, dict[str, bytes]]) -> None:
    (project / "data/processed/toy.csv").unlink()
    status, _, told = toy.build(project)
    assert status == 0, told
    assert (project / "data/processed/toy.csv").exists()
    assert toy.made(project) == good


def test_a_second_build_waits_and_finds_nothing_to_do(project: Path) -> None:
    first = toy.start(project)
    assert "started" in first.stderr.readline()
    status, out, told = toy.build(project)
    assert f"waiting for the build of process {first.pid} to end" in told
    assert status == 0
    assert out.startswith("Nothing to do")
    assert first.wait(timeout=30) == 0
    first.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")
def test_a_worker_that_is_killed_ends_the_build(
    project: Path, good: dict[str, dict[str, bytes]], notebook_writer: Writer
) -> None:
    begun = toy.hanging(notebook_writer, project)
    running = toy.start(project, "--jobs", "1")
    toy.await_word(begun)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    os.kill(int(children[0]), 9)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "a worker process was killed, perhaps for want of memory" in told
    assert "Traceback" not in told
    assert toy.made(project) == good
    assert toy.orphans(project) == []


@pytest.mark.parametrize("value", ["0", "soon", "-1"])
def test_a_limit_that_is_none_is_refused(value: str, project: Path) -> None:
    status, out, told = toy.build(project, variables={"EPRIVACY_ITS_CELL_SECONDS": value})
    assert (status, out) == (2, "")
    assert "expected a whole number of seconds" in told
