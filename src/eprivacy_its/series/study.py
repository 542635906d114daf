"""One series under study: what was read, the model, its effects. The notebook asks it step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eprivacy_its import results
from eprivacy_its.errors import InputError
from eprivacy_its.series.reader import Series
from eprivacy_its.series.settings import Settings
from eprivacy_its.show import stage
from eprivacy_its.written import times

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.its import Effect, Fit

#: Horizons in periods: about a quarter, half a year and a year after; for years 1 to 3.
HORIZONS = {
    "D": (0, 30, 91, 182, 365),
    "W": (0, 13, 26, 52),
    "M": (0, 3, 6, 12),
    "Q": (0, 1, 2, 4),
    "H": (0, 1, 2, 4),
    "Y": (0, 1, 2, 3),
    "B": (0, 21, 63, 126, 252),
    "N": (0, 3, 6, 12),
}
#: Most periods analysed, 13 years of days: totals need the covariance of all periods after the interruption, and
#: 5,000 of them take 200 MB.
MOST = 5_000


@dataclass(frozen=True, eq=False)
class Study:
    """A series with its settings.

    Attributes
    ----------
    settings : Settings
    series : Series
    interruptions : list
        Periods in order, as `eprivacy_its.its` takes them.
    washout, pulses : list of pairs
        Periods left out, and passing effects.
    searched : Fit or None
        The model at the date that a search found.
    """

    settings: Settings
    series: Series
    interruptions: list[Any]
    washout: list[tuple[Any, Any]]
    pulses: list[tuple[Any, Any]] = field(default_factory=list)
    searched: Fit | None = None

    @property
    def word(self) -> str:
        """A period in words: day, week, ..."""
        return self.series.calendar.word

    @property
    def unit(self) -> str:
        """What is counted, or what it is measured in."""
        return self.settings.unit or self.called

    @property
    def called(self) -> str:
        """The outcome's name in a sentence."""
        return self.series.outcome.replace("_", " ")

    @property
    def share(self) -> str:
        """What the outcome is a part of, in a sentence; empty where it is none."""
        return self.settings.denominator.replace("_", " ")

    @property
    def axis(self) -> str:
        """What an axis shows: ``reports a week`` for counts, ``price, euros`` for measurements."""
        if self.share:
            return f"{self.unit}, share of {self.share}"
        if self.series.understood.whole:
            return f"{self.unit} a {self.word}"
        return f"{self.called}, {self.settings.unit}" if self.settings.unit else self.called

    @property
    def source(self) -> str:
        """Source beside each result: as given; the bundled examples are simulated."""
        return self.settings.source or (results.SIMULATED if self._example else "own-series")

    @property
    def geography(self) -> str:
        """Where the figures are from."""
        return self.settings.geography or ("none (simulated)" if self._example else "not stated")

    @property
    def _example(self) -> bool:
        from eprivacy_its.series import simulated

        return self.settings.file.parent.name == "data" and self.settings.file.name in simulated.EXAMPLES

    @property
    def n(self) -> int:
        """Periods."""
        return self.series.n

    @cached_property
    def starts(self) -> list[int]:
        """Ordinal of each interruption's first period."""
        return [self.series.calendar.place(period, "interruption") for period in self.interruptions]

    @cached_property
    def labels(self) -> list[str]:
        """First period of each new regime."""
        return [self.series.calendar.label(start) for start in self.starts]

    @cached_property
    def names(self) -> list[str]:
        """What each interruption is called."""
        if self.settings.names:
            return [str(name) for name in self.settings.names]
        return list(self.labels)

    @property
    def jump(self) -> str:
        """What a level change is called."""
        return "jump" if set(self.fit.design.ramps) == {1} else "gradual change"

    @property
    def ends(self) -> list[int]:
        """Last period of each new regime, inclusive."""
        return [*(start - 1 for start in self.starts[1:]), int(self.series.ordinals.max())]

    @property
    def seasons(self) -> dict[float, int]:
        """Periods in each season that the model holds, and its pairs of sine and cosine."""
        return {season: pairs for season, pairs in self.fit.design.seasons if pairs}

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `eprivacy_its.its.fit`: what a call with the settings of the page is given."""
        return {
            "estimator": self.settings.estimator,
            "time": self.series.time,
            "outcome": self.series.outcome,
            "interruptions": self.interruptions,
            "slope_change": self.settings.slope_change,
            "exposure": self.settings.exposure or None,
            "denominator": self.settings.denominator or None,
            "weights": self.settings.weights or None,
            "harmonics": None if self.settings.harmonics < 0 else self.settings.harmonics,
            "season": self.settings.season or None,
            "holidays": self.settings.holidays,
            "pulses": self.pulses,
            "ramp": tuple(self.settings.ramp) or 1,
            "covariates": tuple(self.settings.covariates),
            "washout": self.washout,
            "treated": self.settings.control or None,
            "level": self.settings.level,
            "log": self.settings.log,
            "trend": self.settings.trend,
            "min_periods": self.settings.min_periods,
            "missing": self.settings.missing or "refuse",
        }

    @cached_property
    def options(self) -> dict[str, Any]:
        """Options of the page's own estimator; other models beside it go without."""
        given = self.settings
        lags = {} if given.lags < 0 else {"lags": given.lags}
        orders = {"order": given.order, "seasonal_order": given.seasonal_order}
        return lags | {name: tuple(value) for name, value in orders.items() if value}

    @cached_property
    def fit(self) -> Fit:
        """The model of the page: `eprivacy_its.its.fit` on the same parameters gives the same."""
        from eprivacy_its import its

        if self.searched is not None:
            return self.searched
        given = dict(self.arguments)
        if self.settings.scan:
            dates = self.settings.dates or None
            given |= {
                "interruptions": [],
                "scan": [times.one(end, dates, "scan") for end in self.settings.scan],
            }
        return its.fit(self.series.frame, **given, **self.options)

    def refit(self, frame: pd.DataFrame | None = None, **changes: Any) -> Fit:
        """The model of the page, nothing chosen anew, with other data or arguments."""
        from eprivacy_its import its

        made = self.fit.design
        settled = {
            "estimator": self.fit.estimator,
            "slope_change": made.slope_change,
            "log": made.log,
            "harmonics": tuple(pairs for _, pairs in made.seasons) or 0,
            "season": tuple(season for season, _ in made.seasons) or None,
            "holidays": made.holidays,
        }
        if "interruptions" in changes:  # dates of another kind: each as the first
            settled["ramp"] = made.ramps[0]
        frame = self.series.frame if frame is None else frame
        own = changes.get("estimator", self.fit.estimator) == self.fit.estimator
        options = self.options if own else {}
        return its.fit(frame, **{**self.arguments, **options, **settled, **changes})

    def before(self, windows: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """The windows that end before the first interruption."""
        place = self.series.calendar.place
        return [pair for pair in windows if place(pair[1], "window") < self.starts[0]]

    def when(self, ordinal: int) -> str:
        """A period in a sentence: ``in 2020-12``, ``on 2020-12-21``, ``in the week of 2020-12-20``, ``at step 21``."""
        label, code = self.series.calendar.label(ordinal), self.series.calendar.code
        dated = code == "W" and "W" not in label
        return {"D": "on ", "B": "on ", "S": "at ", "N": "at step "}.get(
            code, "in the week of " if dated else "in "
        ) + label

    def horizons(self, k: int) -> list[int]:
        """Horizons inside regime `k` (1 for the first) that were fitted, in periods after its first."""
        start, end = self.starts[k - 1], self.ends[k - 1]
        wanted = (
            self.settings.horizons or self._usual() or HORIZONS.get(self.series.calendar.code, HORIZONS["N"])
        )
        fitted = {int(ordinal) for ordinal in self.fit.design.ordinal}
        ramp = self.fit.design.ramps[k - 1]
        if ramp > 1 and not self.settings.horizons:  # told once the change is whole
            wanted = (ramp - 1, *(h for h in wanted if h >= ramp))
        found = [h for h in dict.fromkeys(wanted) if start + h <= end and start + h in fitted]
        # What a washout or a short regime leaves: its last fitted period.
        return found or [max(o for o in fitted if start <= o <= end) - start]

    def _usual(self) -> tuple[int, ...]:
        """The first period, a day, a week and four weeks after it, for times of day."""
        per_day = self.series.calendar.season if self.series.calendar.code == "S" else None
        return tuple(round(days * per_day) for days in (0, 1, 7, 28)) if per_day else ()

    def effect(self, k: int, horizon: int) -> Effect:
        """Effect of interruption `k` alone, `horizon` periods after its first period."""
        at = self.starts[k - 1] + horizon
        return self.fit.effect(self.period(at), of=k)

    @cached_property
    def total(self) -> Effect:
        """Observed less expected from the first interruption to the end, had none happened."""
        return self.fit.cumulative(self.period(self.starts[0]), self.period(self.ends[-1]))

    def period(self, ordinal: int) -> Any:
        """A period in the type of the time column."""
        label = self.series.calendar.label(ordinal)
        return int(label) if self.series.calendar.code == "N" else label

    def day(self, ordinal: int) -> Any:
        """First day of a period, for an axis; the number itself for steps."""
        return first_day(self.series.calendar, int(ordinal))


def first_day(calendar: Any, ordinal: int) -> Any:
    """First day of a period of `eprivacy_its.its.periods`, or the number of a step."""
    return calendar.first_day(ordinal)


def begin(parameters: Mapping[str, Any], where: str = "parameters") -> Study:
    """Check the settings, read the series, place the interruptions.

    Parameters
    ----------
    parameters : mapping
        The parameters of notebook 06 by name.
    where : str
        What messages start with: the scenario's file.

    Raises
    ------
    InputError
        Every fault of the settings, else every fault of the file, else of the interruptions.
    """
    settings = Settings.of(parameters, where)
    series = settings.read()
    if series.n > MOST:
        raise InputError(
            f"{series.understood.file}: {series.n:,} {series.calendar.word}s, more than the {MOST:,} that are analysed; add "
            "them up to weeks or months, or keep the years around the interruption"
        )
    study = Study(settings, series, *settings.placed(series, where))
    if settings.scan:
        try:
            found = study.fit
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        study = replace(study, interruptions=[study.period(found.design.starts[0])], searched=found)
    if study.source == results.SIMULATED:
        stage.mark_simulated()
    return study


def validate(parameters: Mapping[str, Any], where: str) -> None:
    """Refuse before a notebook starts what could only fail inside it: also what the model can't hold."""
    study = begin(parameters, where)
    try:
        study.fit  # noqa: B018 - fitting is the check
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
