"""Bounds by reports without a country."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from helpers.countries import unlocated


def frame(inside: tuple[int, int], outside: tuple[int, int], nowhere: tuple[int, int]) -> pd.DataFrame:
    rows = []
    for place, counts in {"in": inside, "out": outside, "none": nowhere}.items():
        for year, count in zip((2020, 2021), counts, strict=True):
            rows.append((place, year, count, place != "none", place == "in"))
    return pd.DataFrame(rows, columns=["place", "year", "reports", "located", "eu27"])


def test_bounds_are_sharp() -> None:
    """Against brute force over every way of handing out the reports without a country."""
    found = unlocated.bounds(frame((10, 6), (50, 70), (4, 5)), "eu27", 2020, 2021)
    changes = [100 * ((6 + v) / (10 + u) - 1) for u, v in itertools.product(range(5), range(6))]
    assert found.low == pytest.approx(min(changes))
    assert found.high == pytest.approx(max(changes))
    assert found.change == pytest.approx(-40)
    assert (found.rise, found.difference) == (1, -4)


def test_proportional_by_hand() -> None:
    found = unlocated.bounds(frame((10, 6), (30, 54), (4, 12)), "eu27", 2020, 2021)
    assert found.proportional == pytest.approx(100 * ((6 + 12 * 6 / 60) / (10 + 4 * 10 / 40) - 1))


def test_nothing_missing_is_a_point() -> None:
    found = unlocated.bounds(frame((10, 6), (30, 54), (0, 0)), "eu27", 2020, 2021)
    assert found.low == found.high == found.proportional == found.change


def test_a_group_without_reports_is_refused() -> None:
    with pytest.raises(ValueError, match="no reports of eu27 in 2020"):
        unlocated.bounds(frame((0, 6), (30, 54), (0, 0)), "eu27", 2020, 2021)
