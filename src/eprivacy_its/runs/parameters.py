"""The parameters cell of a notebook: read without running it, and values checked against it.

Papermill itself only warns of an unknown parameter; a misspelt one would quietly give the default's page.
"""

from __future__ import annotations

import ast
import datetime
import difflib
import io
import json
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eprivacy_its import declaration, yamlfile
from eprivacy_its.errors import InputError

#: The notebook for any regular series: its data are checked before it starts.
SERIES = "06_series"


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: name, default and the comment that explains it."""

    name: str
    default: Any
    comment: str

    @property
    def is_path(self) -> bool:
        """Whether it names a file: its comment then says so."""
        return isinstance(self.default, str) and re.search(r"\bpath\b", self.comment) is not None


def read(notebook: Path) -> dict[str, Parameter]:
    """Parameters of a notebook by name, in the order of its cell tagged ``parameters``.

    Raises
    ------
    InputError
        The notebook can't be read, or its parameters cell holds anything but ``name = literal``.
    """
    return dict(_read(notebook, notebook.stat().st_mtime_ns))


@cache
def _read(notebook: Path, _stamp: int) -> tuple[tuple[str, Parameter], ...]:
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError) as error:
        raise InputError(f"{notebook.name}: not a readable notebook ({error})") from None
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if not tagged:
        return ()
    source = "".join(tagged[0]["source"])
    comments = _comments(source)
    found = []
    for line in ast.parse(source).body:
        if not (isinstance(line, (ast.Assign, ast.AnnAssign)) and line.value is not None):
            raise InputError(f"{notebook.name}, parameters cell, line {line.lineno}: expected `name = value`")
        target = line.targets[0] if isinstance(line, ast.Assign) else line.target
        if not isinstance(target, ast.Name):
            raise InputError(f"{notebook.name}, parameters cell, line {line.lineno}: expected `name = value`")
        try:
            default = ast.literal_eval(line.value)
        except ValueError:
            raise InputError(
                f"{notebook.name}, parameters cell, {target.id}: the default must be a literal "
                "(text, number, list, mapping, true, false or None)"
            ) from None
        found.append((target.id, Parameter(target.id, default, comments.get(line.end_lineno or 0, ""))))
    return tuple(found)


def _comments(source: str) -> dict[int, str]:
    """Comment of each line, by line number."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ").strip() for t in tokens if t.type == tokenize.COMMENT}


@dataclass(frozen=True)
class Given:
    """What a scenario sets.

    Attributes
    ----------
    values : dict
        One value a parameter.
    swept : dict
        Parameter to the values that it takes one after the other: two or more.
    """

    values: dict[str, Any]
    swept: dict[str, list[Any]]


def check(values: Mapping[str, Any], notebook: Path, where: str) -> dict[str, Any]:
    """Values in the types of the notebook's parameters, one value each.

    Parameters
    ----------
    values : mapping
        Parameter name to value, as YAML or ``--set`` gave them.
    notebook : Path
        Whose parameters they are.
    where : str
        Named first in the message, e.g. the scenario's file.

    Raises
    ------
    InputError
        One line a fault: an unknown name (with the nearest known one), a value of another kind or out of bounds,
        a list where one value is expected.
    """
    return given(values, notebook, where, sweeps=False).values


def given(values: Mapping[str, Any], notebook: Path, where: str, *, sweeps: bool = True) -> Given:
    """As :func:`check`, with lists to sweep over kept apart.

    A list is swept when it is one level deeper than the parameter itself: ``estimator: [ols, reml]``, since an
    estimator is one name; ``interruptions: [[2021-05-17], [2021-10-18]]``, since interruptions are a list already. No
    value is both, so nothing is guessed.
    """
    known = read(notebook)
    faults: list[str] = []
    found = Given({}, {})
    for name, value in values.items():
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else f"; it has: {', '.join(known) or 'none'}"
            faults.append(f'{where}: {notebook.stem} has no parameter "{name}"{hint}')
            continue
        try:
            _take(found, known[name], _plain(value), notebook.stem, sweeps=sweeps)
        except ValueError as error:
            faults.append(f"{where}: parameter {name}{error}")
    if faults:
        raise InputError("\n".join(faults))
    return found


def _take(found: Given, parameter: Parameter, value: Any, notebook: str, *, sweeps: bool) -> None:
    """Put a value where it belongs; a ValueError says what follows "parameter NAME" in the message."""
    from eprivacy_its.runs import schemas

    typed = schemas.typed(notebook, parameter)
    if typed.fits(value):
        found.values[parameter.name] = typed.converted(value)
        return
    meaning = parameter.comment or f"like the default {parameter.default!r}"
    expected = f"{typed.expected(value)} ({meaning})"
    fitting = [typed.fits(one) for one in value] if isinstance(value, list) else []
    if not sweeps or not any(fitting):
        raise ValueError(f" = {value!r}, {expected}")
    for place, (one, fits) in enumerate(zip(value, fitting, strict=True), start=1):
        if not fits:
            raise ValueError(f", value {place} of the list to sweep = {one!r}, {expected}")
    converted = [typed.converted(one) for one in value]
    for place, one in enumerate(converted):
        if one in converted[:place]:
            raise ValueError(f" = {value!r}: {one!r} stands twice in the list to sweep; leave one out")
    if len(converted) == 1:
        found.values[parameter.name] = converted[0]
    else:
        found.swept[parameter.name] = converted


def faults_of_defaults(notebook: Path) -> list[str]:
    """What is wrong with a notebook's own parameters cell, one text a fault: its values, or that it has no schema."""
    from eprivacy_its.runs import schemas

    defaults = {name: parameter.default for name, parameter in read(notebook).items()}
    declared = declaration.of_study().schemas
    if defaults and declared and schemas.of_notebook(notebook.stem) is None:
        return [
            f"{notebook.name}: {declared} has no schema of its parameters; add a class for {notebook.stem}"
        ]
    try:
        check(defaults, notebook, f"{notebook.name}, parameters cell")
    except InputError as error:
        return str(error).splitlines()
    return []


def _plain(value: Any) -> Any:
    """YAML reads 2021-05-17 as a date; notebooks take dates as ISO text."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


def from_text(pairs: list[str]) -> dict[str, Any]:
    """``key=value`` pairs of ``--set``; values are read as YAML (lists, numbers, true, quoted text).

    Raises
    ------
    InputError
        A pair without "=", or a value that is not YAML.
    """
    values = {}
    for pair in pairs:
        name, found, text = pair.partition("=")
        if not found or not name.strip():
            raise InputError(f"--set {pair}: expected key=value, e.g. --set estimator=ols")
        values[name.strip()] = yamlfile.parse(text, f"--set {pair}")
    return values
