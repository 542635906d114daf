"""What can be asked of the unknown series: linear functionals and ratios of two of them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eprivacy_its.bounds.claims import WHOLE, Asked, Window
from eprivacy_its.bounds.grid import Grid

Day = datetime.date | str
Row = Callable[[Grid], np.ndarray]


@dataclass(frozen=True)
class Target:
    """``offset + factor x top(y)``, or ``offset + factor x top(y) / below(y)``.

    Parameters
    ----------
    name, unit : str
        For tables.
    top, below : callable
        From a grid to coefficients of shape (columns,); `below` None for a linear target.
    """

    name: str
    unit: str
    top: Row
    below: Row | None = None
    factor: float = 1.0
    offset: float = 0.0

    def value(self, grid: Grid, unknowns: np.ndarray) -> float:
        """The target at one series, given as unknowns of shape (columns,)."""
        above = float(self.top(grid) @ unknowns)
        if self.below is None:
            return self.offset + self.factor * above
        return self.offset + self.factor * above / float(self.below(grid) @ unknowns)


def _day(value: Day) -> datetime.date:
    return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)


def window(first: Day, last: Day) -> Window:
    """A window from dates or ISO text, both inclusive.

    Examples
    --------
    >>> targets.window("2021-01-04", "2021-01-10").days
    7
    """
    made = Window(_day(first), _day(last))
    if made.last < made.first:
        raise ValueError(f"the window ends on {made.last} before it starts on {made.first}")
    return made


def _mean(span: Window, part: str) -> Row:
    def row(grid: Grid) -> np.ndarray:
        if not span.within(grid.span):
            raise ValueError(f"the window {span} lies outside the series ({grid.span})")
        return grid.row(grid.mean(span), part)

    return row


def mean_rate(first: Day, last: Day, part: str = WHOLE, name: str = "") -> Target:
    """Mean daily rate over a window, in units a day.

    Examples
    --------
    >>> found = bounds.bound(examples.fragments(), bounds.mean_rate("2021-01-11", "2021-01-17"))
    >>> round(found.low, 1), round(found.high, 1)
    (7.5, 8.5)
    """
    span = window(first, last)
    return Target(name or f"mean rate, {span}", "a day", _mean(span, part))


def total(first: Day, last: Day, part: str = WHOLE, name: str = "") -> Target:
    """Sum over a window.

    Examples
    --------
    >>> found = bounds.bound(examples.fragments(), bounds.total("2021-01-11", "2021-01-17"))
    >>> round(found.low, 1), round(found.high, 1)
    (52.5, 59.5)
    """
    span = window(first, last)
    return Target(name or f"total, {span}", "", _mean(span, part), factor=span.days)


def ratio(
    first: Day, last: Day, base_first: Day, base_last: Day, part: str = WHOLE, name: str = ""
) -> Target:
    """Mean daily rate of a window by that of a baseline.

    Examples
    --------
    >>> asked = bounds.ratio("2021-01-11", "2021-01-17", "2021-01-04", "2021-01-10")
    >>> found = bounds.bound(examples.fragments(), asked)
    >>> round(found.low, 2), round(found.high, 2)
    (0.6, 0.74)
    """
    span, base = window(first, last), window(base_first, base_last)
    return Target(name or f"ratio, {span} to {base}", "ratio", _mean(span, part), _mean(base, part))


def change(
    first: Day, last: Day, base_first: Day, base_last: Day, part: str = WHOLE, name: str = ""
) -> Target:
    """Change of the mean daily rate from a baseline to a window, in percent; negative is a fall.

    Examples
    --------
    >>> asked = bounds.change("2021-01-11", "2021-01-17", "2021-01-04", "2021-01-10")
    >>> found = bounds.bound(examples.fragments(), asked)
    >>> round(found.low, 2), round(found.high, 2)
    (-40.0, -26.09)
    """
    made = ratio(first, last, base_first, base_last, part)
    span, base = window(first, last), window(base_first, base_last)
    shown = name or f"change, {span} against {base}"
    return Target(shown, "percent", made.top, made.below, factor=100.0, offset=-100.0)


def shortfall(
    first: Day, last: Day, base_first: Day, base_last: Day, part: str = WHOLE, name: str = ""
) -> Target:
    """What is missing in a window if the mean rate of the baseline had gone on; negative is a surplus.

    Examples
    --------
    >>> asked = bounds.shortfall("2021-01-11", "2021-01-17", "2021-01-04", "2021-01-10")
    >>> found = bounds.bound(examples.fragments(), asked)
    >>> round(found.low, 2), round(found.high, 2)
    (21.0, 35.0)
    """
    span, base = window(first, last), window(base_first, base_last)
    one, other = _mean(base, part), _mean(span, part)
    shown = name or f"shortfall, {span} against {base}"
    return Target(shown, "", lambda grid: one(grid) - other(grid), factor=span.days)


def segmented_weights(grid: Grid, first: Day, last: Day, at: Day) -> np.ndarray:
    """Day weights of the OLS coefficients of a segmented regression on weekly mean rates.

    Only whole weeks (Monday to Sunday) inside the window count. Columns of the design: 1, trend 0, 1, 2 ...
    from the first of them, level 0/1 from the week of `at`, slope 0, 1, 2 ... from that week.

    Returns
    -------
    array of shape (4, days)
        Row k gives coefficient k as a weighted sum of the days, in units a day (trend and slope: a day and
        week). OLS is linear in the outcome, so each coefficient is a linear target.

    Raises
    ------
    ValueError
        `at` is no Monday, or fewer than 3 whole weeks lie on a side.
    """
    span, break_day = window(first, last), _day(at)
    if break_day.weekday() != 0:
        raise ValueError(f"{break_day} is no Monday: weeks run Monday to Sunday, so name the Monday")
    mondays = grid.mondays()
    six = datetime.timedelta(days=6)
    inside = [
        week
        for week, monday in enumerate(mondays)
        if Window(monday, monday + six).within(span) and Window(monday, monday + six).within(grid.span)
    ]
    after = np.array([mondays[week] >= break_day for week in inside], dtype=float)
    if min(after.sum(), (1 - after).sum()) < 3:
        raise ValueError(f"fewer than 3 whole weeks of {span} lie on a side of {break_day}")
    trend = np.arange(len(inside), dtype=float)
    design = np.column_stack([np.ones_like(trend), trend, after, np.clip(np.cumsum(after) - 1, 0, None)])
    return np.linalg.pinv(design) @ grid.week_means[inside].toarray()


def level_change(first: Day, last: Day, at: Day, name: str = "", relative: bool = False) -> Target:
    """Level change at `at` by OLS on weekly mean rates; `relative`: in percent of the counterfactual.

    Examples
    --------
    >>> bounds.level_change("2021-01-04", "2021-03-28", "2021-02-15").unit
    'a day'
    """

    def level(grid: Grid) -> np.ndarray:
        return grid.row(segmented_weights(grid, first, last, at)[2])

    shown = name or f"level change at {_day(at)}, segmented regression {_day(first)} to {_day(last)}"
    if not relative:
        return Target(shown, "a day", level)

    def expected(grid: Grid) -> np.ndarray:
        weights = segmented_weights(grid, first, last, at)
        start = next(k for k, monday in enumerate(grid.mondays()) if monday >= _day(first))
        steps = grid.mondays().index(_day(at)) - start
        return grid.row(weights[0] + steps * weights[1])

    return Target(f"{shown}, relative", "percent", level, expected, factor=100.0)


def slope_change(first: Day, last: Day, at: Day, name: str = "") -> Target:
    """Slope change at `at` by OLS on weekly mean rates, in units a day and week.

    Examples
    --------
    >>> bounds.slope_change("2021-01-04", "2021-03-28", "2021-02-15").unit
    'a day, a week'
    """
    shown = name or f"slope change at {_day(at)}, segmented regression {_day(first)} to {_day(last)}"
    return Target(shown, "a day, a week", lambda grid: grid.row(segmented_weights(grid, first, last, at)[3]))


def of_asked(asked: Asked) -> Target:
    """The target that a study file asks for."""
    span, base = asked.window, asked.baseline
    if asked.at is not None:
        made = level_change if asked.quantity == "level change" else slope_change
        return made(span.first, span.last, asked.at, name=asked.name)
    if base is not None:
        against = {"ratio": ratio, "change": change, "shortfall": shortfall}[asked.quantity]
        return against(span.first, span.last, base.first, base.last, asked.part, asked.name)
    alone = {"total": total, "mean rate": mean_rate}[asked.quantity]
    return alone(span.first, span.last, asked.part, asked.name)
