"""Which requests a zygote can serve such that the kernel is what a newly started one would be."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

LAUNCHER = ["-m", "ipykernel_launcher"]
# Read by the interpreter, the C library or BLAS when the process starts or a library is loaded, unseen by Python.
FIXED = (
    "BLIS_",
    "GLIBC_TUNABLES",
    "GOTO_",
    "JE_ARROW_",
    "KMP_",
    "LANG",
    "LC_",
    "LD_",
    "MALLOC_",
    "MKL_",
    "NUMEXPR_",
    "OMP_",
    "OPENBLAS_",
    "PYTHON",
    "VECLIB_",
)
# A process with threads can't be forked safely. BLAS starts them as soon as it is loaded, and so does the allocator
# of pyarrow (which pandas loads where it is installed): one that hands free memory back, of no effect on results.
PINNED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
# Read from the working folder when the module is imported: a zygote has another folder.
LOCAL_SETTINGS = {"matplotlib": ("matplotlibrc",)}


def obstacle() -> str | None:
    """Why no kernel can be forked on this system; None where it can."""
    if sys.platform in ("win32", "cygwin", "emscripten", "wasi") or not hasattr(os, "fork"):
        return f"{sys.platform} cannot fork"
    if sys.platform == "darwin":
        return "the system libraries of macOS don't survive a fork"
    if not hasattr(socket, "AF_UNIX") or not hasattr(socket, "send_fds"):
        return "no Unix sockets"
    return None


def pinned(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a zygote that serves a request: one thread where the request doesn't say."""
    return {**PINNED, **environment}


def split(command: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Command of a kernel as (interpreter with its options, arguments of the launcher).

    None for a command that is not ipykernel in the interpreter of this process: another interpreter may not have
    this package.
    """
    command = list(command)
    if not command or os.path.abspath(command[0]) != os.path.abspath(sys.executable):
        return None
    for start in range(1, len(command) - 1):
        if command[start : start + 2] == LAUNCHER:
            return command[:start], command[start + 2 :]
        if not command[start].startswith("-X"):
            return None
    return None


def differing(mine: Mapping[str, str], wanted: Mapping[str, str], reads: Iterable[str]) -> list[str]:
    """Variables that shaped a zygote with the environment `mine` and have another value in `wanted`."""
    fixed = {name for name in (*mine, *wanted) if name.startswith(FIXED)}
    return sorted(name for name in fixed | set(reads) if mine.get(name) != wanted.get(name))


def shadowed(folder: str | os.PathLike[str], modules: Iterable[str]) -> str | None:
    """A file in the kernel's folder that a new process would import or read instead of what is loaded; else None."""
    # IPython puts the folder after the standard library and before everything else.
    loaded, base = set(modules) - sys.stdlib_module_names, Path(folder)
    for module, names in LOCAL_SETTINGS.items():
        for name in names:
            if module in loaded and (base / name).exists():
                return name
    for entry in sorted(os.listdir(base)):
        if entry.endswith(".py") and entry[:-3] in loaded:
            return entry
        if entry in loaded and (base / entry / "__init__.py").exists():
            return f"{entry}/"
    return None
