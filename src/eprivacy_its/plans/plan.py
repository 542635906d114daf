"""What a plan must say, as types; and a file read into it, with every missing or faulty field named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from eprivacy_its import yamlfile
from eprivacy_its.errors import InputError
from eprivacy_its.its.calendar import Calendar
from eprivacy_its.packages import descriptors
from eprivacy_its.plans import rule
from eprivacy_its.schema import Count, Estimator, Level, Period, Positive, Seed, Some, Strict, Window
from eprivacy_its.written import times

Words = Annotated[str, Field(min_length=10)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
Cells = dict[str, list[str | int]]
Every = Literal["day", "week", "month", "quarter", "half-year", "year"]
#: Codes of :mod:`eprivacy_its.its.calendar`.
CODES = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "half-year": "H", "year": "Y"}
#: Simulated data sets of each kind; with 2,000 a share of one half has a standard error of .011.
Draws = Annotated[int, Field(ge=20, le=2000)]
VERDICTS = ("for", "against", "neither")


class Data(Strict):
    """The data to come: who publishes what, and the schema of the file, as data packages write it."""

    source: Words
    schema_: Annotated[dict[str, Any], Field(alias="schema")]

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in their order."""
        return [field["name"] for field in self.schema_["fields"]]


class Interruption(Strict):
    """First period of a new regime."""

    first: Period
    name: Words


class Options(Strict):
    """The arguments of :func:`eprivacy_its.its.fit`, each of them, so that no default decides anything.

    Those with a default are younger than plans in a register: a plan that says nothing of one does without it.
    """

    time: str
    outcome: str
    interruptions: list[Period]
    estimator: Estimator
    slope_change: bool
    exposure: str | None
    harmonics: Count | list[Count] | None
    season: Positive | list[Positive] | None
    holidays: bool | None
    pulses: list[Window]
    covariates: list[str]
    washout: list[Window]
    treated: str | None
    lags: Count | None
    level: Level
    order: list[Count] | None
    seasonal_order: list[Count] | None
    trend: bool
    log: bool
    min_periods: Some
    dates: Literal["day-first", "month-first"] | None
    decimal: Literal["point", "comma"] | None
    missing: Literal["refuse", "model"]
    suppressed: Literal["", "low", "high"]
    denominator: str | None = None
    weights: str | None = None
    ramp: Some | list[Some] = 1
    scan: Window | None = None


class Series(Strict):
    """One interrupted series: rows from `first` to `last`, added up to `every`; `term` is the estimand."""

    design: Literal["its"]
    where: Cells
    every: Every
    first: Period
    last: Period
    term: Name
    options: Options

    @property
    def columns(self) -> set[str]:
        """Columns that it reads."""
        asked = self.options
        named = [asked.time, asked.outcome, asked.exposure, asked.denominator, asked.weights, asked.treated]
        return {*self.where, *asked.covariates, *filter(None, named)}

    def faults(self, dates: Sequence[Period]) -> Iterator[str]:
        """Periods that are none or out of order, interruptions that the plan doesn't name."""
        yield from _in_order(self.every, {"first": self.first, "last": self.last})
        for date in self.options.interruptions:
            if date not in dates:
                yield f"options.interruptions: {date} is none of those that the plan names; name it there too"


class Treated(Strict):
    """Which rows are treated: those with `value` in `column`; all others have `others` there."""

    column: str
    value: str | int
    others: str | int


class Panel(Strict):
    """Treated units against others between two periods.

    `inference`: ``crv3``, the jackknife over units; ``unions``, the inverted test over placebo unions; ``groups``, where
    the units of a group, named in the column `group`, share shocks (:mod:`eprivacy_its.panel.groups`).
    """

    design: Literal["panel"]
    where: Cells
    unit: str
    period: str
    outcome: str
    treated: Treated
    periods: Annotated[list[Period], Field(min_length=2)]
    base: Period
    compare: Period
    model: Literal["log", "ppml"]
    inference: Literal["crv3", "unions", "groups"]
    group: str | None
    minimum: Annotated[float, Field(ge=0)]
    minimum_period: Period
    draws: Annotated[int, Field(ge=99, le=100_000)]
    seed: Seed
    level: Level

    @property
    def columns(self) -> set[str]:
        """Columns that it reads."""
        named = [self.unit, self.period, self.outcome, self.treated.column, self.group]
        return {*self.where, *filter(None, named)}

    def faults(self, _: object) -> Iterator[str]:
        """Periods that are none of its own, two sides that are one, a group without use or lacking."""
        for name in ("base", "compare", "minimum_period"):
            if getattr(self, name) not in self.periods:
                yield f"{name}: found {getattr(self, name)}, expected one of the periods"
        if self.base == self.compare:
            yield f"compare: found {self.compare}, the base itself; expected another period"
        if len(set(self.periods)) < len(self.periods):
            yield "periods: one stands twice; name each once"
        if self.treated.value == self.treated.others:
            yield f"treated.others: found {self.treated.others!r}, the value of the treated; expected another"
        if (self.inference == "groups") != (self.group is not None):
            yield "group: a column for inference by groups, null for any other"


class SimulatedSeries(Strict):
    """A series around a log-linear mean (a linear one for ``normal``), as in :mod:`eprivacy_its.simulate.series`."""

    design: Literal["series"]
    every: Every
    first: Period
    last: Period
    affected: Window
    family: Literal["normal", "counts", "counts-latent"]
    mean: Number
    growth: Number
    spread: Positive
    rho: Annotated[float, Field(ge=0, lt=1)]
    cells: dict[str, str | int]
    draws: Draws
    seed: Seed

    def faults(self, _: object) -> Iterator[str]:
        """Periods out of order, an effect that would be nowhere, a mean that no count has."""
        ends = {"first": self.first, "last": self.last}
        ends |= {f"affected.{k}": one for k, one in enumerate(self.affected)}
        for pair in ("first last", "affected.0 affected.1", "first affected.1", "affected.0 last"):
            yield from _in_order(self.every, {name: ends[name] for name in pair.split()})
        if self.family != "normal" and self.mean <= 0:
            yield f"mean: found {self.mean:g}, expected a number above 0 for counts"


class SimulatedPanel(Strict):
    """Poisson counts of units whose levels are log-normal.

    `spread`: standard deviation of the log change from one period to another; `shared`: the part of its variance that
    the units of a group have in common; `groups`: how many groups the untreated units form, the treated are one.
    """

    design: Literal["panel"]
    treated: Annotated[int, Field(ge=1)]
    others: Annotated[int, Field(ge=2)]
    groups: Annotated[int, Field(ge=1)]
    log_mean: Number
    log_sd: Positive
    spread: Positive
    shared: Annotated[float, Field(ge=0, le=1)]
    affected: Annotated[list[Period], Field(min_length=1)]
    cells: dict[str, str | int]
    draws: Draws
    seed: Seed

    def faults(self, main: Series | Panel) -> Iterator[str]:
        """An effect that would be nowhere."""
        if isinstance(main, Panel) and not set(self.affected) & {main.base, main.compare}:
            yield f"affected: found {self.affected}, expected base or compare of the first analysis among them"


class Counts(Strict):
    """What result counts for this side, in words and as code (:mod:`eprivacy_its.plans.rule`)."""

    words: Words
    when: str


class Decision(Strict):
    """The decision rule: `for` the claim, `against` it, and `neither`, whose `when` is ``otherwise``."""

    for_: Annotated[Counts, Field(alias="for")]
    against: Counts
    neither: Counts

    @property
    def sides(self) -> dict[str, Counts]:
        """By verdict."""
        return {"for": self.for_, "against": self.against, "neither": self.neither}


class Effect(Strict):
    """The smallest effect of interest: a ratio, or a difference for a simulated normal series, and why this one."""

    size: Number
    words: Words


class Exclusion(Strict):
    """Rows that are left out, and why."""

    words: Words
    drop: Cells


class Plan(Strict):
    """A plan. `seen` says what of these data, or of data like them, was known when it was registered."""

    title: Words
    claim: Words
    rival: Words
    question: Words
    estimand: Words
    seen: Words
    data: Data
    interruptions: Annotated[list[Interruption], Field(min_length=1)]
    analyses: Annotated[
        dict[Name, Annotated[Series | Panel, Field(discriminator="design")]], Field(min_length=1)
    ]
    simulation: Annotated[SimulatedSeries | SimulatedPanel, Field(discriminator="design")]
    decision: Decision
    effect: Effect
    exclusions: list[Exclusion]
    shown: Annotated[list[Words], Field(min_length=1)]

    @property
    def rules(self) -> dict[str, str]:
        """What counts for and against, as code."""
        return {side: one.when for side, one in self.decision.sides.items() if side != "neither"}

    @property
    def main(self) -> Series | Panel:
        """The first analysis: the one that the simulated data are made for."""
        return next(iter(self.analyses.values()))


def read(file: Path) -> tuple[Plan, dict[str, Any]]:
    """A plan and its content as written; errors as for :func:`parse`."""
    content = yamlfile.read(file, dates=False)
    return parse(content, file.name), content


def parse(content: Any, where: str) -> Plan:
    """The plan that a mapping describes.

    Raises
    ------
    InputError
        One line for every field that is missing, faulty or unknown.
    """
    try:
        plan = Plan.model_validate(content)
    except ValidationError as error:
        raise InputError("\n".join(f"{where}: {line}" for line in _said(error.errors(), content))) from None
    faults = dict.fromkeys(_faults(plan))
    if faults:
        raise InputError("\n".join(f"{where}: {fault}" for fault in faults))
    return plan


def _said(errors: Sequence[Any], content: Any) -> Iterator[str]:
    """One line for each field at fault; a field that may be of several types has an error for each of them."""
    found: dict[str, dict[str, Any]] = {}
    for error in errors:
        found.setdefault(_place(error, content), {})[error["msg"]] = error
    for place, by_message in found.items():
        error = next(iter(by_message.values()))
        if error["type"].startswith("union_tag"):
            designs = "its or panel" if place.startswith("analyses") else "series or panel"
            yield f"{place}.design: missing or unknown; expected {designs}"
        elif error["type"] == "missing":
            yield f"{place}: missing; a plan says this beforehand"
        elif error["type"] == "extra_forbidden":
            yield f"{place}: no plan has such a field; correct its name or take it out"
        else:
            expected = " or ".join(one.removeprefix("Input should be ") for one in by_message)
            yield f"{place}: found {str(error['input'])[:60]!r}, expected {expected}"


def _place(error: Mapping[str, Any], content: Any) -> str:
    """Where in the file an error is; pydantic names the types that it tried as well."""
    parts: list[str] = []
    for part in error["loc"]:
        inside = part in content if isinstance(content, dict) else isinstance(part, int)
        if inside:
            content = content[part]
        if inside or (error["type"] == "missing" and part == error["loc"][-1]):
            parts.append(str(part))
    return ".".join(parts) or "plan"


def _in_order(every: Every, ends: Mapping[str, Period]) -> Iterator[str]:
    """What of two is no period of this length, and whether the second lies before the first."""
    calendar, placed = Calendar(CODES[every]), list[int]()
    for name, given in ends.items():
        try:
            placed.append(calendar.place(given, name))
        except ValueError as error:
            yield str(error)
    one, other = ends
    if len(placed) == 2 and placed[1] < placed[0]:
        yield f"{other}: found {ends[other]}, before {one}, {ends[one]}; expected it later: correct one of the two"


def _faults(plan: Plan) -> Iterator[str]:
    """What no type can say: names that lead nowhere, rules that are none."""
    if wrong := descriptors.schema_fault(plan.data.schema_):
        yield f"data.schema: {wrong}"
        return
    if not set(plan.data.schema_.get("primaryKey", [])) & set(plan.data.columns):
        yield "data.schema.primaryKey: missing; name the columns that together occur once"
    for field in (one for one in plan.data.schema_["fields"] if not one.get("description")):
        yield f"data.schema.fields.{field['name']}.description: missing; say what it holds and in which unit"
    known, dates = set(plan.data.columns), [one.first for one in plan.interruptions]
    for k, date in enumerate(dates):
        try:
            times.one(date, None, f"interruptions.{k}.first:")
        except InputError as error:
            yield str(error)
    used = {f"exclusions.{k}.drop": set(one.drop) for k, one in enumerate(plan.exclusions)}
    for name, analysis in plan.analyses.items():
        yield from (f"analyses.{name}.{fault}" for fault in analysis.faults(dates))
        used[f"analyses.{name}"] = analysis.columns
    for place, columns in used.items():
        for column in sorted(columns - known):
            yield f"{place}: there is no column {column}; the schema has {', '.join(plan.data.columns)}"
    for side, text in plan.rules.items():
        try:
            rule.parse(text, plan.analyses)
        except InputError as error:
            yield f"decision.{side}.when: {error}"
    if plan.decision.neither.when != "otherwise":
        yield f"decision.neither.when: found {plan.decision.neither.when!r}, expected otherwise"
    simulated = plan.simulation
    expected = "series" if isinstance(plan.main, Series) else "panel"
    if simulated.design != expected:
        yield f"simulation.design: found {simulated.design}, but the first analysis needs a {expected}"
    yield from (f"simulation.{fault}" for fault in simulated.faults(plan.main))
    none = 0 if isinstance(simulated, SimulatedSeries) and simulated.family == "normal" else 1
    if plan.effect.size == none or (none and plan.effect.size <= 0):
        other = "a ratio above 0 other than 1" if none else "a difference other than 0"
        yield f"effect.size: found {plan.effect.size:g}, expected {other}"
