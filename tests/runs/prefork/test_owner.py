from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import signals
from tests.runs.prefork.conftest import living

from eprivacy_its.runs.prefork import compatibility, owner, zygote

# An owner that starts a kernel which never ends, says who is who, and waits.
OWNER = """
import os, signal, subprocess, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin by ignoring it
from eprivacy_its.runs import prefork
papermill = prefork.papermill()
import nbformat
cell = nbformat.v4.new_code_cell(
    "import os, subprocess, time\\n"
    "child = subprocess.Popen(['sleep', '600'])\\n"
    "open(os.environ['PIDS'], 'w').write(f'{os.getppid()} {os.getpid()} {child.pid}\\\\n')\\n"
    "time.sleep(600)"
)
spec = {"name": "python3", "language": "python", "display_name": "x"}
notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": spec})
papermill.execute_notebook(notebook, None, engine_name="prefork", preload=["colorsys"], progress_bar=False)
"""

# What two kernels, a forked and an ordinary one, do at the end of a session when their owner ignores it.
IGNORING = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from eprivacy_its.runs import prefork
papermill = prefork.papermill()
import nbformat
spec = {"name": "python3", "language": "python", "display_name": "x"}
cell = nbformat.v4.new_code_cell("import signal; print(signal.getsignal(signal.SIGHUP).name)")
notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": spec})
for options in ({"engine_name": "prefork", "preload": ["colorsys"]}, {}):
    made = papermill.execute_notebook(notebook, None, progress_bar=False, **options)
    print(made.cells[-1].outputs[0].text.strip())
"""


@pytest.fixture
def made() -> Iterator[owner.Zygote]:
    one = owner.Zygote([sys.executable], ("colorsys",), compatibility.pinned(os.environ))
    yield one
    one.close()


def _until(condition: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it didn't happen in time"
        time.sleep(0.02)


def _fork(one: owner.Zygote, folder: Path, *argv: str) -> owner.ForkedKernel:
    argv = argv or ("-f", str(folder / "connection.json"), "--transport=ipc", f"--ip={folder}/k")
    return one.fork(argv, env=os.environ, cwd=str(folder), folder=None, out=1, err=2)


class TestZygote:
    def test_has_one_thread_and_the_modules(self, made: owner.Zygote) -> None:
        made.wait_ready()
        status = Path(f"/proc/{made.process.pid}/status").read_text()
        assert "\nThreads:\t1\n" in status
        assert "colorsys" in made.modules
        assert "HOME" in made.reads

    def test_kernels_share_its_memory(self, tmp_path: Path) -> None:
        """What a kernel has for itself is far less than what is loaded."""
        one = owner.Zygote([sys.executable], ("pandas",), compatibility.pinned(os.environ))
        try:
            kernel = _fork(one, tmp_path)
            _until((tmp_path / "k-1").exists)
            lines = Path(f"/proc/{kernel.pid}/smaps_rollup").read_text().splitlines()
            kib = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
            assert kib["Private_Dirty"] < kib["Rss"] / 2
        finally:
            one.close()

    def test_reports_how_a_kernel_ended(self, made: owner.Zygote, tmp_path: Path) -> None:
        killed = _fork(made, tmp_path)
        assert killed.poll() is None
        killed.kill()
        assert killed.wait(10) == -signal.SIGKILL
        assert not living(killed.pid)
        refused = _fork(made, tmp_path, "--no-such-option=1", "-f", "/nowhere/at/all/connection.json")
        assert refused.wait(30) not in (None, 0)
        assert made.alive

    def test_a_wait_has_an_end(self, made: owner.Zygote, tmp_path: Path) -> None:
        kernel = _fork(made, tmp_path)
        with pytest.raises(subprocess.TimeoutExpired):
            kernel.wait(0.05)
        kernel.terminate()
        assert kernel.wait(10) in (0, -signal.SIGTERM)

    def test_close_ends_its_kernels(self, made: owner.Zygote, tmp_path: Path) -> None:
        kernels = [_fork(made, tmp_path) for _ in range(3)]
        assert len({kernel.pid for kernel in kernels}) == 3
        made.close()
        assert not made.alive
        assert not any(living(kernel.pid) for kernel in kernels)
        assert [kernel.poll() for kernel in kernels] == [-signal.SIGKILL] * 3
        assert made.process.returncode == 0
        with pytest.raises(owner.ZygoteError):
            _fork(made, tmp_path)

    def test_a_start_that_fails_says_so(self) -> None:
        one = owner.Zygote([sys.executable, "-X", "utf8", "-c", "raise SystemExit(3)"], (), os.environ)
        with pytest.raises(owner.ZygoteGone):
            one.wait_ready()
        assert one.process.returncode == 3


class TestOwnerEnds:
    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
    def test_nothing_is_left(self, tmp_path: Path, number: int) -> None:
        pids, temporary = tmp_path / "pids", tmp_path / "t"
        temporary.mkdir()
        environment = {**os.environ, "PIDS": str(pids), "TMPDIR": str(temporary)}
        process = subprocess.Popen(
            [sys.executable, "-c", OWNER],
            env=environment,
            stderr=subprocess.DEVNULL,
            preexec_fn=signals.default,
        )
        _until(lambda: pids.exists() and pids.read_text().endswith("\n"), 60)
        others = [int(pid) for pid in pids.read_text().split()]
        assert all(living(pid) for pid in others)
        process.send_signal(number)
        assert process.wait(30) != 0
        _until(lambda: not any(living(pid) for pid in others))
        _until(lambda: not list(temporary.iterdir()))

    def test_a_kernel_ignores_what_its_owner_does(self) -> None:
        """As under nohup."""
        done = subprocess.run([sys.executable, "-c", IGNORING], capture_output=True, text=True, timeout=60)
        assert done.stdout.split() == ["SIG_IGN", "SIG_IGN"], done.stderr

    def test_two_owners_at_once(self, tmp_path: Path) -> None:
        processes = []
        for name in ("a", "b"):
            environment = {**os.environ, "PIDS": str(tmp_path / name)}
            processes.append(
                subprocess.Popen([sys.executable, "-c", OWNER], env=environment, stderr=subprocess.DEVNULL)
            )
        files = [tmp_path / "a", tmp_path / "b"]
        _until(lambda: all(file.exists() and file.read_text().endswith("\n") for file in files), 60)
        first, second = ([int(pid) for pid in file.read_text().split()] for file in files)
        assert not set(first) & set(second)
        processes[0].kill()
        processes[0].wait()
        _until(lambda: not any(living(pid) for pid in first))
        assert all(living(pid) for pid in second)
        processes[1].kill()
        processes[1].wait()
        _until(lambda: not any(living(pid) for pid in second))

    def test_a_forked_copy_of_the_owner_does_not_hold_the_zygote(self) -> None:
        one = owner.zygote([sys.executable], ("colorsys",), dict(os.environ))
        until, closed = os.pipe()
        child = os.fork()
        if child == 0:
            status = 0 if not owner._zygotes and one._channel.fileno() == -1 else 1
            os.close(closed)
            os.read(until, 1)
            os._exit(status)
        owner.close_all()
        os.close(closed)
        os.close(until)
        assert one.process.returncode == 0, "it ended although a copy of its owner lives"
        assert os.waitpid(child, 0)[1] == 0


class TestReads:
    def test_names_of_variables_that_are_looked_up(self) -> None:
        with zygote._recorded_reads() as reads:
            os.environ.get("PREFORK_A")
            os.getenv("PREFORK_B")
            _ = "PREFORK_C" in os.environ
        os.environ.get("PREFORK_D")
        assert {"PREFORK_A", "PREFORK_B", "PREFORK_C"} == {
            name for name in reads if name.startswith("PREFORK_")
        }
