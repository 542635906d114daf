"""The raw folders as Frictionless data packages: which tables there are and what each must hold.

Nothing here needs more than the standard library, so that the command line stays quick.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eprivacy_its import paths
from eprivacy_its.errors import InputError

DESCRIPTOR = "datapackage.json"
CATALOG = "catalog.json"  # folders and their tables, so that one that is gone is missed
TYPES = ("string", "integer", "number", "date")
LINE = 110  # a value that fits in so many characters is written on one line


@dataclass(frozen=True)
class Resource:
    """One raw table as its data package declares it.

    Attributes
    ----------
    package : Path
        The `datapackage.json` that declares the table.
    declared : dict
        Its entry under `resources`: name, path, title, description, hash, bytes, rowCount, schema, sources.
    """

    package: Path
    declared: dict[str, Any]

    @property
    def name(self) -> str:
        """Name that is unique over all packages, for example `ncmec-reports-by-country`."""
        return str(self.declared["name"])

    @property
    def path(self) -> Path:
        """Where the CSV stands."""
        return self.package.parent / str(self.declared["path"])

    @property
    def location(self) -> str:
        """The path as messages give it: from the project folder, with forward slashes."""
        return paths.in_project(self.path)

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Declared columns in their order."""
        return list(self.declared["schema"]["fields"])

    @property
    def key(self) -> list[str]:
        """Columns that together occur once."""
        return list(self.declared["schema"].get("primaryKey", []))


def descriptors() -> list[Path]:
    """Every `datapackage.json` one folder below `data/raw`, sorted by folder."""
    found = sorted(paths.raw().glob(f"*/{DESCRIPTOR}"))
    if not found:
        raise InputError(
            f"{paths.in_project(paths.raw())}: found no folder with a {DESCRIPTOR}, expected one a publisher. "
            "Restore data/raw from version control."
        )
    return found


def read(descriptor: Path) -> dict[str, Any]:
    """Parsed data package; InputError with line and column where the JSON is broken."""
    try:
        package = json.loads(descriptor.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{paths.in_project(descriptor)}: can't be read ({error}). Restore it.") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{paths.in_project(descriptor)}, row {error.lineno}, column {error.colno}: not valid JSON ({error.msg}). "
            "Mend it there."
        ) from error
    if not isinstance(package, dict) or not isinstance(package.get("resources"), list):
        raise InputError(
            f"{paths.in_project(descriptor)}: found no list `resources`, expected one entry a table."
        )
    for entry in package["resources"]:
        if not isinstance(entry, dict):
            raise InputError(
                f"{paths.in_project(descriptor)}: found {entry!r} under `resources`, expected an entry a table."
            )
        missing = [key for key in ("name", "path", "schema") if key not in entry]
        if missing:
            raise InputError(
                f"{paths.in_project(descriptor)}, resource {entry.get('name', '?')}: no {', '.join(missing)}; "
                "each table declares its name, path and schema."
            )
        wrong = schema_fault(entry["schema"])
        if wrong:
            raise InputError(f"{paths.in_project(descriptor)}, resource {entry['name']}: {wrong}")
    return package


def schema_fault(schema: Any) -> str | None:
    """What is wrong with the declared columns of a table; None if nothing is."""
    columns = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(columns, list) or not columns:
        return "found no list `fields` in its schema, expected one entry a column."
    for column in columns:
        if not isinstance(column, dict) or "name" not in column or column.get("type") not in TYPES:
            return f"found the column {column!r}, expected a name and a type among {', '.join(TYPES)}."
        if wrong := _rules_fault(column.get("constraints", {})):
            return f"found {wrong} of the column {column['name']}."
    key = schema.get("primaryKey", [])
    if not isinstance(key, (str, list)) or not all(isinstance(name, str) for name in key):
        return f"found the primaryKey {key!r}, expected a list of columns."
    return None


def _rules_fault(rules: Any) -> str | None:
    """What is wrong with the constraints of a column; None if nothing is."""
    if not isinstance(rules, dict):
        return f"the constraints {rules!r}, expected a mapping, as {{minimum: 0}},"
    try:
        re.compile(rules.get("pattern", ""))
    except (re.error, TypeError):
        return f"the pattern {rules['pattern']!r}, expected a regular expression,"
    return None


def missing() -> list[str]:
    """One line for each table that the catalog lists and no data package declares, or the other way round.

    A file that is gone is missed by its data package; a folder that is gone would not be missed by anything.
    """
    catalog = paths.raw() / CATALOG
    if not catalog.is_file():
        return []
    listed = {(folder, name) for folder, names in _catalog(catalog).items() for name in names}
    declared = {(one.package.parent.name, one.name): one for one in resources()}
    return [
        f"{paths.in_project(paths.raw() / folder / DESCRIPTOR)}: found no table {name}, which {paths.in_project(catalog)} lists. Restore "
        "the folder from version control or, if it is meant, take the table out of the list."
        for folder, name in sorted(listed - set(declared))
    ] + [
        f"{paths.in_project(catalog)}: found no table {name} of the folder {folder}, which its {DESCRIPTOR} declares. "
        f"Run: eprivacy-its accept {declared[folder, name].location}"
        for folder, name in sorted(set(declared) - listed)
    ]


def _catalog(catalog: Path) -> dict[str, list[str]]:
    try:
        return {str(folder): list(names) for folder, names in json.loads(catalog.read_text("utf-8")).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(
            f"{paths.in_project(catalog)}: not a list of tables a folder ({error}). Restore it."
        ) from error


def enlist(table: Resource) -> None:
    """List a table in the catalog, folders sorted by name, tables as their data package has them."""
    catalog = paths.raw() / CATALOG
    if not catalog.is_file():
        return
    listed = _catalog(catalog)
    folder = table.package.parent.name
    known = [*listed.get(folder, []), table.name]
    listed[folder] = [
        name for name in (one["name"] for one in read(table.package)["resources"]) if name in known
    ]
    write(catalog, dict(sorted(listed.items())))


def resources() -> Iterator[Resource]:
    """Every declared raw table, by folder and then in the order of its package."""
    for descriptor in descriptors():
        for entry in read(descriptor)["resources"]:
            yield Resource(descriptor, entry)


def resource(name: str) -> Resource:
    """The raw table of that name; InputError lists the names there are."""
    found = {one.name: one for one in resources()}
    if name not in found:
        raise InputError(f"data/raw: found no table {name!r}, expected one of {', '.join(sorted(found))}.")
    return found[name]


def _pretty(value: Any, indent: int = 0) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or (indent and len(flat) + indent <= LINE):
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        inner = [f"{pad}{json.dumps(key)}: {_pretty(item, indent + 2)}" for key, item in value.items()]
    else:
        inner = [f"{pad}{_pretty(item, indent + 2)}" for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(inner) + "\n" + " " * indent + closing


def write(descriptor: Path, package: dict[str, Any]) -> None:
    """Write a data package so that a reader of a diff sees one thing a line; whole or not at all."""
    partial = descriptor.with_name(f".{descriptor.name}.{os.getpid()}")
    partial.write_text(_pretty(package) + "\n", encoding="utf-8", newline="\n")
    os.replace(partial, descriptor)
