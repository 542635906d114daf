"""What a plan must say, as types; and a file read into it, with every missing or faulty field named."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from eprivacy_its import yamlfile
from eprivacy_its.errors import InputError
from eprivacy_its.packages import descriptors
from eprivacy_its.plans import rule
from eprivacy_its.schema import Level, Period, Positive, Seed, Strict

Words = Annotated[str, Field(min_length=10)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Pair = Annotated[list[Period], Field(min_length=2, max_length=2)]
Cells = dict[str, list[str | int]]
Every = Literal["day", "week", "month", "quarter", "half-year", "year"]
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


#: Options that a plan itself reads, and what each is; :func:`eprivacy_its.its.fit` checks the others.
_COLUMNS = {
    "time": "a column",
    "outcome": "a column",
    "exposure": "a column, or null",
    "denominator": "a column, or null",
    "weights": "a column, or null",
    "treated": "a column, or null",
    "covariates": "a list of columns",
    "interruptions": "a list of periods",
}
#: Options that are younger than plans in a register: a plan that says nothing of one does without it.
LATER = {"denominator", "ramp", "scan", "weights"}


def _is(expected: str, value: Any) -> bool:
    if expected.startswith("a list"):
        kinds = (str, int) if expected.endswith("periods") else str
        return isinstance(value, list) and all(isinstance(one, kinds) for one in value)
    return isinstance(value, str) or (value is None and expected.endswith("null"))


class Series(Strict):
    """One interrupted series: rows from `first` to `last`, added up to `every`; `term` is the estimand.

    `options` are the arguments of :func:`eprivacy_its.its.fit`, each of them but `LATER`, so that no default decides
    anything.
    """

    design: Literal["its"]
    where: Cells
    every: Every
    first: Period
    last: Period
    term: Name
    options: dict[str, Any]

    @property
    def columns(self) -> set[str]:
        """Columns that it reads."""
        named = [
            self.options.get(one)
            for one in ("time", "outcome", "exposure", "denominator", "weights", "treated")
        ]
        return {*self.where, *self.options["covariates"], *filter(None, named)}

    def faults(self, dates: Sequence[Period]) -> Iterator[str]:
        """What is wrong with its options."""
        from eprivacy_its import its

        known = set(inspect.signature(its.fit).parameters) - {"frame"}
        yield from (
            f"options.{name}: missing; every option is said"
            for name in sorted(known - LATER - set(self.options))
        )
        yield from (f"options.{name}: there is no such option" for name in sorted(set(self.options) - known))
        wrong = [
            name
            for name, one in _COLUMNS.items()
            if name in self.options and not _is(one, self.options[name])
        ]
        yield from (
            f"options.{name}: found {self.options[name]!r}, expected {_COLUMNS[name]}" for name in wrong
        )
        if "interruptions" not in wrong:
            for date in (one for one in self.options.get("interruptions", ()) if one not in dates):
                yield f"options.interruptions: {date} is none of those that the plan names"


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
        """Periods that are none of its own, a group without use or lacking."""
        for name in ("base", "compare", "minimum_period"):
            if getattr(self, name) not in self.periods:
                yield f"{name}: found {getattr(self, name)}, expected one of the periods"
        if (self.inference == "groups") != (self.group is not None):
            yield "group: a column for inference by groups, null for any other"


class SimulatedSeries(Strict):
    """A series around a log-linear mean (a linear one for ``normal``), as in :mod:`eprivacy_its.simulate.series`."""

    design: Literal["series"]
    every: Every
    first: Period
    last: Period
    affected: Pair
    family: Literal["normal", "counts", "counts-latent"]
    mean: float
    growth: float
    spread: Positive
    rho: Annotated[float, Field(ge=0, lt=1)]
    cells: dict[str, str | int]
    draws: Draws
    seed: Seed


class SimulatedPanel(Strict):
    """Poisson counts of units whose levels are log-normal.

    `spread`: standard deviation of the log change from one period to another; `shared`: the part of its variance that
    the units of a group have in common; `groups`: how many groups the untreated units form, the treated are one.
    """

    design: Literal["panel"]
    treated: Annotated[int, Field(ge=1)]
    others: Annotated[int, Field(ge=2)]
    groups: Annotated[int, Field(ge=1)]
    log_mean: float
    log_sd: Positive
    spread: Positive
    shared: Annotated[float, Field(ge=0, le=1)]
    affected: Annotated[list[Period], Field(min_length=1)]
    cells: dict[str, str | int]
    draws: Draws
    seed: Seed


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

    size: float
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
        raise InputError("\n".join(f"{where}: {_said(one)}" for one in error.errors())) from None
    faults = list(_faults(plan))
    if faults:
        raise InputError("\n".join(f"{where}: {fault}" for fault in faults))
    return plan


def _said(error: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"] if part not in ("its", "panel", "series")) or "plan"
    if error["type"].startswith("union_tag"):
        return f"{place}.design: missing or unknown. {error['msg']}"
    if error["type"] == "missing":
        return f"{place}: missing; a plan says this beforehand"
    if error["type"] == "extra_forbidden":
        return f"{place}: no plan has such a field; correct its name or take it out"
    return f"{place}: found {str(error['input'])[:60]!r}. {error['msg']}"


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
    used = {f"exclusions.{k}.drop": set(one.drop) for k, one in enumerate(plan.exclusions)}
    for name, analysis in plan.analyses.items():
        faults = [f"analyses.{name}.{fault}" for fault in analysis.faults(dates)]
        yield from faults
        used |= {} if faults else {f"analyses.{name}": analysis.columns}
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
    expected = "series" if isinstance(plan.main, Series) else "panel"
    if plan.simulation.design != expected:
        yield f"simulation.design: found {plan.simulation.design}, but the first analysis needs a {expected}"
