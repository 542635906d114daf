"""The zygote: a process with one thread that imports the modules it is told to, then forks kernels on request.

Started by `owner` as `python -m eprivacy_its.runs.prefork.zygote SOCKET OWNER`. It knows nothing of notebooks. Requests come
one at a time over a socket pair that only the owner and the zygote hold; when the owner is gone the socket reads as
closed, and the zygote kills its kernels, removes their folders and ends. It is the parent of the kernels, so it
alone can collect their exit status, and it signals only children that it has not collected: a signal never reaches
a stranger that got the process id of a dead kernel.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import select
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from eprivacy_its.runs.prefork import wire

# What any kernel has imported by its first cell, and no more: a notebook must not find modules loaded that neither
# an ordinary kernel nor the list of its owner loads. (`matplotlib_inline` would bring all of Matplotlib.)
KERNEL_MODULES = (
    "ipykernel_launcher",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "comm",
    "ctypes",
    "faulthandler",
    "psutil",
    "pydoc",
    "resource",
    "sqlite3",
    "tornado.locks",
    "tornado.platform.asyncio",
    "tornado.queues",
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "eprivacy_its.runs.prefork.kernel",
)
INLINE = "module://matplotlib_inline.backend_inline"
# A look this often (seconds) whether the owner lives; the closed socket normally tells at once.
LOOK = 1.0


def threads() -> int:
    """Threads of this process: the kernel's count where there is one, since libraries start some unseen."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("Threads:"):
                return max(int(line.split()[1]), threading.active_count())
    return threading.active_count()


@contextlib.contextmanager
def _recorded_reads() -> Iterator[set[str]]:
    """Names of the environment variables that are looked up inside the block."""
    kind = type(os.environ)
    original, read = kind.__getitem__, set()

    def recording(self: Any, name: str) -> str:
        if isinstance(name, str):
            read.add(name)
        return original(self, name)

    kind.__getitem__ = recording  # type: ignore[method-assign]
    try:
        yield read
    finally:
        kind.__getitem__ = original  # type: ignore[method-assign]


def preload(names: Sequence[str]) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """Import modules.

    Returns
    -------
    failed : dict of str to str
        Modules that can't be imported, with the reason; a notebook that needs one gets the error itself.
    reads : list of str
        Environment variables that the imports looked at: a kernel for which one of them differs can't be forked
        from this process.
    sets : dict of str to str
        Environment variables that what any kernel imports (the debugger) sets; an ordinary kernel has them too.
    """
    failed = {}
    # ipykernel sets this before the first cell, and Matplotlib reads it when imported.
    os.environ.setdefault("MPLBACKEND", INLINE)
    before = dict(os.environ)
    # The debugger prints advice when it is imported; an ordinary kernel's goes nowhere either.
    with _recorded_reads() as reads, contextlib.redirect_stderr(io.StringIO()):
        for name in KERNEL_MODULES:
            # Names differ between versions of IPython; the kernel imports what it misses.
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    sets = {name: value for name, value in os.environ.items() if before.get(name) != value}
    with _recorded_reads() as more:
        for name in names:
            try:
                importlib.import_module(name)
            except Exception as error:  # whatever a module raises on import, the others can still be loaded
                failed[name] = f"{type(error).__name__}: {error}"
    return failed, sorted(reads | more), sets


class Zygote:
    """The serving loop and its book of kernels."""

    def __init__(self, channel: socket.socket, owner: int) -> None:
        self.channel, self.owner = channel, owner
        self.living: dict[int, str | None] = {}
        self.ended: dict[int, int] = {}

    def serve(self) -> tuple[dict[str, Any], list[int]] | None:
        """Answer until the owner is gone (None), or until this is a forked child: then its request."""
        while os.getppid() == self.owner:
            ready, _, _ = select.select([self.channel], [], [], LOOK)
            self._collect()
            if not ready:
                continue
            try:
                message, descriptors = wire.receive(self.channel, descriptors=3)
            except OSError:
                return None
            if message is None:
                return None
            if message["do"] == "fork":
                if self._fork(message, descriptors):
                    return message, descriptors
            else:
                wire.send(self.channel, self._answer(message))
        return None

    def _fork(self, message: dict[str, Any], descriptors: list[int]) -> bool:
        """True in the child."""
        count = threads()
        if count != 1:
            for descriptor in descriptors:
                os.close(descriptor)
            wire.send(self.channel, {"error": f"{count} threads"})
            return False
        pid = os.fork()
        if pid == 0:
            self.channel.close()
            return True
        for descriptor in descriptors:
            os.close(descriptor)
        self.ended.pop(pid, None)  # of an earlier kernel that had the same process id
        self.living[pid] = message.get("folder")
        wire.send(self.channel, {"pid": pid})
        return False

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        pid = message["pid"]
        if message["do"] == "signal" and pid in self.living:
            _signal(pid, message["signal"])
        return {"status": self.ended.get(pid), "known": pid in self.living or pid in self.ended}

    def _collect(self) -> None:
        """Take the exit status of kernels that ended."""
        for pid in list(self.living):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self._ended(pid, status)

    def _ended(self, pid: int, status: int) -> None:
        self.living.pop(pid)
        self.ended[pid] = os.waitstatus_to_exitcode(status)

    def end(self) -> None:
        """Kill the kernels and what they started; remove the folders of their sockets."""
        for pid, folder in list(self.living.items()):
            _signal(pid, signal.SIGKILL)
            self._ended(pid, os.waitpid(pid, 0)[1])
            if folder:
                shutil.rmtree(folder, ignore_errors=True)


def _signal(pid: int, number: int) -> None:
    """Signal a kernel and its subprocesses; before it has made its own group, only itself."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        os.kill(pid, number)


def main() -> None:
    """Import, report, serve; in a forked child, go on as a kernel."""
    # As ipykernel_launcher does: the working folder must not shadow modules while the kernel's own are loaded.
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]
    channel, owner = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    message, _ = wire.receive(channel)
    if message is None:
        return
    failed, reads, sets = preload(message["preload"])
    gc.collect()
    # The collector leaves what exists now alone, so that kernels go on sharing its memory.
    gc.freeze()
    tops = sorted({name.partition(".")[0] for name in sys.modules})
    report = {"failed": failed, "reads": reads, "threads": threads(), "modules": tops}
    zygote = Zygote(channel, owner)
    try:
        wire.send(channel, report)
        request = zygote.serve()
    except OSError:  # the owner vanished while we imported, or between its request and our answer
        request = None
    if request is None:
        zygote.end()
        return
    from eprivacy_its.runs.prefork import (
        kernel,  # imported by preload(); here so that owners don't pay for it
    )

    kernel.run(*request, sets)


if __name__ == "__main__":
    main()
