"""Time columns in the forms that people write."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eprivacy_its.errors import InputError
from eprivacy_its.written import forms
from eprivacy_its.written import times as dates
from eprivacy_its.written.faults import Faults


def read(*cells: object, order: str | None = None) -> dates.Periods:
    faults = Faults("f")
    found = dates.read(cells, range(2, 2 + len(cells)), "t", order, faults)
    faults.raise_any()
    return found


@pytest.mark.parametrize(
    ("cell", "code", "day"),
    [
        ("2020-12-21", "D", (2020, 12, 21)),
        ("2020/12/21", "D", (2020, 12, 21)),
        ("2020-12-21T00:00:00", "D", (2020, 12, 21)),
        ("2020-12-21 00:00:00+00:00", "D", (2020, 12, 21)),
        ("20201221", "D", (2020, 12, 21)),
        ("21.12.2020", "D", (2020, 12, 21)),
        ("1.2.2020", "D", (2020, 2, 1)),
        ("21/12/2020", "D", (2020, 12, 21)),
        ("21-12-2020", "D", (2020, 12, 21)),
        ("12/21/2020", "D", (2020, 12, 21)),
        ("21 Dec 2020", "D", (2020, 12, 21)),
        ("21-Dec-2020", "D", (2020, 12, 21)),
        ("December 21, 2020", "D", (2020, 12, 21)),
        ("21. März 2020", "D", (2020, 3, 21)),
        ("2020-W52", "W", (2020, 12, 21)),
        ("2020W52", "W", (2020, 12, 21)),
        ("2020-W52-1", "W", (2020, 12, 21)),
        ("KW 52 2020", "W", (2020, 12, 21)),
        ("2020-W53", "W", (2020, 12, 28)),
        ("2020-12", "M", (2020, 12, 1)),
        ("12/2020", "M", (2020, 12, 1)),
        ("2020M12", "M", (2020, 12, 1)),
        ("Dec 2020", "M", (2020, 12, 1)),
        ("décembre 2020", "M", (2020, 12, 1)),
        ("Okt. 2020", "M", (2020, 10, 1)),
        ("2020 Sept", "M", (2020, 9, 1)),
        ("2020Q4", "Q", (2020, 10, 1)),
        ("Q4 2020", "Q", (2020, 10, 1)),
        ("2020-H2", "H", (2020, 7, 1)),
        ("2020S1", "H", (2020, 1, 1)),
        ("2020", "Y", (2020, 1, 1)),
        (2020, "Y", (2020, 1, 1)),
        (2020.0, "Y", (2020, 1, 1)),
        (dt.datetime(2020, 12, 21), "D", (2020, 12, 21)),
        (dt.date(2020, 12, 21), "D", (2020, 12, 21)),
    ],
)
def test_a_form(cell: object, code: str, day: tuple[int, int, int]) -> None:
    found = read(cell)
    assert (found.code, found.first_days) == (code, [dt.date(*day)])


def test_whole_numbers_are_steps() -> None:
    assert read("1", "2", "3").code == "N"
    assert read(*map(str, range(1995, 2300))).code == "N"


def test_one_date_settles_the_order_of_all() -> None:
    assert read("03/04/2021", "13/04/2021").first_days[0] == dt.date(2021, 4, 3)
    assert read("03/04/2021", "04/13/2021").first_days[0] == dt.date(2021, 3, 4)


def test_the_option_settles_it() -> None:
    assert read("03/04/2021", order="day-first").first_days == [dt.date(2021, 4, 3)]
    assert read("03/04/2021", order="month-first").first_days == [dt.date(2021, 3, 4)]
    assert read("03.04.2021", order="month-first").first_days == [dt.date(2021, 3, 4)]


def test_dots_are_day_first() -> None:
    assert read("03.04.2021").first_days == [dt.date(2021, 4, 3)]


def test_no_month_name_means_two_months() -> None:
    assert len(forms.MONTHS) == sum(len(set(names.split())) for names in forms._NAMES)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)))
def test_days_survive_every_unambiguous_form(day: dt.date) -> None:
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d %b %Y", "%Y%m%d", "%B %d, %Y"):
        assert read(day.strftime(form)).first_days == [day]
    year, week, weekday = day.isocalendar()
    assert read(f"{year}-W{week:02d}").first_days == [day - dt.timedelta(days=weekday - 1)]


@given(st.dates(dt.date(1700, 1, 1), dt.date(2100, 12, 31)))
def test_an_interruption_is_iso_or_asked_for(day: dt.date) -> None:
    assert dates.one(day.isoformat()) == day.isoformat()
    text = day.strftime("%d/%m/%Y")
    if day.day > 12 or day.day == day.month:
        assert dates.one(text) == day.isoformat()
    else:
        with pytest.raises(InputError, match="write it as"):
            dates.one(text)


@pytest.mark.parametrize(
    ("given_as", "iso"),
    [
        ("W52 2020", "2020-W52"),
        ("Q4 2020", "2020Q4"),
        ("H2 2020", "2020H2"),
        ("Dec 2020", "2020-12"),
        ("2020", "2020"),
        (7, 7),
    ],
)
def test_an_interruption_in_the_form_that_its_takes(given_as: object, iso: object) -> None:
    assert dates.one(given_as) == iso


@pytest.mark.parametrize("text", ["Christmas", "2021-02-30", "", "21.12.20"])
def test_no_interruption(text: str) -> None:
    with pytest.raises(InputError, match="--interruption"):
        dates.one(text)


@pytest.mark.parametrize(
    "text", ["0001-01-01", "9999-12-31", "9999-W01", "1699-12-31", "2200-01", "31.12.9998"]
)
def test_a_year_that_pandas_can_not_count_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="outside the years 1700 to 2199"):
        dates.one(text)
    with pytest.raises(InputError, match=r"outside the years 1700 to 2199|9999-W01"):
        read(text)


@pytest.mark.parametrize("text", ["1700-01-01", "2199-12-31"])
def test_the_first_and_the_last_year_are_taken(text: str) -> None:
    assert dates.one(text) == text
    assert read(text).first_days == [dt.date.fromisoformat(text)]
