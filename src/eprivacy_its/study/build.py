"""Build the study: run what is out of date, then put site and results in place in one step."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from eprivacy_its import declaration, paths, results
from eprivacy_its.packages import checksums
from eprivacy_its.runs import execute, graph, provenance, swap
from eprivacy_its.runs.graph import Run
from eprivacy_its.runs.imports import Imports
from eprivacy_its.runs.progress import Progress


@dataclass
class Report:
    """What a build did: names of runs by how they ended."""

    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    current: list[str] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True when nothing failed and nothing had to be left out."""
        return not self.failed and not self.blocked


def _action(run: Run, force: bool, changed: list[str]) -> Any:
    """What doit calls in a worker process; it says which files changed, where it knows."""
    from doit.exceptions import TaskFailed

    from eprivacy_its.study import rerender

    os.chdir(paths.root())
    try:
        only_notebook = not force and changed == [str(run.notebook)]
        outcome = (rerender.redo(run) if only_notebook else None) or execute.run(run)
    except OSError as error:  # a full disk, a file that vanished: one line, not a traceback
        return TaskFailed(_one_line(error), report=True)
    if outcome.error is not None:
        return TaskFailed(outcome.error, report=True)
    return {"seconds": outcome.seconds}


def _one_line(error: OSError) -> str:
    file = f"{provenance.label(Path(str(error.filename)))}: " if error.filename else ""
    return f"{file}{error.strerror or error}"


def _task(run: Run, code: list[Path], runs: dict[str, Run], force: bool) -> Any:
    from doit.task import Task
    from doit.tools import config_changed

    lock = paths.root() / "requirements.lock"
    # Without a lock the versions that are installed stand for it.
    made_by = {} if lock.is_file() else provenance.versions()
    needed = [execute.results_folder() / f"{name}.json" for name in run.results]
    makes = [execute.run_folder(run.name, run.scenario is not None) / "results.json"]
    if run.scenario is None:
        makes.append(execute.results_folder() / f"{run.name}.json")
    if run.makes_tables:  # a table that vanished is made again
        makes += sorted({table for other in runs.values() for table in other.tables})
    after = [other.name for other in runs.values() if other.makes_tables and run.tables]
    return Task(
        run.name,
        [(_action, [run, force])],
        file_dep=[
            str(file)
            for file in (run.notebook, *([lock] if lock.is_file() else []), *run.reads, *code, *needed)
        ],
        targets=[str(file) for file in makes],
        task_dep=after,
        uptodate=[
            config_changed(
                {
                    "asked": json.dumps(
                        [run.parameters, asdict(run.declared), *made_by.items()], sort_keys=True
                    )
                }
            )
        ],
        verbosity=0,
    )


def _up_to_date(runs: dict[str, Run], force: bool) -> tuple[list[Any], Imports]:
    imports = Imports(execute.cache() / "imports.json")
    tasks = [_task(run, imports.of_notebook(run.notebook), runs, force) for run in runs.values()]
    return tasks, imports


@contextmanager
def locked(stream: TextIO) -> Iterator[None]:
    """One build at a time in a build folder; a second one says who it waits for."""
    paths.build().mkdir(parents=True, exist_ok=True)
    file = paths.build() / ".lock"
    with file.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            stream.write(f"waiting for the build of process {handle.read().strip() or '?'} to end\n")
            stream.flush()
            fcntl.flock(handle, fcntl.LOCK_EX)
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def run_all(*, jobs: int, force: bool, stream: TextIO) -> Report:
    """Run every notebook and scenario that is out of date.

    Parameters
    ----------
    jobs : int
        Worker processes.
    force : bool
        Run all, out of date or not.
    stream : text stream
        Where progress goes.
    """
    from doit.control import TaskControl
    from doit.dependency import Dependency

    from eprivacy_its.study import schedule

    runs = {**graph.notebooks(), **graph.scenarios()}
    execute.results_folder().mkdir(parents=True, exist_ok=True)
    tasks, imports = _up_to_date(runs, force)
    priority = schedule.priorities(runs, {name: _expected(run) for name, run in runs.items()})
    tasks.sort(key=lambda task: -priority[task.name])
    report, progress = Report(runs=runs), Progress(stream, len(tasks))
    control = TaskControl(tasks)
    control.process(None)
    database = Dependency(schedule.KeptDB, str(execute.cache() / "doit.json"))
    told = schedule.Events(progress, report)
    runner = schedule.Runner(database, told, continue_=True, always_execute=force, num_process=jobs)
    dispatcher = control.task_dispatcher()
    dispatcher.ready = schedule.LongestFirst(priority)
    runner.run_all(dispatcher)
    imports.save()
    _drop_stale(runs)
    return report


def _expected(run: Run) -> float:
    """Seconds that a run should take: as it did last time, else as graph.yml says."""
    state = execute.run_folder(run.name, run.scenario is not None) / "state.json"
    try:
        return float(json.loads(state.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return run.seconds


def _drop_stale(runs: dict[str, Run]) -> None:
    """Forget runs that are no longer in the graph."""
    for folder, scenario in (("notebooks", False), ("scenarios", True)):
        wanted = {name for name, run in runs.items() if (run.scenario is not None) == scenario}
        base = execute.cache() / folder
        for kept in base.iterdir() if base.exists() else ():
            if kept.name not in wanted:
                shutil.rmtree(kept, ignore_errors=True)
    for file in execute.results_folder().glob("*.json"):
        if file.stem not in runs:
            file.unlink()


def build(*, jobs: int, force: bool = False, stream: TextIO | None = None, out: TextIO | None = None) -> int:
    """Everything: raw figures checked, notebooks run, site and results replaced. Returns the exit status."""
    started, stream = time.monotonic(), stream or sys.stderr
    checksums.verify()
    execute.cell_seconds()
    with locked(stream):
        swap.sweep_build(paths.build(), execute.cache())
        report = run_all(jobs=jobs, force=force, stream=stream)
        index = paths.build() / "site" / "index.html"
        if not _published(report):
            _publish(report)
        elif report.ok and not report.done:
            print(f"Nothing to do: {_relative(index)} is up to date.", file=out)
            return 0
    for file in graph.sweeps():
        shown = _relative(file)
        print(f"{shown} sweeps over lists and is not part of the site: eprivacy-its run {shown}", file=stream)
    for name, message in {**report.failed, **report.blocked}.items():
        print(f"{name}: {message}", file=stream)
    kept = paths.build() / "last-good" / "site" / "index.html"
    if not report.ok and kept.exists():
        print(f"the last complete site is kept: {_relative(kept)}", file=stream)
    print(
        f"{_relative(index)}  ({len(report.done)} run, {len(report.current)} up to date, "
        f"{len(report.failed) + len(report.blocked)} failed, {time.monotonic() - started:.0f} s)",
        file=out,
    )
    return 0 if report.ok else 1


def _relative(file: Path) -> str:
    return os.path.relpath(file)


def _signature(report: Report) -> str:
    """Changes when anything that the site is made from changed: runs, templates, the code that renders."""
    found = hashlib.sha256(json.dumps([report.failed, report.blocked], sort_keys=True).encode())
    renders = [file for _, file in declaration.code_files()]
    made = execute.cache().glob("*/*/state.json")
    for file in sorted([*renders, *made, *paths.processed().glob("*.csv"), *paths.raw().glob("*/*.json")]):
        stat = file.stat()
        found.update(f"{file}:{stat.st_mtime_ns}:{stat.st_size}\n".encode())
    return found.hexdigest()


def _stamp() -> dict[str, Any]:
    """Which state the site was made from, and whether all of it had succeeded."""
    try:
        read = json.loads((execute.cache() / "site.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _published(report: Report) -> bool:
    site = paths.build() / "site" / "index.html"
    return site.exists() and _stamp().get("signature") == _signature(report)


def _publish(report: Report) -> None:
    from eprivacy_its.study import assemble

    stamp = execute.cache() / "site.json"
    if not report.ok and _stamp().get("complete"):
        assemble.keep_last_good()
        # From here on the site may hold a failure, also if this process ends before it has said so.
        results.write_json(stamp, {"signature": "", "complete": False})
    assemble.publish(report.runs, report.failed, report.blocked)
    results.write_json(stamp, {"signature": _signature(report), "complete": report.ok})
    if report.ok:
        shutil.rmtree(paths.build() / "last-good", ignore_errors=True)
