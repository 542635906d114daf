"""Build the study: run what is out of date, then put site and results in place in one step."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from eprivacy_its import declaration, parallel, paths
from eprivacy_its.packages import checksums
from eprivacy_its.runs import execute, graph, provenance, scratch, swap
from eprivacy_its.runs.graph import Run
from eprivacy_its.runs.inputs import Snapshot
from eprivacy_its.runs.progress import Progress
from eprivacy_its.study import schedule
from eprivacy_its.study.state import State, changed_inputs

#: Folders that pages are made from, besides code and what the runs leave.
SOURCES = ("notebooks", "scenarios", "data", "benchmarks")


@dataclass
class Report:
    """What a build did: names of runs by how they ended, on what state and with which code."""

    runs: dict[str, Run]
    state: State
    code: Snapshot
    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    current: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True when nothing failed and nothing had to be left out."""
        return not self.failed and not self.blocked


def _perform(run: Run, needed: list[Path], code: Snapshot, only_words: bool) -> execute.Outcome:
    """What a worker process does; any error becomes one line."""
    from eprivacy_its.study import rerender

    os.chdir(paths.root())
    try:
        return (rerender.redo(run, needed) if only_words else None) or execute.run(run, needed, code)
    except OSError as error:  # a full disk, a file that vanished
        return execute.Outcome(run.name, 0.0, _one_line(error))


def _one_line(error: OSError) -> str:
    file = f"{provenance.label(Path(str(error.filename)))}: " if error.filename else ""
    return f"{file}{error.strerror or error}"


def locked(stream: TextIO) -> AbstractContextManager[None]:
    """One build at a time in a build folder; a second one says who it waits for."""

    def waiting(process: str) -> None:
        stream.write(f"waiting for the build of process {process} to end\n")
        stream.flush()

    return swap.held(paths.build(), waiting)


class _Work:
    """A build under way: what each run needs, and how it ended."""

    def __init__(self, force: bool, stream: TextIO) -> None:
        self.state, self.force = State(), force
        # What this process has loaded, or is about to.
        asked = [paths.notebooks() / "graph.yml", *graph.scenario_files()]
        loaded = [*asked, *(file for _, file in declaration.code_files())]
        code = Snapshot([file for file in loaded if file.is_file()], self.state.sums)
        self.runs = {**graph.notebooks(), **graph.scenarios()}
        self.before, self.progress = schedule.needs(self.runs), Progress(stream, len(self.runs))
        self.report = Report(self.runs, self.state, code)
        self._now: dict[str, dict[str, Any]] = {}

    def prepare(self, name: str) -> tuple[Any, ...] | None:
        """What `_perform` takes; None when there is nothing to do, or it can't be done."""
        run, report = self.runs[name], self.report
        if lost := [one for one in self.before[name] if one in report.failed or one in report.blocked]:
            report.blocked[name] = f"needs {', '.join(sorted(lost))}, which failed"
            self.progress.end(name, "not run: something it needs failed")
            return None
        if run.fault:
            self.fail(name, run.fault)
            return None
        try:
            now = self.state.now(run, self.runs)
        except OSError as error:
            self.fail(name, _one_line(error))
            return None
        changed = changed_inputs(self.state.runs.pop(name, {}), now)
        if changed == set() and not self.force:
            self.state.runs[name] = now
            report.current.append(name)
            self.progress.finished += 1
            return None
        self._now[name] = now
        self.progress.start(name)
        loaded = self.state.imports.of_notebook(run.notebook) + ([run.scenario] if run.scenario else [])
        only_words = changed == {paths.place(run.notebook)} and not self.force
        return run, self.state.needed(run), report.code.part(loaded), only_words

    def ended(self, name: str, outcome: execute.Outcome) -> None:
        """Save what is known when a run ends."""
        if outcome.error is not None:
            self.fail(name, outcome.error)
            return
        now = self._now[name]
        now["inputs"] |= {paths.place(file): sum_ for file, sum_ in outcome.sums.items()}
        now["made"] = self.state.made(self.runs[name], self.runs)
        self.state.runs[name] = now
        self.state.save()
        self.report.done.append(name)
        self.progress.end(name, f"{outcome.seconds:.1f} s")

    def fail(self, name: str, message: str) -> None:
        """Tell it."""
        self.report.failed[name] = message
        self.progress.end(name, f"FAILED: {message}")


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
    execute.results_folder().mkdir(parents=True, exist_ok=True)
    work = _Work(force, stream)
    seconds = {name: _expected(run) for name, run in work.runs.items()}
    priority = schedule.priorities(work.runs, seconds)
    with parallel.Pool(_perform, jobs) as pool:
        for name, outcome in schedule.in_order(work.before, priority, pool, work.prepare):
            work.ended(name, outcome)
    work.progress.close()
    _drop_stale(work)
    return work.report


def _expected(run: Run) -> float:
    """Seconds that a run should take: as it did last time, else as graph.yml says."""
    state = execute.run_folder(run.name, run.scenario is not None) / "state.json"
    try:
        return float(json.loads(state.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return run.seconds


def _drop_stale(work: _Work) -> None:
    """Forget runs that are no longer in the graph."""
    runs, state = work.runs, work.state
    for folder, scenario in (("notebooks", False), ("scenarios", True)):
        wanted = {name for name, run in runs.items() if (run.scenario is not None) == scenario}
        base = execute.cache() / folder
        for kept in base.iterdir() if base.exists() else ():
            if kept.name not in wanted:
                shutil.rmtree(kept, ignore_errors=True)
    for file in execute.results_folder().glob("*.json"):
        if file.stem not in runs:
            file.unlink()
    state.runs = {name: one for name, one in state.runs.items() if name in runs}
    state.save()


def build(*, jobs: int, force: bool = False, stream: TextIO | None = None, out: TextIO | None = None) -> int:
    """Everything: raw figures checked, notebooks run, site and results replaced. Returns the exit status."""
    started, stream = time.monotonic(), stream or sys.stderr
    checksums.verify()
    execute.cell_seconds()
    with scratch.own(), locked(stream):
        swap.sweep_build(paths.build(), execute.cache())
        report = run_all(jobs=jobs, force=force, stream=stream)
        index = paths.build() / "site" / "index.html"
        if not _published(report):
            checksums.verify()  # what was saved meanwhile has not been accepted
            _publish(report)
        elif report.ok and not report.done:
            print(f"Nothing to do: {_relative(index)} is up to date.", file=out)
            return 0
    for file in graph.sweeps():
        shown = _relative(file)
        print(
            f"{shown} makes several pages, which are not part of the site: eprivacy-its run {shown}",
            file=stream,
        )
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
    if not report.state.site["signature"]:
        print("files changed while the site was written from them: give the same command again", file=stream)
        return 1
    return 0 if report.ok else 1


def _relative(file: Path) -> str:
    return os.path.relpath(file)


def _signature(report: Report) -> str:
    """Changes when anything that the site is made from changed: runs, texts, templates, the code that renders."""
    top, sums = paths.root(), report.state.sums
    made = {k: v for run in report.runs.values() for k, v in report.state.made(run, report.runs).items()}
    texts = [f for f in top.iterdir() if f.is_file()]
    for folder in (*(top / name for name in SOURCES), paths.processed()):
        texts += folder.rglob("*")
    found = sums.of_all(f for f in texts if f.is_file() and not f.name.startswith("."))
    # How long a run took is on no page.
    found |= {name: sum_ for name, sum_ in made.items() if not name.endswith("state.json")}
    code = {paths.place(file): sum_ for file, sum_ in report.code.sums.items()}
    whole = json.dumps([report.failed, report.blocked, found, code], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def _published(report: Report) -> bool:
    site = report.state.site
    return site.get("signature") == _signature(report) and site["made"] == report.state.of_site()


def _publish(report: Report) -> None:
    from eprivacy_its.study import assemble

    state = report.state
    if not report.ok and state.site.get("complete") and state.site["made"] == state.of_site():
        assemble.keep_last_good()
    # From here on the site may hold a failure, also if this process ends before it has said so.
    state.site = {}
    state.save()
    before = _signature(report)
    assemble.publish(report.runs, report.failed, report.blocked)
    same = before == _signature(report) and not report.code.changed()
    state.site = {
        "signature": before if same else "",
        "complete": report.ok and same,
        "made": state.of_site(),
    }
    state.save()
    if report.ok:
        shutil.rmtree(paths.build() / "last-good", ignore_errors=True)
