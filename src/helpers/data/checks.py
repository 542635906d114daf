"""Whether the figures are complete and agree with each other: one function a check, all in one table.

`holds`: what had to be is; `fails`: it isn't; `shown`: nothing to pass, but a reader must know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from eprivacy_its.results import LEVELS
from helpers.data import places, totals
from helpers.data.periods import named
from helpers.data.providers import DEFINITIONS, REDEFINED

HOLDS, SHOWN, FAILS = "holds", "shown", "fails"
Tables = dict[str, pd.DataFrame]


class Check(NamedTuple):
    """One line of the table of checks."""

    table: str
    check: str
    outcome: str
    detail: str


def run(tables: Tables, raw_countries: pd.DataFrame, tolerance: int = 0) -> pd.DataFrame:
    """Every check.

    Parameters
    ----------
    tables : dict of str to DataFrame
        All tidy tables.
    raw_countries : DataFrame
        `ncmec-reports-by-country`, for what adding up hides.
    tolerance : int
        Reports by which the rows of a year may miss the world total, inclusive.

    Returns
    -------
    DataFrame
        table, check, outcome, detail.
    """
    lines = [
        *_world_totals(tables, tolerance),
        *_eu27(tables),
        *_names_and_codes(tables, raw_countries),
        *_missing_and_zero(tables, raw_countries),
        *_meta(tables),
        *_periods(tables),
        *_senders(tables),
        *_stated_totals(tables),
        *_files(tables),
        *_police(tables),
        *_others(tables),
    ]
    return pd.DataFrame(lines, columns=list(Check._fields))


def _held(true: object) -> str:
    return HOLDS if bool(true) else FAILS


def _years(series: pd.Series, form: str = "{:,}") -> str:
    return "; ".join(f"{year}: {form.format(value)}" for year, value in series.items())


def _world_totals(tables: Tables, tolerance: int) -> Iterator[Check]:
    for row in _rows(totals.by_year(tables["country_reports"], tables["world_reports"])):
        name = f"rows of {row.year} add up to the world total"
        if pd.isna(row.world):
            yield Check("country_reports", name, FAILS, "no world total of that year")
            continue
        yield Check(
            "country_reports",
            name,
            _held(abs(row.difference) <= tolerance),
            f"rows {row.places:,}, published {row.world:,}, difference {row.difference:,}",
        )


def _eu27(tables: Tables) -> Iterator[Check]:
    members = tables["country_reports"].query("eu27")
    for year, rows in members.groupby("year"):
        found = set(rows.loc[rows["status"] == "published", "iso3"])
        missing = ", ".join(sorted(places.EU27 - found)) or "none"
        outcome = _held(found == places.EU27)
        detail = f"{len(found)} of {len(places.EU27)} have a count; missing: {missing}"
        yield Check("country_reports", f"every Member State has a count in {year}", outcome, detail)
    sums = members.groupby("year")["reports"].sum()
    yield Check("country_reports", "EU-27 sums", SHOWN, _years(sums))
    without = members[members["iso3"] != "POL"].groupby("year")["reports"].sum()
    yield Check("country_reports", "EU-27 sums without Poland", SHOWN, _years(without))
    apart = tables["country_reports"].query("eu_territory").groupby("year")["reports"].sum()
    names = ", ".join(sorted(places.EU_TERRITORIES))
    yield Check(
        "country_reports", "EU territories listed apart, in no EU-27 sum", SHOWN, f"{names}: {_years(apart)}"
    )


def _counts(series: pd.Series) -> str:
    return ", ".join("none" if pd.isna(count) else f"{count:,}" for count in series)


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples."""
    return frame.itertuples()


def _names_and_codes(tables: Tables, raw: pd.DataFrame) -> Iterator[Check]:
    coded = raw[raw["iso3"] != ""]
    names = coded.groupby("iso3")["country"].unique()
    tidy: Any = tables["country_reports"].set_index(["iso3", "year"])["reports"]
    for iso3, printed in names[names.map(len) > 1].items():
        rows = coded[coded["iso3"] == iso3]
        agree = all(
            int(part["reports"].sum()) == (0 if pd.isna(tidy[(iso3, year)]) else tidy[(iso3, year)])
            for year, part in rows.groupby("year")
        )
        parts = "; ".join(
            f"{name}: {_counts(rows.loc[rows['country'] == name, 'reports'])}" for name in printed
        )
        added = _years(tidy[iso3].dropna())
        yield Check(
            "country_reports", f"names of {iso3} added up", _held(agree), f"{parts}. Added up: {added}"
        )
    stray = [iso3 for iso3 in sorted(names.index) if iso3 in places.NOT_ISO]
    detail = "; ".join(f"{iso3} ({places.NOT_ISO[iso3]})" for iso3 in stray)
    yield Check("country_reports", "codes outside ISO 3166-1", SHOWN, detail or "none")
    unlocated = tables["country_reports"].query("not located").set_index("year")["reports"]
    share = unlocated / tables["country_reports"].groupby("year")["reports"].sum()
    yield Check(
        "country_reports",
        "reports kept as not located",
        SHOWN,
        f"{_years(unlocated)}; share {_years(share, '{:.1%}')}",
    )


def _missing_and_zero(tables: Tables, raw: pd.DataFrame) -> Iterator[Check]:
    tidy = tables["country_reports"]
    empty, zero = int(raw["reports"].isna().sum()), int((raw["reports"] == 0).sum())
    missing, zeros = int((tidy["status"] == "missing").sum()), int((tidy["reports"] == 0).sum())
    apart = tidy.loc[tidy["status"] == "missing", "reports"].isna().all()
    incomplete = tidy.loc[tidy["status"] == "missing", "iso3"].unique()
    largest = tidy.loc[tidy["iso3"].isin(incomplete), "reports"].max()
    yield Check(
        "country_reports",
        "missing kept apart from zero",
        _held(apart and missing == int(tidy["reports"].isna().sum())),
        f"{empty:,} printed cells empty and {zero:,} zeros; after adding up names {missing:,} missing and "
        f"{zeros:,} zeros; "
        f"the largest count of a place that is missing in some year is {largest:,}",
    )


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
        "meta_content", f"renamed category kept as other series, break {REDEFINED}", _held(apart), detail
    )
    gaps = [
        str(name)
        for name, rows in content.groupby("series")
        if len(pd.period_range(rows["quarter"].min(), rows["quarter"].max(), freq="Q")) != len(rows)
    ]
    yield Check(
        "meta_content",
        "no gap in any series",
        _held(not gaps),
        f"{len(span)} series; gaps: {', '.join(gaps) or 'none'}",
    )
    units = content.groupby("rounding_unit").size()
    detail = "; ".join(f"{count:,} numbers to {unit:,}" for unit, count in units.items())
    exact = (content["pieces"] % content["rounding_unit"] == 0).all()
    yield Check("meta_content", "rounded values carry their rounding unit", _held(exact), detail)
    vintages = content.groupby("vintage")["quarter"].agg(["min", "max"])
    detail = "; ".join(
        f"{row['min']} to {row['max']} from the report of {name}" for name, row in vintages.iterrows()
    )
    yield Check("meta_content", "vintages", SHOWN, detail)


def _periods(tables: Tables) -> Iterator[Check]:
    own = tables["sender_own_reports"]
    kinds = own.groupby("frequency").size().reindex(["quarter", "half-year", "year"]).dropna().astype(int)
    detail = "; ".join(f"{count:,} of a {kind}" for kind, count in kinds.items())
    true = all(
        named(row.period_start.date(), row.period_end.date()) == (row.period, row.frequency)
        for row in _rows(own)
    )
    name = "every period is a calendar quarter, half-year or year"
    yield Check("sender_own_reports", name, _held(true), detail)
    mixed = own.groupby("sender")["frequency"].unique()
    detail = "; ".join(f"{name}: {' then '.join(found)}" for name, found in mixed[mixed.map(len) > 1].items())
    yield Check("sender_own_reports", "senders whose period length changes", SHOWN, detail or "none")
    holes = ", ".join(str(sender) for sender, rows in own.groupby("sender") if _has_hole(rows)) or "none"
    name = "no day left out between periods"
    yield Check("sender_own_reports", name, _held(holes == "none"), f"gaps: {holes}")
    units = own[own["rounding_unit"] > 1].groupby("sender")["rounding_unit"].unique()
    detail = "; ".join(f"{name} to {', '.join(f'{unit:,}' for unit in some)}" for name, some in units.items())
    yield Check("sender_own_reports", "rounded values carry their rounding unit", SHOWN, detail or "none")


def _has_hole(rows: pd.DataFrame) -> bool:
    """Whether a sender's periods leave a day out."""
    ordered = rows.sort_values("period_start")
    after = ordered["period_end"].iloc[:-1] + pd.Timedelta(days=1)
    return bool((ordered["period_start"].iloc[1:].to_numpy() != after.to_numpy()).any())


def _senders(tables: Tables) -> Iterator[Check]:
    world = tables["world_reports"].set_index("year")["reports"]
    sums = tables["sender_reports"].groupby("year")["reports"].sum()
    share = sums / world.reindex(sums.index)
    yield Check(
        "sender_reports",
        "listed senders stay below the world total",
        _held((share <= 1).all()),
        f"share {_years(share, '{:.1%}')}",
    )
    both = totals.senders_against_ncmec(tables["sender_own_reports"], tables["sender_reports"])
    for sender, rows in both.groupby("sender"):
        ratio = rows.set_index("year")["ratio"]
        yield Check(
            "sender_own_reports",
            f"{sender}: own count over NCMEC's, whole years",
            SHOWN,
            _years(ratio, "{:.3f}"),
        )


def _stated_totals(tables: Tables) -> Iterator[Check]:
    """EU totals of reports of a whole year against the sum of the Member States."""
    stated = tables["eu_totals"].query(
        "geography == 'EU' and unit == 'reports' and counts_what.str.endswith('EU')"
    )
    sums = tables["country_reports"].query("eu27").groupby("year")["reports"].sum()
    later = tables["country_referrals_2024"].query("eu27")
    sums[2024] = int(later["referrals"].sum() + later["informational"].sum())
    for row in _rows(stated):
        year = row.period_start.year
        if year not in sums.index:
            yield Check(
                "eu_totals",
                f"{year}: nothing to compare with",
                SHOWN,
                f"{row.qualifier} {row.value:,} ({row.source_id})",
            )
            continue
        name = f"{year}: total as stated against the sum of the Member States"
        said = f"{row.qualifier} {row.value:,} ({row.source_id}), rounded to {row.rounding_unit:,}"
        detail = f"{said}; sum {sums[year]:,}"
        if year == 2024:
            yield Check(
                "eu_totals", name, SHOWN, f"{detail} of referrals and informational reports, another unit"
            )
            continue
        near = row.value <= sums[year] < row.value + row.rounding_unit
        if row.qualifier != "over":
            near = abs(row.value - sums[year]) <= row.rounding_unit / 2
        yield Check("eu_totals", name, _held(near), detail)
    parts = tables["eu_totals"].query("counts_what.str.startswith('service type')")
    sums = parts.groupby(parts["period_start"].dt.year)["value"].sum()
    yield Check("eu_totals", "messaging and social media added up", SHOWN, _years(sums))


def _files(tables: Tables) -> Iterator[Check]:
    stated = tables["eu_totals"]
    cut_off = [
        f"{row.value:,} ({row.source_id}), kept as given and read as rounded to {row.rounding_unit:,}"
        for row in _rows(stated[stated["value"] % stated["rounding_unit"] != 0])
    ]
    yield Check("eu_totals", "rounded numbers one short of a round one", SHOWN, "; ".join(cut_off) or "none")
    parts = stated[stated["source_id"] == "ncmec-2019-files"]
    letter = stated[(stated["source_id"] == "enoc-letter") & (stated["geography"] == "World")].iloc[0]
    total = int(parts["value"].sum())
    held = letter.value <= total < letter.value + letter.rounding_unit
    listed = " + ".join(f"{value:,}" for value in sorted(parts["value"]))
    yield Check(
        "eu_totals",
        "files of 2019 add up to the letter's total",
        _held(held),
        f"{listed} = {total:,}; letter: {letter.qualifier} {letter.value:,}",
    )
    monthly = stated[stated["unit"] == "files a month"].iloc[0]
    reports = tables["country_reports"].query("eu27 and year == 2019")["reports"].sum() / 12
    detail = (
        f"{monthly.qualifier} {monthly.value:,} files a month; EU-27 reports a month in 2019: {reports:,.0f}"
    )
    yield Check("eu_totals", "files are not reports", SHOWN, detail)


def _police(tables: Tables) -> Iterator[Check]:
    both = totals.police_against_ncmec(tables["national_police"], tables["country_reports"])
    for (country, what), rows in both.groupby(["geography", "counts_what"]):
        detail = "; ".join(f"{row.year}: {row.police:,} against {row.ncmec:,}" for row in _rows(rows))
        yield Check("national_police", f"{country}, {what}: police against NCMEC", SHOWN, detail)
    rounded = tables["national_police"].query("rounded")
    detail = "; ".join(
        f"{row.geography} {row.year}: {row.value:,} to {row.rounding_unit:,}" for row in _rows(rounded)
    )
    yield Check("national_police", "rounded by the source, or probably", SHOWN, detail)


def _others(tables: Tables) -> Iterator[Check]:
    later = tables["country_referrals_2024"].query("eu27")
    detail = (
        f"{later['referrals'].sum():,} referrals and {later['informational'].sum():,} informational reports"
    )
    yield Check(
        "country_referrals_2024",
        "every Member State is listed",
        _held(set(later["iso3"]) == places.EU27),
        detail,
    )
    falls = tables["claims"].query("unit == 'percent'")
    bare = int(falls["baseline_start"].isna().sum())
    detail = f"{bare:,} of {len(falls):,} percentages"
    yield Check("claims", "percentages without a stated baseline", SHOWN, detail)
    spans = tables["interruptions"].dropna(subset="last_day")
    days = (spans["last_day"] - spans["first_day"]).dt.days + 1
    detail = "; ".join(f"{name}: {count:,}" for name, count in zip(spans["name"], days, strict=True))
    yield Check("interruptions", "days that each state lasted", SHOWN, detail)
    vague = tables["events"].query("precision != 'day'")
    detail = "; ".join(f"{row.event_id} ({row.precision})" for row in _rows(vague))
    yield Check("events", "dates not known to the day", SHOWN, detail or "none")
    levels = tables["sources"].groupby("level").size().reindex(LEVELS, fill_value=0)
    detail = "; ".join(f"{level}: {count:,}" for level, count in levels.items())
    yield Check("sources", "level of checking", SHOWN, detail)
