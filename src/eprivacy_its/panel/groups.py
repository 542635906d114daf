"""Units of one group share shocks: the intraclass correlation, and inference on the changes of groups.

Model for unit i of group j: change_ij = m + effect * D_j + u_j + e_ij, with a shock u_j that all units of the
group share. However many units there are, the shocks are as many as groups, and the treated units are one group:
its shock cannot be told from an effect, only compared with those of the others. So each group gives one number,
its change, and the treated one is compared with the mean of the others; the spread among these is the error,
with t quantiles on their number less one (Donald & Lang 2007, with equal weights).

The test is exact for normal shocks when the changes of all groups vary alike. Where the treated group has more
units than the others, its own change is the less noisy one and the test rejects too seldom, never too often.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eprivacy_its.errors import InputError
from eprivacy_its.panel.frame import Floats, Panel

Labels = NDArray[np.str_]


@dataclass(frozen=True)
class GroupDifference:
    """The treated group's change less the mean change of the others, on the log scale.

    Attributes
    ----------
    estimate, ci_low, ci_high, p_value : float
        With t quantiles on `df` degrees of freedom.
    df : int
        Untreated groups less one.
    """

    estimate: float
    ci_low: float
    ci_high: float
    p_value: float
    df: int

    @property
    def ratio(self) -> tuple[float, float, float]:
        """Ratio with the ends of its interval."""
        ratio, low, high = np.exp([self.estimate, self.ci_low, self.ci_high])
        return float(ratio), float(low), float(high)


@dataclass(frozen=True)
class Intraclass:
    """Share of the variance that lies between groups, with its interval, and the F test that it is 0."""

    value: float
    ci_low: float
    ci_high: float
    f: float
    df: tuple[int, int]
    p_value: float


def difference(treated: float, others: Floats, level: float = 0.95) -> GroupDifference:
    """The treated group's change against those of the other groups, shape (R,), on the log scale.

    Examples
    --------
    >>> round(groups.difference(-0.5, np.array([-0.1, 0.0, 0.1])).p_value, 3)
    0.049
    """
    from scipy import stats

    if len(others) < 2:
        raise InputError(f"groups: {len(others)} untreated, expected at least two")
    gap, df = treated - float(others.mean()), len(others) - 1
    se = float(others.std(ddof=1)) * np.sqrt(1 + 1 / len(others))
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * se
    return GroupDifference(gap, gap - reach, gap + reach, float(2 * stats.t.sf(abs(gap) / se, df)), df)


def against_groups(
    panel: Panel, labels: Labels, *, base: int, period: int, statistic: str = "log", level: float = 0.95
) -> GroupDifference:
    """The treated places as one group against groups of untreated places.

    Parameters
    ----------
    labels : array (N,) of str
        Group of each place; those of treated places are not read.
    statistic : str
        ``log``: a group's change is the mean of its places' log changes; ``ppml``: the log ratio of its sums.

    Notes
    -----
    Places with a missing count, for ``log`` also with a zero, in one of the two periods are left out.

    Examples
    --------
    >>> labels = np.array(list("eeeeaabbccdd"))
    >>> round(groups.against_groups(examples.places(), labels, base=2020, period=2021).estimate, 2)
    -0.38
    """
    changes = group_changes(panel, labels, base=base, period=period, statistic=statistic)
    treated = changes.pop("")
    return difference(treated, np.array(list(changes.values())), level)


def group_changes(
    panel: Panel, labels: Labels, *, base: int, period: int, statistic: str = "log"
) -> dict[str, float]:
    """Log change of each group of untreated places by name, in alphabetical order, and of the treated as ``""``.

    Examples
    --------
    >>> labels = np.array(list("eeeeaabbccdd"))
    >>> changes = groups.group_changes(examples.places(), labels, base=2020, period=2021)
    >>> {name: round(change, 2) for name, change in changes.items()}
    {'': -0.36, 'a': 0.05, 'b': 0.13, 'c': -0.14, 'd': 0.05}
    """
    if statistic not in ("log", "ppml"):
        raise InputError(f"groups: statistic {statistic!r}, expected log or ppml")
    before, after = panel.at(base), panel.at(period)
    used = (before > 0) & (after > 0) if statistic == "log" else ~np.isnan(before + after)
    group = np.where(panel.treated, "", labels)
    changes = {}
    for name in np.unique(group[used]):
        inside = used & (group == name)
        if statistic == "log":
            changes[str(name)] = float(np.log(after[inside] / before[inside]).mean())
        else:
            changes[str(name)] = float(np.log(after[inside].sum() / before[inside].sum()))
    return changes


def intraclass(values: Floats, labels: Labels, level: float = 0.95) -> Intraclass:
    """Intraclass correlation by one-way analysis of variance (Donner 1986), groups of unlike size allowed.

    Parameters
    ----------
    values : array (n,)
    labels : array (n,) of str
        At least two groups, and a group of at least two.

    Returns
    -------
    Intraclass
        The estimate may be negative. Its interval is that of the F ratio, with the average size
        n0 = (n - sum n_j^2 / n) / (R - 1); exact for equal sizes only.

    Examples
    --------
    >>> round(groups.intraclass(np.array([1.0, 1.2, 3.0, 3.1]), np.array(list("aabb"))).value, 2)
    0.99
    """
    from scipy import stats

    parts = [values[labels == name] for name in np.unique(labels)]
    sizes = np.array([len(part) for part in parts])
    n, groups = len(values), len(parts)
    if groups < 2 or n == groups:
        raise InputError("groups: expected at least two groups, one of them with two units or more")
    between = sum(len(part) * (part.mean() - values.mean()) ** 2 for part in parts) / (groups - 1)
    within = sum(((part - part.mean()) ** 2).sum() for part in parts) / (n - groups)
    average = (n - (sizes**2).sum() / n) / (groups - 1)
    f, df = float(between / within), (groups - 1, n - groups)

    def share(ratio: float) -> float:
        return float((ratio - 1) / (ratio + average - 1))

    low, high = (f / float(stats.f.ppf(0.5 + sign * level / 2, *df)) for sign in (1, -1))
    return Intraclass(share(f), share(low), share(high), f, df, float(stats.f.sf(f, *df)))
