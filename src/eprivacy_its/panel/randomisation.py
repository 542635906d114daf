"""Randomisation inference over placebo unions: how often does a random group look like the treated one?

Under the sharp null that membership changed nothing, any group of the same size was as likely to show the
difference. The p-value counts the placebo groups at least as extreme and the real one itself:
(1 + #) / (1 + B) (Phipson & Smyth 2010). It can't be below 1 / (1 + B), nor below one over the number of
possible groups. Groups are drawn at random, so shocks shared by neighbours are not in the placebo
distribution: blocs of real neighbours are looked at beside it.

The interval inverts the test: a log ratio stays in it when, with that effect taken out of the treated places'
later counts, the test does not reject (Rosenbaum 2002, section 2.6). A placebo group holds some of the treated
places, so its statistic moves with the value tried, but by no more than the value itself. Hence a placebo group
is at least as extreme on one stretch of values around the estimate, whose ends solve a quadratic, and the
acceptance region is an interval with exact ends: no grid, no search.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.panel.frame import Bools, Floats, Panel

if TYPE_CHECKING:
    import pandas as pd

STATISTICS = ("log", "log-t", "ppml")


@dataclass(frozen=True)
class Randomisation:
    """Observed statistic, the placebo ones (shape (draws,)), p-values, the attainable floor, the interval.

    `ci_low` and `ci_high` are the values that the two-sided test does not reject, ends included (log ratios;
    NaN for ``log-t``, infinite where no value can be rejected).
    """

    statistic: str
    observed: float
    placebo: Floats
    p_value: float
    p_lower: float
    floor: float
    ci_low: float
    ci_high: float

    @property
    def ratio(self) -> tuple[float, float, float]:
        """Ratio with the ends of its interval."""
        ratio, low, high = np.exp([self.observed, self.ci_low, self.ci_high])
        return float(ratio), float(low), float(high)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a placebo union: `statistic`."""
        import pandas as pd

        return pd.DataFrame({"statistic": self.placebo})


def change_statistics(before: Floats, after: Floats, members: Bools, statistic: str) -> Floats:
    """Difference of change between members and the others, for many groups at once.

    Parameters
    ----------
    before, after : array (N,)
        Counts in the two periods, none missing; positive for the log statistics.
    members : bool array (B, N)
        One group a row.
    statistic : str
        ``log`` difference of mean log changes; ``log-t`` the same over its Welch standard error (valid for
        unequal variances too, Chung & Romano 2013); ``ppml`` log ratio of ratios of totals, which is the
        Poisson event-study coefficient of a balanced panel.

    Returns
    -------
    array (B,)

    Examples
    --------
    >>> randomisation.change_statistics(np.array([10.0, 10, 10]), np.array([5.0, 10, 10]), np.array([[True, False, False]]), "log").round(3).tolist()
    [-0.693]
    """
    inside = members.astype(float)
    size = inside.sum(axis=1)
    rest = inside.shape[1] - size
    if statistic == "ppml":
        in_after, in_before = inside @ after, inside @ before
        return np.log(in_after / in_before) - np.log((after.sum() - in_after) / (before.sum() - in_before))
    change = np.log(after / before)
    mean_in = inside @ change / size
    mean_out = (change.sum() - inside @ change) / rest
    if statistic == "log":
        return mean_in - mean_out
    if statistic != "log-t":
        raise InputError(f"randomisation: statistic {statistic!r}, expected one of {', '.join(STATISTICS)}")
    square = change**2
    var_in = (inside @ square - size * mean_in**2) / np.maximum(size - 1, 1)
    var_out = (square.sum() - inside @ square - rest * mean_out**2) / np.maximum(rest - 1, 1)
    # One member has no spread of its own: the others' spread stands in.
    var_in = np.where(size > 1, var_in, var_out)
    var_out = np.where(rest > 1, var_out, var_in)
    return (mean_in - mean_out) / np.sqrt(var_in / size + var_out / rest)


@lru_cache(maxsize=8)
def draw_unions(places: int, size: int, draws: int, seed: int) -> Bools:
    """Random groups of `size` among `places` without replacement: bool array (draws, places), read-only.

    Examples
    --------
    >>> randomisation.draw_unions(12, 4, 2, seed=1).sum(axis=1).tolist()
    [4, 4]
    """
    if not 0 < size < places:
        raise InputError(f"randomisation: {size} treated of {places} places; both groups need at least one")
    order = np.random.default_rng(seed).random((draws, places)).argsort(axis=1, kind="stable")
    groups: Bools = order < size
    groups.setflags(write=False)  # kept for the next call
    return groups


def placebo_unions(places: int, size: int, draws: int, seed: int) -> tuple[Bools, bool]:
    """All groups of `size` when there are at most `draws` of them (then True), else `draws` random ones.

    Examples
    --------
    >>> randomisation.placebo_unions(5, 2, 100, seed=1)[0].shape
    (10, 5)
    """
    if comb(places, size) <= draws:
        return _all_unions(places, size), True
    return draw_unions(places, size, draws, seed), False


def randomise(
    panel: Panel,
    *,
    base: int,
    period: int,
    statistic: str = "log",
    draws: int = 9999,
    seed: int,
    level: float = 0.95,
) -> Randomisation:
    """Randomisation test of the change from `base` to `period` of the treated against the others.

    Parameters
    ----------
    panel : Panel
        Places with a missing count in one of the two periods are left out; for the log statistics also
        places with a zero.
    draws : int
        Placebo groups; when there are no more possible groups than that, all of them are taken and the
        p-value is exact.
    level : float
        Of the interval.

    Returns
    -------
    Randomisation
        `p_value` two-sided on the absolute statistic, `p_lower` one-sided for a fall, and the interval of values
        whose two-sided p-value is above 1 - `level`.

    Examples
    --------
    >>> found = randomisation.randomise(examples.places(), base=2020, period=2021, seed=1)
    >>> round(found.p_value, 4)
    0.002
    """
    before, after = panel.at(base), panel.at(period)
    usable = ~np.isnan(before) & ~np.isnan(after)
    if statistic != "ppml":
        usable &= (before > 0) & (after > 0)
    kept = panel.keep(usable)
    before, after = before[usable], after[usable]
    places, size = len(kept.places), int(kept.treated.sum())
    groups, exact = placebo_unions(places, size, draws, seed)
    observed = float(change_statistics(before, after, kept.treated[None, :], statistic)[0])
    placebo = change_statistics(before, after, groups, statistic)
    near = 1e-12 * max(1.0, abs(observed))
    if exact:  # the real group is among them
        p_two, p_low = (np.mean(np.abs(placebo) >= abs(observed) - near), np.mean(placebo <= observed + near))
        floor = 1 / len(groups)
    else:
        p_two = (1 + (np.abs(placebo) >= abs(observed) - near).sum()) / (1 + draws)
        p_low = (1 + (placebo <= observed + near).sum()) / (1 + draws)
        floor = 1 / (1 + draws)
    ends = _interval(before, after, kept.treated, groups, statistic, level, exact)
    return Randomisation(statistic, observed, placebo, float(p_two), float(p_low), floor, *ends)


def _interval(
    before: Floats,
    after: Floats,
    treated: Bools,
    groups: Bools,
    statistic: str,
    level: float,
    exact: bool,
) -> tuple[float, float]:
    if statistic == "log-t":
        return float("nan"), float("nan")
    if statistic == "log":
        low, high = log_stretches(np.log(after / before), treated, groups)
    else:
        low, high = ratio_stretches(before, after, treated, groups)
    return accepted(*unbounded(low, high, treated, groups), level, exact)


def unbounded(low: Floats, high: Floats, treated: Bools, groups: Bools) -> tuple[Floats, Floats]:
    """The stretches, without ends where a group is the treated one or its complement: as extreme at any value.

    Examples
    --------
    >>> treated, groups = np.array([True, False, False]), np.array([[True, False, False], [False, True, False]])
    >>> randomisation.unbounded(np.array([-1.0, -1]), np.array([1.0, 1]), treated, groups)[1].tolist()
    [inf, 1.0]
    """
    itself = (groups == treated).all(axis=1) | (groups != treated).all(axis=1)
    return np.where(itself, -np.inf, low), np.where(itself, np.inf, high)


def log_stretches(change: Floats, treated: Bools, groups: Bools) -> tuple[Floats, Floats]:
    """Values of the effect at which each placebo group is at least as extreme: ends, each shape (B,).

    Parameters
    ----------
    change : array (N,)
        Log changes.
    treated : bool array (N,)
    groups : bool array (B, N)

    Notes
    -----
    With the effect v taken out, the treated group shows g - v and a placebo group c - k v, where k, at most 1
    in size, is the difference between its share of treated places and that of the rest. The squares of both
    are equal at (g - c) / (1 - k) and (g + c) / (1 + k).

    Examples
    --------
    >>> treated, groups = np.array([True, False, False]), np.array([[False, True, False], [False, False, True]])
    >>> [ends.round(2).tolist() for ends in randomisation.log_stretches(np.array([-0.5, 0.1, 0.2]), treated, groups)]
    [[-0.8, -0.7], [-0.6, -0.5]]
    """
    gap = float(change_statistics(np.ones_like(change), np.exp(change), treated[None, :], "log")[0])
    drawn = change_statistics(np.ones_like(change), np.exp(change), groups, "log")
    size = groups.sum(axis=1)
    hits = groups @ treated.astype(float)
    tilt = hits / size - (treated.sum() - hits) / (len(treated) - size)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.array([(gap - drawn) / (1 - tilt), (gap + drawn) / (1 + tilt)])
    return _around(ends, gap)


def ratio_stretches(before: Floats, after: Floats, treated: Bools, groups: Bools) -> tuple[Floats, Floats]:
    """:func:`log_stretches` for log ratios of ratios of totals: counts before and after, shape (N,).

    Examples
    --------
    >>> before, after = np.array([100.0, 100, 100]), np.array([60.0, 110, 120])
    >>> treated, groups = np.array([True, False, False]), np.array([[False, True, False], [False, False, True]])
    >>> [ends.round(2).tolist() for ends in randomisation.ratio_stretches(before, after, treated, groups)]
    [[-0.78, -0.69], [-0.61, -0.52]]
    """
    inside = groups.astype(float)
    old = inside @ before
    taken = after * treated
    kept_in, taken_in = inside @ (after - taken), inside @ taken
    kept_out, taken_out = (after - taken).sum() - kept_in, taken.sum() - taken_in
    gap = float(change_statistics(before, after, treated[None, :], "ppml")[0])
    return ratio_ends(
        gap, (kept_in, taken_in, np.log(old)), (kept_out, taken_out, np.log(before.sum() - old))
    )


def ratio_ends(
    gap: float, group: tuple[Floats, Floats, Floats], rest: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats]:
    """Ends of the stretches for sums: with u = exp(-v), log((A + T u) / K) against the same for the rest.

    Parameters
    ----------
    gap : float
        Log ratio of ratios of the treated.
    group, rest : (A, T, log K), arrays (B,)
        Later sum of the untreated members, of the treated members, and log of what it is compared with.

    Notes
    -----
    The placebo group's statistic equals v - g, or g - v, where a quadratic in u with one positive root is zero.

    Examples
    --------
    >>> old, rest = np.log(np.array([100.0])), np.log(np.array([200.0]))
    >>> group = np.array([110.0]), np.array([0.0]), old
    >>> others = np.array([120.0]), np.array([60.0]), rest
    >>> gap = np.log(60 / 100) - np.log(230 / 200)
    >>> [ends.round(2).tolist() for ends in randomisation.ratio_ends(gap, group, others)]
    [[-0.78], [-0.61]]
    """
    (a, t, k), (a_rest, t_rest, k_rest) = group, rest
    # (a + t u) u / (a_rest + t_rest u) = exp(k - k_rest - gap), and the same with both sides exchanged.
    up, down = np.exp(k - k_rest - gap), np.exp(k_rest - k - gap)
    roots = (
        _positive_root(t, a - up * t_rest, -up * a_rest),
        _positive_root(t_rest, a_rest - down * t, -down * a),
    )
    with np.errstate(divide="ignore"):
        return _around(-np.log(np.array(roots)), gap)


def _positive_root(a: Floats, b: Floats, c: Floats) -> Floats:
    """The root above 0 of a u^2 + b u + c for a of 0 or more and c of 0 or less, without cancellation.

    Infinite where both a and b are 0 or less: the stretch has no end there.
    """
    half = np.sqrt(b**2 - 4 * a * c)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.where(b > 0, -2 * c / (b + half), (half - b) / (2 * a))
    return np.where(np.isnan(root), np.inf, root)


def _around(ends: Floats, gap: float) -> tuple[Floats, Floats]:
    """Lower and upper end from the two roots, which lie on either side of the estimate but for rounding."""
    return np.minimum(ends.min(axis=0), gap), np.maximum(ends.max(axis=0), gap)


def accepted(low: Floats, high: Floats, level: float, exact: bool) -> tuple[float, float]:
    """The values that the test keeps, from the stretches of its placebo groups; ends included.

    Parameters
    ----------
    low, high : arrays (B,)
        Stretch on which each placebo group is at least as extreme; each holds the estimate.
    exact : bool
        Whether the real group is among them (else it is counted besides).

    Examples
    --------
    >>> randomisation.accepted(np.array([-3.0, -2, -1]), np.array([1.0, 2, 3]), level=0.5, exact=True)
    (-2.0, 2.0)
    """
    possible = len(low) + (not exact)
    # Fewest groups, the real one besides, whose share is above 1 - level; slack for 0.05 * 10000 = 500.00000000000044.
    needed = int(np.floor((1 - level) * possible + 1e-9)) + 1 - (not exact)
    if needed == 0:
        return -float("inf"), float("inf")
    return float(np.partition(low, needed - 1)[needed - 1]), float(np.partition(high, -needed)[-needed])


def _all_unions(places: int, size: int) -> Bools:
    from itertools import combinations

    rows = np.array(list(combinations(range(places), size)))
    groups = np.zeros((len(rows), places), bool)
    np.put_along_axis(groups, rows, True, axis=1)
    return groups
