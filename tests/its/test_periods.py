"""Time columns of every kind, and dates inside periods."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from helpers.its import DesignError, periods


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
        (["2020-01", "soon"], ["row 2", "soon", "Accepted"]),
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


@pytest.mark.parametrize("value", ["2020", "2020Q4", 2020, "soon", None, True])
def test_a_longer_period_or_nonsense_is_refused(value):
    calendar, _ = periods.read(pd.Series(["2020-11", "2020-12"]), "t")
    with pytest.raises(DesignError, match="Interruption"):
        calendar.place(value, "Interruption")
