"""Changes of the providers' own counts and of NCMEC's counts per sender, without a model."""

from __future__ import annotations

import pandas as pd


def half_year_changes(own: pd.DataFrame, senders: list[str], before: str, after: str) -> pd.DataFrame:
    """Own counts of senders in two half-years and the same half a year earlier.

    Parameters
    ----------
    own : DataFrame
        Table `sender_own_reports`.
    senders : list of str
    before, after : str
        Half-years compared, e.g. ``2020H2`` and ``2021H1``.

    Returns
    -------
    DataFrame
        sender, `before`, `after` (reports a half-year), change (percent), a_year_earlier (change of the same
        pair of halves against the year before `after`, percent), source_id.
    """
    year, half = int(after[:4]), after[4:]
    earlier = f"{year - 1}{half}"
    rows = []
    for sender in senders:
        mine = own[(own["sender"] == sender) & (own["frequency"] == "half-year")].set_index("period")
        absent = [period for period in (before, after, earlier) if period not in mine.index]
        if absent:
            raise ValueError(f"{sender} has no own count for {', '.join(absent)}")
        count = mine["reports"]
        rows.append(
            {
                "sender": sender,
                before: int(count[before]),
                after: int(count[after]),
                "change": 100 * (count[after] / count[before] - 1),
                "change on a year": 100 * (count[after] / count[earlier] - 1),
                "source_id": mine.loc[after, "source_id"],
            }
        )
    return pd.DataFrame(rows)


# NCMEC counts Meta as one line in 2019 and 2020, as its services from 2021 on.
META_SERVICES = ("Facebook", "Instagram", "WhatsApp")


def by_sender(reports: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Reports to NCMEC a sender and year, Meta's services added up, largest first.

    Parameters
    ----------
    reports : DataFrame
        Table `sender_reports`.
    first, last : int
        Years, inclusive.

    Returns
    -------
    DataFrame
        sender, one column a year (reports, missing where not listed), change (percent, 2020 to 2021).
    """
    kept = reports[reports["year"].between(first, last)].copy()
    kept["sender"] = kept["sender"].where(~kept["sender"].isin(META_SERVICES), "Meta")
    wide = kept.groupby(["sender", "year"])["reports"].sum().unstack("year")
    wide.columns = [str(year) for year in wide.columns]
    wide["change 2020 to 2021"] = 100 * (wide["2021"].astype(float) / wide["2020"].astype(float) - 1)
    return wide.sort_values("2020", ascending=False, na_position="last").reset_index()
