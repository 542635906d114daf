"""What police, officials and others state, raw to tidy; and the list of sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.results import LEVELS
from helpers.data.rounding import looks_rounded, stated_unit, trailing_unit

if TYPE_CHECKING:
    from eprivacy_its.packages.descriptors import Resource

QUALIFIERS = {
    "over": "over",
    "more than": "over",
    "roughly": "roughly",
    "about": "roughly",
    "nearly": "nearly",
    "rounded": "rounded",
}
POLICE_ISO3 = {"Austria": "AUT", "Czechia": "CZE", "Germany": "DEU", "Switzerland": "CHE"}
RAW_POLICE = "data/raw/police/national_police_series.csv"
RAW_CLAIMS = "data/raw/claims/claims.csv"
RAW_EU = "data/raw/eu/eu_totals.csv"


def split_unit(text: str, where: str) -> tuple[str, str]:
    """Unit and qualifier of a printed unit: `files (over)` gives (`files`, `over`).

    Without brackets the qualifier is "". InputError for a word that isn't in `QUALIFIERS`.
    """
    found = re.fullmatch(r"(.*?)(?: \(([^)]*)\))?", text)
    unit, word = (found[1], found[2] or "") if found else (text, "")
    if word and word not in QUALIFIERS:
        raise InputError(
            f'{where}, column unit: found "({word})", expected in brackets one of {", ".join(QUALIFIERS)}.'
        )
    return unit, QUALIFIERS.get(word, "")


def _in_order(raw: pd.DataFrame, file: str, first: str, last: str) -> None:
    backwards = raw[raw[last] < raw[first]]
    if len(backwards):
        raise InputError(
            f"{file}, row {backwards.index[0]}, column {last}: found a day before {first}, expected that day "
            "or a later one. Correct the days."
        )


def national_police(raw: pd.DataFrame) -> pd.DataFrame:
    """Counts of national police: geography, iso3, year, value, unit, qualifier, counts_what, rounded,
    rounding_unit, source_id.

    `rounded` is true where the source says so (about, more than) or where the digits suggest it (a multiple
    of 50); `rounding_unit` is then the power of ten of the last printed digit, else 1. Sorted by geography,
    counts_what and year.
    """
    unknown = raw[~raw["geography"].isin(POLICE_ISO3)]
    if len(unknown):
        row, name = unknown.index[0], unknown["geography"].iloc[0]
        raise InputError(
            f'{RAW_POLICE}, row {row}, column geography: found "{name}", expected one of '
            f"{', '.join(POLICE_ISO3)}. Add its code to POLICE_ISO3 in helpers/figures/statements.py."
        )
    units = [split_unit(unit, f"{RAW_POLICE}, row {row}") for row, unit in raw["unit"].items()]
    tidy = raw.assign(
        iso3=raw["geography"].map(POLICE_ISO3),
        unit=[unit for unit, _ in units],
        qualifier=[qualifier for _, qualifier in units],
    )
    tidy["rounded"] = (tidy["qualifier"] != "") | tidy["value"].map(looks_rounded).astype(bool)
    tidy["rounding_unit"] = [
        trailing_unit(int(value)) if rounded else 1
        for value, rounded in zip(tidy["value"], tidy["rounded"], strict=True)
    ]
    columns = [
        "geography",
        "iso3",
        "year",
        "value",
        "unit",
        "qualifier",
        "counts_what",
        "rounded",
        "rounding_unit",
    ]
    return tidy[[*columns, "source_id"]].sort_values(["geography", "counts_what", "year"], ignore_index=True)


def eu_totals(raw: pd.DataFrame) -> pd.DataFrame:
    """Totals as stated: geography, period_start, period_end (inclusive), value, unit, counts (`files` or
    `reports`), qualifier, rounding_unit, counts_what, source_id.

    `qualifier` is the source's word (over, roughly, nearly, rounded); without one it is `rounded` where the
    number is a multiple of 50, else `exact`. `rounding_unit` is the power of ten of the last printed digit (see
    `rounding.stated_unit`), 1 where exact. Sorted by geography, period_start, source_id.
    """
    _in_order(raw, RAW_EU, "period_start", "period_end")
    units = [split_unit(unit, f"{RAW_EU}, row {row}") for row, unit in raw["unit"].items()]
    qualifiers = [
        qualifier or ("rounded" if looks_rounded(value) else "exact")
        for (_, qualifier), value in zip(units, raw["value"], strict=True)
    ]
    tidy = raw.assign(
        unit=[unit for unit, _ in units],
        qualifier=qualifiers,
        counts=["reports" if unit.startswith("reports") else "files" for unit, _ in units],
        rounding_unit=[
            1 if qualifier == "exact" else stated_unit(int(value))
            for qualifier, value in zip(qualifiers, raw["value"], strict=True)
        ],
    )
    columns = [
        "geography",
        "period_start",
        "period_end",
        "value",
        "unit",
        "counts",
        "qualifier",
        "rounding_unit",
    ]
    ordered = ["geography", "period_start", "source_id", "counts_what"]
    return tidy[[*columns, "counts_what", "source_id"]].sort_values(ordered, ignore_index=True)


def claims(raw: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Claims with the level of checking of their source; windows and baselines NaT where not stated.

    Columns: claim_id, quantity, value, unit, window_start, window_end, baseline_start, baseline_end (all
    inclusive), counts_what, source_id, how_checked, note.
    """
    _in_order(raw, RAW_CLAIMS, "window_start", "window_end")
    _in_order(raw, RAW_CLAIMS, "baseline_start", "baseline_end")
    checked = dict(zip(sources["source_id"], sources["how_checked"], strict=True))
    tidy = raw.assign(how_checked=raw["source_id"].map(checked))
    columns = [*(column for column in raw.columns if column != "note"), "how_checked", "note"]
    return tidy[columns].sort_values("claim_id", ignore_index=True)


def sources(raw: pd.DataFrame) -> pd.DataFrame:
    """Sources with `level`, the one of `LEVELS` that `how_checked` begins with; sorted by source_id."""
    level = [next(one for one in LEVELS if text.startswith(one)) for text in raw["how_checked"]]
    return raw.assign(level=level).sort_values("source_id", ignore_index=True)


def reference_sources(resources: Iterable[Resource]) -> pd.DataFrame:
    """Sources of the published data sets used for verification, as their data package names them.

    Columns as in the list of sources: source_id, title, publisher, published, url, how_checked.
    """
    named = [
        source for one in resources for source in one.declared.get("sources", ()) if "source_id" in source
    ]
    rows = [
        {
            "source_id": source["source_id"],
            "title": source["title"],
            "publisher": source["publisher"],
            "published": source["published"],
            "url": source["path"],
            "how_checked": source["how_checked"],
        }
        for source in named
    ]
    return pd.DataFrame(rows)
