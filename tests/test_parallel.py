"""Work on several processes: nothing is lost when one dies, and little is held at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from eprivacy_its import parallel
from eprivacy_its.errors import InputError


def twice(number: int) -> int:
    return 2 * number


def deadly(number: int) -> int:
    if number == 3:
        os._exit(1)
    return 2 * number


def lost(number: int, _error: Exception) -> int:
    return -number


def test_a_process_that_dies_takes_no_other_work_along() -> None:
    assert sorted(parallel.as_ready(deadly, range(8), 2, lost)) == [-3, 0, 2, 4, 8, 10, 12, 14]


def test_results_come_in_order() -> None:
    assert list(parallel.in_order(twice, [(i,) for i in range(5)], 2)) == [0, 2, 4, 6, 8]


def test_items_are_drawn_a_few_at_a_time() -> None:
    drawn = 0

    def items() -> Iterator[int]:
        nonlocal drawn
        for number in range(10_000):
            drawn += 1
            yield number

    results = parallel.as_ready(twice, items(), 1, lost)
    for taken in range(1, 50):
        next(results)
        assert drawn <= taken + parallel.AHEAD
    results.close()


def test_a_scheduler_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(parallel, "CONNECT_SECONDS", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://x", "127.0.0.1:notaport"):
        monkeypatch.setenv(parallel.VARIABLE, address)
        with pytest.raises(InputError, match="no dask scheduler answers there") as caught, parallel.backend():
            pass
        assert len(str(caught.value).splitlines()) == 1


_IDLE = """
import os, sys
from eprivacy_its import parallel

print(*parallel.in_order(os.getpid, [(), ()], 2), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no parent that ends")
def test_workers_without_work_end_with_their_owner() -> None:
    """However it ends: joblib's would wait five minutes for more to do."""
    command = [sys.executable, "-c", _IDLE]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    running = subprocess.Popen(command, text=True, **pipes)
    assert running.stdout is not None
    assert str(running.pid) not in running.stdout.readline().split()
    running.kill()
    running.communicate(timeout=60)  # its pipes close when the last of them has ended


def square(number: int, most: int) -> tuple[int, int]:
    if number == most:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number, os.getpid()


def test_a_pool_has_as_many_processes_as_there_is_work_for() -> None:
    with parallel.Pool(square, 2) as pool:
        pids = set()
        for number in range(5):
            assert pool.free
            pool.start(f"{number}", (number, 9))
            name, (found, pid) = pool.next()
            assert (name, found) == (f"{number}", number * number)
            pids.add(pid)
        assert len(pids) == 1  # one that is free is taken before another is made
        pool.start("a", (2, 9))
        pool.start("b", (3, 9))
        assert not pool.free
        assert {pool.next()[0], pool.next()[0]} == {"a", "b"}


def test_a_pool_tells_when_one_was_killed_and_ends_the_others() -> None:
    before = multiprocessing.active_children()  # those of other tests
    with parallel.Pool(square, 1) as pool:
        pool.start("a", (9, 9))
        with pytest.raises(ChildProcessError, match="perhaps for want of memory"):
            pool.next()
    assert parallel.died(3) == "a worker process ended with status 3; try again"
    assert set(multiprocessing.active_children()) <= set(before)
