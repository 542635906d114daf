import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eprivacy_its import show


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234567, 0, "1,234,567"),
        (0.5123, 2, "0.51"),
        (-3, 0, "−3"),
        (-0.001, 2, "0.00"),
        (np.int64(250000), 0, "250,000"),
        (float("inf"), 1, "∞"),
        (float("-inf"), 1, "−∞"),
        (None, 0, "–"),
        (float("nan"), 2, "–"),
        (pd.NA, 0, "–"),
        (pd.NaT, 0, "–"),
        (10**17 + 1, 0, "100,000,000,000,000,001"),
    ],
)
def test_number(value, digits, text):
    assert show.number(value, digits) == text


def test_number_refuses_negative_digits():
    with pytest.raises(ValueError, match="digits is -1"):
        show.number(1, -1)


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_number_reads_back(value, digits):
    text = show.number(value, digits)
    back = float(text.replace(",", "").replace("−", "-"))
    assert back == pytest.approx(value, abs=0.5000001 * 10**-digits, rel=1e-12)
    assert "-" not in text


def test_percent_has_true_minus_and_does_not_break():
    assert show.percent(-46.88, 1) == "−46.9\N{NO-BREAK SPACE}%"
    assert show.percent(3, signed=True) == "+3\N{NO-BREAK SPACE}%"
    assert show.percent(None) == "–"


def test_interval():
    assert show.interval(0.5, 0.75, 2) == "0.50 to 0.75"
    assert show.interval(-52.06, -41, 1, "%") == "−52.1 to −41.0\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0321, "p = 0.032"), (0.0004, "p < 0.001"), (0.5, "p = 0.50"), (1, "p = 1.00"), (None, "p –")],
)
def test_p_value(p, text):
    assert show.p_value(p) == text


@pytest.mark.parametrize("p", [-0.01, 1.01])
def test_p_value_outside_is_refused(p):
    with pytest.raises(ValueError, match="outside 0 to 1"):
        show.p_value(p)


def test_listing():
    assert show.listing([]) == ""
    assert show.listing(["a"]) == "a"
    assert show.listing(["a", "b", "c"]) == "a, b and c"
    assert show.listing(["a", "b"], last="or") == "a or b"


def test_a_change_is_told_as_a_verb() -> None:
    assert show.moved(-46.88, 1) == "fell by 46.9\N{NO-BREAK SPACE}%"
    assert show.moved(35.2) == "rose by 35\N{NO-BREAK SPACE}%"
    assert show.moved(-0.04, 1) == "stayed the same"


@pytest.mark.parametrize(
    ("values", "digits"),
    [
        ([], 0),
        ([0.0], 0),
        ([123.4, -5], 0),
        ([-99.9], 1),
        ([5.29], 2),
        ([0.019, float("nan")], 4),
        ([float("inf")], 0),
    ],
)
def test_decimals_keep_three_digits_of_the_largest(values, digits):
    assert show.decimals(values) == digits
    assert show.decimals([0.00473], 2) == 4
    assert show.decimals([1e-30]) == 12
