"""The design of an interrupted time series: which rows, which terms, which rows follow one another.

Segmented regression as in Wagner et al. (2002), with the slope counted from 0 in the first period of each
regime, so that ``level_k`` is the jump at that period; controlled as in Lopez Bernal et al. (2018).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its.its import checks, columns, identification, periods, rows
from eprivacy_its.its.errors import DesignError

Array = np.ndarray


@dataclass(frozen=True)
class Links:
    """Which rows follow one another, for errors that are correlated in time.

    Attributes
    ----------
    first : ndarray of int
        First row of each block (a block is one group).
    steps : dict of int to (ndarray, ndarray)
        Distance in periods -> rows, and the rows that come next in the same block. Distances above 1 come
        from washouts, over which the correlation is rho to that power.
    place : ndarray of int, shape (n,)
        Row -> place on one long time axis, on which the blocks lie far apart.
    """

    first: Array
    steps: dict[int, tuple[Array, Array]]
    place: Array

    @classmethod
    def of(cls, position: Array, group: Array | None = None) -> Links:
        """From the position in time of each row (sorted inside a group) and the group."""
        group = np.zeros(len(position), dtype=int) if group is None else group
        same = np.diff(group) == 0
        gap = np.diff(position)
        first = np.concatenate([[0], np.flatnonzero(~same) + 1])
        steps = {}
        for size in np.unique(gap[same]):
            rows = np.flatnonzero(same & (gap == size))
            steps[int(size)] = (rows, rows + 1)
        length = int(position.max() - position.min()) + 1
        block = np.cumsum(np.concatenate([[0], ~same]))
        return cls(first, steps, position - position.min() + block * 3 * length)

    @property
    def n(self) -> int:
        return len(self.place)

    def correlation(self, rho: float) -> Array:
        """The dense AR(1) correlation matrix, shape (n, n): for checks and short series."""
        distance = np.abs(self.place[:, None] - self.place[None, :])
        block = np.searchsorted(self.first, np.arange(self.n), side="right")
        together = block[:, None] == block[None, :]
        return np.where(together, np.power(float(rho), np.where(together, distance, 1)), 0.0)


@dataclass(frozen=True)
class Design:
    """Rows, terms and order of one interrupted time series.

    Attributes
    ----------
    y : ndarray, shape (n,)
        Outcome in its own unit (its natural logarithm where `log`), washout rows left out, sorted by group
        and time.
    X : ndarray, shape (n, k)
        Columns named by `names`.
    names : tuple of str
        ``intercept``, ``trend``, ``level_1``, ``slope_1``, …; see `eprivacy_its.its.fit`.
    ordinal : ndarray of int, shape (n,)
        Period of each row; consecutive periods differ by 1.
    labels : Index, shape (n,)
        Periods as the caller wrote them.
    calendar : Calendar
    starts : tuple of int
        Ordinal of the first period of each new regime.
    group : ndarray of int or None
        1 for treated rows, 0 for control rows, in a controlled series.
    exposure : ndarray or None
        Population or time at risk of each row: its logarithm is the offset of count models.
    denominator : ndarray or None
        What the outcome is a part of in each row: its share is modelled.
    weights : ndarray or None
        Inverse relative variance of each row's error.
    left_out : DataFrame
        Washout rows: ``period``, ``observed``.
    season, harmonics
        Of the first season; `seasons` holds all as (periods, pairs).
    pulses : tuple of (int, int)
        Ordinals of the first and last period of each passing effect, both inclusive.
    holidays : tuple of str
        Holiday terms, of `eprivacy_its.its.holidays.NAMES`.
    ramps : tuple of int
        Periods over which each level change is reached; 1 is at once.
    """

    y: Array
    X: Array
    names: tuple[str, ...]
    ordinal: Array
    labels: pd.Index
    calendar: periods.Calendar
    starts: tuple[int, ...]
    group: Array | None = None
    exposure: Array | None = None
    denominator: Array | None = None
    weights: Array | None = None
    left_out: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"period": [], "observed": []}))
    time: str = "time"
    outcome: str = "outcome"
    season: float | None = None
    harmonics: int = 0
    slope_change: bool = True
    log: bool = False
    seasons: tuple[tuple[float, int], ...] = ()
    pulses: tuple[tuple[int, int], ...] = ()
    holidays: tuple[str, ...] = ()
    ramps: tuple[int, ...] = ()

    @property
    def n(self) -> int:
        return len(self.y)

    @property
    def k(self) -> int:
        return len(self.names)

    @property
    def n_periods(self) -> int:
        """Periods in the data (rows of one group), washout left out."""
        return self.n if self.group is None else int((self.group == 1).sum())

    @cached_property
    def links(self) -> Links:
        return Links.of(self.ordinal, self.group)

    @cached_property
    def effect_columns(self) -> tuple[int, ...]:
        """Columns that vanish in the counterfactual: of the treated differences if there is a control."""
        prefix = "" if self.group is None else "treated:"
        stems = (f"{prefix}level_", f"{prefix}slope_", f"{prefix}pulse_")
        return tuple(i for i, name in enumerate(self.names) if name.startswith(stems))

    def regime_columns(self, k: int) -> tuple[int, ...]:
        """Columns of interruption `k` (1 for the first) that vanish in the counterfactual."""
        prefix = "" if self.group is None else "treated:"
        wanted = (f"{prefix}level_{k}", f"{prefix}slope_{k}")
        return tuple(i for i, name in enumerate(self.names) if name in wanted)

    def whole(self, k: int) -> int:
        """Ordinal of the period from which on level change `k` is whole: the first of its regime, unless it has a ramp."""
        return self.starts[k - 1] + self.ramps[k - 1] - 1

    def start_label(self, k: int) -> str:
        """Text of the first period of regime `k` (1 for the first)."""
        return self.calendar.label(self.starts[k - 1])

    def frame(self) -> pd.DataFrame:
        """The design as a table: period, outcome, terms."""
        table = pd.DataFrame(self.X, columns=list(self.names), index=self.labels)
        table.insert(0, self.outcome, self.y)
        return table


def design(
    frame: pd.DataFrame,
    *,
    time: str,
    outcome: str,
    interruptions: Sequence[Any] | Any,
    slope_change: bool = True,
    exposure: str | None = None,
    denominator: str | None = None,
    weights: str | None = None,
    harmonics: int | Sequence[int] | None = None,
    season: float | Sequence[float] | None = None,
    holidays: bool | Sequence[str] | None = None,
    pulses: Sequence[Any] = (),
    ramp: int | Sequence[int] = 1,
    covariates: Sequence[str] | str = (),
    washout: Sequence[Any] = (),
    treated: str | None = None,
    trend: bool = True,
    log: bool = False,
    min_periods: int = 3,
    dates: str | None = None,
    decimal: str | None = None,
    missing: str = "refuse",
    suppressed: str = "",
) -> Design:
    """Build and check the design; the arguments are those of `eprivacy_its.its.fit`.

    Raises
    ------
    DesignError
        For whatever can't be fitted: gaps, duplicates, missing values, interruptions without enough data
        on a side, terms that can't be told apart. Each message says what to do.

    Examples
    --------
    >>> its.design(examples.months(), time="month", outcome="y", interruptions=["2020-01"]).names
    ('intercept', 'trend', 'level_1', 'slope_1')
    """
    checks.options(slope_change=slope_change, harmonics=harmonics, season=season, min_periods=min_periods)
    names = checks.names(covariates)
    more = {"denominator": denominator, "weights": weights}
    frame = checks.columns(frame, time, outcome, exposure, names, treated, more)
    carried = checks.carried(missing, suppressed)
    calendar, ordinal = periods.read(frame[time], time, dates)
    group = None if treated is None else checks.zero_one(frame[treated], treated)
    order = np.lexsort((ordinal, np.zeros_like(ordinal) if group is None else group))
    frame, ordinal = frame.iloc[order].reset_index(drop=True), ordinal[order]
    group = None if group is None else group[order]
    windows = _windows(washout, calendar, ordinal)
    others = frame.drop(
        columns=[name for name in (time, outcome, exposure, *more.values(), treated, *names) if name]
    )
    rows.regular(ordinal, order + 1, group, windows, calendar, time, others, carried=carried)
    passing = _windows(pulses, calendar, ordinal, "Pulse")
    starts = _starts(interruptions, calendar, ordinal)
    washed = np.zeros(len(ordinal), dtype=bool)
    for first, last in windows:
        washed |= (ordinal >= first) & (ordinal <= last)
    wanted = [name for name in [outcome, exposure, *more.values(), *names] if name is not None]
    labels = pd.Index(frame.loc[~washed, time], name=time)
    numbers, unknown = checks.numbers(
        frame.loc[~washed],
        wanted,
        order[~washed] + 1,
        labels,
        decimal=decimal,
        missing=carried,
        suppressed=suppressed,
    )
    out = washed.copy()
    out[np.flatnonzero(~washed)[unknown]] = True
    numbers, labels = {name: values[~unknown] for name, values in numbers.items()}, labels[~unknown]
    checks.sides(ordinal[~out], None if group is None else group[~out], starts, calendar, min_periods)
    seasons = checks.seasons(season, harmonics, calendar)
    t = (ordinal - ordinal.min())[~out].astype(float)
    since = [float(start - ordinal.min()) for start in starts]
    ramp = columns.ramps(ramp, starts, ordinal[~out], calendar, min_periods)
    terms = columns.of_time(t, since, ramp, trend, slope_change)
    for k, (first, last) in enumerate(passing, 1):
        terms[f"pulse_{k}"] = ((ordinal >= first) & (ordinal <= last))[~out].astype(float)
    yearly = columns.holidays(holidays, calendar, ordinal[~out])
    terms |= yearly | columns.seasonal(t, seasons)
    if group is not None:
        terms |= columns.treated_columns(terms, group[~out].astype(float), len(starts))
    terms = columns.with_covariates(terms, {name: numbers[name] for name in names})
    X = np.column_stack(list(terms.values()))
    identification.rank(X, tuple(terms))
    if log:
        checks.positive(numbers[outcome], outcome, labels, "its logarithm is the outcome")
    if exposure is not None:
        checks.positive(numbers[exposure], exposure, labels, "its logarithm is the offset")
    if weights is not None:
        checks.positive(numbers[weights], weights, labels, "it is a weight")
    if denominator is not None:
        checks.part(numbers[outcome], numbers[denominator], outcome, denominator, labels)
    return Design(
        y=np.log(numbers[outcome]) if log else numbers[outcome],
        X=X,
        names=tuple(terms),
        ordinal=ordinal[~out],
        labels=labels,
        calendar=calendar,
        starts=starts,
        group=None if group is None else group[~out],
        exposure=None if exposure is None else numbers[exposure],
        denominator=None if denominator is None else numbers[denominator],
        weights=None if weights is None else numbers[weights],
        left_out=frame.loc[washed, [time, outcome]]
        .set_axis(["period", "observed"], axis=1)
        .reset_index(drop=True),
        time=time,
        outcome=outcome,
        season=seasons[0][0] if seasons else None,
        harmonics=seasons[0][1] if seasons else 0,
        slope_change=slope_change,
        log=log,
        seasons=seasons,
        pulses=tuple(passing),
        ramps=ramp,
        holidays=tuple(yearly),
    )


def _many(value: Any) -> list[Any]:
    """A list of what may be one value: text, a date, a period, or a sequence of these."""
    if isinstance(value, np.ndarray):
        return list(np.atleast_1d(value)) if value.ndim < 2 else [tuple(row) for row in value]
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        return [value]
    return list(value)


def _starts(interruptions: Any, calendar: periods.Calendar, ordinal: Array) -> tuple[int, ...]:
    starts = sorted(calendar.place(value, "Interruption") for value in _many(interruptions))
    low, high = int(ordinal.min()), int(ordinal.max())
    for start in starts:
        if not low < start <= high:
            raise DesignError(
                f"Interruption {calendar.label(start)} is outside the data, {calendar.label(low)} to "
                f"{calendar.label(high)} (it is the first {calendar.word} of a new regime, so it can't "
                f"be the "
                f"first row). Give a {calendar.word} inside, or more data."
            )
    for start, after in itertools.pairwise(starts):
        if start == after:
            raise DesignError(f"Interruption {calendar.label(start)} is given twice: leave one out.")
    return tuple(starts)


def _windows(
    washout: Sequence[Any], calendar: periods.Calendar, ordinal: Array, what: str = "Washout"
) -> list[tuple[int, int]]:
    pairs = _many(washout) if washout is not None else []
    if len(pairs) == 2 and not any(isinstance(pair, (tuple, list)) for pair in pairs):
        pairs = [pairs]
    windows = []
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise DesignError(f"{what} {pair!r} is not a pair: give (first, last), both inclusive.")
        first, last = (calendar.place(value, what) for value in pair)
        if first > last:
            raise DesignError(f"{what} {pair!r} ends before it starts: give (first, last).")
        if last < ordinal.min() or first > ordinal.max():
            raise DesignError(
                f"{what} {calendar.label(first)} to {calendar.label(last)} is outside the data, "
                f"{calendar.label(int(ordinal.min()))} to {calendar.label(int(ordinal.max()))}."
            )
        windows.append((first, last))
    return windows
