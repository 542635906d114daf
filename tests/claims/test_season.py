"""Season: by hand, at the limits, and without any dip singled out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helpers.claims import season


def test_share_and_rest_by_hand() -> None:
    # A dip of 30 % on 7 of 21 days lowers the mean by 10 %.
    assert season.dip_of_window(30, 7, 21) == pytest.approx(10)
    assert season.share_explained(46, 30, 7, 21) == pytest.approx(100 * 10 / 46)
    assert season.left_over(46, 30, 7, 21) == pytest.approx(100 * (1 - 0.54 / 0.9))


def test_nothing_is_left_where_the_dip_is_the_fall() -> None:
    assert season.dip_that_explains_all(46, 21, 21) == 46
    at = season.dip_that_explains_all(46, 14, 21)
    assert season.left_over(46, at, 14, 21) == pytest.approx(0, abs=1e-9)
    assert season.share_explained(46, at, 14, 21) == pytest.approx(100)
    assert season.left_over(46, at + 10, 14, 21) < 0


def test_a_short_dip_can_not_explain_all() -> None:
    table = season.explains_all_table(46, 45.5, 46.5, [9, 21], 21).set_index("holiday_days")
    assert table.loc[9, "dip"] > 100
    assert table.loc[9, "most"] == pytest.approx(100 * (9 / 21) / 0.46)
    assert table.loc[21, ["dip_low", "dip_high"]].tolist() == [45.5, 46.5]


def test_curve_covers_every_dip() -> None:
    table = season.curve(46, 45.5, 46.5, [9, 21], 21)
    for _, rows in table.groupby("holiday_days"):
        assert rows["dip"].tolist() == list(np.arange(0, 101.0))
        assert rows["share"].is_monotonic_increasing
        assert (rows["share_low"] <= rows["share"]).all()
        assert (rows["share"] <= rows["share_high"]).all()
        assert rows["share"].iloc[0] == 0
        assert rows["left"].iloc[0] == pytest.approx(46)
    assert table["left"].iloc[-1] == -math.inf


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((46, 10, 0, 21), "0 holiday days"),
        ((46, 10, 22, 21), "22 holiday days"),
        ((46, 101, 9, 21), "dip of 101"),
        ((-46, 10, 9, 21), "fall of -46"),
    ],
)
def test_impossible_values_are_refused(arguments: tuple, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        season.left_over(*arguments)
