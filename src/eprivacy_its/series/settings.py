"""The settings of notebook 06, checked before anything runs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from eprivacy_its import paths
from eprivacy_its.errors import InputError
from eprivacy_its.limits import ENTRIES
from eprivacy_its.schema import Count, Estimator, Level, Period, Strict, Window
from eprivacy_its.written import times

if TYPE_CHECKING:
    from eprivacy_its.series.reader import Series

#: Periods on each side of an interruption, without which no level and trend can be told.
SIDE = 3


class Settings(Strict):
    """The schema of 06_series: what a scenario may set; empty text or list means "not given".

    Attributes
    ----------
    data : str
        File, absolute or relative to the project folder.
    time, outcome : str
        Columns.
    scan : [first, last]
        Dates between which one change is searched for; interruptions are then empty.
    interruptions : list
        First period of each new regime (inclusive).
    names : list of str
        What happened at each interruption.
    denominator : str
        Column of what the outcome is a part of; empty: none.
    weights : str
        Column of precision weights; empty: none.
    estimator : str
        A name of `eprivacy_its.its.ESTIMATORS`, or ``auto``.
    harmonics : int
        Pairs of sine and cosine of the season; -1 chooses by the length of the series.
    season : list of float
        Periods in each season; empty: by the frequency.
    holidays : bool, optional
        Terms for the year's end and Easter; None chooses.
    washout, pulses : list of [first, last]
        Periods left out, and passing effects, both inclusive.
    ramp : list of int
        Periods over which each level change is reached, one for all or one each in order of time; empty: at once.
    horizons : list of int
        Periods after an interruption at which the effect is told; 0 is its first period.
    level : float
        Of the intervals.
    """

    data: str
    time: str
    outcome: str
    unit: str = ""
    geography: str = ""
    source: str = ""
    scan: Annotated[list[Period], Field(max_length=2)] = Field(default_factory=list)
    interruptions: Annotated[list[Period], Field(max_length=ENTRIES)]
    names: list[str] = Field(default_factory=list)
    estimator: Estimator = "auto"
    slope_change: bool = True
    exposure: str = ""
    denominator: str = ""
    weights: str = ""
    control: str = ""
    covariates: Annotated[list[str], Field(max_length=ENTRIES)] = Field(default_factory=list)
    harmonics: Annotated[int, Field(ge=-1, le=6)] = -1
    season: list[Annotated[float, Field(gt=1, lt=1e6)]] = Field(default_factory=list)
    holidays: bool | None = None
    washout: list[Window] = Field(default_factory=list)
    pulses: list[Window] = Field(default_factory=list)
    ramp: list[Annotated[int, Field(ge=1, le=1_000)]] = Field(default_factory=list)
    horizons: Annotated[list[Count], Field(max_length=ENTRIES)] = Field(default_factory=list)
    level: Level = 0.95
    log: bool = False
    trend: bool = True
    lags: Annotated[int, Field(ge=-1, le=1_000)] = -1  # more lags than a series has periods say nothing
    order: list[Annotated[int, Field(ge=0, le=12)]] = Field(default_factory=list)
    seasonal_order: list[Annotated[int, Field(ge=0, le=366)]] = Field(default_factory=list)
    min_periods: Annotated[int, Field(ge=1, le=1_000)] = SIDE
    where: list[str] = Field(default_factory=list)
    sheet: str = ""
    missing: Literal["", "refuse", "model"] = ""
    suppressed: Literal["", "low", "high"] = ""
    dates: Literal["", "day-first", "month-first"] = ""
    decimal: Literal["", "point", "comma", ".", ","] = ""

    @field_validator("data", "time", "outcome")
    @classmethod
    def _is_given(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("it is needed; give it")
        return value

    @field_validator("interruptions")
    @classmethod
    def _has_one(cls, value: list[Period], info: ValidationInfo) -> list[Period]:
        if info.data.get("scan") and value:
            raise ValueError("scan searches for the date; leave interruptions empty, or leave scan out")
        if not value and not info.data.get("scan"):
            raise ValueError("expected at least one period, e.g. [2021-05-17]")
        return value

    @field_validator("scan")
    @classmethod
    def _is_a_pair(cls, value: list[Period]) -> list[Period]:
        if len(value) == 1:
            raise ValueError("expected the first and the last date between which to search, or an empty list")
        return value

    @field_validator("names")
    @classmethod
    def _one_each(cls, value: list[str], info: ValidationInfo) -> list[str]:
        interruptions = info.data.get("interruptions", value) or info.data.get("scan", [])[:1]
        if value and len(value) != len(interruptions):
            raise ValueError(f"expected {len(interruptions)}, one an interruption, or none")
        return value

    @field_validator("exposure", "denominator", "weights")
    @classmethod
    def _is_a_population(cls, value: str, info: ValidationInfo) -> str:
        if value and value in (info.data.get("outcome"), info.data.get("time")):
            what = {"exposure": "a population", "weights": "weights"}.get(
                str(info.field_name), "what the outcome is a part of"
            )
            raise ValueError(f"it is the outcome or the time; expected the column of {what}")
        return value

    @property
    def file(self) -> Path:
        """The data file."""
        given = Path(self.data)
        return given if given.is_absolute() else paths.root() / given

    def read(self) -> Series:
        """The series, or every fault of its file."""
        from eprivacy_its.series import reader

        return reader.read(self.file, **self.asked)

    @property
    def asked(self) -> dict[str, Any]:
        """What is wanted of the file, as `eprivacy_its.series.reader.read` takes it."""
        return {
            "time": self.time,
            "outcome": self.outcome,
            "exposure": self.exposure or None,
            "denominator": self.denominator or None,
            "weights": self.weights or None,
            "control": self.control or None,
            "covariates": self.covariates,
            "dates": self.dates or None,
            "decimal": self.decimal or None,
            "washout": self._windows(),
            "where": tuple(self.where),
            "sheet": self.sheet,
            "missing": self.missing or "refuse",
            "suppressed": self.suppressed,
        }

    def _windows(self) -> list[tuple[Any, Any]]:
        """Washout in ISO form; what is no period is told when the interruptions are placed."""
        try:
            return [
                (times.one(first, self.dates or None), times.one(last, self.dates or None))
                for first, last in self.washout
            ]
        except InputError:
            return []

    def placed(
        self, series: Series, where: str = "parameters"
    ) -> tuple[list[Any], list[tuple[Any, Any]], list[tuple[Any, Any]]]:
        """Interruptions, washout and pulses as periods of the series.

        Raises
        ------
        InputError
            One line a fault: not a period, outside the series, too few periods on a side, given twice.
        """
        faults: list[str] = []
        starts: list[int] = []
        found: list[Any] = []
        for given in self.interruptions:
            try:
                period = times.one(given, self.dates or None, f"{where}: interruption")
                starts.append(series.calendar.place(period, "interruption"))
                found.append(period)
            except InputError as error:
                text = str(error)
                faults.append(text if text.startswith(where) else f"{where}: {text}")
        windows: dict[str, list[tuple[Any, Any]]] = {"washout": [], "pulses": []}
        for name, placed in windows.items():
            for first, last in getattr(self, name):
                try:
                    pair = [times.one(end, self.dates or None, f"{where}: {name}") for end in (first, last)]
                    placed.append((pair[0], pair[1]))
                except InputError as error:
                    faults.append(str(error))
        if not faults:
            faults += [
                f"{where}: {text}" for text in sides(series, starts, self.interruptions, self.min_periods)
            ]
        if faults:
            raise InputError("\n".join(faults))
        order = sorted(range(len(starts)), key=starts.__getitem__)
        return [found[place] for place in order], windows["washout"], windows["pulses"]


def sides(series: Series, starts: list[int], given: list[Any], least: int = SIDE) -> list[str]:
    """What is wrong with where interruptions stand: one text a fault."""
    calendar = series.calendar
    low, high = int(series.ordinals.min()), int(series.ordinals.max())
    span = f"{calendar.label(low)} to {calendar.label(high)}"
    faults = []
    for start, text in zip(starts, given, strict=True):
        if not low < start <= high:
            faults.append(f"interruption {text} is outside the series, {span}; give a {calendar.word} inside")
    if faults:
        return faults
    edges = [low, *sorted(starts), high + 1]
    for place, (first, last) in enumerate(pairwise(edges)):
        count = last - first
        if count == 0:
            faults.append(f"interruption {calendar.label(first)} is given twice; leave one out")
        elif count < least:
            side = "before" if place == 0 else "after"
            at = calendar.label(last if place == 0 else first)
            faults.append(
                f"interruption {at} has {count} {calendar.word}{'s' if count > 1 else ''} {side} it "
                f"(series {span}); expected at least {least} in each stretch; give more data or another date"
            )
    return faults
