"""How much of a fall over the three weeks after the date a holiday dip could explain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def dip_of_window(dip: float, holiday_days: int, days: int) -> float:
    """By how much a dip on some days lowers the mean of a window.

    Parameters
    ----------
    dip : float
        Percent by which reports are lower on each of the holiday days, 0 to 100.
    holiday_days, days : int
        Days of the dip inside the window, and days of the window.

    Returns
    -------
    float
        Percent.
    """
    if not 0 < holiday_days <= days:
        raise ValueError(f"{holiday_days} holiday days in a window of {days}; expected 1 to {days}")
    if not 0 <= dip <= 100:
        raise ValueError(f"a dip of {dip} %; expected 0 to 100")
    return dip * holiday_days / days


def share_explained(fall: float, dip: float, holiday_days: int, days: int) -> float:
    """Share of a fall (percent) that the dip alone would have made, in percent of the fall, at most 100."""
    _check_fall(fall)
    return min(100.0, 100.0 * dip_of_window(dip, holiday_days, days) / fall)


def left_over(fall: float, dip: float, holiday_days: int, days: int) -> float:
    """Fall that remains once the season is taken out, in percent; negative: a rise.

    Both factors multiply: 1 - fall = (1 - season) x (1 - rest). At the full dip of a whole window nothing
    can be said, so the result is minus infinity.
    """
    _check_fall(fall)
    season = dip_of_window(dip, holiday_days, days)
    if season >= 100:
        return float("-inf")
    return 100.0 * (1 - (1 - fall / 100) / (1 - season / 100))


def dip_that_explains_all(fall: float, holiday_days: int, days: int) -> float:
    """The dip (percent, on each holiday day) at which nothing of the fall is left; above 100: no dip can."""
    _check_fall(fall)
    return fall * days / holiday_days


def _check_fall(fall: float) -> None:
    if not 0 < fall < 100:
        raise ValueError(f"a fall of {fall} %; expected above 0 and below 100, without a minus")


def curve(
    fall: float, low: float, high: float, holiday_days: Sequence[int], days: int, step: float = 1.0
) -> pd.DataFrame:
    """Share explained and fall left for every dip from 0 to 100 %; no dip is singled out.

    Parameters
    ----------
    fall, low, high : float
        The fall as published, and the ends of its rounding, in percent.
    holiday_days : sequence of int
        Days over which the dip lasts, each a curve.

    Returns
    -------
    DataFrame
        Columns ``holiday_days dip share share_low share_high left``, all but the first in percent. The low
        end of the share belongs to the high end of the fall.
    """
    import pandas as pd

    rows = [
        (
            each,
            float(dip),
            share_explained(fall, dip, each, days),
            share_explained(high, dip, each, days),
            share_explained(low, dip, each, days),
            left_over(fall, dip, each, days),
        )
        for each in holiday_days
        for dip in np.arange(0, 100 + step / 2, step)
    ]
    return pd.DataFrame(rows, columns=["holiday_days", "dip", "share", "share_low", "share_high", "left"])


def explains_all_table(
    fall: float, low: float, high: float, holiday_days: Sequence[int], days: int
) -> pd.DataFrame:
    """The dip at which nothing is left, for each length of the dip; columns ``holiday_days dip dip_low
    dip_high most`` (`most`: share that a dip of 100 % explains)."""
    import pandas as pd

    rows = [
        (
            each,
            dip_that_explains_all(fall, each, days),
            dip_that_explains_all(low, each, days),
            dip_that_explains_all(high, each, days),
            share_explained(fall, 100, each, days),
        )
        for each in holiday_days
    ]
    return pd.DataFrame(rows, columns=["holiday_days", "dip", "dip_low", "dip_high", "most"])
