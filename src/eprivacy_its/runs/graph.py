"""The notebooks and scenarios as a graph of runs."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from eprivacy_its import declaration, names, paths, remote, yamlfile
from eprivacy_its.errors import InputError
from eprivacy_its.runs import file_access
from eprivacy_its.runs import parameters as parameters_of
from eprivacy_its.runs import required_outputs as declared_of
from eprivacy_its.runs.parameters import Given
from eprivacy_its.runs.required_outputs import Declared


@dataclass(frozen=True)
class Run:
    """One execution of one notebook.

    Attributes
    ----------
    name : str
        The notebook's stem, or the scenario's name.
    notebook : Path
    parameters : dict
        Values that differ from the notebook's defaults.
    reads : tuple of Path
        Data files; a change in one makes the run out of date.
    results : tuple of str
        Names of runs whose recorded estimates it reads.
    makes_tables : bool
        It writes data/processed, so whatever reads a table runs after it.
    scenario : Path or None
        The file that asked for it.
    title : str
        A scenario's title; empty for a notebook, whose heading is its title.
    declared : Declared
        What the run must leave; nothing for a scenario, whose parameters may switch parts off.
    settings : tuple of str
        ``key=value`` of ``--set`` that made it differ from its file.
    seconds : float
        About what it takes; says no more than what should start first, until a build has measured it.
    fault : str
        Why it can't start: a data file that is not there.
    """

    name: str
    notebook: Path
    parameters: dict[str, Any] = field(default_factory=dict)
    reads: tuple[Path, ...] = ()
    results: tuple[str, ...] = ()
    makes_tables: bool = False
    scenario: Path | None = None
    title: str = ""
    declared: Declared = field(default_factory=Declared)
    settings: tuple[str, ...] = ()
    seconds: float = 0.0
    fault: str = ""

    @property
    def tables(self) -> tuple[Path, ...]:
        """Tables of data/processed among the files it reads."""
        return tuple(file for file in self.reads if file.parent == paths.processed())

    @cached_property
    def command(self) -> str:
        """What a reader types to run it again."""
        if self.scenario is None:
            return "make findings"
        changed = "".join(f" --set {shlex.quote(pair)}" for pair in self.settings)
        return f"eprivacy-its run {shlex.quote(paths.in_project(self.scenario))}{changed}"

    @cached_property
    def all_parameters(self) -> dict[str, Any]:
        """Defaults and given values together."""
        defaults = {name: p.default for name, p in parameters_of.read(self.notebook).items()}
        return {**defaults, **self.parameters}


def _inputs(names: list[str]) -> tuple[Path, ...]:
    """Files that `reads` names: tables by bare name, other files by path or wildcard below the project."""
    found: list[Path] = []
    for name in names:
        if "/" not in name:
            found.append(paths.processed() / f"{name}.csv")
        elif "*" in name:
            found.extend(sorted(paths.root().glob(name)))
        else:
            found.append(paths.root() / name)
    return tuple(found)


def notebooks() -> dict[str, Run]:
    """Runs of the notebook set with their default parameters, in page order; none outside a study.

    Raises
    ------
    InputError
        `notebooks/graph.yml` names a notebook that is not there, or a table or notebook is misspelt, or it lacks a
        notebook whose name begins with a number as those of the set do.
    """
    file = paths.notebooks() / paths.GRAPH
    if not file.is_file():
        return {}
    content = yamlfile.read(file)
    listed = {name: entry for name, entry in content.items() if name != declaration.KEY}
    runs = {}
    for name, entry in listed.items():
        names.run(str(name), "notebooks/graph.yml")
        notebook = paths.notebooks() / f"{name}.ipynb"
        if not notebook.exists():
            raise InputError(f"notebooks/graph.yml: {name}: there is no notebooks/{name}.ipynb")
        entry = entry or {}
        declared = declared_of.read(name, entry)
        unknown = set(entry.get("results", [])) - set(listed)
        if unknown:
            raise InputError(f"notebooks/graph.yml: {name}: results of unknown notebooks {sorted(unknown)}")
        runs[name] = Run(
            name=name,
            notebook=notebook,
            reads=_inputs(entry.get("reads", [])),
            results=tuple(entry.get("results", [])),
            makes_tables=any(str(made).startswith("data/processed/") for made in entry.get("writes", [])),
            declared=declared,
            seconds=float(entry.get("seconds", 0)),
        )
    if declaration.KEY in content:  # a folder that calls itself a study
        _all_listed(runs)
    return runs


def _all_listed(runs: dict[str, Run]) -> None:
    for notebook in sorted(paths.notebooks().glob("[0-9]*_*.ipynb")):
        if notebook.stem not in runs:
            raise InputError(
                f"notebooks/graph.yml: found no entry for notebooks/{notebook.name}, expected one. Add "
                f"{notebook.stem}: with what it reads and must leave."
            )


def runnable() -> dict[str, Run]:
    """What a scenario may name: the notebooks of the study, and the one for any series that comes with the tool."""
    series = parameters_of.SERIES
    return {series: Run(series, paths.notebook(series)), **notebooks()}


def scenarios() -> dict[str, Run]:
    """Runs of `scenarios/*.yml`, by name; sweeps are left to ``eprivacy-its run``."""
    asked_for = [asked(file) for file in scenario_files()]
    for place, one in enumerate(asked_for):
        names.run(one.file.stem, one.file.name, [other.file.stem for other in asked_for[:place]])
    return {one.file.stem: _run_or_fault(one) for one in asked_for if not one.several}


def _run_or_fault(one: Asked) -> Run:
    """A scenario whose data are gone must not stop the others."""
    try:
        return one.run(one.given.values)
    except InputError as error:
        return Run(one.file.stem, one.base.notebook, scenario=one.file, title=one.title, fault=str(error))


def sweeps() -> list[Path]:
    """Files in `scenarios/` that sweep over lists."""
    return [file for file in scenario_files() if asked(file).several]


def scenario_files() -> list[Path]:
    """Files in `scenarios/`."""
    return sorted((paths.root() / "scenarios").glob("*.yml"))


#: Keys of a scenario for the series of a long file.
UNITS = ("by", "interruption_column")


@dataclass(frozen=True)
class Asked:
    """What a scenario file asks for, checked as far as the file itself can tell.

    Attributes
    ----------
    file : Path
    title : str
    base : Run
        The notebook that it runs.
    given : Given
        Parameters: one value each, and lists to sweep over.
    by : str
        Column of the data whose values each get a run; empty: one run, or a sweep.
    own_dates : str
        Column of each such value's own interruption; empty: all have the same.
    """

    file: Path
    title: str
    base: Run
    given: Given
    by: str = ""
    own_dates: str = ""

    @property
    def several(self) -> bool:
        """Whether it asks for more than one run."""
        return bool(self.given.swept or self.by)

    def run(
        self, values: dict[str, Any], *, name: str = "", title: str = "", settings: Sequence[str] = ()
    ) -> Run:
        """The run with these values.

        Raises
        ------
        InputError
            The data file is not there.
        """
        values = dict(values)
        reads = self.base.reads
        if isinstance(values.get("data"), str) and values["data"]:
            data = _data_file(values["data"], self.file)
            # Inside the project as the project names it: no path of a machine may reach a page.
            values["data"] = (
                paths.in_project(data) if data.is_relative_to(paths.root().resolve()) else str(data)
            )
            # Of the notebook's own files the series stands in for the example; tables stay.
            reads = (*self.base.tables, data)
        reads = (*reads, *_named_files(values, self.base.notebook, self.file))
        return Run(
            name=name or self.file.stem,
            notebook=self.base.notebook,
            parameters=values,
            reads=(*reads, self.file),
            results=self.base.results,
            scenario=self.file,
            title=title or self.title,
            settings=tuple(settings),
            seconds=self.base.seconds,
        )


def asked(file: Path, changes: dict[str, Any] | None = None) -> Asked:
    """Read a scenario file.

    Parameters
    ----------
    file : Path
        YAML with `title`, `notebook` and `parameters`.
    changes : dict, optional
        Parameters that replace the file's, as `run --set` gives them.

    Raises
    ------
    InputError
        Not YAML, an unknown key, notebook or parameter, a value of another kind.
    """
    content = yamlfile.read(file)
    where = file.name
    if not isinstance(content, dict):
        raise InputError(f"{where}: expected the keys title, notebook and parameters")
    known = ("title", "notebook", "parameters", *UNITS)
    for key in content:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            raise InputError(f'{where}: unknown key "{key}"{hint} (a scenario has {", ".join(known)})')
    runs = runnable()
    name = content.get("notebook")
    if not isinstance(name, str) or name not in runs:
        near = difflib.get_close_matches(str(name), runs, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"it has: {', '.join(runs)}"
        raise InputError(f'{where}: the set has no notebook "{name}"; {hint}')
    names.run(file.stem, where, runs)
    parameters = content.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise InputError(f"{where}: parameters must be a mapping of names to values")
    base = runs[name]
    changes = dict(changes or {})
    units = {key: str(changes.pop(key, content.get(key)) or "").strip() for key in UNITS}
    given = parameters_of.given({**parameters, **changes}, base.notebook, where)
    _check_units(units, name, given, where)
    return Asked(file, str(content.get("title") or file.stem), base, given, *units.values())


def _check_units(units: dict[str, str], notebook: str, given: Given, where: str) -> None:
    by, own_dates = units.values()
    if own_dates and not by:
        raise InputError(
            f"{where}: interruption_column without by; give the column that tells the series apart"
        )
    if by and notebook != parameters_of.SERIES:
        raise InputError(
            f"{where}: by is for {parameters_of.SERIES}; sweep a parameter of {notebook} instead"
        )
    if by and given.swept:
        raise InputError(
            f"{where}: by and a list for {', '.join(given.swept)}; give one value, and run again for another"
        )


def scenario(file: Path, changes: dict[str, Any] | None = None) -> Run:
    """The one run that a scenario file describes; arguments as for :func:`asked`.

    Raises
    ------
    InputError
        As :func:`asked`; a data file that is not there; a sweep.
    """
    found = asked(file, changes)
    if found.several:
        over = ", ".join([*found.given.swept, *filter(None, [found.by])])
        raise InputError(f"{file.name}: sweeps over {over}; this takes a single run")
    return found.run(found.given.values)


def _data_file(given: str, scenario_file: Path) -> Path:
    """A data path is relative to the scenario file, and stays in the project or beside the scenario; an address that
    was allowed is fetched."""
    if remote.is_remote(given):
        file_access.check_address(given, scenario_file)
        return remote.fetch(given, f"{scenario_file.name}: parameter data").resolve()
    data = (scenario_file.parent / given).resolve()
    file_access.check(data, given, scenario_file)
    if not data.is_file():
        raise InputError(f"{scenario_file.name}: parameter data: no file {given} beside the scenario file")
    return data


def _named_files(values: dict[str, Any], notebook: Path, scenario_file: Path) -> list[Path]:
    """Files that other parameters name, by a path from the project folder; a comment that says "path" marks one."""
    marked = [name for name, one in parameters_of.read(notebook).items() if one.is_path and name != "data"]
    found = []
    for name in marked:
        if given := values.get(name):
            file = (paths.root() / given).resolve()
            file_access.check(file, given, scenario_file, name)
            if not file.is_file():
                raise InputError(f"{scenario_file.name}: parameter {name}: no file {given} in the project")
            found.append(file)
    return found
