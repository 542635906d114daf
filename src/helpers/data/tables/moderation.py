"""Statements of reasons and the services' own reports under the Digital Services Act, read as published.

None of them counts reports to NCMEC.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from eprivacy_its.packages import raw
from helpers.data.check import SHOWN, Check, Tables, verdict

DAILY, TOTAL, MONTHLY = (
    "dsa-statements-daily-by-platform",
    "dsa-statements-daily-total",
    "dsa-statements-monthly-by-category",
)
RAW = (DAILY, TOTAL, MONTHLY, "dsa-reports-halfyear", "dsa-monthly-recipients-by-member-state")
COUNTS = {
    "statements_all": "all statements",
    "statements_protection_of_minors": "category Protection of minors",
    "statements_csam_keyword": "keyword child sexual abuse material",
    "statements_grooming_keyword": "keyword grooming",
}
CLOSED = ("statements_csam_keyword", "statements_grooming_keyword")
"""Counts that only the platforms of the daily table have: its rows must add up to the total of the day."""


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """Platforms against the daily total, days against months."""
    daily, total = raw.load(DAILY), raw.load(TOTAL).set_index("date")
    yield from _platforms(daily, total)
    yield from _months(daily, raw.load(MONTHLY))


def _platforms(daily: pd.DataFrame, total: pd.DataFrame) -> Iterator[Check]:
    sums = daily.groupby("date")[list(COUNTS)].sum().reindex(total.index)
    for column, name in COUNTS.items():
        short = total[column] - sums[column]
        held = (short == 0).all() if column in CLOSED else (short >= 0).all()
        what = "equal" if column in CLOSED else "don't exceed"
        yield Check(
            "moderation",
            f"{name}: platform rows {what} the total of the day",
            verdict(held),
            f"{int((short == 0).sum()):,} of {len(short):,} days equal; the rows hold "
            f"{1 - short.sum() / total[column].sum():.3%} of the statements, on no day more than "
            f"{int(short.max()):,} fewer",
        )


def _months(daily: pd.DataFrame, monthly: pd.DataFrame) -> Iterator[Check]:
    month = daily["date"].dt.to_period("M")
    added = daily.groupby([month, daily["platform"]])[
        ["statements_all", "statements_protection_of_minors"]
    ].sum()
    last_whole = daily["date"].max().to_period("M") - 1
    rows = monthly.assign(month=monthly["period_start"].dt.to_period("M"))
    rows = rows[rows["month"] <= last_whole]
    minors = rows[rows["category"] == "Protection of minors"].set_index(["month", "platform"])["statements"]
    every = rows.groupby(["month", "platform"])["statements"].sum()
    for name, given, column in (
        ("all categories", every, "statements_all"),
        ("Protection of minors", minors, "statements_protection_of_minors"),
    ):
        differs = given.astype("int64") != added[column].reindex(given.index).astype("int64")
        detail = f"{len(given)} months of a platform, to {last_whole}; {int(differs.sum())} differ"
        yield Check(
            "moderation", f"{name}: months equal the days added up", verdict(not differs.any()), detail
        )
    detail = (
        f"the days stop on {daily['date'].max().date()}, so {last_whole + 1} is no whole month of days; from "
        f"{last_whole + 1} on the months come from a third party's aggregate, which lost X's statements of "
        "2025-11-19, so a platform's day can be missing there unseen"
    )
    yield Check("moderation", "months that no days can check", SHOWN, detail)
