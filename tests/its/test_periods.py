"""Time columns of every kind, and dates inside periods."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eprivacy_its.its import DesignError, periods
from eprivacy_its.written import forms


@pytest.mark.parametrize(
    ("values", "code", "season"),
    [
        (pd.date_range("2020-02-27", periods=5).strftime("%Y-%m-%d"), "D", 7),
        (pd.date_range("2020-01-01", periods=5, freq="MS"), "M", 12),
        (pd.date_range("2020-01-31", periods=5, freq="ME"), "M", 12),
        (pd.date_range("2020-12-21", periods=5, freq="7D"), "W", 365.25 / 7),
        (["2020-W52", "2020-W53", "2021-W01"], "W", 365.25 / 7),
        (["2020-12", "2021-01", "2021-02"], "M", 12),
        (["2020Q4", "2021Q1", "2021-Q2"], "Q", 4),
        (["2020H2", "2021H1", "2021H2"], "H", 2),
        (["2019", "2020", "2021"], "Y", None),
        ([2019, 2020, 2021], "Y", None),
        ([0, 1, 2], "N", None),
        (pd.period_range("2020-11", periods=4, freq="M"), "M", 12),
        (pd.period_range("2020Q3", periods=4, freq="Q"), "Q", 4),
        (pd.period_range("2020-12-21", periods=4, freq="W-SUN"), "W", 365.25 / 7),
        ([dt.date(2020, 1, 1), dt.date(2021, 1, 1), dt.date(2022, 1, 1)], "Y", None),
        (pd.date_range("2020-01-01", periods=5, freq="QS", tz="UTC"), "Q", 4),
    ],
)
def test_frequency_is_told_and_periods_follow_one_another(values, code, season):
    calendar, ordinal = periods.read(pd.Series(list(values)), "t")
    assert calendar.code == code
    assert calendar.season == (pytest.approx(season) if season else None)
    assert (np.diff(ordinal) == 1).all()


@pytest.mark.parametrize(
    ("series", "value", "label"),
    [
        (["2020-W51", "2020-W52"], "2020-12-23", "2020-W52"),
        (["2020-W51", "2020-W52"], pd.Timestamp("2020-12-27 23:00"), "2020-W52"),
        (["2020-11", "2020-12"], "2020-12-21", "2020-12"),
        (["2020-11", "2020-12"], dt.date(2020, 12, 31), "2020-12"),
        (["2020-11", "2020-12"], pd.Period("2020-12", "M"), "2020-12"),
        (["2020Q3", "2020Q4"], "2020-12-21", "2020Q4"),
        (["2020Q3", "2020Q4"], "2020-11", "2020Q4"),
        (["2020q3", "2020q4"], "2020q4", "2020Q4"),
        (["2020w51", "2020w52"], "2020w52", "2020-W52"),
        (["2020m11", "2020m12"], "2020m12", "2020-12"),
        (["2020H1", "2020H2"], np.datetime64("2020-07-01"), "2020H2"),
        ([2019, 2020], "2020-12-21", "2020"),
        ([2019, 2020], "2020", "2020"),
        ([2019, 2020], 2020.0, "2020"),
        (["2019", "2020"], 2020, "2020"),
        ([0, 1], "1", "1"),
        (["2020-12-20", "2020-12-21"], "2020-12-21T08:00", "2020-12-21"),
    ],
)
def test_a_date_inside_a_period_means_that_period(series, value, label):
    calendar, ordinal = periods.read(pd.Series(series), "t")
    assert calendar.label(calendar.place(value, "Interruption")) == label
    assert calendar.label(int(ordinal[1])) == label


def test_iso_weeks_cross_the_year_as_the_standard_says():
    calendar, _ = periods.read(pd.Series(["2020-W52", "2020-W53"]), "t")
    assert calendar.label(calendar.place("2021-01-03", "x")) == "2020-W53"
    assert calendar.label(calendar.place("2021-01-04", "x")) == "2021-W01"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["2020-01", "soon"], ["row 2", "soon", "expected one such as"]),
        (["2020-01", "2020Q1"], ["row 2", "2020Q1", "one way"]),
        (["2020-01", None], ["row 2"]),
        (["2020-13", "2020-14"], ["row 1", "2020-13"]),
        (["2020-01-01", "2020-01-12", "2020-01-23"], ["11 days apart"]),
        (["2020-01-01", "2020-01-01"], ["one date"]),
        (["2020"], ["1 rows"]),
        ([1.5, 2.5], ["row 1", "1.5"]),
    ],
)
def test_what_cannot_be_read_is_named(values, words):
    with pytest.raises(DesignError) as caught:
        periods.read(pd.Series(values, dtype=object), "week")
    for word in ["week", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize("value", ["2020", "2020Q4", 2020, "soon", None, True, np.datetime64("NaT")])
def test_a_longer_period_or_nonsense_is_refused(value):
    calendar, _ = periods.read(pd.Series(["2020-11", "2020-12"]), "t")
    with pytest.raises(DesignError, match="Interruption"):
        calendar.place(value, "Interruption")


DAYS = [
    dt.date(year, month, day)
    for year in (1899, 1969, 1970, 1971, 2000, 2020, 2021, 2100)
    for month, day in (
        (1, 1),
        (1, 3),
        (2, 28),
        (3, 31),
        (4, 1),
        (6, 30),
        (7, 1),
        (9, 30),
        (10, 1),
        (12, 28),
        (12, 31),
    )
]


@pytest.mark.parametrize("code", ["D", "M", "Q", "Y"])
def test_periods_of_days_are_numbered_and_named_as_in_pandas(code: str) -> None:
    calendar = periods.Calendar(code)
    peers = [pd.Period(day, freq=code) for day in DAYS]
    ours = np.array([calendar.of_day(day) for day in DAYS])
    np.testing.assert_array_equal(ours - ours[0], [peer.ordinal - peers[0].ordinal for peer in peers])
    assert [calendar.label(one) for one in ours] == [str(peer) for peer in peers]


@pytest.mark.parametrize("weekday", range(7))
def test_weeks_begin_on_their_weekday(weekday: int) -> None:
    calendar = periods.Calendar("W", weekday)
    for day in DAYS:
        start = day - dt.timedelta(days=(day.weekday() - weekday) % 7)
        at = calendar.of_day(day)
        assert at == calendar.of_day(start) == calendar.of_day(start + dt.timedelta(days=6))
        assert calendar.of_day(start - dt.timedelta(days=1)) == at - 1
        assert calendar.of_day(start + dt.timedelta(days=7)) == at + 1
        iso = start.isocalendar()
        assert calendar.label(at) == (f"{iso.year}-W{iso.week:02d}" if weekday == 0 else str(start))


def test_half_years_and_steps() -> None:
    half = periods.Calendar("H")
    assert [half.label(half.of_day(day)) for day in (dt.date(2020, 6, 30), dt.date(2020, 7, 1))] == [
        "2020H1",
        "2020H2",
    ]
    assert half.of_day(dt.date(2021, 1, 1)) - half.of_day(dt.date(2020, 1, 1)) == 2
    assert periods.Calendar("N").label(7) == "7"
    assert [periods.Calendar(code).word for code in "DWMQHYN"] == [
        "day", "week", "month", "quarter", "half-year", "year", "step",
    ]  # fmt: skip
    assert periods.Calendar("M") == periods.Calendar("M", 0)


def test_seasons_are_a_week_of_days_and_a_year_of_the_rest() -> None:
    year = 365.25
    wanted = {"D": 7, "W": year / 7, "M": 12, "Q": 4, "H": 2, "Y": None, "N": None}
    assert {code: periods.Calendar(code).season for code in wanted} == wanted


@pytest.mark.parametrize(
    ("apart", "code"),
    [
        (1, "D"), (2, None), (6, None), (7, "W"), (8, None), (27, None), (28, "M"), (29, "M"), (31, "M"), (32, None),
        (88, None), (89, "Q"), (92, "Q"), (93, None), (180, None), (181, "H"), (184, "H"), (185, None),
        (364, None), (365, "Y"), (366, "Y"), (367, None),
    ],
)  # fmt: skip
def test_days_between_dates_tell_the_frequency(apart: int, code: str | None) -> None:
    """Months have 28 to 31 days, quarters of a year 90 to 92, and from February to May it is 89."""
    values = pd.Series([dt.date(2021, 2, 1), dt.date(2021, 2, 1) + dt.timedelta(days=apart)])
    if code:
        assert periods.read(values, "t")[0].code == code
    else:
        with pytest.raises(DesignError, match=f"typically {apart} days apart"):
            periods.read(values, "t")


def test_the_commonest_or_the_smallest_spacing_tells_the_frequency() -> None:
    def dates(*days: int) -> pd.Series:
        return pd.Series([dt.date(2020, 12, 21) + dt.timedelta(days=day) for day in days])

    # The median is a week, with a gap; then the median is none, and the smallest is.
    calendar, ordinal = periods.read(dates(0, 7, 14, 21, 42), "t")
    assert (calendar.code, list(np.diff(ordinal))) == ("W", [1, 1, 1, 3])
    calendar, ordinal = periods.read(dates(0, 7, 21), "t")
    assert (calendar.code, list(np.diff(ordinal))) == ("W", [1, 2])
    # Rows of two groups: each date twice, in any order.
    assert periods.read(dates(7, 0, 14, 0, 14, 7), "t")[0].code == "W"
    with pytest.raises(DesignError, match="typically 10 days apart"):
        periods.read(dates(0, 10, 20), "t")
    with pytest.raises(DesignError, match="holds one date, 2020-12-21"):
        periods.read(dates(0, 0), "t")


def test_weeks_of_dates_begin_on_their_commonest_weekday() -> None:
    wednesdays = pd.Series(pd.date_range("2020-12-23", periods=5, freq="7D"))
    calendar, ordinal = periods.read(wednesdays, "t")
    assert (calendar.code, calendar.weekday) == ("W", 2)
    assert calendar.label(int(ordinal[0])) == "2020-12-23"
    # One date stands two days late.
    late = wednesdays.copy()
    late[3] += pd.Timedelta(days=2)
    calendar, ordinal = periods.read(late, "t")
    assert calendar.weekday == 2
    assert (np.diff(ordinal) == 1).all()
    assert periods.read(pd.Series(pd.date_range("2020-12-23", periods=5)), "t")[0].weekday == 0
    for anchor, weekday in (("W-SUN", 0), ("W-WED", 3), ("W-SAT", 6)):
        series = pd.Series(pd.period_range("2020-12-21", periods=4, freq=anchor))
        calendar, ordinal = periods.read(series, "t")
        assert calendar.weekday == weekday
        assert (np.diff(ordinal) == 1).all()


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ([1700, 1701], "Y"),
        ([1699, 1700], "N"),
        ([2199, 2200], "Y"),
        ([2200, 2201], "N"),
        ([1700, 2200], "Y"),
        ([0, 1], "N"),
        ([-5, -4], "N"),
    ],
)
def test_whole_numbers_from_1700_to_2200_are_years(numbers: list[int], code: str) -> None:
    calendar, ordinal = periods.read(pd.Series(numbers), "t")
    assert calendar.code == code
    np.testing.assert_array_equal(ordinal, numbers)
    assert [calendar.label(one) for one in ordinal] == [str(one) for one in numbers]


@pytest.mark.parametrize(
    ("numbers", "code", "steps"),
    [
        ([202011, 202012, 202101], "M", [1, 1]),
        ([201952, 202001, 202002], "W", [1, 1]),
        ([20201221, 20201228, 20210104], "W", [1, 1]),
        ([202000, 202101], "N", [101]),
        ([169912, 170001], "N", [89]),
        ([-3, -2, -1], "N", [1, 1]),
    ],
)
def test_numbers_that_are_dates_run_together_are_read(
    numbers: list[int], code: str, steps: list[int]
) -> None:
    for form in (int, str):
        calendar, ordinal = periods.read(pd.Series(list(map(form, numbers))), "t")
        assert (calendar.code, list(np.diff(ordinal))) == (code, steps)


def test_numbers_of_one_year_may_be_months_or_weeks() -> None:
    with pytest.raises(DesignError, match="may be a month or a week"):
        periods.read(pd.Series([202001, 202002]), "t")
    with pytest.raises(DesignError, match='row 2, column "t": "20211301" is not in the calendar'):
        periods.read(pd.Series([20201231, 20211301]), "t")


@pytest.mark.parametrize(
    ("series", "value", "wanted"),
    [
        ([1750, 1751], "1750-07-01", 1750),
        ([1750, 1751], "1750", 1750),
        ([1750, 1751], 1750.0, 1750),
        ([1750, 1751], "+1750", 1750),
        ([-3, -2], "-2", -2),
        ([2020, 2021], np.int64(2021), 2021),
        ([2020, 2021], "2021Q4", 2021),
        ([2020, 2021], np.float64(2021), 2021),
    ],
)
def test_numbers_and_dates_are_placed_among_steps_and_years(
    series: list[int], value: object, wanted: int
) -> None:
    calendar, _ = periods.read(pd.Series(series), "t")
    assert calendar.place(value, "Interruption") == wanted


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2020-12-21", "D"), ("2020-1-5", "D"), ("2020-12-21 10:00", "D"), ("2020-W01", "W"), ("2020W1", "W"),
        ("2020-1", "M"), ("2020/12", "M"), ("2020-Q4", "Q"), ("2020 q1", "Q"), ("2020h2", "H"), ("2020", "Y"),
        (" 2020 ", "Y"), ("12", "N"), ("2020-W53", "W"), ("2020Q5", None), ("2020H3", None), ("1.5", None), ("", None),
        (1.5, None), (np.nan, None), (np.inf, None), (True, None), (None, None), (pd.NaT, None),
        (3.0, "N"), (np.int8(3), "N"), (pd.Period("2020-01-01 10:00", "h"), "D"), (pd.Period("2020", "Y"), "Y"),
        (np.datetime64("2020-12"), "D"), (np.datetime64("NaT"), None), (dt.datetime(2020, 12, 21, 23), "D"),
    ],
)  # fmt: skip
def test_one_value_tells_its_frequency(value: object, code: str | None) -> None:
    form = forms.classify(value)
    assert (forms.CODES[form] if form else None) == code


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-W01", dt.date(2019, 12, 30)),
        ("2020-W53", dt.date(2020, 12, 28)),
        ("2020-12", dt.date(2020, 12, 1)),
        ("2020-01", dt.date(2020, 1, 1)),
        ("2020Q1", dt.date(2020, 1, 1)),
        ("2020Q4", dt.date(2020, 10, 1)),
        ("2020H1", dt.date(2020, 1, 1)),
        ("2020H2", dt.date(2020, 7, 1)),
        ("2020", dt.date(2020, 1, 1)),
        ("2020-02-29", dt.date(2020, 2, 29)),
    ],
)
def test_a_period_is_placed_by_its_first_day(text: str, day: dt.date) -> None:
    assert forms.read(str(forms.classify(text)), text, None) == day


@pytest.mark.parametrize(
    ("series", "value", "words"),
    [
        (["2020-11", "2020-12"], "2020Q4", "Washout '2020Q4' is a quarter, but the series has one row a month. Give a month, such as 2020-10."),
        (["2020-11", "2020-12"], 5, "Washout 5 is a number, but the series has one row a month. Give a month, such as 2020-12."),
        (["2020-W51", "2020-W52"], "2020-12", "Washout '2020-12' is a month, but the series has one row a week."),
        (["2020-12-20", "2020-12-21"], "2020-W52", "Washout '2020-W52' is a week, but the series has one row a day. Give a day, such as 2020-12-21."),
        (["2020H1", "2020H2"], "2020", "Washout '2020' is a year, but the series has one row a half-year. Give a half-year, such as 2020H1."),
        (["2020Q1", "2020Q2"], "2020H2", "is a half-year, but the series has one row a quarter. Give a quarter, such as 2020Q3."),
        (["2020-11", "2020-12"], "never", "Washout 'never' is not a period. Give it as in the time column"),
    ],
)  # fmt: skip
def test_what_cannot_be_placed_is_told_with_an_example(series: list[str], value: object, words: str) -> None:
    calendar, _ = periods.read(pd.Series(series), "t")
    with pytest.raises(DesignError, match=re.escape(words)):
        calendar.place(value, "Washout")


def test_one_row_is_no_series_and_two_are() -> None:
    for rows in ([], ["2020-01"]):
        with pytest.raises(DesignError, match=f"has {len(rows)} rows: a series needs more"):
            periods.read(pd.Series(rows, dtype=object), "t")
    assert list(np.diff(periods.read(pd.Series(["2020-12", "2021-01"]), "t")[1])) == [1]
    with pytest.raises(
        DesignError, match='row 3, column "t": "2020-01" is written otherwise than most, such as "2020"'
    ):
        periods.read(pd.Series(["2020", "2021", "2020-01"]), "t")


def test_financial_years_and_weeks_of_the_cdc_are_placed_by_their_own_names() -> None:
    calendar, _ = periods.read(pd.Series(["2010/11", "2011/12", "2012/13"]), "t")
    assert [calendar.label(calendar.place(name, "x")) for name in ("2011/12", "2011-12")] == ["2011/12"] * 2
    for value in ("2011-06-01", "2011", 2011):
        with pytest.raises(DesignError, match="is no financial year"):
            calendar.place(value, "x")
    calendar, _ = periods.read(pd.Series([f"2014-W{week}" for week in range(45, 54)]), "t")
    assert calendar.label(calendar.place("2014-W53", "x")) == "2014-W53"
    assert calendar.label(calendar.place("2015-01-03", "x")) == "2014-W53"
    with pytest.raises(DesignError, match="not in the calendar of the CDC"):
        calendar.place("2015-W53", "x")


@pytest.mark.parametrize(
    ("values", "spoken", "season", "given", "label"),
    [
        (pd.bdate_range("2021-01-04", periods=20), "one row a business day", 5, "2021-01-16", "2021-01-18"),
        (pd.date_range("2017-01-01", periods=20, freq="28D"), "one row every 28 days", 365.25 / 28, "2017-02-01", "2017-01-29"),
        (pd.date_range("2017-01-01", periods=20, freq="14D"), "one row a fortnight", 365.25 / 14, "2017-01-16", "2017-01-15"),
        (pd.date_range("2017-01-01", periods=20, freq="2MS"), "one row every 2 months", 6, "2017-06-07", "2017-05"),
        (list(range(1900, 2100, 10)), "one row every 10 years", None, "1915-01-01", "1910"),
        (pd.date_range("2021-01-01", periods=20, freq="h"), "one row an hour", 24, "2021-01-01 02:30", "2021-01-01 02:00"),
        (pd.date_range("2021-01-01", periods=20, freq="15min"), "one row every 15 minutes", 96, "2021-01-01 02:30", "2021-01-01 02:30"),
        (pd.date_range("2021-01-01", periods=20, freq="10s"), "one row every 10 seconds", 8640, "2021-01-01 00:01:09", "2021-01-01 00:01:00"),
    ],
)  # fmt: skip
def test_further_frequencies(values: Any, spoken: str, season: float | None, given: str, label: str) -> None:
    calendar, ordinal = periods.read(pd.Series(values), "t")
    assert (calendar.spoken, calendar.season) == (spoken, pytest.approx(season) if season else None)
    assert (np.diff(ordinal) == 1).all()
    assert calendar.label(calendar.place(given, "x")) == label
    assert [calendar.of_day(calendar.first_day(one)) for one in ordinal] == list(ordinal)


def test_a_day_among_hours_is_longer_than_they_are() -> None:
    calendar, _ = periods.read(pd.Series(pd.date_range("2021-01-01", periods=20, freq="h")), "t")
    with pytest.raises(DesignError, match="is a day, but the series has one row an hour"):
        calendar.place("2021-01-01", "x")
    assert calendar.label(calendar.place(pd.Timestamp("2021-01-01 05:00"), "x")) == "2021-01-01 05:00"


def test_times_held_in_another_zone_are_refused_and_those_of_their_own_are_read() -> None:
    """Berlin's months in UTC begin at 23:00 or 22:00 of the day before: dropping the hour moved each by a month."""
    local = pd.Series(pd.date_range("2015-01-01", periods=24, freq="MS", tz="Europe/Berlin"))
    calendar, ordinal = periods.read(local, "t")
    assert (calendar.code, calendar.label(int(ordinal[0]))) == ("M", "2015-01")
    with pytest.raises(
        DesignError, match=r'row 1, column "t": "2014-12-31 23:00:00\+00:00" has a time of day'
    ):
        periods.read(local.dt.tz_convert("UTC"), "t")
    hours = pd.Series(pd.date_range("2021-03-28", periods=24, freq="h", tz="Europe/Berlin"))
    calendar, ordinal = periods.read(hours, "t")
    assert (np.diff(ordinal) == 1).all()
    assert calendar.label(int(ordinal[0])) == "2021-03-27 23:00"


def test_a_missing_number_is_no_period() -> None:
    with pytest.raises(DesignError, match='row 2, column "t": no period'):
        periods.read(pd.Series([1, None, 3], dtype="Int64"), "t")
