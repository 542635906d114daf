"""Which unit carries the answer, and what a robust average says.

The shape of an outlier is found by a rule, so that nobody picks the cases by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.panel.frame import Bools, Floats, Panel

if TYPE_CHECKING:
    import pandas as pd

TUNING = 1.345
"""Huber's constant: 95 % efficient for normal errors (Huber 1981)."""


def spikes(panel: Panel, *, before: int, peak: int, after: int, factor: float = 2.0) -> pd.DataFrame:
    """Places that rose by at least `factor` into `peak` and fell by at least `factor` after it.

    Parameters
    ----------
    factor : float
        Inclusive, above 1.

    Returns
    -------
    DataFrame
        Columns `place`, `treated`, the three counts (named by period), `rise` and `fall` (ratios), largest
        rise first.

    Examples
    --------
    >>> len(influence.spikes(examples.places(), before=2019, peak=2020, after=2021))
    0
    """
    import pandas as pd

    if factor <= 1:
        raise InputError(f"spikes: factor {factor}, expected above 1")
    first, top, last = (panel.at(period) for period in (before, peak, after))
    with np.errstate(divide="ignore", invalid="ignore"):
        rise, fall = top / first, last / top
    frame = pd.DataFrame(
        {
            "place": panel.places,
            "treated": panel.treated,
            str(before): first,
            str(peak): top,
            str(after): last,
            "rise": rise,
            "fall": fall,
        }
    )
    found = frame.loc[(rise >= factor) & (fall <= 1 / factor)]
    return found.sort_values("rise", ascending=False).reset_index(drop=True)


def spike_mask(panel: Panel, *, before: int, peak: int, after: int, factor: float = 2.0) -> Bools:
    """Whether each place has the shape of :func:`spikes`, shape (N,).

    Examples
    --------
    >>> int(influence.spike_mask(examples.places(), before=2019, peak=2020, after=2021, factor=1.1).sum())
    1
    """
    found = set(spikes(panel, before=before, peak=peak, after=after, factor=factor).place)
    return np.array([place in found for place in panel.places])


def huber_mean(values: Floats, tuning: float = TUNING) -> tuple[float, float]:
    """Huber's location with its standard error (scale by the median absolute deviation, kept fixed).

    Returns
    -------
    (float, float)
        Location and standard error sqrt(n/(n-1) sum psi^2) * scale / sum psi' (Huber 1981, section 6.5).

    Examples
    --------
    >>> round(influence.huber_mean(np.array([1.0, 2, 3, 100]))[0], 1)
    2.7
    """
    centre = float(np.median(values))
    scale = float(np.median(np.abs(values - centre))) / 0.6744897501960817
    if scale == 0:
        raise InputError("robust mean: more than half of the values are equal, no scale")
    for _ in range(200):
        z = (values - centre) / scale
        weight = np.minimum(1.0, tuning / np.maximum(np.abs(z), 1e-300))
        moved = float((weight * values).sum() / weight.sum())
        if abs(moved - centre) < 1e-12 * scale:
            break
        centre = moved
    z = (values - centre) / scale
    psi = np.clip(z, -tuning, tuning)
    inside = (np.abs(z) < tuning).sum()
    n = len(values)
    return centre, float(scale * np.sqrt(n / (n - 1) * (psi**2).sum()) / inside)


def robust_changes(panel: Panel, *, base: int, period: int, level: float = 0.95) -> pd.DataFrame:
    """Treated against others: mean, Huber and median of the log change between two periods.

    Returns
    -------
    DataFrame
        Columns `average`, `ratio`, `ratio_low`, `ratio_high`. Mean and Huber: Welch's t interval. Median:
        difference of medians with the Price & Bonett (2002) standard error, normal quantile.

    Examples
    --------
    >>> len(influence.robust_changes(examples.places(), base=2020, period=2021))
    3
    """
    import pandas as pd
    from scipy import stats

    before, after = panel.at(base), panel.at(period)
    usable = (before > 0) & (after > 0)
    change = np.log(after[usable] / before[usable])
    groups = change[panel.treated[usable]], change[~panel.treated[usable]]
    rows = []
    for average in ("mean", "Huber", "median"):
        parts = [_location(values, average) for values in groups]
        gap = parts[0][0] - parts[1][0]
        squares = [part[1] ** 2 for part in parts]
        sizes = [len(values) - 1 for values in groups]
        df = sum(squares) ** 2 / sum(s**2 / m for s, m in zip(squares, sizes, strict=True))
        quantile = (
            stats.norm.ppf(0.5 + level / 2) if average == "median" else stats.t.ppf(0.5 + level / 2, df)
        )
        reach = float(quantile) * float(np.sqrt(sum(squares)))
        rows.append((average, *np.exp([gap, gap - reach, gap + reach])))
    return pd.DataFrame(rows, columns=["average", "ratio", "ratio_low", "ratio_high"])


def _location(values: Floats, average: str) -> tuple[float, float]:
    if average == "mean":
        return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    if average == "Huber":
        return huber_mean(values)
    return float(np.median(values)), median_error(values)


def median_error(values: Floats) -> float:
    """Standard error of the median from two order statistics (Price & Bonett 2001, equation 1).

    Examples
    --------
    >>> round(influence.median_error(np.array([1.0, 2, 3, 4, 5])), 2)
    1.07
    """
    from scipy import stats

    n = len(values)
    ordered = np.sort(values)
    c = max(1, round((n + 1) / 2 - np.sqrt(n)))
    tail = stats.binom.cdf(c - 1, n, 0.5)
    z = stats.norm.isf(tail)
    return float((ordered[n - c] - ordered[c - 1]) / (2 * z))


def unit_changes(panel: Panel, *, base: int, period: int) -> pd.DataFrame:
    """Change of each treated place against the others together: `place`, `ratio_own`, `ratio`.

    `ratio_own` is the place's count at `period` over that at `base`; `ratio` divides it by the geometric
    mean of the same among the untreated places.

    Examples
    --------
    >>> influence.unit_changes(examples.places(), base=2020, period=2021).shape
    (4, 3)
    """
    import pandas as pd

    before, after = panel.at(base), panel.at(period)
    others = ~panel.treated & (before > 0) & (after > 0)
    usual = float(np.exp(np.mean(np.log(after[others] / before[others]))))
    own = after[panel.treated] / before[panel.treated]
    places = [place for place, inside in zip(panel.places, panel.treated, strict=True) if inside]
    frame = pd.DataFrame({"place": places, "ratio_own": own, "ratio": own / usual})
    return frame.sort_values("ratio", kind="stable").reset_index(drop=True)
