"""What a parameter of a notebook may be, as pydantic types, and what a message says of a value that is not.

A schema names every parameter of one notebook with its type and bounds; the notebook's own cell gives defaults and
meanings. Scenarios, ``--set``, the sweep of a list, the page of all parameters and the notebook itself, wherever it
runs, all ask the schema; a test keeps it in step with the notebook.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from eprivacy_its.errors import InputError
from eprivacy_its.its.estimators import ESTIMATORS
from eprivacy_its.limits import ENTRIES, LEVEL, PERIODS

Period = str | int  # 2021-05-17, 2021-W20, 2021-05, 2021Q2 or 2021; a year or a step may come as a number
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
    str, Field(pattern=rf"^{_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", examples=["2021-05-17"])
]
Quarter = Annotated[str, Field(pattern=rf"^{_YEAR}Q[1-4]$", examples=["2021Q1"])]
Length = Annotated[int, Field(ge=3, le=PERIODS)]
Sides = Annotated[list[Length], Field(min_length=2, max_length=2)]
Window = Annotated[list[Period], Field(min_length=2, max_length=2)]


class Strict(BaseModel):
    """The parameters of one notebook. No silent conversion: "1" is no number, and 1 is not true."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def typed(cls, name: str) -> Typed:
        """The type of one parameter."""
        return Typed(get_type_hints(cls, include_extras=True)[name])

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str = "parameters") -> Self:
        """The parameters among these values, such as a notebook's ``globals()``; other names are left alone.

        Raises
        ------
        InputError
            One line for each parameter at fault: `where`, its name, the value, what was expected.
        """
        given = {name: values[name] for name in cls.model_fields if name in values}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            faults: dict[str, str] = {}
            for fault in error.errors(include_url=False):
                name = str(fault["loc"][0])
                faults.setdefault(name, cls._fault(name, given, fault))
        raise InputError("\n".join(f"{where}: parameter {name}{text}" for name, text in faults.items()))

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> None:
        """Refuse a notebook's parameters before it does anything, in JupyterLab as in a build; see :meth:`of`."""
        cls.of(values)

    @classmethod
    def _fault(cls, name: str, given: Mapping[str, Any], fault: Any) -> str:
        if name not in given:
            return f" is missing; expected {cls.typed(name).words}"
        own = fault.get("ctx", {}).get("error")  # of a validator, whose text says what is expected
        return f" = {given[name]!r}; {own or cls.typed(name).expected(given[name])}"


class Typed:
    """The type of one parameter.

    Parameters
    ----------
    annotation : type
        As a schema has it.
    """

    def __init__(self, annotation: Any) -> None:
        self._adapter = TypeAdapter(annotation, config=ConfigDict(strict=True))

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

    def expected(self, value: Any) -> str:
        """What was expected in place of a value, with the allowed name that is most like it."""
        allowed = [str(name) for name in self.schema().get("enum", ())]
        near = difflib.get_close_matches(str(value), allowed, n=1)
        return (f'did you mean "{near[0]}"? ' if near else "") + f"expected {self.words}"

    @property
    def words(self) -> str:
        """What a value must be: ``a number from 0.5 to 0.999``."""
        return _words(self.schema())

    def schema(self) -> dict[str, Any]:
        """The JSON schema."""
        return self._adapter.json_schema()


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
