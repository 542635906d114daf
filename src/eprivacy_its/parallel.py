"""Processes of this machine, or of a dask cluster through joblib; results never depend on which."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from multiprocessing import connection
from typing import Any, TypeVar

from eprivacy_its.errors import InputError

#: Address of a dask scheduler; ``--cluster`` sets it, so that kernels inherit it.
VARIABLE = "EPRIVACY_ITS_CLUSTER"
#: Seconds to wait for the scheduler, and for a first worker: a batch system may start workers late.
CONNECT_SECONDS, WORKER_SECONDS = 10, 600
#: Tasks in flight for each worker. More is waste: results wait in memory until they are taken.
AHEAD = 8
_PR_SET_PDEATHSIG = 1

Item = TypeVar("Item")
Result = TypeVar("Result")


class ClusterLost(RuntimeError):
    """The scheduler went away; what has finished is kept."""


@contextmanager
def backend() -> Iterator[Any]:
    """Send what joblib runs inside to the cluster of :data:`VARIABLE`; on this machine when there is none.

    Yields
    ------
    distributed.Client or None

    Raises
    ------
    InputError
        No scheduler answers, or `distributed` is not installed.
    """
    address = os.environ.get(VARIABLE, "")
    if not address:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--cluster needs the package distributed; install it: pip install distributed"
        ) from None
    from joblib import parallel_config

    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"--cluster {address}: no dask scheduler answers there ({reason}); expected e.g. tcp://10.0.0.1:8786, as "
            "`dask scheduler` prints it"
        ) from None
    with client, parallel_config(backend=_backend(client)):
        yield client


def _backend(client: Any) -> Any:
    """joblib's dask backend, also for a cluster of one worker, which joblib would leave for this process."""
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):
        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, int(super().effective_n_jobs(n_jobs)))

    return Backend(client=client, wait_for_workers_timeout=WORKER_SECONDS)


def in_order(
    function: Callable[..., Result], items: Iterable[tuple[Any, ...]], jobs: int
) -> Iterator[Result]:
    """``function(*item)`` for each item, results in the order of the items.

    Parameters
    ----------
    function : callable
        At the top of a module, so that other processes find it.
    items : iterable of tuple
    jobs : int
        Processes on this machine; a cluster uses all its workers.
    """
    from joblib import Parallel, delayed

    with backend() as client:
        parallel = Parallel(**_workers_of(client, jobs), return_as="generator")
        yield from parallel(delayed(function)(*item) for item in items)


def as_ready(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    jobs: int,
    lost: Callable[[Item, Exception], Result],
) -> Iterator[Result]:
    """``function(item)`` for each item, results as they come, with a bounded number of items in memory.

    A worker that dies takes nothing with it: what it had is run again, on a cluster by the scheduler and on this
    machine by itself, so that one item that kills its process doesn't take others along.

    Parameters
    ----------
    lost : callable
        Makes the result of an item that killed its worker each time.

    Raises
    ------
    ClusterLost
        The scheduler is gone.
    """
    with backend() as client:
        waiting = iter(items)
        while chunk := dict(enumerate(islice(waiting, AHEAD * _workers(client, jobs)))):
            try:
                for place, result in _run(function, list(chunk.items()), client, jobs):
                    del chunk[place]
                    yield result
            except Exception as error:  # whatever the function itself raises it has caught: a worker died
                _alive(client, error)
                for place, item in list(chunk.items()):
                    yield _alone(function, place, item, client, lost)


def cores() -> int:
    """Processors that this process may use; two where the system doesn't say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2


def _workers(client: Any, jobs: int) -> int:
    return max(1, jobs if client is None else len(client.ncores()))


def _alive(client: Any, error: Exception) -> None:
    if client is not None and (client.status != "running" or not _answers(client)):
        raise ClusterLost(f"the cluster does not answer any more ({type(error).__name__})") from None


def _answers(client: Any) -> bool:
    try:
        client.scheduler_info()
        client.run_on_scheduler(os.getpid)
    except Exception:
        return False
    return True


def _numbered(function: Callable[[Item], Result], place: int, item: Item) -> tuple[int, Result]:
    return place, function(item)


def _workers_of(client: Any, jobs: int) -> dict[str, Any]:
    """Arguments of joblib's `Parallel`: all of the cluster's workers, or processes that end with this one."""
    if client is not None:
        return {"n_jobs": -1}
    return {
        "n_jobs": min(jobs, cores()),
        "backend": "loky",
        "initializer": end_with,
        "initargs": (os.getpid(),),
    }


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def end_with(parent: int, *, at_once: bool = False) -> None:
    """Let this process end when its parent does, however that ends.

    Called when a worker starts, before it has work: the parent may be gone by then.

    Parameters
    ----------
    at_once : bool
        Let Linux do it. It looks at the thread that started this process, which for joblib's workers may end first.
    """
    if at_once and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


class Pool:
    """Processes of this machine that call one function again and again, as many as there is work for.

    Parameters
    ----------
    function : callable
        At the top of a module, so that other processes find it.
    jobs : int
        Most processes.
    """

    def __init__(self, function: Callable[..., Any], jobs: int) -> None:
        # A new interpreter costs half a second; from Python 3.14 on another method is the default on Linux too.
        chosen = multiprocessing.get_start_method(allow_none=True)
        self._context: Any = multiprocessing.get_context(
            chosen or ("fork" if sys.platform == "linux" else None)
        )
        self._function, self._jobs = function, jobs
        self._idle: list[tuple[Any, Any]] = []
        self._busy: dict[str, tuple[Any, Any]] = {}

    @property
    def free(self) -> bool:
        """Whether more can be started."""
        return len(self._busy) < self._jobs

    def start(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Call the function with these in a process that is free."""
        process, pipe = self._idle.pop() if self._idle else self._new()
        self._busy[name] = (process, pipe)
        with contextlib.suppress(OSError):  # it died: :meth:`next` tells
            pipe.send(arguments)

    def _new(self) -> tuple[Any, Any]:
        pipe, theirs = self._context.Pipe()
        forked = self._context.get_start_method() == "fork"
        arguments = (theirs, self._function, os.getpid() if forked else None)
        process = self._context.Process(target=_serve, args=arguments)
        process.start()
        theirs.close()
        return process, pipe

    def next(self) -> tuple[str, Any]:
        """Wait for one of those that were started: its name and what the function returned.

        Raises
        ------
        ChildProcessError
            A process was killed or died.
        """
        ready = connection.wait([pipe for _, pipe in self._busy.values()])
        name = next(name for name, (_, pipe) in self._busy.items() if pipe in ready)
        process, pipe = self._busy[name]
        try:
            result = pipe.recv()
        except (EOFError, OSError):
            process.join()
            raise ChildProcessError(died(process.exitcode)) from None
        self._idle.append(self._busy.pop(name))
        return name, result

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        """End all: those with work at once, the others when they have put down what they hold."""
        for process, _pipe in self._busy.values():
            process.kill()
        for _process, pipe in self._idle:
            with contextlib.suppress(OSError):
                pipe.send(None)
        for process, pipe in [*self._busy.values(), *self._idle]:
            process.join()
            pipe.close()


def died(status: int) -> str:
    """What the end of a worker means, as a message."""
    if status == -signal.SIGKILL:
        return "a worker process was killed, perhaps for want of memory; try --jobs 1"
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    return f"a worker process ended {how}; try again"


def _serve(pipe: Any, function: Callable[..., Any], parent: int | None) -> None:
    """What a process of the pool does."""
    # A fork server stands between it and its owner, and ends with the owner.
    end_with(parent or os.getppid(), at_once=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # typed at the terminal: the owner ends us
    with contextlib.suppress(EOFError):
        while (arguments := pipe.recv()) is not None:
            pipe.send(function(*arguments))


def _run(
    function: Callable[[Item], Result], items: list[tuple[int, Item]], client: Any, jobs: int
) -> Iterator[tuple[int, Result]]:
    from joblib import Parallel, delayed

    workers = _workers_of(client, jobs)
    parallel = Parallel(**workers, return_as="generator_unordered", batch_size=1, pre_dispatch="all")
    yield from parallel(delayed(_numbered)(function, place, item) for place, item in items)


def _alone(
    function: Callable[[Item], Result],
    place: int,
    item: Item,
    client: Any,
    lost: Callable[[Item, Exception], Result],
) -> Result:
    """One item in a worker of its own: two processes, since joblib would run a single one in this process."""
    try:
        return next(_run(function, [(place, item)], client, jobs=2))[1]
    except Exception as error:
        _alive(client, error)
        return lost(item, error)
