"""Reports per inhabitant: counts of places beside how many live there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.panel import Panel

RAW = "population-by-country"
SIDES = {"EU-27": True, "other places": False}
#: Inhabitants that a rate counts.
PER = 1_000


def table(panel: Panel, population: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Reports per 1,000 inhabitants by side and year: of the typical place, and of all places as one.

    Parameters
    ----------
    panel : Panel
        Reports by place and year.
    population : DataFrame
        The raw table `population-by-country`: iso3, year, population.
    level : float
        Of the interval of the median, by order statistics (:func:`scipy.stats.quantile_test`): it assumes nothing about
        how rates are distributed, and holds at least the level.

    Returns
    -------
    DataFrame
        `group`, `year`, `median`, `interval from`, `interval to`, `together` (sum of reports by sum of inhabitants; a
        complete count, so without interval), `n` (places with a published count).

    Raises
    ------
    InputError
        A place of the panel has no inhabitants in a year.
    """
    import pandas as pd
    from scipy import stats

    people = population.pivot(index="iso3", columns="year", values="population")
    people = people.reindex(index=list(panel.places), columns=list(panel.periods)).astype(float)
    if (lacking := people[people.isna().any(axis=1)].index.tolist()) or (people <= 0).any(axis=None):
        raise InputError(
            f"{RAW}: found no inhabitants of {', '.join(lacking) or 'a place'}, expected some in each year"
        )
    rows = []
    for group, treated in SIDES.items():
        for year in panel.periods:
            counts, inside = panel.at(year), people[year].to_numpy()
            used = (panel.treated == treated) & ~np.isnan(counts)
            rates = PER * counts[used] / inside[used]
            ends = stats.quantile_test(rates, p=0.5).confidence_interval(confidence_level=level)
            rows.append(
                {
                    "group": group,
                    "year": year,
                    "median": float(np.median(rates)),
                    "interval from": float(ends.low),
                    "interval to": float(ends.high),
                    "together": PER * float(counts[used].sum() / inside[used].sum()),
                    "n": int(used.sum()),
                }
            )
    return pd.DataFrame(rows)


def growth(panel: Panel, population: pd.DataFrame, before: int, after: int) -> float:
    """Percent by which the inhabitants of the treated places changed between two years."""
    own = population[population["iso3"].isin(np.array(panel.places)[panel.treated])]
    total = own.groupby("year")["population"].sum()
    return 100 * float(total[after] / total[before] - 1)


def record(rates: pd.DataFrame, years: Sequence[int], *, level: float, sources: Sequence[str]) -> None:
    """Record the typical rate of each side in these years."""
    from eprivacy_its import results

    for row in _rows(rates[rates["year"].isin(years)]):
        side = "eu27" if SIDES[row.group] else "others"
        results.record(
            f"countries/rate-{row.year}/{side}",
            question="How many reports come on 1,000 inhabitants of the typical place?",
            outcome="CyberTipline reports by country of the reported user, by inhabitants",
            unit="reports per 1,000 inhabitants",
            geography=row.group,
            window=str(row.year),
            comparison="none",
            estimator="median of places, interval by order statistics",
            estimate=row.median,
            ci_low=row.low,
            ci_high=row.high,
            level=level,
            scale="rate",
            n=row.n,
            grade="",
            sources=sources,
        )


def _rows(rates: pd.DataFrame) -> Iterator[Any]:
    return rates.rename(columns={"interval from": "low", "interval to": "high"}).itertuples()
