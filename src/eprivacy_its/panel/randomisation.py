"""Randomisation inference over placebo unions: how often does a random group look like the treated one?

Under the sharp null that membership changed nothing, any group of the same size was as likely to show the
difference. The p-value counts the placebo groups at least as extreme and the real one itself:
(1 + #) / (1 + B) (Phipson & Smyth 2010). It can't be below 1 / (1 + B), nor below one over the number of
possible groups. Groups are drawn at random, so shocks shared by neighbours are not in the placebo
distribution: blocs of real neighbours are looked at beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    """Observed statistic, the placebo ones (shape (draws,)), p-values and the attainable floor."""

    statistic: str
    observed: float
    placebo: Floats
    p_value: float
    p_lower: float
    floor: float

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


def draw_unions(places: int, size: int, draws: int, seed: int) -> Bools:
    """Random groups of `size` among `places` without replacement: bool array (draws, places).

    Examples
    --------
    >>> randomisation.draw_unions(12, 4, 2, seed=1).sum(axis=1).tolist()
    [4, 4]
    """
    if not 0 < size < places:
        raise InputError(f"randomisation: {size} treated of {places} places; both groups need at least one")
    order = np.random.default_rng(seed).random((draws, places)).argsort(axis=1, kind="stable")
    return order < size


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
    panel: Panel, *, base: int, period: int, statistic: str = "log", draws: int = 9999, seed: int
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

    Returns
    -------
    Randomisation
        `p_value` two-sided on the absolute statistic, `p_lower` one-sided for a fall.

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
    return Randomisation(statistic, observed, placebo, float(p_two), float(p_low), floor)


def _all_unions(places: int, size: int) -> Bools:
    from itertools import combinations

    rows = np.array(list(combinations(range(places), size)))
    groups = np.zeros((len(rows), places), bool)
    np.put_along_axis(groups, rows, True, axis=1)
    return groups
