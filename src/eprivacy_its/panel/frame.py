"""A panel of counts: places in rows, periods in columns, some places treated."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eprivacy_its.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Panel:
    """Counts by place and period.

    Parameters
    ----------
    places : tuple of str, length N
        Codes of the places, unique, sorted.
    periods : tuple of int, length T
        Periods, ascending.
    counts : array, shape (N, T)
        Counts; NaN where nothing was published, 0 where zero was published.
    treated : bool array, shape (N,)
        Whether the place belongs to the treated group.
    """

    places: tuple[str, ...]
    periods: tuple[int, ...]
    counts: Floats
    treated: Bools

    def __post_init__(self) -> None:
        shape = (len(self.places), len(self.periods))
        if self.counts.shape != shape or self.treated.shape != shape[:1]:
            raise InputError(
                f"panel: counts {self.counts.shape} and treated {self.treated.shape}, expected {shape}"
                f" and {shape[:1]}; one row a place, one column a period"
            )
        if len(set(self.places)) != len(self.places):
            raise InputError("panel: a place stands in two rows; add rows of one code up first")
        if (self.counts[~np.isnan(self.counts)] < 0).any():
            raise InputError("panel: a count is negative; expected 0 or more, or missing")

    @property
    def balanced(self) -> bool:
        """Whether no count is missing."""
        return not np.isnan(self.counts).any()

    def column(self, period: int) -> int:
        """Column of a period; InputError when the panel does not have it."""
        if period not in self.periods:
            raise InputError(f"panel: period {period} not found, it has {self.periods[0]}-{self.periods[-1]}")
        return self.periods.index(period)

    def at(self, period: int) -> Floats:
        """Counts of one period, shape (N,)."""
        return self.counts[:, self.column(period)]

    def keep(self, mask: Bools) -> Panel:
        """The places where `mask`, shape (N,), is true."""
        kept = tuple(place for place, stays in zip(self.places, mask, strict=True) if stays)
        return replace(self, places=kept, counts=self.counts[mask], treated=self.treated[mask])

    def without(self, places: Collection[str]) -> Panel:
        """The panel without these places; InputError when one of them is not in it."""
        unknown = sorted(set(places) - set(self.places))
        if unknown:
            raise InputError(f"panel: {', '.join(unknown)} to be left out, but not in the panel")
        return self.keep(np.array([place not in places for place in self.places]))

    def within(self, periods: Sequence[int]) -> Panel:
        """The panel in these periods only, in ascending order."""
        ordered = tuple(sorted(periods))
        columns = [self.column(period) for period in ordered]
        return replace(self, periods=ordered, counts=self.counts[:, columns])

    def with_treated(self, treated: Bools | Collection[str]) -> Panel:
        """The same counts with another treated group: a mask of shape (N,) or codes of places."""
        if isinstance(treated, np.ndarray):
            return replace(self, treated=treated.astype(bool))
        return replace(self, treated=np.array([place in treated for place in self.places]))


def from_table(
    table: pd.DataFrame,
    *,
    unit: str = "iso3",
    period: str = "year",
    outcome: str = "reports",
    treated: str,
    periods: Sequence[int],
    minimum: float,
    minimum_period: int,
) -> Panel:
    """Panel from a tidy table, one row a unit and period.

    Rows without a unit code are left out (they are not located). A unit enters when its count of
    `minimum_period` is at least `minimum` (inclusive). A missing count stays missing: the estimators leave
    out that place and period, and never read it as zero.

    Parameters
    ----------
    table : DataFrame
        With the columns named by the other arguments; `treated` is constant within a unit.
    minimum : float
        Smallest count in `minimum_period`, in counts a period, inclusive.

    Raises
    ------
    InputError
        Column missing, a unit and period twice, no unit left, or nobody on one side.

    Examples
    --------
    >>> table = pd.DataFrame({"iso3": list("aabb"), "year": [2019, 2020] * 2, "reports": [5, 6, 7, 8], "eu": [1, 1, 0, 0]})
    >>> made = frame.from_table(table, treated="eu", periods=[2019, 2020], minimum=5, minimum_period=2019)
    >>> made.counts.tolist(), made.treated.tolist()
    ([[5.0, 6.0], [7.0, 8.0]], [True, False])
    """
    import pandas as pd

    missing = [name for name in (unit, period, outcome, treated) if name not in table.columns]
    if missing:
        raise InputError(f"panel: column {', '.join(missing)} not found; columns are {list(table.columns)}")
    code = table[unit].astype("string").fillna("").str.strip()
    rows = table.loc[(code != "") & table[period].isin(list(periods))]
    twice = rows.duplicated([unit, period])
    if twice.any():
        first = rows.loc[twice].iloc[0]
        raise InputError(f"panel: {first[unit]} {first[period]} stands twice; add rows of one code up first")
    numbers = rows.assign(
        count=pd.to_numeric(rows[outcome]).astype("Float64").to_numpy(float, na_value=np.nan)
    )
    wide = numbers.pivot_table(index=unit, columns=period, values="count", dropna=False).reindex(
        columns=sorted(periods)
    )
    wide = wide.loc[wide[minimum_period] >= minimum].sort_index()
    groups = rows.groupby(unit)[treated].first().astype(bool)
    mask = groups.reindex(wide.index).to_numpy(bool)
    if not mask.any() or mask.all():
        raise InputError(f"panel: {mask.sum()} treated of {len(mask)} places; both groups need at least one")
    return Panel(
        tuple(str(code) for code in wide.index),
        tuple(int(column) for column in wide.columns),
        wide.to_numpy(float),
        mask,
    )
