"""The settings of notebook 06, checked before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its import paths
from eprivacy_its.errors import InputError
from eprivacy_its.limits import LEVEL
from eprivacy_its.series import dates as date_forms
from eprivacy_its.series import numbers

if TYPE_CHECKING:
    from eprivacy_its.series.reader import Series

#: Periods on each side of an interruption, without which no level and trend can be told.
SIDE = 3


@dataclass(frozen=True)
class Settings:
    """What a scenario may set; empty text or list means "not given".

    Attributes
    ----------
    data : str
        File, absolute or relative to the project folder.
    time, outcome : str
        Columns.
    interruptions : list
        First period of each new regime (inclusive).
    names : list of str
        What happened at each interruption.
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
    horizons : list of int
        Periods after an interruption at which the effect is told; 0 is its first period.
    level : float
        Of the intervals.
    """

    data: str
    time: str
    outcome: str
    interruptions: list[Any]
    unit: str = ""
    geography: str = ""
    source: str = ""
    names: list[str] = field(default_factory=list)
    estimator: str = "auto"
    slope_change: bool = True
    exposure: str = ""
    control: str = ""
    covariates: list[str] = field(default_factory=list)
    harmonics: int = -1
    season: list[float] = field(default_factory=list)
    holidays: bool | None = None
    washout: list[Any] = field(default_factory=list)
    pulses: list[Any] = field(default_factory=list)
    horizons: list[int] = field(default_factory=list)
    level: float = 0.95
    log: bool = False
    trend: bool = True
    lags: int = -1
    order: list[int] = field(default_factory=list)
    seasonal_order: list[int] = field(default_factory=list)
    min_periods: int = SIDE
    where: list[str] = field(default_factory=list)
    sheet: str = ""
    missing: str = ""
    suppressed: str = ""
    dates: str = ""
    decimal: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Settings:
        """From the parameters of the notebook; other names are left alone."""
        known = {entry.name for entry in fields(cls)}
        return cls(**{name: value for name, value in parameters.items() if name in known})

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
                (date_forms.one(first, self.dates or None), date_forms.one(last, self.dates or None))
                for first, last in self.washout
            ]
        except InputError:
            return []

    def check(self, where: str = "parameters") -> None:
        """Refuse settings that no series could be analysed with.

        Raises
        ------
        InputError
            One line a fault: parameter, found, expected.
        """
        from eprivacy_its import its

        faults: list[str] = []

        def fault(name: str, found: Any, expected: str) -> None:
            faults.append(f"{where}: parameter {name} = {found!r}; {expected}")

        for name in ("data", "time", "outcome"):
            if not getattr(self, name).strip():
                fault(name, getattr(self, name), "it is needed; give it")
        if self.estimator not in ("auto", *its.ESTIMATORS):
            import difflib

            near = difflib.get_close_matches(self.estimator, its.ESTIMATORS, n=1)
            hint = f'did you mean "{near[0]}"? ' if near else ""
            fault("estimator", self.estimator, f"{hint}expected auto, {', '.join(its.ESTIMATORS)}")
        if not self.interruptions:
            fault("interruptions", [], "expected at least one period, e.g. [2020-12-21]")
        if self.names and len(self.names) != len(self.interruptions):
            fault("names", self.names, f"expected {len(self.interruptions)}, one an interruption, or none")
        if not 0.5 <= self.level <= LEVEL:
            fault("level", self.level, f"expected a share from 0.5 to {LEVEL}, e.g. 0.95")
        if self.exposure and self.exposure in (self.outcome, self.time):
            fault(
                "exposure",
                self.exposure,
                "it is the outcome or the time; expected the column of a population",
            )
        if self.harmonics < -1 or self.harmonics > 6:
            fault("harmonics", self.harmonics, "expected -1 (chosen), 0 (none) or up to 6 pairs")
        for horizon in self.horizons:
            if not isinstance(horizon, int) or isinstance(horizon, bool) or horizon < 0:
                fault("horizons", horizon, "expected whole numbers of periods, 0 or more")
        for column in self.covariates:
            if not isinstance(column, str):
                fault("covariates", column, "expected names of columns")
        for season in self.season:
            if isinstance(season, bool) or not isinstance(season, (int, float)) or not 1 < season < 1e6:
                fault("season", season, "expected numbers of periods above 1, e.g. [7, 365.25]")
        for name in ("washout", "pulses"):
            for pair in getattr(self, name):
                if not isinstance(pair, list) or len(pair) != 2:
                    fault(name, pair, "expected pairs [first, last], both inclusive")
        for given, allowed in (
            (self.dates, date_forms.ORDERS),
            (self.decimal, (*numbers.DECIMALS, ".", ",")),
        ):
            if given and given not in allowed:
                fault(
                    "dates" if allowed is date_forms.ORDERS else "decimal",
                    given,
                    f"expected {' or '.join(allowed[:2])}",
                )
        if faults:
            raise InputError("\n".join(faults))

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
                period = date_forms.one(given, self.dates or None, f"{where}: interruption")
                starts.append(series.calendar.place(period, "interruption"))
                found.append(period)
            except InputError as error:
                text = str(error)
                faults.append(text if text.startswith(where) else f"{where}: {text}")
        windows: dict[str, list[tuple[Any, Any]]] = {"washout": [], "pulses": []}
        for name, placed in windows.items():
            for first, last in getattr(self, name):
                try:
                    pair = [
                        date_forms.one(end, self.dates or None, f"{where}: {name}") for end in (first, last)
                    ]
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
