"""Each check has a case that breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd
import pytest

from eprivacy_its.packages import raw
from helpers.data import checks
from helpers.data.tables import MODULES, moderation

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def checked(tables: Tables) -> pd.DataFrame:
    return checks.run(tables)


def where(frame: pd.DataFrame, **equal: object) -> pd.Series:
    """Rows in which every named column has that value."""
    return pd.concat([frame[name] == value for name, value in equal.items()], axis=1).all(axis=1)


def put(name: str, column: str, value: object, **equal: object) -> Callable[[Tables], Tables]:
    """A change of tidy tables: `value` in one column of the rows that `equal` names."""

    def change(tables: Tables) -> Tables:
        frame = tables[name].copy()
        rows = where(frame, **equal)
        assert rows.any()
        frame.loc[rows, column] = value
        return tables | {name: frame}

    return change


def drop(name: str, **equal: object) -> Callable[[Tables], Tables]:
    """A change of tidy tables: the rows that `equal` names are gone."""

    def change(tables: Tables) -> Tables:
        rows = where(tables[name], **equal)
        assert rows.any()
        return tables | {name: tables[name][~rows]}

    return change


BROKEN = {
    "rows of 2021 add up to the world total": put("world_reports", "reports", 29_397_682, year=2021),
    "rows of 2022 add up to the world total": drop("world_reports", year=2022),
    "rows of 2020 add up to the world total": drop("country_reports", iso3="", year=2020),
    "every Member State has a count in 2021": put(
        "country_reports", "status", "missing", iso3="POL", year=2021
    ),
    "every Member State has a count in 2019": drop("country_reports", iso3="MLT", year=2019),
    "names of GUF added up": put("country_reports", "reports", 593, iso3="GUF", year=2020),
    "missing kept apart from zero": put("country_reports", "reports", 0, iso3="NFK", year=2021),
    "renamed category kept as other series, break 2021Q2": put(
        "meta_content",
        "series",
        "facebook-child",
        series="facebook-child-nudity-sexual-exploitation",
        quarter="2021Q1",
    ),
    "no gap in any series": drop("meta_content", series="facebook-spam", quarter="2020Q1"),
    "rounded values carry their rounding unit": put(
        "meta_content",
        "pieces",
        5_312_345,
        series="facebook-child-nudity-sexual-exploitation",
        quarter="2020Q4",
    ),
    "every period is a calendar quarter, half-year or year": put(
        "sender_own_reports", "frequency", "quarter", sender="Snap", period="2022H1"
    ),
    "no day left out between periods": drop("sender_own_reports", sender="Google", period="2021H1"),
    "listed providers stay below the world total": put("world_reports", "reports", 20_000_000, year=2025),
    "2019: total as stated against the sum of the Member States": put(
        "eu_totals", "value", 726_000, source_id="eu-b02"
    ),
    "2023: total as stated against the sum of the Member States": put(
        "eu_totals", "value", 1_350_000, source_id="eu-b2023a"
    ),
    "files of 2019 add up to the letter's total": put(
        "eu_totals", "value", 189_053, counts_what="other files reported to NCMEC"
    ),
    "no month left out": drop("discord_months", month="2021-08"),
    "months of media reports add up to the quarters and half-years": put(
        "discord_months", "media", 1, month="2021-08"
    ),
    "values that both vintages have are equal": put(
        "meta_content_2026q2",
        "pieces",
        1,
        series="facebook-child-nudity-sexual-exploitation",
        quarter="2020Q4",
    ),
    "all providers stay below the world total": put(
        "provider_reports", "reports", 40_000_000, printed="Facebook", year=2021
    ),
    "every count of the selected providers is a row of the originals": put(
        "provider_reports", "reports", 8, printed="Snapchat", year=2021
    ),
    "every printed count is kept": drop("recorded_offences", iso3="POL", year=2019),
    "every publication to come extends a table that there is": put(
        "expected_publications", "extends", "nothing", expected_id="eurostat-after-2021"
    ),
    "every Member State is listed": drop("country_referrals_2024", iso3="MLT"),
}


def outcome(frame: pd.DataFrame, check: str, table: str | None = None) -> str:
    rows = frame[frame["check"] == check]
    rows = rows if table is None else rows[rows["table"] == table]
    return str(rows["outcome"].iloc[0])


@pytest.mark.parametrize("check", BROKEN)
def test_a_check_fails_when_its_figure_is_wrong(check: str, tables: Tables, checked: pd.DataFrame) -> None:
    table = "meta_content" if check.startswith("rounded") else None
    assert outcome(checked, check, table) == checks.HOLDS
    of = str(checked.loc[checked["check"] == check, "table"].iloc[0]) if table is None else table
    lines = MODULES[of].checks(BROKEN[check](tables), 0)
    assert outcome(pd.DataFrame(lines, columns=list(checked)), check, table) == checks.FAILS


def test_every_check_that_can_fail_has_such_a_case(checked: pd.DataFrame) -> None:
    """Checks that are one for each year are covered by one year."""

    def kind(names: pd.Series) -> set[str]:
        return set(names.str.replace(r"\b(19|20)\d\d\b", "", regex=True))

    tidied = checked["table"] != "moderation"  # its raw tables have cases of their own below
    holds = checked.loc[tidied & (checked["outcome"] == checks.HOLDS), "check"]
    assert kind(holds) == kind(pd.Series(list(BROKEN)))


def test_tolerance_is_inclusive(tables: Tables) -> None:
    off = put("world_reports", "reports", 29_397_684, year=2021)(tables)
    name = "rows of 2021 add up to the world total"
    assert outcome(checks.run(off, tolerance=2), name) == checks.FAILS
    assert outcome(checks.run(off, tolerance=3), name) == checks.HOLDS


@pytest.mark.parametrize(
    ("check", "part"),
    [
        ("EU-27 sums", "2019: 725,232; 2020: 1,046,349; 2021: 555,834; 2022: 1,503,431; 2023: 1,343,857"),
        ("EU-27 sums without Poland", "2020: 665,095; 2021: 518,076"),
        (
            "names of GUF added up",
            "French Guiana: 555, 593, 313, 612, 876; Guiana, French: none, 1, 2, none, none",
        ),
        ("reports kept as not located", "2021: 1,193,266"),
        (
            "missing kept apart from zero",
            "40 printed cells empty and 0 zeros; after adding up names 37 missing",
        ),
        ("files of 2019 add up to the letter's total", "= 69,158,197; letter: over 69,100,000"),
        ("files are not reports", "roughly 250,000 files a month; EU-27 reports a month in 2019: 60,436"),
        ("days that each state lasted", "lapse-2026: 118"),
        ("percentages without a stated baseline", "8 of 10"),
        (
            "providers whose period length changes",
            "Discord: half-year then quarter; Microsoft: half-year then year",
        ),
        ("codes outside ISO 3166-1", "ANT"),
    ],
)
def test_what_is_shown(checked: pd.DataFrame, check: str, part: str) -> None:
    assert part in checked.loc[checked["check"] == check, "detail"].iloc[0]


@pytest.fixture(scope="module")
def statements() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    daily, total, monthly = (raw.load(name) for name in moderation.RAW[:3])
    return daily, total.set_index("date"), monthly


def outcomes(lines: Iterable[checks.Check]) -> dict[str, str]:
    return {line.check: line.outcome for line in lines}


@pytest.mark.parametrize("column", moderation.COUNTS)
def test_a_statement_too_many_of_a_platform_breaks_its_check(
    column: str, statements: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
) -> None:
    daily, total, _ = statements
    assert set(outcomes(moderation._platforms(daily, total)).values()) == {checks.HOLDS}
    more = daily.copy()
    more.loc[more.index[0], column] += int(total[column].max())
    broken = outcomes(moderation._platforms(more, total))
    assert [name for name, said in broken.items() if said == checks.FAILS] == [
        name for name in broken if name.startswith(moderation.COUNTS[column])
    ]


def test_a_day_that_a_month_lacks_breaks_its_check(
    statements: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    daily, _, monthly = statements
    lost = daily[(daily["platform"] != "X") | (daily["date"] != pd.Timestamp("2025-11-19"))]
    assert list(outcomes(moderation._months(daily, monthly)).values()) == [checks.HOLDS] * 2 + [checks.SHOWN]
    assert list(outcomes(moderation._months(lost, monthly)).values())[:2] == [checks.FAILS] * 2
