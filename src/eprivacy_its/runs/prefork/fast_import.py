"""Papermill without the import of a grammar that neither it nor Jupyter uses.

`import papermill` loads jsonschema through nbformat. Where jsonschema's extra `format-nongpl` is installed (JupyterLab
asks for it), jsonschema imports `rfc3987_syntax`, which compiles a grammar with lark: three quarters of the whole
import. It serves one thing, the check of `"format": "iri"` and `"iri-reference"`, which jsonschema makes only for a
caller that passes a format checker; the schemas of notebooks, which Papermill validates, name no such format and
nbformat passes no checker.

jsonschema treats the package as optional and catches its ImportError. So it is made to look absent for the moment in
which jsonschema is imported, and only in this process: nothing is removed from the environment, and the package can
be imported afterwards. In this process jsonschema then accepts any text as an IRI; a program that validates IRIs
must not use this module. Nothing happens if jsonschema was imported before.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

SLOW = "rfc3987_syntax"


@contextmanager
def without_iri_grammar() -> Iterator[None]:
    """Let jsonschema, if imported inside the block, do without its check of IRIs."""
    if SLOW in sys.modules or "jsonschema" in sys.modules:
        yield
        return
    # None makes the import statement raise ModuleNotFoundError (documented under `sys.modules`).
    sys.modules[SLOW] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[SLOW]


def leave_out_iri_grammar() -> None:
    """Let jsonschema, when this process imports it, do without its check of IRIs; for programs, not for libraries."""
    if "jsonschema" not in sys.modules:
        sys.modules.setdefault(SLOW, None)  # type: ignore[arg-type]


def papermill() -> ModuleType:
    """Import Papermill and return it."""
    with without_iri_grammar():
        return importlib.import_module("papermill")
