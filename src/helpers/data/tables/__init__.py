"""The tidy tables: one module each, with its columns, what it is made from, how, and what must hold.

A module is registered by being here. It has

RAW
    names of the raw tables that it reads; `*` stands for any text
TABLE, build
    columns and key of the tidy table of the module's name, and the function that makes it; a module without
    them lists raw tables that are read as published
checks
    optional: what must hold, and what a reader must know, as lines of `helpers.data.check`
"""

from __future__ import annotations

import importlib
import pkgutil
from fnmatch import fnmatch
from types import ModuleType

from eprivacy_its.errors import InputError
from eprivacy_its.packages import descriptors
from eprivacy_its.packages.tidy import Table


def _module(name: str) -> ModuleType:
    module = importlib.import_module(f"{__name__}.{name}")
    where = f"src/helpers/data/tables/{name}.py"
    if not hasattr(module, "RAW"):
        raise InputError(f"{where}: found no RAW, expected the names of the raw tables that it reads.")
    if hasattr(module, "TABLE") != hasattr(module, "build"):
        gone = "build" if hasattr(module, "TABLE") else "TABLE"
        raise InputError(f"{where}: found no {gone}, expected TABLE and build, or neither.")
    if hasattr(module, "TABLE") and module.TABLE.name != name:
        raise InputError(f"{where}: found the table {module.TABLE.name}, expected the name of the module.")
    return module


MODULES = {name: _module(name) for name in sorted(found.name for found in pkgutil.iter_modules(__path__))}
BY_NAME: dict[str, Table] = {name: one.TABLE for name, one in MODULES.items() if hasattr(one, "TABLE")}


def unread() -> list[str]:
    """One line for each raw table that no module reads."""
    patterns = [pattern for module in MODULES.values() for pattern in module.RAW]
    return [
        f"{one.location}: no module of src/helpers/data/tables reads {one.name}. Add a module with it in RAW, or "
        "list it in published.py if it is read as published."
        for one in descriptors.resources()
        if not any(fnmatch(one.name, pattern) for pattern in patterns)
    ]
