"""Work on several processes: nothing is lost when one dies, and little is held at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

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
import time
from eprivacy_its import parallel

def items():
    yield from [(0.1,)] * 2
    print("waiting", flush=True)
    time.sleep(60)

list(parallel.in_order(time.sleep, items(), 2))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no parent that ends")
def test_workers_without_work_end_with_their_owner() -> None:
    """However it ends: joblib's would wait five minutes for more to do."""
    command = [sys.executable, "-c", _IDLE]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "waiting\n"
    time.sleep(1)
    running.kill()
    running.communicate(timeout=20)  # its pipes close when the last of them has ended
