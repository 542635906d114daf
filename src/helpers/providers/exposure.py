"""How much of a country's reports one provider's switch-off could take away at most."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from eprivacy_its import results, show
from eprivacy_its.robustness.grade import grade
from helpers import data

LARGEST = 10
QUESTION = "How much of the EU's reports could one provider's switch-off take away at most?"


def shares(providers: pd.DataFrame) -> pd.DataFrame:
    """Share of every provider among all providers' reports, largest of the last common year first.

    Parameters
    ----------
    providers : DataFrame
        Table `provider_reports`.

    Returns
    -------
    DataFrame
        provider, one column a year (percent of the providers' reports, world; missing where not listed). The
        `LARGEST` of 2020, and all others together.
    """
    counts = providers.groupby(["provider", "year"])["reports"].sum().unstack("year")
    percent = 100 * counts.astype(float) / counts.sum().astype(float)
    top = percent.loc[percent[2020].sort_values(ascending=False).index[:LARGEST]]
    rest = percent.drop(top.index).sum().to_frame(f"{len(percent) - LARGEST} others").T
    table = pd.concat([top, rest]).rename_axis("provider").reset_index()
    return table.rename(columns=str).rename_axis(columns=None)


def at_most(providers: pd.DataFrame, reports: pd.DataFrame, year: int) -> pd.DataFrame:
    """Sharp upper bounds on what a provider's whole switch-off would take from a group's reports of one year.

    A provider can't take away more of a group's reports than it sent about the whole world: at most the smaller of
    the two counts. Nothing is assumed about how its reports spread over countries. Beside it stands what it would
    take if they spread as all reports do: its share of the world.

    Parameters
    ----------
    providers, reports : DataFrame
        Tables `provider_reports` and `country_reports`.
    year : int

    Returns
    -------
    DataFrame
        provider, reports (world), share (percent of the providers' reports), EU-27 at most, largest Member State at
        most, smallest Member State at most (percent of that group's reports), for the `LARGEST` providers.
    """
    rows = providers[providers["year"] == year].groupby("provider")["reports"].sum()
    members = reports[reports["eu27"] & (reports["year"] == year)].set_index("iso3")["reports"].astype(float)
    groups = {
        "EU-27": members.sum(),
        f"largest ({members.idxmax()})": members.max(),
        f"smallest ({members.idxmin()})": members.min(),
    }
    top = rows.sort_values(ascending=False).head(LARGEST)
    table = pd.DataFrame({"reports": top, "share": 100 * top / rows.sum()})
    for name, total in groups.items():
        table[name] = 100 * (top / total).clip(upper=1)
    return table.reset_index()


def sentence(table: pd.DataFrame, fall: float, year: int) -> str:
    """Which providers alone could make the EU's fall.

    Parameters
    ----------
    table : DataFrame
        As :func:`at_most` gives it.
    fall : float
        Fall of the EU-27 from `year` to the next, percent (positive).
    """
    able = table.loc[table["EU-27"] >= fall, "provider"].tolist()
    first = table.iloc[0]
    rest = table[~table["provider"].isin(able)]
    largest = rest.sort_values("EU-27").iloc[-1]
    return (
        f"In {year} {first['provider']} sent {show.percent(first['share'], 1)} of all providers' reports, so its whole "
        f"switch-off could take away every report about the EU. The EU-27's count fell by {show.percent(fall, 1)} in "
        f"the next year: of the {len(table)} largest providers only {show.listing(able)} sent enough reports about "
        f"the whole world to make that fall alone; next comes {largest['provider']} with at most "
        f"{show.percent(largest['EU-27'], 1)}. These are bounds, not estimates: how a provider's reports spread over "
        "countries isn't published for these years."
    )


def fall_of_eu(reports: pd.DataFrame, year: int) -> float:
    """Fall of the EU-27's reports from a year to the next, percent; positive for a fall."""
    sums = reports[reports["eu27"]].groupby("year")["reports"].sum().astype(float)
    return float(100 * (1 - sums[year + 1] / sums[year]))


def record(table: pd.DataFrame, year: int, sources: Iterable[str]) -> None:
    """Record the bound of each provider."""
    ids = sorted(sources)
    graded = grade(design="count", source_level=data.source_level(ids))
    for row in table.to_dict("records"):
        slug = "-".join("".join(c.lower() if c.isalnum() else " " for c in row["provider"]).split())
        results.record(
            f"platforms/exposure-{year}/{slug}",
            question=QUESTION,
            outcome=f"EU-27 reports that {row['provider']} could have sent",
            unit="percent of the EU-27's reports",
            geography="EU-27",
            window=str(year),
            comparison="the provider's reports about the whole world",
            estimator="sharp upper bound of two counts",
            estimate=row["EU-27"],
            scale="percent",
            n=2,
            grade=graded.value,
            sources=ids,
            note=f"an upper bound; {graded.reason}",
        )
