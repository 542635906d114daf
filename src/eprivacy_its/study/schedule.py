"""Which run starts next, and doit made safe to kill.

The longest way through the graph starts first. What has finished is kept at once; workers don't outlive the build or
die unseen.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import Queue
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.dependency import DatabaseException, JsonDB
from doit.exceptions import UnmetDependency
from doit.reporter import ConsoleReporter
from doit.runner import MRunner

from eprivacy_its import parallel
from eprivacy_its.runs.graph import Run

if TYPE_CHECKING:
    from eprivacy_its.runs.progress import Progress
    from eprivacy_its.study.build import Report

# How often the build looks whether its workers live.
LOOK_SECONDS = 0.5


def priorities(runs: Mapping[str, Run], seconds: Mapping[str, float]) -> dict[str, float]:
    """How long the build can't be shorter than from the start of each run: its own time and the longest way after it.

    Parameters
    ----------
    runs : mapping
        By name.
    seconds : mapping
        What each is expected to take.
    """
    after = {
        name: [o.name for o in runs.values() if name in o.results or (run.makes_tables and o.tables)]
        for name, run in runs.items()
    }

    def length(name: str) -> float:
        if name not in known:
            known[name] = seconds[name] + max((length(other) for other in after[name]), default=0.0)
        return known[name]

    known: dict[str, float] = {}
    return {name: length(name) for name in runs}


class LongestFirst(deque[Any]):
    """doit's queue of nodes, from which the one that the build can least wait for is taken first."""

    def __init__(self, priority: Mapping[str, float]) -> None:
        super().__init__()
        self.priority = priority

    def popleft(self) -> Any:
        """Take it; the earlier one of equals."""
        first = max(self, key=lambda node: self.priority[node.task.name])
        self.remove(first)
        return first


class KeptDB(JsonDB):
    """doit's database, written whole or not at all; one that can't be read counts as empty."""

    def _load(self) -> dict[str, Any]:
        try:
            loaded = super()._load()
        except (DatabaseException, UnicodeDecodeError):
            return {}
        return loaded if isinstance(loaded, dict) else {}

    def dump(self) -> None:
        """Save."""
        file = Path(self.name)
        beside = file.with_name(f".{file.name}.{os.getpid()}.part")
        beside.write_text(self.codec.encode(self._db), encoding="utf-8")
        os.replace(beside, file)


class _Results:
    """Results of the workers; a worker that was killed ends the wait for its result."""

    def __init__(self) -> None:
        self._queue: Any = Queue()
        self.workers: list[Any] = []

    def put(self, result: Any) -> None:
        self._queue.put(result)

    def empty(self) -> bool:
        return bool(self._queue.empty())

    def get(self) -> Any:
        while True:
            try:
                return self._queue.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                for worker in self.workers:
                    if worker.exitcode not in (None, 0):
                        raise ChildProcessError(died(worker.exitcode)) from None


def died(status: int) -> str:
    """What the end of a worker means, as a message."""
    if status == -signal.SIGKILL:
        return "a worker process was killed, perhaps for want of memory; try --jobs 1"
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    return f"a worker process ended {how}; try again"


class Events(ConsoleReporter):
    """doit's events, told as progress and kept in the report."""

    def __init__(self, progress: Progress, report: Report) -> None:
        super().__init__(progress.stream, {})
        self.progress, self.report = progress, report

    def execute_task(self, task: Any) -> None:
        """It begins."""
        self.progress.start(task.name)

    def add_failure(self, task: Any, fail: Any) -> None:
        """It failed, or something that it needs did."""
        message = str(fail.message)
        if isinstance(fail, UnmetDependency):
            self.report.blocked[task.name] = message
            self.progress.end(task.name, "not run: something it needs failed")
        else:
            self.report.failed[task.name] = message
            self.progress.end(task.name, f"FAILED: {message}")

    def add_success(self, task: Any) -> None:
        """It ended well."""
        self.report.done.append(task.name)
        self.progress.end(task.name, f"{task.values.get('seconds', 0):.1f} s")

    def skip_uptodate(self, task: Any) -> None:
        """Nothing to do."""
        self.report.current.append(task.name)
        self.progress.finished += 1

    def complete_run(self) -> None:
        """All have ended."""
        self.progress.close()


@contextmanager
def _forking() -> Iterator[None]:
    """Workers are forked where that is safe and nobody chose otherwise: a new interpreter costs half a second each.

    From Python 3.14 on, another method is the default on Linux too; the build works with any.
    """
    chosen = multiprocessing.get_start_method(allow_none=True)
    if chosen is not None or sys.platform != "linux":
        yield
        return
    multiprocessing.set_start_method("fork")
    try:
        yield
    finally:
        multiprocessing.set_start_method(None, force=True)


class Runner(MRunner):
    """doit's parallel runner; each success is saved when it comes, not at the end."""

    _results: _Results

    def run_tasks(self, task_dispatcher: Any) -> None:
        """Run all."""
        with _forking():
            super().run_tasks(task_dispatcher)

    def Queue(self) -> Any:  # type: ignore[override]
        """Called by doit for its two queues: that of results first, then that of jobs."""
        if not hasattr(self, "_results"):
            self._results = _Results()
            return self._results
        return Queue()

    def _run_start_processes(self, job_q: Any, result_q: Any) -> list[Any]:
        self._results.workers = super()._run_start_processes(job_q, result_q)
        return self._results.workers

    def execute_task_subprocess(self, job_q: Any, result_q: Any, reporter_class: Any) -> None:
        """What a worker does."""
        build = multiprocessing.parent_process()
        # A fork server stands between the build and its workers, and ends with the build.
        forked = build is not None and multiprocessing.get_start_method() == "fork"
        parallel.end_with(build.pid if forked and build is not None and build.pid else os.getppid())
        super().execute_task_subprocess(job_q, result_q, reporter_class)

    def process_task_result(self, node: Any, base_fail: Any) -> None:
        """Save what is known when a task ends."""
        super().process_task_result(node, base_fail)
        self.dep_manager.backend.dump()
