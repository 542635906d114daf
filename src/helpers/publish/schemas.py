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

#: The keys of `helpers.its.ESTIMATORS`, which would load pandas when there is nothing to do; a test keeps them in step.
ESTIMATORS = (
    "ols",
    "newey-west",
    "prais-winsten",
    "reml",
    "poisson",
    "quasi-poisson",
    "quasi-poisson-ar1",
    "reml-integrated",
    "quasi-poisson-ar1-integrated",
    "negative-binomial",
    "arima",
    "local-level",
)
Period = str | int  # 2020-12-21, 2020-W52, 2020-12, 2020Q4 or 2020; a year or a step may come as a number
if TYPE_CHECKING:
    Estimator = str
    Model = str
else:
    Estimator = Literal[("auto", *ESTIMATORS)]
    Model = Literal[ESTIMATORS]
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


class Clean(Strict):
    """01_clean."""

    tolerance: Count
    strict: bool


class Claims(Strict):
    """02_claims."""

    study_file: Annotated[str, Field(min_length=1)]
    interruption: IsoDate
    kappas: Annotated[list[Positive], Field(min_length=1)]
    simulated_kappas: Annotated[list[Positive], Field(min_length=1)]
    draws: Annotated[int, Field(ge=8)]
    chains: Annotated[int, Field(ge=4)]
    estimator: Model
    holiday_days: Annotated[list[Annotated[int, Field(ge=1, le=21)]], Field(min_length=1)]
    seed: Seed


class Platforms(Strict):
    """03_platforms."""

    app: Literal["Facebook", "Instagram"]
    policy_area: Annotated[str, Field(min_length=1)]
    last_quarter: Quarter
    interruption: IsoDate
    first_treated: Quarter
    estimators: Annotated[list[Estimator], Field(min_length=1)]
    primary: Estimator
    senders_on: list[str]
    placebo_senders: list[str]
    regimes: Annotated[list[int], Field(min_length=2, max_length=2)]
    seed: Seed


class Countries(Strict):
    """04_countries."""

    minimum_reports: Count
    level: Share
    draws: Annotated[int, Field(ge=999)]
    seed: Seed


class Sensitivity(Strict):
    """05_sensitivity."""

    level: Share
    draws: Annotated[int, Field(ge=99)]
    band_draws: Annotated[int, Field(ge=20)]
    workers: Some
    seed: Seed
    revised: str


class Series(Strict):
    """06_series; what depends on the series itself is checked by `helpers.series.settings`."""

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
    season: list[Annotated[float, Field(gt=1)]]
    holidays: bool | None
    washout: list[Annotated[list[Period], Field(min_length=2, max_length=2)]]
    pulses: list[Annotated[list[Period], Field(min_length=2, max_length=2)]]
    horizons: list[Count]
    level: Level
    dates: Literal["", "day-first", "month-first"]
    decimal: Literal["", "point", "comma", ".", ","]


class Power(Strict):
    """07_power."""

    replications: Annotated[int, Field(ge=100)]
    lengths: Annotated[list[Annotated[int, Field(ge=12)]], Field(min_length=1)]
    rhos: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=1)]
    mean_count: Annotated[float, Field(gt=0)] | Some
    chance: Annotated[float, Field(ge=0.5, le=0.99)]
    fall: Annotated[float, Field(gt=0, lt=100)]
    assumed_spread: Positive
    assumed_weeks: Sides
    assumed_months: Sides
    draws: Annotated[int, Field(ge=500)]
    seed: Seed
    jobs: Some
    progress: bool


class Validation(Strict):
    """08_validation."""

    estimators: Annotated[list[Estimator], Field(min_length=1)]
    show_all_sources: bool


class Findings(Strict):
    """09_findings."""

    base_year: Annotated[int, Field(ge=2019, le=2023)]


class Gap(Strict):
    """10_gap_2026."""

    first: IsoDate
    last: IsoDate
    before: Annotated[list[Annotated[int, Field(ge=6)]], Field(min_length=3, max_length=3)]
    spreads: Annotated[list[Positive], Field(min_length=1)]
    autocorrelation: Annotated[float, Field(ge=0, lt=1)]
    chance: Annotated[float, Field(ge=0.5, le=0.99)]
    draws: Annotated[int, Field(ge=500)]
    seed: Seed


SCHEMAS: dict[str, type[Strict]] = {
    "01_clean": Clean,
    "02_claims": Claims,
    "03_platforms": Platforms,
    "04_countries": Countries,
    "05_sensitivity": Sensitivity,
    "06_series": Series,
    "07_power": Power,
    "08_validation": Validation,
    "09_findings": Findings,
    "10_gap_2026": Gap,
}
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


def annotation(notebook: str, name: str, default: Any) -> Any:
    """Type of a parameter: as the schema has it, else (a notebook of a reader's own) as its default has it."""
    fields = get_type_hints(SCHEMAS[notebook], include_extras=True) if notebook in SCHEMAS else {}
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
