"""The schema of each notebook: the tool's own one, and those that the study declares."""

from __future__ import annotations

import difflib
import json
from functools import cache
from typing import Any

from eprivacy_its import declaration
from eprivacy_its.errors import InputError
from eprivacy_its.runs import parameters
from eprivacy_its.schema import Strict, Typed
from eprivacy_its.series.settings import Settings


def json_schema(notebook: str) -> str:
    """The JSON schema of a notebook's parameters, with their defaults and what they mean.

    Raises
    ------
    InputError
        No such notebook.
    """
    from eprivacy_its.runs import graph

    runs = graph.runnable()
    if notebook not in runs:
        near = difflib.get_close_matches(notebook, runs, n=1)
        raise InputError(
            f"schema: no notebook {notebook}; {f'did you mean {near[0]}?' if near else 'there are: ' + ', '.join(runs)}"
        )
    known = parameters.read(runs[notebook].notebook)
    properties = {
        name: typed(notebook, parameter).schema()
        | {"default": parameter.default, "description": parameter.comment}
        for name, parameter in known.items()
    }
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Parameters of {notebook}",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)


_OF_DEFAULT: dict[type, Any] = {
    bool: bool,
    int: int,
    float: float,
    str: str,
    list: list[Any],
    tuple: list[Any],
    dict: dict[str, Any],
    type(None): Any,
}


def of_notebook(notebook: str) -> type[Strict] | None:
    """The schema of a notebook; None for a reader's own notebook."""
    if notebook == parameters.SERIES:
        return Settings
    declared = declaration.of_study().schemas
    return declaration.loaded(declared).get(notebook) if declared else None


def typed(notebook: str, parameter: parameters.Parameter) -> Typed:
    """Type of a parameter: as the schema has it, else (a notebook of a reader's own) as its default has it."""
    by_default = _OF_DEFAULT.get(type(parameter.default), Any)
    return _typed(of_notebook(notebook), parameter.name, by_default)


@cache
def _typed(schema: type[Strict] | None, name: str, by_default: Any) -> Typed:
    if schema is not None and name in schema.model_fields:
        return schema.typed(name)
    return Typed(by_default)
