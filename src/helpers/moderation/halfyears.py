"""Half-years: the services' own reports with their days in the lapse, and Snapchat's accounts by country."""

from __future__ import annotations

import pandas as pd

from eprivacy_its.panel import Panel, frame
from helpers.caseload.study import MODELS, ratio_of_change

OWN_TABLE = "own initiative, terms and conditions (table 6)"
CATEGORIES = {
    "STATEMENT_CATEGORY_PROTECTION_OF_MINORS": "Protection of minors",
    "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL": "CSAM keyword",
}
NO_COUNTRY = ("European Union", "Unknown", "World")
ACCOUNTS = "accounts disabled for child sexual exploitation and abuse"


def half(day: pd.Timestamp) -> str:
    """Name of the half-year that a day lies in, such as 2026H1."""
    return f"{day.year}H{1 + (day.month > 6)}"


def exposure(reports: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Half-years of the reports: half-year, days, days in the lapse (`first` to `last`, inclusive)."""
    spans = reports[["period_start", "period_end"]].drop_duplicates().sort_values("period_start")
    inside = [
        max(0, (min(end, last) - max(start, first)).days + 1)
        for start, end in spans.itertuples(index=False, name=None)
    ]
    return pd.DataFrame(
        {
            "half-year": [half(day) for day in spans["period_start"]],
            "days": (spans["period_end"] - spans["period_start"]).dt.days.to_numpy() + 1,
            "days in the lapse": inside,
        }
    )


def reports_by_service(reports: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """Own-initiative measures of services that report the category in both half-years, surfaces added up.

    Parameters
    ----------
    reports : DataFrame
        Raw table `dsa-reports-halfyear`.
    days : DataFrame
        As :func:`exposure` gives it, two half-years.

    Returns
    -------
    DataFrame
        service, counted (category or keyword), one column a half-year (measures a day), ratio, sources (ids).
    """
    rows = reports[(reports["table"] == OWN_TABLE) & reports["category"].isin(list(CATEGORIES))]
    rows = rows[rows["measures_own_initiative"].notna()]
    rows = rows.assign(
        counted=rows["category"].map(CATEGORIES), half=[half(day) for day in rows["period_start"]]
    )
    keys = ["service", "counted"]
    sums = rows.pivot_table(index=keys, columns="half", values="measures_own_initiative", aggfunc="sum")
    first, second = days["half-year"]
    sums = sums.dropna().loc[lambda wide: (wide > 0).all(axis=1)].astype(float)
    daily = sums / days.set_index("half-year")["days"]
    sources = rows.groupby(keys)["source_id"].agg(lambda ids: sorted(set(ids)))
    daily["ratio"], daily["sources"] = daily[second] / daily[first], sources
    return daily.reset_index().rename_axis(columns=None)


def thinned(days: pd.DataFrame, fall: float) -> float:
    """Ratio of a half-year with the lapse in it if counts fall by `fall` percent in its days and stay otherwise."""
    row = days[days["days in the lapse"] > 0].iloc[-1]
    return float(1 - fall / 100 * row["days in the lapse"] / row["days"])


def panel_of(accounts: pd.DataFrame) -> tuple[Panel, list[str]]:
    """Snapchat's accounts disabled, by country and half-year (numbered from 0), and the half-years' names."""
    rows = accounts[(accounts["counts_what"] == ACCOUNTS) & ~accounts["geography"].isin(NO_COUNTRY)]
    names = sorted({half(day) for day in rows["period_start"]})
    rows = rows.assign(
        period=[names.index(half(day)) for day in rows["period_start"]], eu=rows["group"].eq("EU27")
    )
    panel = frame.from_table(
        rows,
        unit="geography",
        period="period",
        outcome="value",
        treated="eu",
        periods=range(len(names)),
        minimum=1,
        minimum_period=len(names) - 1,
    )
    return panel, names


def country_ratios(accounts: pd.DataFrame, *, draws: int, seed: int, level: float) -> pd.DataFrame:
    """Growth in the Member States over that elsewhere, each pair of neighbouring half-years, all before the lapse.

    Returns
    -------
    DataFrame
        half-years, model, and the columns of :func:`helpers.caseload.study.ratio_of_change`.
    """
    panel, names = panel_of(accounts)
    return pd.DataFrame(
        [
            {"half-years": f"{names[k - 1]} to {names[k]}", "model": word}
            | ratio_of_change(panel, k - 1, k, model, draws=draws, seed=seed, level=level)
            for model, word in MODELS.items()
            for k in range(1, len(names))
        ]
    )


def country_sums(accounts: pd.DataFrame) -> pd.DataFrame:
    """Accounts disabled by group and half-year: group, countries, one column a half-year."""
    panel, names = panel_of(accounts)
    groups = {"Member States": panel.treated, "other countries": ~panel.treated}
    return pd.DataFrame(
        [
            {"group": name, "countries": int(mask.sum())}
            | dict(zip(names, panel.counts[mask].sum(axis=0).astype(int), strict=True))
            for name, mask in groups.items()
        ]
    )
