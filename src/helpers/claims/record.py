"""What the claims audit records, in the results schema."""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING, Any

from eprivacy_its import results
from helpers.claims import published

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.bounds.solve import Identified

_EU: dict[str, Any] = {
    "outcome": "CyberTipline reports by country of the reported user",
    "geography": "EU-27",
}


def _country_sources(*years: int) -> list[str]:
    return [f"ncmec-country-{year}" for year in years]


def totals(country_reports: pd.DataFrame) -> None:
    """Record ``claims/eu27-total-<year>`` for each year."""
    members = int(country_reports.loc[country_reports["eu27"], "iso3"].nunique())
    for year, total in published.totals(country_reports).items():
        results.record(
            f"claims/eu27-total-{year}",
            question=f"How many reports were located in the EU-27 in {year}?",
            unit="reports a year",
            window=f"{year}",
            comparison="none",
            estimator="sum of the Member States",
            estimate=float(total),
            scale="count",
            n=members,
            grade="established",
            sources=_country_sources(int(str(year))),
            note="A complete count, so no interval; rows of the year add up to the published world total.",
            **_EU,
        )


def changes(country_reports: pd.DataFrame, without: str = "POL", name: str = "poland") -> None:
    """Record the change from 2020 to 2021 with and without one Member State."""
    members = int(country_reports.loc[country_reports["eu27"], "iso3"].nunique())
    for left_out, ending, n in (((), "", members), ((without,), f"-without-{name}", members - 1)):
        years = published.totals(country_reports, left_out)
        results.record(
            f"claims/eu27-change-2021{ending}",
            question="By how much did yearly reports located in the EU-27"
            + (f" without {name.capitalize()}" if left_out else "")
            + " change from 2020 to 2021?",
            unit="percent",
            window="2021",
            comparison="2020",
            estimator="change of yearly totals",
            estimate=published.percent_change(float(years[2020]), float(years[2021])),
            scale="percent change",
            n=n,
            grade="established",
            sources=_country_sources(2020, 2021),
            note="Negative is a fall. Two complete counts, so no interval; says nothing about the cause.",
            **_EU,
        )


def levels(claims: pd.DataFrame) -> None:
    """Record the two published daily levels, ``claims/daily-rate-before`` and ``-after``, as claims.

    Graded suggestive: an excerpt of one source, whose author calls the unit users rather than reports.
    """
    for quantity, ending in (("level before", "before"), ("level after", "after")):
        claim = claims[claims["quantity"] == quantity].iloc[0]
        results.record(
            f"claims/daily-rate-{ending}",
            question=f"What daily level was published for the three weeks {ending} 2020-12-21?",
            outcome=claim["counts_what"].replace('"', ""),
            unit="per day",
            geography="EU-27",
            window=f"{claim['window_start']:%Y-%m-%d} to {claim['window_end']:%Y-%m-%d}",
            comparison="none",
            estimator="as published",
            estimate=float(claim["value"]),
            scale="count",
            n=1,
            grade="suggestive",
            sources=[claim["source_id"]],
            note=f"Checked: {claim['how_checked']}. That it counts all EU reports would be an inference.",
        )


def daily_means(country_reports: pd.DataFrame, years: tuple[int, ...] = (2020, 2021)) -> None:
    """Record ``claims/daily-mean-<year>``."""
    for year in years:
        results.record(
            f"claims/daily-mean-{year}",
            question=f"How many reports a day concerned the EU-27 on average in {year}?",
            unit="per day",
            window=f"{year}",
            comparison="none",
            estimator="yearly total by days of the year",
            estimate=published.daily_mean(country_reports, year),
            scale="count",
            n=366 if calendar.isleap(year) else 365,
            grade="established",
            sources=_country_sources(year),
            note="A complete count, so no interval.",
            **_EU,
        )


def _grade(found: Identified) -> str:
    """By the rule: a change whose set holds 0 is not identified; what claims leave beyond that is suggestive."""
    holds = found.target.unit == "percent" and found.low <= 0 <= found.high
    return "not identified" if holds else "suggestive"


def identified(
    id: str, found: Identified, *, question: str, window: str, comparison: str, **more: Any
) -> None:
    """Record an identified set: its ends as interval, no level, the middle left out.

    Parameters
    ----------
    id : str
        Id of the estimate.
    found : Identified
        From :func:`eprivacy_its.bounds.bound`.
    more
        ``scale``, ``n`` (number of claims used), ``sources``, ``note`` and whatever else the schema asks for.
    """
    unit = {"percent": "percent"}.get(found.target.unit, f"reports {found.target.unit}".strip())
    fields: dict[str, Any] = {
        "outcome": "reports concerning the EU",
        "unit": unit,
        "geography": "EU-27",
        "estimator": "sharp bounds by linear programming",
        "scale": "percent change" if unit == "percent" else "count",
        "grade": _grade(found),
        **more,
    }
    fields["note"] = f"Identified set, not a confidence interval. {fields.get('note', '')}".strip()
    results.record(
        id,
        question=question,
        window=window,
        comparison=comparison,
        estimate=None,
        ci_low=found.low,
        ci_high=found.high,
        level=None,
        **fields,
    )


def certain_kappa(id: str, kappa: float | None, *, question: str, window: str, claims: list[Any]) -> None:
    """Record the bound on weekly moves (percent) at which a statement becomes certain; None: at none."""
    results.record(
        id,
        question=question,
        outcome="largest weekly move",
        unit="percent a week",
        geography="EU-27",
        window=window,
        comparison="none",
        estimator="linear programmes and bisection",
        estimate=None if kappa is None else 100 * kappa,
        scale="percent",
        n=len(claims),
        grade="",  # arithmetic
        sources=[claim.source for claim in claims],
        note="Smoother than this, the statement holds for every series that meets the claims.",
    )


def season_dip(claim: Any, dip: float, low: float, high: float) -> None:
    """Record ``claims/season/dip-that-explains-all``: the dip over the whole window at which no fall is left."""
    results.record(
        "claims/season/dip-that-explains-all",
        question="At which holiday dip over all three weeks would nothing of the three-week fall be left?",
        outcome="holiday dip over the three weeks",
        unit="percent",
        geography="EU",
        window=str(claim.window),
        comparison=str(claim.baseline),
        estimator="arithmetic",
        estimate=dip,
        ci_low=low,
        ci_high=high,
        scale="percent",
        n=1,
        grade="",  # arithmetic
        sources=[claim.source],
        note="Identified set, not a confidence interval: the rounding of the published percentage.",
    )
