"""Numbers in the forms that people write."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eprivacy_its.errors import InputError
from eprivacy_its.written import numbers
from eprivacy_its.written.faults import Faults


def read(*cells: object, decimal: str | None = None) -> list[float]:
    faults, rows = Faults("f"), range(2, 2 + len(cells))
    mark = numbers.decide({"n": cells}, rows, decimal, faults)
    found = numbers.read(cells, rows, "n", mark, faults)
    faults.raise_any()
    return list(found.values)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("7", "0", "+3", "\u22125"), (7, 0, 3, -5)),
        (("1.5", "2"), (1.5, 2)),
        (("1,5", "2"), (1.5, 2)),
        (("1,234.5",), (1234.5,)),
        (("1.234,5",), (1234.5,)),
        (("1,234,567", "1,234"), (1234567, 1234)),
        (("1.234.567", "1.234"), (1234567, 1234)),
        (("1 234", "12\u00a0345", "1\u202f234\u202f567"), (1234, 12345, 1234567)),
        (("1'234", "1’234.5"), (1234, 1234.5)),
        (("0.123", "1.234"), (0.123, 1.234)),
        (("0,123", "1,234"), (0.123, 1.234)),
        (("1234.567", "1.234"), (1234.567, 1.234)),
        ((".5", "1.25e3"), (0.5, 1250)),
        ((7, 2.5, np.float64(3)), (7, 2.5, 3)),
    ],
)
def test_forms(cells: tuple[object, ...], values: tuple[float, ...]) -> None:
    assert read(*cells) == list(values)


def test_what_has_two_readings_is_asked_for() -> None:
    for cell in ("1.234", "1,234", "12.345"):
        with pytest.raises(InputError, match="--decimal point or --decimal comma"):
            read(cell, "7")
    assert read("1.234", decimal="comma") == [1234]
    assert read("1.234", decimal="point") == [1.234]
    assert read("1,234", decimal="point") == [1234]
    assert read("1,234", decimal="comma") == [1.234]


def test_columns_tell_for_one_another() -> None:
    columns = {"reports": ("1.234", "2.345"), "rate": ("0,5", "0,7")}
    assert numbers.decide(columns, (2, 3), None, Faults("f")) == "comma"


@pytest.mark.parametrize(
    "cell", ["1.23.456", "12,34,567.1", "1..2", "1e", "--5", "5-", "1 23", "0x1F", "1_000", True]
)
def test_no_numbers(cell: object) -> None:
    with pytest.raises(InputError):
        read("1.5", cell)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["point", "comma"]))
def test_whole_numbers_survive_thousands_separators(value: int, decimal: str) -> None:
    shown = f"{value:,}" if decimal == "point" else f"{value:,}".replace(",", ".")
    assert read(shown, decimal=decimal) == [value]


@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_decimals_survive_both_marks(value: float) -> None:
    shown = f"{value:.6f}"
    assert read(shown, decimal="point") == [float(shown)]
    assert read(shown.replace(".", ","), decimal="comma") == [float(shown)]


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_a_message(text: str) -> None:
    try:
        (value,) = read(text, decimal="point")
    except InputError as error:
        value, message = 0.0, str(error)
    else:
        message = "f, row 2"
    assert np.isfinite(value)
    assert message.startswith("f, row 2")
