"""The same work on this machine's cores or on a dask cluster, through joblib; results never depend on which."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from eprivacy_its.errors import InputError

#: Address of a dask scheduler; ``--cluster`` sets it, so that kernels inherit it.
VARIABLE = "EPRIVACY_ITS_CLUSTER"
#: Seconds to wait for the scheduler, and for a first worker: a batch system may start workers late.
CONNECT_SECONDS, WORKER_SECONDS = 10, 600
#: Tasks in flight for each worker. More is waste: results wait in memory until they are taken.
AHEAD = 8
PR_SET_PDEATHSIG = 1  # of prctl(2)

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
            "--cluster needs the package distributed; install the extra: pip install 'eprivacy-its[cluster]'"
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
    # Linux ends a child when the *thread* that started it ends, and joblib starts workers from threads of its own.
    return {"n_jobs": jobs, "backend": "loky", "initializer": end_with, "initargs": (os.getpid(), True)}


def end_with(parent: int, watched: bool = False) -> None:
    """Let this process end when its parent does, however that ends; a worker would wait for more work.

    Parameters
    ----------
    parent : int
        Its process id as it was when this process was started: it may be gone by now.
    watched : bool
        Look once a second, also where the system (Linux) can do it.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    if watched or not sys.platform.startswith("linux"):
        threading.Thread(target=watch, daemon=True).start()
    else:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the request was made
        os._exit(1)


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
