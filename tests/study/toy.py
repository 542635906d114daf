"""Builds of a throw-away project in processes of their own, so that they can be killed, starved and watched."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import signals

from eprivacy_its import paths

# The checks of the study's own figures are left out: the project has none of these figures.
_SCRIPT = """
import sys
from eprivacy_its import cli
from eprivacy_its.packages import checksums
checksums.verify = lambda: None
sys.exit(cli.main(["build", *sys.argv[1:]]))
"""
COMMAND = (sys.executable, "-c", _SCRIPT)
RECORD = (
    'results.record("toy/{id}", question="q", outcome="o", unit="u", geography="g", window="w", comparison="c", '
    'estimator="e", estimate={value}, scale="count", n=1, grade="suggestive", sources=["s"])'
)


def hanging(write: Callable[..., None], root: Path) -> Path:
    """Let 02_claims say that it has begun, and wait for ever; returns the pipe that it says it in."""
    begun = root / "begun"
    os.mkfifo(begun)
    cell = f"import signal\nwith open({str(begun)!r}, 'w') as pipe: _ = pipe.write('begun')\nsignal.pause()"
    write(root / "notebooks/02_claims.ipynb", cell)
    return begun


def await_word(pipe: Path) -> None:
    """Wait until somebody has said something in a pipe; a test that would wait for ever fails."""
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert select.select([end], [], [], 300)[0], "nobody said anything"
    finally:
        os.close(end)


def environment(root: Path, **more: str) -> dict[str, str]:
    """Variables of a build of the project at `root`."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("EPRIVACY_ITS_")}
    return {**kept, paths.ROOT_VARIABLE: str(root), **more}


def start(root: Path, *arguments: str, variables: dict[str, str] | None = None, **options: Any) -> Any:
    """A build that has been started, its messages in pipes; by one worker, which is soonest ready, unless told."""
    jobs = () if "--jobs" in arguments else ("--jobs", "1")
    more = options.pop("preexec_fn", lambda: None)
    return subprocess.Popen(
        [*COMMAND, *jobs, *arguments],
        cwd=root,
        env=environment(root, **(variables or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: (signals.default(), more()),
        **options,
    )


def build(root: Path, *arguments: str, seconds: float = 120, **options: Any) -> tuple[int, str, str]:
    """Exit status, output and messages of a whole build."""
    running = start(root, *arguments, **options)
    out, err = running.communicate(timeout=seconds)
    return running.returncode, out, err


def tree(folder: Path) -> dict[str, bytes]:
    """All files of a folder by their path in it."""
    return {
        f.relative_to(folder).as_posix(): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()
    }


def made(root: Path, place: str = "build") -> dict[str, dict[str, bytes]]:
    """Bytes of the site and of the results."""
    return {name: tree(root / place / name) for name in ("site", "results")}


def relatives(root: Path) -> list[int]:
    """Processes of this project's builds: those with its folder among their variables."""
    mark = f"{paths.ROOT_VARIABLE}={root}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def orphans(root: Path, seconds: float = 10) -> list[int]:
    """Processes of this project that still live after some time to notice that they are alone."""
    end = time.monotonic() + seconds
    while (left := relatives(root)) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def kill(running: Any, number: int = signal.SIGKILL) -> None:
    """End the build's own process, and nothing else: the rest must notice."""
    running.send_signal(number)
    running.communicate(timeout=30)


def difference(one: dict[str, bytes], other: dict[str, bytes]) -> str:
    """The first file and line in which two trees differ."""
    for name in sorted(one.keys() | other.keys()):
        left, right = one.get(name), other.get(name)
        if left is None or right is None:
            return f"{name} is in one of them only"
        if left != right:
            pairs = enumerate(zip(left.split(b"\n"), right.split(b"\n"), strict=False), start=1)
            number, (was, now) = next((n, p) for n, p in pairs if p[0] != p[1])
            at = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), 0)
            cut = slice(max(0, at - 60), at + 60)
            return f"{name}, line {number}: {was[cut]!r} and {now[cut]!r}"
    return "no difference"
