"""jupyter_client's view of a forked kernel: a provisioner, and a manager that uses it over Unix sockets."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import tempfile
import uuid
import weakref
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import List, Type, Unicode

from eprivacy_its.runs.prefork import compatibility, owner
from eprivacy_its.runs.prefork.client import PreforkClient

log = logging.getLogger("eprivacy_its.runs.prefork")

# A Unix socket's path holds at most 107 bytes (sun_path); the manager adds "-1" to "-5".
LONGEST_PATH = 100
# Seconds between looks whether a kernel has begun (0.1 s) or ended (0.01 s), and how many before leaving the wait to
# jupyter_client.
LOOK = 0.002
SOCKET_LOOKS = 2500
KILL_LOOKS = 250
SOCKETS = ("shell_port", "iopub_port", "control_port", "hb_port")
UNDERSTOOD = {"env", "cwd", "independent", "kernel_id", "extra_arguments"}
_said: set[str] = set()


def _say_once(reason: str) -> None:
    if reason not in _said:
        _said.add(reason)
        log.warning("prefork: ordinary kernels are used: %s", reason)


class PreforkProvisioner(LocalProvisioner):
    """Forks the kernel from this process's zygote; starts an ordinary one where that is not possible.

    All else (connection file, ports, signals, waiting) is what `LocalProvisioner` does with an ordinary kernel.
    """

    preload: tuple[str, ...] = ()
    folder: str | None = None
    process: Any = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel with the environment and folder of the request."""
        try:
            forked = self._fork(cmd, kwargs)
        except owner.ZygoteError as error:
            _say_once(str(error))
            return await super().launch_kernel(cmd, **kwargs)
        # The process group is left to the zygote, which knows whether the process id is still the kernel's.
        self.process, self.pid, self.pgid = forked, forked.pid, None
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    def _fork(self, cmd: list[str], kwargs: dict[str, Any]) -> owner.ForkedKernel:
        why = compatibility.obstacle()
        if why is not None:
            raise owner.ZygoteError(why)
        parts = compatibility.split(cmd)
        if parts is None:
            raise owner.ZygoteError(
                f"{cmd[0]} with {' '.join(cmd[1:3])} is not ipykernel in {sys.executable}"
            )
        unknown = {name for name, value in kwargs.items() if value is not None} - UNDERSTOOD
        if unknown or kwargs.get("independent"):
            raise owner.ZygoteError(f"the option {', '.join(sorted(unknown)) or 'independent'} needs one")
        environment, cwd = kwargs.get("env") or dict(os.environ), os.fspath(kwargs.get("cwd") or os.getcwd())
        return self._forked(*parts, environment, os.path.abspath(cwd))

    def _forked(
        self, command: list[str], argv: list[str], environment: dict[str, str], cwd: str
    ) -> owner.ForkedKernel:
        if not os.access(cwd, os.R_OK | os.X_OK):
            raise owner.ZygoteError(f"{cwd} can't be read")

        def fork() -> owner.ForkedKernel:
            zygote = self._ready(command, environment, cwd)
            return zygote.fork(argv, env=environment, cwd=cwd, folder=self.folder, out=_out(1), err=_out(2))

        try:
            return fork()
        except (
            owner.ZygoteGone
        ):  # killed since the last notebook, perhaps for want of memory: a new one may work
            return fork()

    def _ready(self, command: list[str], environment: dict[str, str], cwd: str) -> owner.Zygote:
        zygote = owner.zygote(command, self.preload, environment)
        shadow = compatibility.shadowed(cwd, zygote.modules)
        if shadow is not None:
            raise owner.ZygoteError(f"{shadow} in the working folder comes before what is preloaded")
        return zygote

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Make the folder of the sockets (again, when the manager starts a second kernel)."""
        if self.folder is not None:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
        return await super().pre_launch(**kwargs)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the folder of the sockets."""
        await super().cleanup(restart=restart)
        if self.folder is not None and not restart:
            shutil.rmtree(self.folder, ignore_errors=True)

    async def post_launch(self, **kwargs: Any) -> None:
        """Wait for the kernel's sockets: who connects to one that isn't there tries again only after 0.1 s."""
        await super().post_launch(**kwargs)
        info = dict(self.connection_info)
        if not isinstance(self.process, owner.ForkedKernel) or info.get("transport") != "ipc":
            return
        sockets = [Path(f"{info['ip']}-{info[name]}") for name in SOCKETS]
        for _ in range(SOCKET_LOOKS):
            if all(socket.exists() for socket in sockets) or await self.poll() is not None:
                return
            await asyncio.sleep(LOOK)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel; returns when it has ended, which spares the manager's next look 0.1 s later."""
        await super().kill(restart=restart)
        for _ in range(KILL_LOOKS):
            if await self.poll() is not None:
                return
            await asyncio.sleep(LOOK)


def _out(number: int) -> int:
    """Standard output or error of this process, as an ordinary kernel would inherit it."""
    try:
        os.fstat(number)
    except OSError:  # closed, as in some daemons
        return os.open(os.devnull, os.O_WRONLY)
    return number


def _remove(folder: str, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


class PreforkKernelManager(AsyncKernelManager):
    """Kernel manager of forked kernels: Unix sockets in a private folder, which goes with the kernel."""

    client_factory = Type(PreforkClient, klass=AsyncKernelClient)

    preload = List(Unicode(), help="Modules that the zygote imports.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.folder: str | None = None
        if not self._transport_is_configured():
            self._use_private_sockets()
        self.kernel_id = str(uuid.uuid4())
        # jupyter_client makes a provisioner unless there is one already.
        provisioner = PreforkProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        provisioner.preload, provisioner.folder = tuple(self.preload), self.folder
        self.provisioner = provisioner

    def _transport_is_configured(self) -> bool:
        names = {kind.__name__ for kind in type(self).__mro__}
        return any("transport" in self.config[name] for name in names & set(self.config))

    def _use_private_sockets(self) -> None:
        if os.name != "posix" or not zmq.has("ipc"):
            return
        folder = tempfile.mkdtemp(prefix="prefork-")
        if len(os.fsencode(folder)) + len("/kernel-1") > LONGEST_PATH:
            os.rmdir(folder)
            return
        self.folder = folder
        self._finalizer = weakref.finalize(self, _remove, folder, os.getpid())
        self.transport, self.ip = "ipc", os.path.join(folder, "kernel")
        self.connection_file = os.path.join(folder, "connection.json")
