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

from helpers import yamlfile
from helpers.errors import InputError


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

    @property
    def kind(self) -> str:
        """What a value must be, in words."""
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list"}
        names |= {dict: "a mapping", tuple: "a list", type(None): "anything (default: none)"}
        return names.get(type(self.default), type(self.default).__name__)


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


def check(values: Mapping[str, Any], notebook: Path, where: str) -> dict[str, Any]:
    """Values in the types of the notebook's defaults.

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
        One line a fault: an unknown name (with the nearest known one) or a value of another kind.
    """
    known = read(notebook)
    faults, checked = [], {}
    for name, value in values.items():
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else f"; it has: {', '.join(known) or 'none'}"
            faults.append(f'{where}: {notebook.stem} has no parameter "{name}"{hint}')
            continue
        value = _plain(value)
        if not _fits(value, known[name].default):
            faults.append(
                f"{where}: parameter {name} = {value!r}, expected {known[name].kind} "
                f"({known[name].comment or 'like the default ' + repr(known[name].default)})"
            )
            continue
        checked[name] = float(value) if isinstance(known[name].default, float) else value
    if faults:
        raise InputError("\n".join(faults))
    return checked


def _plain(value: Any) -> Any:
    """YAML reads 2020-12-21 as a date; notebooks take dates as ISO text."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


def _fits(value: Any, default: Any) -> bool:
    if default is None or value is None:
        return default is None or value is None
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, int):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(default, (list, tuple)):
        return isinstance(value, list)
    return isinstance(value, type(default))


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
