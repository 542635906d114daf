"""What senders publish about themselves, raw to tidy: reports to NCMEC, and Meta's content actioned."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from eprivacy_its.errors import InputError
from helpers.data.periods import named, quarter_days
from helpers.data.rounding import one_decimal_unit

# Meta's category "Child Nudity & Sexual Exploitation" was replaced by two others from this quarter on.
REDEFINED = "2021Q2"
ENDED = frozenset({"Child Nudity & Sexual Exploitation"})
BEGUN = frozenset(
    {"Child Endangerment: Nudity and Physical Abuse", "Child Endangerment: Sexual Exploitation"}
)
DEFINITIONS = (f"before {REDEFINED}", f"from {REDEFINED}", "no break known")

# Quarters up to this one come from the vintage of the report for 2024Q2, later ones from that for 2025Q4.
FIRST_VINTAGE, LAST_VINTAGE = "2024Q2", "2025Q4"


def sender_own_reports(raws: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Reports to NCMEC by the senders' own count, in true periods.

    Parameters
    ----------
    raws : dict of str to DataFrame
        File of each `*-own-counts` table as messages name it, and the table: platform, period_start,
        period_end (inclusive), reports, precision, source_id.

    Returns
    -------
    DataFrame
        sender, period (`2020Q1`, `2020H1`, `2020`), frequency (`quarter`, `half-year`, `year`), period_start,
        period_end (inclusive), reports (reports a period, world), rounding_unit (reports; 1: not rounded),
        source_id. Sorted by sender and period_start.
    """
    parts = [_own(file, raw) for file, raw in sorted(raws.items())]
    tidy = pd.concat(parts, ignore_index=True)
    return tidy.sort_values(["sender", "period_start"], ignore_index=True)


def _own(file: str, raw: pd.DataFrame) -> pd.DataFrame:
    labels = [_label(file, row) for row in raw.itertuples()]
    tidy = raw.rename(columns={"platform": "sender"}).assign(
        period=[label for label, _ in labels],
        frequency=[frequency for _, frequency in labels],
        rounding_unit=[
            one_decimal_unit(int(count)) if precision == "rounded" else 1
            for count, precision in zip(raw["reports"], raw["precision"], strict=True)
        ],
    )
    _no_overlap(file, tidy)
    columns = ["sender", "period", "frequency", "period_start", "period_end", "reports", "rounding_unit"]
    return tidy[[*columns, "source_id"]]


def _label(file: str, row: Any) -> tuple[str, str]:
    first, last = row.period_start.date(), row.period_end.date()
    found = named(first, last)
    if found is None:
        raise InputError(
            f"{file}, row {row.Index}, column period_end: found {first} to {last}, "
            "expected a calendar quarter, half-year or year. Correct the first or the last day."
        )
    return found


def _no_overlap(file: str, tidy: pd.DataFrame) -> None:
    """A day must be counted once a sender, or sums over periods would count it twice."""
    for sender, rows in tidy.sort_values("period_start").groupby("sender"):
        overlap = rows["period_start"] <= rows["period_end"].shift()
        if overlap.any():
            raise InputError(
                f"{file}, row {rows.index[overlap][0]}, column period_start: found a period of {sender} that "
                "begins before the one before it ends, expected each day once. Correct the days."
            )


def slug(*parts: str) -> str:
    """Lower case words joined by hyphens: `facebook-child-nudity-sexual-exploitation`."""
    return re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")


def meta_content(raw: pd.DataFrame, file: str) -> pd.DataFrame:
    """Meta's content actioned by quarter; the renamed category stays two series.

    Parameters
    ----------
    raw : DataFrame
        `meta-content-actioned`: app, policy_area, quarter, pieces, source_id.
    file : str
        Its file as messages name it.

    Returns
    -------
    DataFrame
        series (slug of app and policy area), app, policy_area, quarter, period_start, period_end (inclusive),
        pieces (pieces a quarter, world), rounding_unit (pieces), definition (one of `DEFINITIONS`), vintage
        (the report it is printed in), source_id. Sorted by series and quarter.
    """
    days = [quarter_days(quarter) for quarter in raw["quarter"]]
    tidy = raw.assign(
        series=[slug(*names) for names in zip(raw["app"], raw["policy_area"], strict=True)],
        period_start=pd.Series([first for first, _ in days], dtype="datetime64[s]", index=raw.index),
        period_end=pd.Series([last for _, last in days], dtype="datetime64[s]", index=raw.index),
        rounding_unit=[one_decimal_unit(int(pieces)) for pieces in raw["pieces"]],
        definition=raw["policy_area"].map(_definition),
        vintage=raw["quarter"].map(
            lambda quarter: FIRST_VINTAGE if quarter <= FIRST_VINTAGE else LAST_VINTAGE
        ),
    )
    _break_holds(tidy, file)
    columns = ["series", "app", "policy_area", "quarter", "period_start", "period_end", "pieces"]
    columns += ["rounding_unit", "definition", "vintage", "source_id"]
    return tidy[columns].sort_values(["series", "quarter"], ignore_index=True)


def _definition(policy_area: str) -> str:
    before, after, steady = DEFINITIONS
    return before if policy_area in ENDED else after if policy_area in BEGUN else steady


def _break_holds(tidy: pd.DataFrame, file: str) -> None:
    """The old category must stop, and the new ones start, at the redefinition."""
    before, after, _ = DEFINITIONS
    late = (tidy["definition"] == before) & (tidy["quarter"] >= REDEFINED)
    early = (tidy["definition"] == after) & (tidy["quarter"] < REDEFINED)
    if (late | early).any():
        row = tidy[late | early].iloc[0]
        raise InputError(
            f'{file}, row {row.name}, column quarter: found {row.quarter} for "{row.policy_area}", expected '
            f"this category only {'before' if late.any() else 'from'} {REDEFINED}. Correct the quarter or "
            "the category."
        )
