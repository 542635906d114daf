"""How much of a period an interruption touches, and how large a fall those days could make."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Reach:
    """What the treated days of one period could do.

    Attributes
    ----------
    period : str
    treated_days, days : int
        Days of the period from the interruption on (inclusive), and all its days.
    fall : float
        Observed change against the period before, in percent (negative: a fall).
    largest : float
        Most negative change, in percent, that the treated days could make if every other day had gone on at
        the mean of the period before and the treated days had seen nothing at all.
    """

    period: str
    treated_days: int
    days: int
    fall: float
    largest: float

    @property
    def share(self) -> float:
        """Part of the period that is treated, 0 to 1."""
        return self.treated_days / self.days

    @property
    def explained(self) -> float:
        """Largest part of the observed fall that the treated days could make, 0 to 1; 0 without a fall."""
        if self.fall >= 0:
            return 0.0
        return min(1.0, self.largest / self.fall)


def reach(
    quarters: pd.DataFrame, interruption: str, *, period: str = "quarter", value: str = "pieces"
) -> Reach:
    """What the days from `interruption` on could do to the period that holds it.

    Parameters
    ----------
    quarters : DataFrame
        One row a period in any order: `period`, `period_start`, `period_end` (inclusive dates), `value`.
    interruption : str
        ISO date, first treated day.

    Raises
    ------
    ValueError
        No period holds the date, or there is none before it.
    """
    rows = quarters.sort_values("period_start").reset_index(drop=True)
    day = pd.Timestamp(interruption)
    starts, ends = pd.to_datetime(rows["period_start"]), pd.to_datetime(rows["period_end"])
    holding = rows.index[(starts <= day) & (day <= ends)]
    if len(holding) != 1 or holding[0] == 0:
        raise ValueError(f"no {period} with one before it holds {interruption}")
    here = holding[0]
    days = (ends[here] - starts[here]).days + 1
    treated = (ends[here] - day).days + 1
    before_daily = rows.loc[here - 1, value] / ((ends[here - 1] - starts[here - 1]).days + 1)
    return Reach(
        period=str(rows.loc[here, period]),
        treated_days=treated,
        days=days,
        fall=100 * float(rows.loc[here, value] / rows.loc[here - 1, value] - 1),
        largest=100 * float(before_daily * (days - treated) / rows.loc[here - 1, value] - 1),
    )


def before_redefinition(meta: pd.DataFrame, app: str, policy_area: str, last: str) -> pd.DataFrame:
    """Quarters of one series up to and including `last`, sorted.

    Parameters
    ----------
    meta : DataFrame
        Table `meta_content`.
    app, policy_area : str
    last : str
        Last quarter kept, e.g. ``2021Q1``.

    Raises
    ------
    ValueError
        There is no such series.
    """
    kept = meta[(meta["app"] == app) & (meta["policy_area"] == policy_area) & (meta["quarter"] <= last)]
    if kept.empty:
        raise ValueError(f"no quarters of {app}, {policy_area} up to {last}")
    return kept.sort_values("quarter").reset_index(drop=True)
