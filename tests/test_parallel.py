"""Work on several processes: nothing is lost when one dies, and little is held at once."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from helpers import parallel
from helpers.errors import InputError


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
