"""Which run starts next: what has all that it needs, the longest way through the graph first."""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eprivacy_its.errors import InputError
from eprivacy_its.parallel import Pool
from eprivacy_its.runs.graph import Run


def needs(runs: Mapping[str, Run]) -> dict[str, set[str]]:
    """Each run and those that must end before it: whose estimates it reads, and who makes its tables."""
    makers = {name for name, run in runs.items() if run.makes_tables}
    return {
        name: {*run.results} | (makers if run.tables and not run.makes_tables else set())
        for name, run in runs.items()
    }


def priorities(runs: Mapping[str, Run], seconds: Mapping[str, float]) -> dict[str, float]:
    """How long the build can't be shorter than from the start of each run: its own time and the longest way after it.

    Parameters
    ----------
    runs : mapping
        By name.
    seconds : mapping
        What each is expected to take.

    Raises
    ------
    InputError
        Notebooks wait for each other.
    """
    before, known = needs(runs), dict.fromkeys(runs, 0.0)
    try:
        order = list(graphlib.TopologicalSorter(before).static_order())
    except graphlib.CycleError as error:
        round_ = " → ".join(reversed(error.args[1]))
        raise InputError(f"notebooks/graph.yml: {round_}: they wait for each other; leave one out") from None
    for name in reversed(order):
        known[name] += seconds[name]
        for other in before[name]:
            known[other] = max(known[other], known[name])
    return known


def in_order(
    before: Mapping[str, set[str]],
    priority: Mapping[str, float],
    pool: Pool,
    prepare: Callable[[str], tuple[Any, ...] | None],
) -> Iterator[tuple[str, Any]]:
    """Run all, each after those that it needs; yields each name with what the pool made of it, as they end.

    Parameters
    ----------
    before : mapping
        As :func:`needs` gives it.
    priority : mapping
        Of those that could start, the greatest does; the earlier one of equals.
    prepare : callable
        Called when all that a run needs has ended: what the pool's function takes, or None when there is nothing to do.
    """
    sorter, ready = graphlib.TopologicalSorter(before), list[str]()
    place = {name: number for number, name in enumerate(before)}
    sorter.prepare()
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=lambda name: (-priority[name], place[name]))
        if ready and pool.free:
            name = ready.pop(0)
            work = prepare(name)
            if work is None:
                sorter.done(name)
            else:
                pool.start(name, work)
        else:
            name, result = pool.next()
            yield name, result
            sorter.done(name)
