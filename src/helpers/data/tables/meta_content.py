"""Pieces of content that Meta acted on, by app, policy area and quarter."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.packages import descriptors, raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col
from helpers.data.check import SHOWN, Check, Tables, Tidied, verdict
from helpers.data.periods import quarter_days
from helpers.data.rounding import one_decimal_unit

RAW = ("meta-content-actioned",)
# Meta's category "Child Nudity & Sexual Exploitation" was replaced by two others from this quarter on.
REDEFINED = "2021Q2"
ENDED = frozenset({"Child Nudity & Sexual Exploitation"})
BEGUN = frozenset(
    {"Child Endangerment: Nudity and Physical Abuse", "Child Endangerment: Sexual Exploitation"}
)
DEFINITIONS = (f"before {REDEFINED}", f"from {REDEFINED}", "no break known")
# Quarters up to this one come from the vintage of the report for 2024Q2, later ones from that for 2025Q4.
FIRST_VINTAGE, LAST_VINTAGE = "2024Q2", "2025Q4"


TABLE = Table(
    "meta_content",
    "Pieces of content that Meta acted on, by app, policy area and quarter, world.",
    (
        col.text("series", "App and policy area as one word.", pattern=r"[a-z0-9-]+"),
        col.text("app", "App.", allowed=("Facebook", "Instagram")),
        col.text("policy_area", "Policy area as Meta names it."),
        col.text("quarter", "Calendar quarter.", pattern=r"[0-9]{4}Q[1-4]"),
        col.START,
        col.END,
        col.count("pieces", "Pieces of content actioned, as rounded by Meta.", "pieces a quarter"),
        col.rounding("pieces"),
        col.text("definition", "Side of the redefinition of 2021Q2.", allowed=DEFINITIONS),
        col.text("vintage", "Report that the number is taken from.", pattern=r"[0-9]{4}Q[1-4]"),
        col.SOURCE,
    ),
    ("series", "quarter"),
)


def build(tidied: Tidied) -> pd.DataFrame:
    """The table from its raw tables."""
    return tidy(raw.load(*RAW), descriptors.resource(*RAW).location)


def slug(*parts: str) -> str:
    """Lower case words joined by hyphens: `facebook-child-nudity-sexual-exploitation`."""
    return re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")


def tidy(raw: pd.DataFrame, file: str) -> pd.DataFrame:
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


def checks(tables: Tables, tolerance: int) -> Iterator[Check]:
    """What has to hold, and what a reader must know."""
    yield from _meta(tables)


def _meta(tables: Tables) -> Iterator[Check]:
    content = tables["meta_content"]
    before, after, _ = DEFINITIONS
    span = content.groupby("series")["quarter"].agg(["min", "max"])
    kind = content.groupby("series")["definition"].first()
    broken = span[kind != DEFINITIONS[2]]
    last = pd.Period(REDEFINED, freq="Q") - 1
    apart = (span[kind == before]["max"] == str(last)).all() and (
        span[kind == after]["min"] == REDEFINED
    ).all()
    detail = "; ".join(f"{name} {row['min']} to {row['max']}" for name, row in broken.iterrows())
    yield Check(
        "meta_content", f"renamed category kept as other series, break {REDEFINED}", verdict(apart), detail
    )
    gaps = [
        str(name)
        for name, rows in content.groupby("series")
        if len(pd.period_range(rows["quarter"].min(), rows["quarter"].max(), freq="Q")) != len(rows)
    ]
    yield Check(
        "meta_content",
        "no gap in any series",
        verdict(not gaps),
        f"{len(span)} series; gaps: {', '.join(gaps) or 'none'}",
    )
    units = content.groupby("rounding_unit").size()
    detail = "; ".join(f"{count:,} numbers to {unit:,}" for unit, count in units.items())
    exact = (content["pieces"] % content["rounding_unit"] == 0).all()
    yield Check("meta_content", "rounded values carry their rounding unit", verdict(exact), detail)
    vintages = content.groupby("vintage")["quarter"].agg(["min", "max"])
    detail = "; ".join(
        f"{row['min']} to {row['max']} from the report of {name}" for name, row in vintages.iterrows()
    )
    yield Check("meta_content", "vintages", SHOWN, detail)
