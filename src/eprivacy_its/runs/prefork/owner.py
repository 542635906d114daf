"""The owner's side of a zygote: start it, have it fork kernels, signal them, learn how they ended, end it."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from eprivacy_its.runs.prefork import compatibility, wire

log = logging.getLogger("eprivacy_its.runs.prefork")

# Imports of a large study from a cold disk take tens of seconds; an answer to a message takes milliseconds.
START_SECONDS = 180.0
ANSWER_SECONDS = 30.0


class ZygoteError(RuntimeError):
    """A kernel can't be forked; the message says why."""


class ZygoteGone(ZygoteError):
    """The zygote ended, or doesn't answer and was ended."""


class ForkedKernel:
    """A kernel forked by a zygote, with the methods of `subprocess.Popen` that jupyter_client uses.

    Attributes
    ----------
    pid : int
        Process id, also of its group.
    returncode : int or None
        None while it runs (as far as last seen); the exit status, or minus the number of the signal that ended it.
    """

    stdin = stdout = stderr = None

    def __init__(self, zygote: Zygote, pid: int) -> None:
        self._zygote, self.pid = zygote, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Exit status, None while it runs. A kernel whose zygote is gone was killed with it."""
        if self.returncode is None:
            self._ask({"do": "status", "pid": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; `subprocess.TimeoutExpired` after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"kernel {self.pid}", timeout or 0.0)
            time.sleep(0.005)
        return status

    def send_signal(self, number: int) -> None:
        """Signal the kernel and its subprocesses; nothing when it has ended."""
        if self.returncode is None:
            self._ask({"do": "signal", "pid": self.pid, "signal": int(number)})

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _ask(self, message: dict[str, Any]) -> None:
        try:
            self.returncode = self._zygote.call(message)["status"]
        except ZygoteError:
            self.returncode = -signal.SIGKILL


class Zygote:
    """A zygote process of this process.

    Parameters
    ----------
    command : sequence of str
        Interpreter and its options.
    preload : tuple of str
        Modules to import.
    environment : mapping
        Its environment variables, as `compatibility.pinned` gives them.
    """

    def __init__(
        self, command: Sequence[str], preload: tuple[str, ...], environment: Mapping[str, str]
    ) -> None:
        self.command, self.preload, self.environment = tuple(command), preload, dict(environment)
        self.modules: list[str] = []
        self.reads: list[str] = []
        self._ready = False
        self._lock = threading.RLock()
        self._kernels: list[ForkedKernel] = []
        self._channel, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [*command, "-m", "eprivacy_its.runs.prefork.zygote", str(theirs.fileno()), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                cwd="/",
                env=self.environment,
                pass_fds=[theirs.fileno()],
                # An interrupt typed at the terminal is for the owner, which ends its kernels itself.
                start_new_session=True,
            )
        self._say({"preload": list(preload)})

    def _say(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        try:
            self._channel.settimeout(ANSWER_SECONDS)
            wire.send(self._channel, message, descriptors)
        except OSError as error:
            raise self._lost(f"it doesn't listen ({error})") from error

    def _hear(self, seconds: float) -> dict[str, Any]:
        try:
            self._channel.settimeout(seconds)
            answer, _ = wire.receive(self._channel)
        except OSError as error:
            raise self._lost(f"no answer ({error})") from error
        if answer is None:
            raise self._lost("the process ended")
        return answer

    def _lost(self, why: str) -> ZygoteGone:
        """After a broken exchange the order of answers is unknown: end it."""
        self.close()
        return ZygoteGone(why)

    def call(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> dict[str, Any]:
        """Send a request and return its answer; ZygoteError when the zygote is gone."""
        with self._lock:
            self._say(message, descriptors)
            return self._hear(ANSWER_SECONDS)

    def wait_ready(self) -> None:
        """Wait until everything is imported; ZygoteError when it can't be forked from."""
        with self._lock:
            if self._ready:
                return
            report = self._hear(START_SECONDS)
            for name, why in report["failed"].items():
                log.warning("prefork: %s is not preloaded: %s", name, why)
            if report["threads"] != 1:
                self.close()
                raise ZygoteError(
                    f"the preloaded modules run {report['threads']} threads; none but one can fork"
                )
            self.modules, self.reads = report["modules"], report["reads"]
            self._ready = True

    def serves(self, environment: Mapping[str, str]) -> bool:
        """Whether a kernel with this environment would have imported the modules in the same way."""
        self.wait_ready()
        return not compatibility.differing(self.environment, compatibility.pinned(environment), self.reads)

    def fork(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: str, folder: str | None, out: int, err: int
    ) -> ForkedKernel:
        """Fork a kernel.

        Parameters
        ----------
        argv : sequence of str
            Arguments of ipykernel_launcher.
        env : mapping
            All its environment variables.
        cwd : str
            Its working folder.
        folder : str or None
            Folder of its sockets, removed if the owner dies before it can do so.
        out, err : int
            File descriptors that become its standard output and standard error.
        """
        self.wait_ready()
        request = {"do": "fork", "argv": list(argv), "env": dict(env), "cwd": cwd, "folder": folder}
        answer = self.call(request, (out, err))
        if "error" in answer:
            raise ZygoteError(answer["error"])
        kernel = ForkedKernel(self, answer["pid"])
        self._kernels.append(kernel)
        return kernel

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._channel.fileno() >= 0 and self.process.poll() is None

    def busy(self) -> bool:
        """Whether one of its kernels runs."""
        self._kernels = [kernel for kernel in self._kernels if kernel.poll() is None]
        return bool(self._kernels)

    def close(self) -> None:
        """End it and its kernels."""
        with self._lock:
            self._channel.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def forget(self) -> None:
        """In a forked copy of the owner: it isn't ours, and must read a closed socket once the owner has gone."""
        self._channel.close()
        self.process.returncode = 0


_guard = threading.Lock()
_zygotes: list[Zygote] = []
_broken: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}


def zygote(
    command: Sequence[str], preload: tuple[str, ...], environment: Mapping[str, str], *, wait: bool = True
) -> Zygote:
    """This process's zygote for requests like this one; started when there is none.

    Parameters
    ----------
    command : sequence of str
        Interpreter and its options.
    preload : tuple of str
        Modules to import.
    environment : mapping
        Environment variables of the kernel.
    wait : bool
        Whether to wait until a new one has imported the modules.

    Raises
    ------
    ZygoteError
        When it can't be started, also each time after: trying again would take as long.
    """
    key = (tuple(command), preload)
    with _guard:
        if key in _broken:
            raise ZygoteError(_broken[key])
        try:
            for one in [z for z in _zygotes if (z.command, z.preload) == key and z.alive]:
                if one.serves(environment):
                    return one
            _drop_idle()
            _zygotes.append(Zygote(command, preload, compatibility.pinned(environment)))
            if wait:
                _zygotes[-1].wait_ready()
            return _zygotes[-1]
        except (ZygoteError, OSError) as error:
            _broken[key] = str(error)
            raise ZygoteError(str(error)) from error


def _drop_idle() -> None:
    """A process keeps one zygote; an older one only as long as its kernels run."""
    for one in list(_zygotes):
        if not (one.alive and one.busy()):
            _zygotes.remove(one)
            one.close()


def close_all() -> None:
    """End all zygotes of this process; what failed before may be tried again."""
    with _guard:
        while _zygotes:
            _zygotes.pop().close()
        _broken.clear()


def _after_fork() -> None:
    global _guard
    _guard = threading.Lock()
    for one in _zygotes:
        with contextlib.suppress(OSError):
            one.forget()
    _zygotes.clear()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
