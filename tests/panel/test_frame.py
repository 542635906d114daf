"""Panel from a tidy table: what enters, what stays missing, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel, from_table


def _panel(table: pd.DataFrame, minimum: float = 500) -> Panel:
    return from_table(table, treated="eu27", periods=(2019, 2020), minimum=minimum, minimum_period=2019)


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [
        ("AAA", 2019, 500, True),
        ("AAA", 2020, pd.NA, True),
        ("BBB", 2019, 499, False),
        ("BBB", 2020, 900, False),
        ("CCC", 2019, 700, False),
        ("CCC", 2020, 0, False),
        (None, 2019, 9999, False),
        ("", 2020, 9999, False),
    ]
    frame = pd.DataFrame(rows, columns=["iso3", "year", "reports", "eu27"])
    return frame.astype({"reports": "Int64"})


def test_minimum_is_inclusive_and_rows_without_code_stay_out(table: pd.DataFrame) -> None:
    made = _panel(table)
    assert made.places == ("AAA", "CCC")
    assert made.treated.tolist() == [True, False]


def test_missing_is_kept_apart_from_zero(table: pd.DataFrame) -> None:
    made = _panel(table)
    assert np.isnan(made.at(2020)[0])
    assert made.at(2020)[1] == 0
    assert not made.balanced


def test_repeated_code_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="AAA 2019 stands twice"):
        _panel(pd.concat([table, table.head(1)]))


def test_a_group_without_places_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="both groups"):
        _panel(table.assign(eu27=False))


def test_absent_column_is_named(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="eu27"):
        _panel(table.drop(columns="eu27"))


def test_without_and_within(table: pd.DataFrame) -> None:
    made = _panel(table, minimum=100)
    assert made.without(["BBB"]).places == ("AAA", "CCC")
    assert made.within([2020]).counts.shape == (3, 1)
    with pytest.raises(InputError, match="XYZ"):
        made.without(["XYZ"])
    with pytest.raises(InputError, match="2018"):
        made.at(2018)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(InputError, match="negative"):
        Panel(("A",), (1,), np.array([[-1.0]]), np.array([True]))


@pytest.mark.parametrize(("rows", "marks"), [(3, 2), (2, 3)])
def test_counts_and_marks_must_both_fit_the_places(rows: int, marks: int) -> None:
    with pytest.raises(InputError, match="one row a place"):
        Panel(("A", "B"), (2020, 2021), np.ones((rows, 2)), np.zeros(marks, dtype=bool))
