"""A scenario with lists: every combination is run, and one page compares them all.

Each run is kept as soon as it ends, so that an interrupted sweep goes on where it stopped. Nothing holds all runs at
once: combinations are made one at a time, and results are read back one at a time.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import json
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from eprivacy_its import parallel, paths
from eprivacy_its.errors import InputError
from eprivacy_its.runs import execute, graph, provenance, swap
from eprivacy_its.runs.graph import Asked
from eprivacy_its.runs.inputs import Snapshot
from eprivacy_its.runs.progress import Progress
from eprivacy_its.study import job
from eprivacy_its.study.job import Job, Made

if TYPE_CHECKING:
    from eprivacy_its.study.units import Compared

#: Most runs of one sweep: at a second each, a day on one machine.
MOST = 100_000
#: Failures told one by one at the end; the comparison lists all.
TOLD = 20


@dataclass(frozen=True)
class Combination:
    """One run of a sweep: its name, which is also its folder, and what it varies."""

    name: str
    varied: Mapping[str, Any]


@dataclass(frozen=True)
class Sweep:
    """A scenario with lists to sweep over."""

    asked: Asked
    pairs: Sequence[str] = ()
    compared: Compared | None = None

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.asked.file.stem

    @property
    def total(self) -> int:
        """Number of runs."""
        if self.listed is not None:
            return len(self.listed)
        return math.prod(len(values) for values in self.varied.values())

    @cached_property
    def listed(self) -> list[Combination] | None:
        """The runs one by one, of a scenario with `by`; None where lists say what there is."""
        return self.compared.combinations() if self.compared else None

    @cached_property
    def varied(self) -> dict[str, list[Any]]:
        """The values of each parameter that differs between runs."""
        if not self.listed:
            return self.asked.given.swept if self.listed is None else {}
        return {name: [one.varied[name] for one in self.listed] for name in self.listed[0].varied}

    @property
    def folder(self) -> Path:
        """Where the comparison is; the runs are in `runs/`."""
        return paths.build() / "scenarios" / self.name

    def __iter__(self) -> Iterator[Combination]:
        """All combinations, the last parameter varying fastest."""
        if self.listed is not None:
            yield from self.listed
            return
        names = list(self.varied)
        for values in itertools.product(*self.varied.values()):
            varied = dict(zip(names, values, strict=True))
            yield Combination(named(varied), varied)

    def place(self, one: Combination) -> Path:
        """The folder of a run."""
        return self.folder / "runs" / one.name

    def prefix(self, one: Combination) -> str:
        """What ids of a run's estimates start with."""
        return f"{self.name.lower()}/{one.name}/"

    def describe(self) -> dict[str, Any]:
        """Provenance of the whole: lists as parameters, all data files as inputs."""
        given = self.asked.given
        units = zip(graph.UNITS, (self.asked.by, self.asked.own_dates), strict=True)
        files = [self.asked.run({"data": data}).reads for data in given.swept.get("data", ())]
        task = self.asked.run(given.values, settings=self.pairs)
        reads = dict.fromkeys([*(file for some in files for file in some), *(() if files else task.reads)])
        return provenance.describe(
            task.notebook,
            {
                **execute.labelled_parameters(task),
                **self.varied,
                **{key: value for key, value in units if value},
            },
            Snapshot([task.notebook, *(f for f in reads if f.exists())]).sums,
            task.command,
        )

    def told(self, one: Combination) -> str:
        """What a run varies, in words; of a unit its value."""
        return "; ".join(map(text, one.varied.values())) if self.compared else in_words(one.varied)

    def run(self, one: Combination) -> graph.Run:
        """The run of a combination."""
        title = f"{self.asked.title}: {self.told(one)}"
        without = {*one.varied, *(graph.UNITS if self.compared else ())}
        given = [pair for pair in self.pairs if pair.partition("=")[0].strip() not in without]
        off = zip(graph.UNITS, (self.asked.by, self.asked.own_dates), strict=True)
        given += [f"{key}=" for key, value in off if value]
        return self.asked.run(
            {**self.asked.given.values, **one.varied},
            name=f"{self.name}/{one.name}".lower(),
            title=title,
            settings=(*given, *(f"{name}={_setting(value)}" for name, value in one.varied.items())),
        )


def text(value: Any) -> str:
    """A value as tables show it."""
    if isinstance(value, list):
        return ", ".join(text(one) for one in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if str(value) else "none"


def _setting(value: Any) -> str:
    """A value as ``--set`` takes it."""
    plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w.-]*", value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def in_words(varied: Mapping[str, Any]) -> str:
    """What a run varies, in words: ``estimator ols, level 0.9``."""
    return "; ".join(f"{name.replace('_', ' ')} {text(value)}" for name, value in varied.items())


def named(varied: Mapping[str, Any]) -> str:
    """A name that is a folder everywhere and stays the same when the lists change.

    The first part is to be read; the second, from all values, keeps runs apart.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", " ".join(text(value) for value in varied.values()).lower()).strip(
        "-"
    )
    whole = json.dumps(varied, sort_keys=True, ensure_ascii=False)
    return f"{readable[:40].strip('-') or 'run'}-{hashlib.sha256(whole.encode()).hexdigest()[:10]}"


def run(
    asked: Asked,
    pairs: Sequence[str],
    fixed: Snapshot,
    *,
    jobs: int,
    stream: TextIO,
    compared: Compared | None = None,
) -> int:
    """Run what is not finished of a sweep, and write the comparison.

    Parameters
    ----------
    asked : Asked
    pairs : sequence of str
        ``key=value`` of ``--set``, for the command on the pages.
    fixed : Snapshot
        Files that must stay as they were before `asked` was read.
    jobs : int
        Processes on this machine; with a cluster (`eprivacy_its.parallel`) its workers are used instead.
    stream : text stream
        Where progress and failures are told.
    compared : Compared, optional
        Of a scenario with `by`: its units.

    Returns
    -------
    int
        0; 1 when a run failed, each told with its error, or when the cluster went away.

    Raises
    ------
    InputError
        Too many runs, or a data file that is not there; nothing is written.
    """
    from eprivacy_its.study import comparison

    sweep = Sweep(asked, tuple(pairs), compared)
    _check(sweep)
    with _locked(sweep):
        swap.sweep(sweep.folder / "runs")
        progress = Progress(stream, sweep.total)
        try:
            _run_missing(sweep, fixed, jobs, progress)
        except parallel.ClusterLost as lost:
            progress.close()
            print(
                f"{lost}; {progress.finished} runs are kept, the same command goes on from there", file=stream
            )
            return 1
        progress.close()
        _drop_stale(sweep)
        found = comparison.write(sweep)
    for name, error in itertools.islice(found.failed.items(), TOLD):
        print(f"{name}: {error}", file=stream)
    if len(found.failed) > TOLD:
        print(f"and {len(found.failed) - TOLD} more, listed on the page", file=stream)
    if sweep.total:
        print(f"{found.done} of {sweep.total} runs done, {len(found.failed)} failed", file=stream)
    return 1 if found.failed else 0


def _check(sweep: Sweep) -> None:
    """What can be told before anything runs."""
    if sweep.total > MOST:
        raise InputError(
            f"{sweep.asked.file.name}: {sweep.total:,} runs, more than the {MOST:,} of one sweep; shorten a list"
        )
    faults = []
    given = sweep.asked.given
    for data in given.swept.get("data", [given.values.get("data")]):
        try:
            sweep.asked.run({"data": data})
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))


@contextmanager
def _locked(sweep: Sweep) -> Iterator[None]:
    """One process at a time works on a sweep."""
    (sweep.folder / "runs").mkdir(parents=True, exist_ok=True)
    with (sweep.folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{sweep.name}: another process runs this sweep; wait for it to end") from None
        yield


def _run_missing(sweep: Sweep, fixed: Snapshot, jobs: int, progress: Progress) -> None:
    keys: dict[str, tuple[str, Snapshot]] = {}  # of jobs in flight only

    def missing() -> Iterator[Job]:
        ship = bool(os.environ.get(parallel.VARIABLE))
        for one in sweep:
            made = job.of(sweep.run(one), ship=ship, checked=False)
            key = job.key(made)
            if job.is_current(sweep.place(one), key, sweep.place(one) / job.STATE):
                progress.finished += 1
                continue
            keys[made.task.name] = key, made.files
            yield made

    for made in parallel.as_ready(job.perform, missing(), jobs, lost):
        key, files = keys.pop(made.name)
        if stale := execute.told_changed([*files.changed(), *fixed.changed()]):
            made = replace(made, error=stale)
        _keep(sweep, made, key)
        if made.error:
            progress.end(made.name, f"FAILED: {made.error}")
        else:
            progress.tick(made.name, f"{made.seconds:.1f} s")


def lost(one: Job, error: Exception) -> Made:
    """What a job left that killed its worker."""
    return Made(
        one.task.name, f"the worker process died ({type(error).__name__}), perhaps for want of memory"
    )


def _keep(sweep: Sweep, made: Made, key: str) -> None:
    made.put(sweep.folder / "runs" / made.name.partition("/")[2], {job.STATE: made.state(key)})


def _drop_stale(sweep: Sweep) -> None:
    """Remove runs that the lists no longer hold, and what a run without lists left."""
    wanted = {one.name for one in sweep}
    for kept in (sweep.folder / "runs").iterdir():
        if kept.name not in wanted:
            shutil.rmtree(kept, ignore_errors=True)
    (sweep.folder / "notebook.ipynb").unlink(missing_ok=True)
