"""Yearly totals from the tidy tables: the world, the EU of 27, and what is not located."""

from __future__ import annotations

import pandas as pd


def by_year(country_reports: pd.DataFrame, world_reports: pd.DataFrame) -> pd.DataFrame:
    """Country rows added up beside NCMEC's world total.

    Parameters
    ----------
    country_reports, world_reports : DataFrame
        The tidy tables of these names.

    Returns
    -------
    DataFrame
        year, world (published total), places (sum of all rows), difference (places - world), eu27,
        not_located, all in reports a year; eu27_share of the located reports. One row a year of
        `country_reports`.
    """
    rows = country_reports.groupby("year")
    members = country_reports[country_reports["eu27"]]
    table = pd.DataFrame(
        {
            "places": rows["reports"].sum(),
            "eu27": members.groupby("year")["reports"].sum(),
            "eu27_without_poland": members[members["iso3"] != "POL"].groupby("year")["reports"].sum(),
            "not_located": country_reports[~country_reports["located"]].groupby("year")["reports"].sum(),
        }
    )
    table = table.fillna(0).astype("int64")
    world = world_reports.set_index("year")["reports"].reindex(table.index)
    table.insert(0, "world", world.astype("Int64"))
    table["difference"] = table["places"] - table["world"]
    table["eu27_share"] = table["eu27"] / (table["places"] - table["not_located"])
    columns = ["world", "places", "difference", "eu27", "eu27_without_poland", "not_located", "eu27_share"]
    return table[columns].reset_index()


def senders_against_ncmec(own: pd.DataFrame, received: pd.DataFrame) -> pd.DataFrame:
    """A sender's own count of a whole year beside what NCMEC counted from it.

    Google and YouTube together stand against NCMEC's Alphabet (to 2023) and Google (from 2024); Meta's
    quarters against the sum of its apps. Only years that the sender's periods cover whole.

    Parameters
    ----------
    own, received : DataFrame
        `sender_own_reports` and `sender_reports`.

    Returns
    -------
    DataFrame
        sender, year, own, ncmec (reports a year), ratio (own / ncmec), sorted by sender and year.
    """
    merged = {"YouTube": "Google", "Alphabet": "Google"}
    meta = dict.fromkeys(["Facebook", "Instagram", "WhatsApp", "Threads", "Meta AI"], "Meta")
    days = (own["period_end"] - own["period_start"]).dt.days + 1
    kept = own.assign(days=days, year=own["period_start"].dt.year, parts=own["sender"])
    kept["sender"] = kept["sender"].replace(merged)
    stated = kept.groupby(["sender", "year"]).agg(
        own=("reports", "sum"), days=("days", "sum"), parts=("parts", "nunique")
    )
    length = pd.to_datetime(
        pd.Series(stated.index.get_level_values("year") + 1).astype("str")
    ) - pd.to_datetime(pd.Series(stated.index.get_level_values("year")).astype("str"))
    whole = stated[stated["days"].to_numpy() == length.dt.days.to_numpy() * stated["parts"].to_numpy()]
    counted = received.assign(sender=received["sender"].replace(merged | meta))
    ncmec = counted.groupby(["sender", "year"])["reports"].sum().rename("ncmec")
    table = whole[["own"]].join(ncmec, how="inner")
    return table.assign(ratio=table["own"] / table["ncmec"]).reset_index()


def police_against_ncmec(police: pd.DataFrame, country_reports: pd.DataFrame) -> pd.DataFrame:
    """National police counts beside NCMEC's count of the same country and year.

    Returns
    -------
    DataFrame
        geography, counts_what, year, police, ncmec (a year), ratio (police / ncmec), for the years both have.
    """
    ncmec = country_reports[["iso3", "year", "reports"]].rename(columns={"reports": "ncmec"})
    both = police.rename(columns={"value": "police"}).merge(ncmec, on=["iso3", "year"])
    both["ratio"] = both["police"] / both["ncmec"].astype("float64")
    columns = ["geography", "counts_what", "year", "police", "ncmec", "ratio"]
    return both[columns].sort_values(["geography", "counts_what", "year"], ignore_index=True)
