"""What each parameter of each notebook may be, as pydantic types.

The notebook's own cell gives defaults and meanings; what stands here gives type and bounds. Scenarios, ``--set``, the
sweep of a list and the page of all parameters follow from both; a test keeps the two in step.
"""

from __future__ import annotations

import difflib
import json
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from eprivacy_its import declaration
from eprivacy_its.its.estimators import ESTIMATORS
from eprivacy_its.runs import parameters

Period = str | int  # 2020-12-21, 2020-W52, 2020-12, 2020Q4 or 2020; a year or a step may come as a number
if TYPE_CHECKING:
    Estimator = str
    Model = str
else:
    Estimator = Literal[("auto", *ESTIMATORS)]
    Model = Literal[tuple(ESTIMATORS)]
Share = Annotated[float, Field(gt=0, lt=1)]
Level = Annotated[float, Field(ge=0.5, lt=1)]
Count = Annotated[int, Field(ge=0)]
Some = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Seed = Annotated[int, Field(ge=0)]
IsoDate = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2020-12-21"])]
Quarter = Annotated[str, Field(pattern=r"^\d{4}Q[1-4]$", examples=["2021Q1"])]
Sides = Annotated[list[Annotated[int, Field(ge=3)]], Field(min_length=2, max_length=2)]


class Strict(BaseModel):
    """No silent conversion: "1" is no number, and 1 is not true."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Series(Strict):
    """06_series; what depends on the series itself is checked by `eprivacy_its.series.settings`."""

    data: str
    time: str
    outcome: str
    unit: str
    geography: str
    source: str
    interruptions: list[Period]
    names: list[str]
    estimator: Estimator
    slope_change: bool
    exposure: str
    control: str
    covariates: list[str]
    harmonics: Annotated[int, Field(ge=-1, le=6)]
    washout: list[Annotated[list[Period], Field(min_length=2, max_length=2)]]
    horizons: list[Count]
    level: Level
    dates: Literal["", "day-first", "month-first"]
    decimal: Literal["", "point", "comma", ".", ","]


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
    """The schema of a notebook: the tool's own one, or as the study declares; None for a reader's own notebook."""
    if notebook == parameters.SERIES:
        return Series
    declared = declaration.of_study().schemas
    return declaration.loaded(declared).get(notebook) if declared else None


def annotation(notebook: str, name: str, default: Any) -> Any:
    """Type of a parameter: as the schema has it, else (a notebook of a reader's own) as its default has it."""
    schema = of_notebook(notebook)
    fields = get_type_hints(schema, include_extras=True) if schema else {}
    return fields[name] if name in fields else _OF_DEFAULT.get(type(default), Any)


@cache
def _adapter(notebook: str, name: str, default: str) -> TypeAdapter[Any]:
    return TypeAdapter(annotation(notebook, name, json.loads(default)), config=ConfigDict(strict=True))


class Typed:
    """The type of one parameter.

    Parameters
    ----------
    notebook, name : str
        ``06_series`` and ``level``.
    default : object
        As in the notebook's cell.
    """

    def __init__(self, notebook: str, name: str, default: Any) -> None:
        self._adapter = _adapter(notebook, name, json.dumps(default))

    def converted(self, value: Any) -> Any:
        """The value in the parameter's type.

        Raises
        ------
        ValueError
            It is of another type or out of bounds.
        """
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            raise ValueError(str(error)) from None

    def fits(self, value: Any) -> bool:
        """Whether the value is one of this type."""
        try:
            self.converted(value)
        except ValueError:
            return False
        return True

    def near(self, value: Any) -> str | None:
        """The allowed name that is most like a misspelt one."""
        allowed = [str(one) for one in self._adapter.json_schema().get("enum", ())]
        return next(iter(difflib.get_close_matches(str(value), allowed, n=1)), None)

    @property
    def words(self) -> str:
        """What a value must be: ``a number from 0.5 to below 1``."""
        return _words(self._adapter.json_schema())


_PLAIN = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "object": "a mapping",
    "null": "nothing",
}


def _words(schema: dict[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        values = [str(value) for value in schema.get("enum", [schema.get("const")])]
        shown = [value for value in values if value]
        return f"{'empty or ' if '' in values else ''}one of {', '.join(shown)}"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_words(one) for one in schema["anyOf"]))
    kind = schema.get("type", "")
    if kind == "array":
        return _list_words(schema)
    words = _PLAIN.get(kind, "anything")
    if schema.get("pattern"):
        words += f" like {schema['examples'][0]}"
    return words + ("" if "pattern" in schema else _bounds(schema))


def _list_words(schema: dict[str, Any]) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    size = f" of {least}" if least and least == most else " with at least one entry" if least else ""
    inner = _words(schema.get("items", {}))
    return f"a list{size}" if inner == "anything" else f"a list{size}; each entry: {inner}"


def _bounds(schema: dict[str, Any]) -> str:
    """E.g. `` from 0.5 to below 1``."""
    words = ""
    if "minimum" in schema:
        words += f" from {schema['minimum']:g}"
    elif "exclusiveMinimum" in schema:
        words += f" above {schema['exclusiveMinimum']:g}"
    if "maximum" in schema:
        words += f" to {schema['maximum']:g}"
    elif "exclusiveMaximum" in schema:
        words += f"{' to' if 'minimum' in schema else ' and'} below {schema['exclusiveMaximum']:g}"
    return words
