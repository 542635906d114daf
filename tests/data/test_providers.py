"""Senders' own figures: true periods, rounding units, the redefinition of 2021Q2."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eprivacy_its.errors import InputError
from helpers.data import clean, periods, rounding
from helpers.data.tables import meta_content

from .conftest import Spoil

Tables = dict[str, pd.DataFrame]
OWN = "snap/snap_own_counts.csv"
META = "meta/meta_content_actioned.csv"


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (5_300_000, 100_000),
        (771_700, 100),
        (922_000, 100),
        (2_000_000, 100_000),
        (12_000_000, 100_000),
        (1_200_000_000, 100_000_000),
        (918_900_000, 100_000),
        (1_234_567, 1),
        (1_230_000, 10_000),
        (999, 1),
        (0, 1),
    ],
)
def test_rounding_unit_of_one_decimal(value: int, unit: int) -> None:
    assert rounding.one_decimal_unit(value) == unit


@given(st.integers(0, 10**11))
def test_a_rounding_unit_divides_its_number(value: int) -> None:
    assert value % rounding.one_decimal_unit(value) == 0
    assert value % rounding.trailing_unit(value) == 0
    assert value == 0 or (value // rounding.trailing_unit(value)) % 10 != 0


@given(st.integers(1000, 9_999_999_999))
def test_rounding_to_one_decimal_and_back(value: int) -> None:
    """A number rounded to one decimal of its word gets that word's tenth or, by a carry, the next word's."""
    word = next(word for word in rounding.WORDS if value >= word)
    printed = round(value / (word // 10)) * (word // 10)
    assert rounding.one_decimal_unit(printed) >= word // 10
    assert abs(printed - value) <= rounding.one_decimal_unit(printed) / 2


def test_quarters_and_names_of_periods() -> None:
    assert periods.quarter_days("2020Q4") == (date(2020, 10, 1), date(2020, 12, 31))
    assert periods.quarter_days("2020Q1") == (date(2020, 1, 1), date(2020, 3, 31))
    assert periods.named(date(2020, 1, 1), date(2020, 6, 30)) == ("2020H1", "half-year")
    assert periods.named(date(2020, 7, 1), date(2020, 12, 31)) == ("2020H2", "half-year")
    assert periods.named(date(2021, 1, 1), date(2021, 3, 31)) == ("2021Q1", "quarter")
    assert periods.named(date(2025, 1, 1), date(2025, 12, 31)) == ("2025", "year")
    assert periods.named(date(2020, 1, 1), date(2020, 6, 29)) is None
    assert periods.named(date(2020, 7, 1), date(2021, 6, 30)) is None
    for wrong in ("2020Q5", "2020", "2020-Q1", "20Q1"):
        with pytest.raises(ValueError, match="expected a quarter"):
            periods.quarter_days(wrong)


@given(st.dates(date(1998, 1, 1), date(2090, 12, 31)))
def test_a_partial_day_holds_the_day(day: date) -> None:
    for text, precision in ((day.isoformat(), "day"), (f"{day:%Y-%m}", "month"), (f"{day:%Y}", "year")):
        first, last, found = periods.partial_day(text)
        assert first <= day <= last
        assert found == precision
    assert periods.partial_day("2025-11") == (date(2025, 11, 1), date(2025, 11, 30), "month")


def test_own_counts(tables: Tables) -> None:
    tidy = tables["sender_own_reports"].set_index(["sender", "period"])
    assert len(tidy) == 75
    assert tidy.loc[("Microsoft", "2025"), "frequency"] == "year"
    assert tidy.loc[("Discord", "2020H2"), "frequency"] == "half-year"
    assert tidy.loc[("Google", "2021H1"), "reports"] == 287368
    assert (tidy.loc[["Meta"], "rounding_unit"] == 100_000).all()
    assert (tidy.drop("Meta")["rounding_unit"] == 1).all()
    length = (tidy["period_end"] - tidy["period_start"]).dt.days + 1
    assert length.groupby(tidy["frequency"]).agg(["min", "max"]).to_dict("index") == {
        "quarter": {"min": 90, "max": 92},
        "half-year": {"min": 181, "max": 184},
        "year": {"min": 365, "max": 365},
    }


def test_a_period_that_is_no_calendar_period(copy: Path, spoil: Spoil) -> None:
    spoil(OWN, "2022-06-30", "2022-07-30")
    with pytest.raises(
        InputError, match=r"snap_own_counts\.csv, row 2, column period_end: found 2022-01-01 to 2022-07-30"
    ):
        clean.tables()


def test_a_day_counted_twice(copy: Path, spoil: Spoil) -> None:
    spoil(OWN, "Snap,2022-07-01,2022-12-31,", "Snap,2022-04-01,2022-06-30,")
    with pytest.raises(
        InputError, match=r"row 3, column period_start: found a period of Snap that begins before"
    ):
        clean.tables()


def test_the_renamed_category_stays_two_series(tables: Tables) -> None:
    tidy = tables["meta_content"]
    old = tidy[tidy["series"] == "facebook-child-nudity-sexual-exploitation"]
    assert (old["quarter"].min(), old["quarter"].max(), len(old)) == ("2018Q3", "2021Q1", 11)
    assert set(old["definition"]) == {"before 2021Q2"}
    assert old.set_index("quarter")["pieces"]["2020Q4"] == 5_300_000
    new = tidy[tidy["policy_area"].str.startswith("Child Endangerment")]
    assert new["quarter"].min() == "2021Q2"
    assert set(new["definition"]) == {"from 2021Q2"}
    assert tidy["series"].nunique() == 11
    assert len(tidy) == 223


def test_a_quarter_on_the_wrong_side_of_the_break(copy: Path, spoil: Spoil) -> None:
    line = "Facebook,Child Nudity & Sexual Exploitation,2021Q1"
    spoil(META, line, line.replace("2021Q1", "2021Q2"))
    with pytest.raises(InputError, match=r"column quarter: found 2021Q2 for .*only before 2021Q2"):
        clean.tables()


def test_a_new_category_before_the_break(copy: Path, spoil: Spoil) -> None:
    line = "Instagram,Child Endangerment: Sexual Exploitation,2021Q2"
    spoil(META, line, line.replace("2021Q2", "2021Q1"))
    with pytest.raises(InputError, match=r"column quarter: found 2021Q1 for .*only from 2021Q2"):
        clean.tables()


def test_vintages_and_days(tables: Tables) -> None:
    tidy = tables["meta_content"]
    assert tidy.groupby("vintage")["quarter"].max().to_dict() == {"2024Q2": "2024Q2", "2025Q4": "2025Q4"}
    assert (tidy["period_start"].dt.to_period("Q").astype(str) == tidy["quarter"]).all()
    assert (
        tidy["period_end"] + pd.Timedelta(days=1)
        == (tidy["period_start"] + pd.offsets.QuarterBegin(startingMonth=1))
    ).all()


def test_slug() -> None:
    assert (
        meta_content.slug("Facebook", "Child Nudity & Sexual Exploitation")
        == "facebook-child-nudity-sexual-exploitation"
    )
