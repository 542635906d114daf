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
from eprivacy_its.errors import InputError
from eprivacy_its.its.estimators import ESTIMATORS
from eprivacy_its.limits import ENTRIES, LEVEL, PERIODS
from eprivacy_its.runs import parameters

Period = str | int  # 2020-12-21, 2020-W52, 2020-12, 2020Q4 or 2020; a year or a step may come as a number
if TYPE_CHECKING:
    Estimator = str
    Model = str
else:
    Estimator = Literal[("auto", *ESTIMATORS)]
    Model = Literal[tuple(ESTIMATORS)]
_YEAR = "(17|18|19|20|21)[0-9]{2}"  # `limits` says why
Share = Annotated[float, Field(gt=0, lt=1)]
Level = Annotated[float, Field(ge=0.5, le=LEVEL)]
Count = Annotated[int, Field(ge=0, le=2**53)]  # beyond it numbers are not whole in floating point
Some = Annotated[int, Field(ge=1, le=ENTRIES)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
IsoDate = Annotated[
    str, Field(pattern=rf"^{_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", examples=["2020-12-21"])
]
Quarter = Annotated[str, Field(pattern=rf"^{_YEAR}Q[1-4]$", examples=["2021Q1"])]
Length = Annotated[int, Field(ge=3, le=PERIODS)]
Sides = Annotated[list[Length], Field(min_length=2, max_length=2)]


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
    interruptions: Annotated[list[Period], Field(max_length=ENTRIES)]
    names: list[str]
    estimator: Estimator
    slope_change: bool
    exposure: str
    control: str
    covariates: Annotated[list[str], Field(max_length=ENTRIES)]
    harmonics: Annotated[int, Field(ge=-1, le=6)]
    season: list[Annotated[float, Field(gt=1)]]
    holidays: bool | None
    washout: list[Annotated[list[Period], Field(min_length=2, max_length=2)]]
    pulses: list[Annotated[list[Period], Field(min_length=2, max_length=2)]]
    horizons: Annotated[list[Count], Field(max_length=ENTRIES)]
    level: Level
    log: bool
    trend: bool
    lags: Annotated[int, Field(ge=-1, le=1_000)]  # more lags than a series has periods say nothing
    order: list[Annotated[int, Field(ge=0, le=12)]]
    seasonal_order: list[Annotated[int, Field(ge=0, le=366)]]
    min_periods: Annotated[int, Field(ge=1, le=1_000)]
    where: list[str]
    sheet: str
    missing: Literal["", "refuse", "model"]
    suppressed: Literal["", "low", "high"]
    dates: Literal["", "day-first", "month-first"]
    decimal: Literal["", "point", "comma", ".", ","]


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
    made = {
        name: TypeAdapter(annotation(notebook, name, one.default)).json_schema()
        | {"default": one.default, "description": one.comment}
        for name, one in known.items()
    }
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Parameters of {notebook}",
        "type": "object",
        "properties": made,
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
    few = f"; at most {most}" if most and most != least else ""
    inner = _words(schema.get("items", {}))
    return f"a list{size}{few}" if inner == "anything" else f"a list{size}; each entry: {inner}{few}"


def _bounds(schema: dict[str, Any]) -> str:
    """E.g. `` from 0.5 to below 1``; bounds that only what can be computed sets are left out."""
    shown = {name: f"{value:,.15g}" for name, value in schema.items() if _is_bound(value)}
    words = ""
    if "minimum" in shown:
        words += f" from {shown['minimum']}"
    elif "exclusiveMinimum" in shown:
        words += f" above {shown['exclusiveMinimum']}"
    if "maximum" in shown:
        words += f" to {shown['maximum']}"
    elif "exclusiveMaximum" in shown:
        words += f"{' to' if 'minimum' in shown else ' and'} below {shown['exclusiveMaximum']}"
    return words


def _is_bound(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**53
