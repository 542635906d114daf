"""Statements on minors by month and platform across the lapse of 2026: two months after it, so a level change only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from eprivacy_its.its import DesignError, forecast
from eprivacy_its.its.forecast import Floats, Forecast
from eprivacy_its.simulate.power import noise_of
from eprivacy_its.simulate.series import ar1

CATEGORY = "Protection of minors"
NEW_FORM = pd.Timestamp("2025-07-01")  # second version of the form of a statement
META = ("Facebook", "Instagram")
FLOOR = 100  # statements a month; below it a platform doesn't use the category
POOLED_FLOOR = 1000  # a platform with fewer in a month is too erratic to weigh as much as the others
APART, POOL = "pool without Meta", "pool with Meta"
# Meta moved statements between categories in these months, so that a step here is not identified.
UNSURE = (*META, POOL)
FULL, NEW = "both forms", "new form only"


@dataclass(frozen=True)
class Lapse:
    """The interruption, and how the design looks at it.

    Attributes
    ----------
    first : Timestamp
        First day of the lapse; the last month of the tables lies in it too.
    base : int
        Months that the forecast is the mean of.
    level : float
        Of the intervals.
    falls : tuple of float
        Falls asked about, in percent of the statements in the days of the lapse.
    """

    first: pd.Timestamp
    base: int
    level: float
    falls: tuple[float, ...]

    def each(self, value: object) -> dict[str, object]:
        """One value for each column of a fall."""
        return {f"{fall:g} %": value for fall in self.falls}

    def after(self, index: pd.Index) -> int:
        """How many months of an index end in the lapse."""
        return len(self.months(index))

    def months(self, index: pd.Index) -> pd.Index:
        """The months of an index that end in the lapse."""
        return index[index >= self.first.to_period("M")]

    def shares(self, index: pd.Index) -> Floats:
        """Share of the days of each of these months that lie in the lapse."""
        months = self.months(index)
        days = [(month.end_time.normalize() - max(month.start_time, self.first)).days + 1 for month in months]
        return np.array(days) / np.array([month.days_in_month for month in months])

    def thinned(self, fall: float, index: pd.Index) -> float:
        """The mean change of the logarithms of these months if statements fall by `fall` percent in the lapse."""
        return float(np.log1p(-fall / 100 * self.shares(index)).mean())


def counts(monthly: pd.DataFrame) -> pd.DataFrame:
    """Statements of whole months by month (rows) and platform and category (columns)."""
    rows = monthly[monthly["coverage"] == "whole month"]
    month = rows["period_start"].dt.to_period("M").rename("month")
    wide = rows.assign(month=month).pivot_table(
        index="month", columns=["platform", "category"], values="statements", aggfunc="sum"
    )
    return wide.astype(float)


def filed(daily: pd.DataFrame, index: pd.PeriodIndex) -> pd.DataFrame:
    """Share of the days of each month on which a platform filed anything; nan where days end before the month does."""
    month = daily["date"].dt.to_period("M").rename("month")
    days = daily.assign(month=month).groupby(["month", "platform"]).size().unstack(fill_value=0)
    known = index[index.end_time.normalize() <= daily["date"].max()]
    return days.reindex(known).div(days_of(known), axis=0).reindex(index)


def per_day(monthly: pd.DataFrame, daily: pd.DataFrame, category: str = CATEGORY) -> pd.DataFrame:
    """Statements a day of one category, by month and platform.

    A month in which a platform filed on fewer than half of the days is missing. A series begins in the month after
    the one in which the platform took the category up, that is, first had `FLOOR` statements.
    """
    wide = pd.DataFrame(counts(monthly).xs(category, axis=1, level="category"))
    share = filed(daily, pd.PeriodIndex(wide.index)).reindex(columns=wide.columns)
    wide = wide.mask(share < 0.5)
    for name, column in wide.items():
        low = np.flatnonzero(column.to_numpy() < FLOOR)
        if len(low):
            wide.loc[wide.index[: low[-1] + 2], name] = np.nan
    return wide.div(days_of(wide.index), axis=0)


def days_of(months: pd.Index) -> pd.Series:
    """Days of each month."""
    return pd.Series(pd.PeriodIndex(months).days_in_month, months, dtype=float)


def fit(values: pd.Series, lapse: Lapse) -> Forecast:
    """The design of :mod:`eprivacy_its.its.forecast` on logarithms by month, the new form a known break."""
    row = int((values.index < NEW_FORM.to_period("M")).sum())
    breaks = [row] if row else []
    return forecast.level_change(
        values.to_numpy(float),
        after=lapse.after(values.index),
        base=lapse.base,
        breaks=breaks,
        level=lapse.level,
    )


def whole_series(values: pd.Series) -> pd.Series:
    """A series from its first value on, gaps inside kept."""
    return values.loc[values.first_valid_index() :]


def pooled(logs: pd.DataFrame, platforms: Sequence[str]) -> pd.Series:
    """Mean logarithm over platforms, each counting the same; missing where one is."""
    return whole_series(logs[list(platforms)].mean(axis=1, skipna=False))


def all_series(rates: pd.DataFrame) -> dict[str, pd.Series]:
    """Logarithms by month of each platform, and of the pools, by name."""
    logs = pd.DataFrame(np.log(rates))
    series = {str(name): whole_series(values) for name, values in logs.items()}
    every = large(rates)
    apart = [name for name in every if name not in META]
    return series | {APART: pooled(logs, apart), POOL: pooled(logs, every)}


def large(rates: pd.DataFrame) -> list[str]:
    """Platforms with `POOLED_FLOOR` statements in every month of their series: those that the pools hold."""
    least = rates.mul(days_of(rates.index), axis=0).min()
    return [str(name) for name, count in least.items() if count >= POOLED_FLOOR]


def table(series: Mapping[str, pd.Series], lapse: Lapse) -> pd.DataFrame:
    """The design on each series, over both forms and over the new form alone.

    Returns
    -------
    DataFrame
        series, months (form), n (months with a value), change, ci_low, ci_high (percent, mean of the months after), placebo_p, placebos; and for each month after, its change and simultaneous bounds, percent. Missing where too few earlier forecasts can be made.
    """
    rows = []
    for name, values in series.items():
        for form, part in ((FULL, values), (NEW, values.loc[NEW_FORM.to_period("M") :])):
            rows.append({"series": name, "months": form, "n": int(part.notna().sum())} | row_of(part, lapse))
    return pd.DataFrame(rows)


def row_of(values: pd.Series, lapse: Lapse) -> dict[str, float]:
    """One row of :func:`table`; empty where too few earlier forecasts can be made."""
    try:
        found = fit(values, lapse)
    except DesignError:
        return {}
    row = {
        "change": percent(found.change),
        "ci_low": percent(found.ci_low),
        "ci_high": percent(found.ci_high),
        "placebo_p": float(found.placebo_p),
        "placebos": len(found.origins),
    }
    for k, month in enumerate(lapse.months(values.index)):
        row |= {
            f"{month}": percent(found.each[k]),
            f"{month} low": percent(found.each_low[k]),
            f"{month} high": percent(found.each_high[k]),
        }
    return row


def lower_ends(series: Mapping[str, pd.Series], lapse: Lapse, bases: Sequence[int]) -> pd.DataFrame:
    """Lower end of the interval over both forms, in percent, by how many months the forecast is the mean of."""
    rows = []
    for name, values in series.items():
        row: dict[str, object] = {"series": name}
        for base in bases:
            row[str(base)] = row_of(values, replace(lapse, base=base)).get("ci_low", np.nan)
        rows.append(row)
    return pd.DataFrame(rows)


def percent(log: Floats | float) -> float:
    """A change of logarithms in percent."""
    return float(100 * np.expm1(log))


def excludes(found: pd.DataFrame, fall: float, lapse: Lapse, index: pd.Index) -> pd.Series:
    """Whether each interval excludes a fall of `fall` percent in the days of the lapse; missing where there is none."""
    held = found["ci_low"] > percent(lapse.thinned(fall, index))
    return held.astype("boolean").where(found["ci_low"].notna())


def rates_found(series: Mapping[str, pd.Series], lapse: Lapse, *, draws: int, seed: int) -> pd.DataFrame:
    """Simulated: how often the design finds a fall put into series like these, and finds none where there is none.

    Each series is drawn anew as a normal AR(1) of logarithms, whose spread and autocorrelation are those of its months
    before the lapse around a level for each form; gaps stay where they are.

    Returns
    -------
    DataFrame
        series, spread (log scale), autocorrelation, no change held (percent of series without a change whose interval holds 0), one column a fall (percent in which the interval lies below 0), smallest fall (percent, of the mean of these months, that is found in 80 of 100).
    """
    rows = []
    for number, (name, values) in enumerate(series.items()):
        after = lapse.after(values.index)
        form = (values.index >= NEW_FORM.to_period("M")).astype(int)
        before = (values - values.iloc[:-after].groupby(form[:-after]).mean().reindex(form).to_numpy()).iloc[
            :-after
        ]
        noise = noise_of(np.exp(before.dropna().to_numpy(float)), trend=False)
        drawn = noise.sd * ar1(draws, len(values), noise.rho, np.random.default_rng([seed, number]))
        drawn[:, values.isna().to_numpy()] = np.nan
        breaks = [int((form == 0).sum())] if not form.all() else []
        found = forecast.level_change(drawn, after=after, base=lapse.base, breaks=breaks, level=lapse.level)
        held = (found.ci_low <= 0) & (found.ci_high >= 0)
        falls = {
            f"{fall:g} %": 100 * float(np.mean(found.ci_high + lapse.thinned(fall, values.index) < 0))
            for fall in lapse.falls
        }
        rows.append(
            {
                "series": name,
                "spread": noise.sd,
                "autocorrelation": noise.rho,
                "no change held": 100 * float(held.mean()),
            }
            | falls
            | {"smallest fall": -percent(-float(np.quantile(found.ci_high, 0.8)))}
        )
    return pd.DataFrame(rows)
