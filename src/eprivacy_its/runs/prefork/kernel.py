"""What a forked child does to become a kernel that differs in nothing from one started afresh."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import sys
import tempfile
import time
from typing import Any

from eprivacy_its import parallel
from eprivacy_its.runs.prefork import fast_import


def run(request: dict[str, Any], descriptors: list[int], sets: dict[str, str]) -> None:
    """Take on the request's environment, folder and streams, then serve it until it is told to stop.

    Parameters
    ----------
    request : dict
        `argv` (arguments of ipykernel_launcher), `env`, `cwd`.
    descriptors : list of int
        Standard output and standard error.
    sets : dict of str to str
        Environment variables that any kernel sets when it starts.
    """
    zygote = os.getppid()
    os.setsid()
    parallel.end_with(zygote, at_once=True)
    _streams(descriptors)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        # What the owner ignores, as under nohup, an ordinary kernel ignores too.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update({**sets, **request["env"]})
    # ipykernel watches this process id and ends when its parent is another one.
    os.environ["JPY_PARENT_PID"] = str(zygote)
    os.chdir(request["cwd"])
    time.tzset()
    tempfile.tempdir = None  # the zygote may have asked for it
    _reseed()
    if sys.modules.get(fast_import.SLOW, sys) is None:  # the tool does without it; a notebook may not
        del sys.modules[fast_import.SLOW]
    _launch(request["argv"], zygote)


def _streams(descriptors: list[int]) -> None:
    """Standard input reads as empty; output goes where the owner's request says."""
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in zip((null, *descriptors), (0, 1, 2), strict=True):
        os.dup2(source, target)
        if source > 2:
            os.close(source)


def _reseed() -> None:
    """Global random states as after a start: from the system, not those that all forks would share."""
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _launch(argv: list[str], parent: int) -> None:
    """`IPKernelApp.launch_instance`, with what a module loaded before the shell would have missed."""
    from ipykernel.kernelapp import IPKernelApp

    found = importlib.util.find_spec("ipykernel_launcher")
    launcher = found.origin if found is not None and found.origin else "ipykernel_launcher"
    sys.argv = [launcher, *argv]
    app = IPKernelApp.instance()
    # The default was read from the environment when the class was made, in the zygote.
    app.parent_handle = parent
    app.initialize(argv)
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.install_repl_displayhook()
    app.start()
