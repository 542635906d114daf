"""Wild bootstraps by cluster, null imposed: of residuals for logarithms, of scores for counts.

Logarithms: Cameron, Gelbach & Miller (2008), computed on cluster scores (Roodman, MacKinnon, Nielsen & Webb
2019), so that thousands of draws cost one matrix product. Counts: Kline & Santos (2012): the scores of the
Poisson model under the null change sign by cluster, and no draw needs a fit. Rademacher weights, one a cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.panel import event
from eprivacy_its.panel.frame import Floats, Panel


@dataclass(frozen=True)
class WildBootstrap:
    """A p-value of "no difference" and the interval of values that the test does not reject."""

    estimate: float
    p_value: float
    ci_low: float
    ci_high: float
    draws: int


@dataclass(frozen=True)
class _Pieces:
    """What the bootstrap needs of a linear fit, along the tested coefficient."""

    estimate: float
    along: Floats  # (G,) bread row times the cluster's x'y
    pull: Floats  # (G, k) bread row times the cluster's x'x
    x_y: Floats  # (G, k)
    x_x: Floats  # (G, k, k)
    bread: Floats  # (k, k)
    at: int


def wild_bootstrap(
    panel: Panel, *, base: int, period: int, draws: int = 1999, seed: int, level: float = 0.95
) -> WildBootstrap:
    """Wild cluster restricted bootstrap of the coefficient treated x `period`, clusters are places.

    Parameters
    ----------
    draws : int
        Draws of the weights; with (draws + 1)(1 - level) a whole number the test is exact in symmetric
        cases, so 999, 1999 and 9999 are good values.
    seed : int
        Of numpy's PCG64.

    Returns
    -------
    WildBootstrap
        Two-sided p-value (1 + exceeding draws) / (1 + draws), and the interval by inverting the test (log
        ratio, ends found by bisection to 1e-4).

    Examples
    --------
    >>> bootstrap.wild_bootstrap(examples.places(), base=2020, period=2021, draws=199, seed=1).p_value
    0.005
    """
    if draws < 99:
        raise InputError(f"wild bootstrap: draws {draws}, expected at least 99")
    pieces = _pieces(panel, base, period)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, len(pieces.along)))
    se = _spread(pieces)

    def p_value(value: float) -> float:
        return _p_value(pieces, signs, value)

    low, high = (_end(p_value, pieces.estimate, side * se, 1 - level) for side in (-1, 1))
    return WildBootstrap(pieces.estimate, p_value(0.0), low, high, draws)


def wild_score_bootstrap(
    panel: Panel, *, base: int, period: int, draws: int = 1999, seed: int, level: float = 0.95
) -> WildBootstrap:
    """Wild score bootstrap of the Poisson coefficient treated x `period`, clusters are places.

    The statistic is the sum over clusters of the efficient score of the coefficient, all others at their
    restricted estimates, over its standard deviation. With Rademacher weights the sum of squares is the same
    in each draw, so that ranking sums ranks the studentised statistic too, centred or not.

    Parameters
    ----------
    draws, seed
        As in :func:`wild_bootstrap`.

    Returns
    -------
    WildBootstrap

    Examples
    --------
    >>> bootstrap.wild_score_bootstrap(examples.places(), base=2020, period=2021, draws=199, seed=1).p_value
    0.005
    """
    if draws < 99:
        raise InputError(f"wild score bootstrap: draws {draws}, expected at least 99")
    data = event.cells(panel, "ppml", base)
    at = len(data.periods) + data.periods.index(period)
    beta, information, scores = event.fit_ppml(data)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, len(scores)))

    def p_value(value: float) -> float:
        efficient = _efficient_scores(data, at, value, beta)
        drawn = np.abs(signs @ efficient)
        return float((1 + (drawn >= abs(efficient.sum()) * (1 - 1e-12)).sum()) / (1 + draws))

    se = float(np.sqrt(((scores @ np.linalg.inv(information)[at]) ** 2).sum()))
    low, high = (_end(p_value, float(beta[at]), side * se, 1 - level) for side in (-1, 1))
    return WildBootstrap(float(beta[at]), p_value(0.0), low, high, draws)


def _efficient_scores(data: event.Cells, at: int, value: float, beta: Floats) -> Floats:
    """Score of the coefficient at `value` a cluster, (G,), less its projection on the other coefficients' scores."""
    others = np.delete(np.arange(len(beta)), at)
    fixed = event.Cells(data.y, data.x[:, others], data.place, data.weight, data.periods)
    kept, _, _ = event.fit_ppml(fixed, beta[others], offset=data.x[:, at] * value)
    restricted = np.insert(kept, at, value)
    information, scores = event.ppml_scores(data, restricted)
    slope = np.linalg.solve(information[np.ix_(others, others)], information[others, at])
    efficient: Floats = scores[:, at] - scores[:, others] @ slope
    return efficient


def _pieces(panel: Panel, base: int, period: int) -> _Pieces:
    data = event.cells(panel, "log", base)
    x = event._within(data.x, data.weight, data.place)
    y = event._within(data.y, data.weight, data.place)
    x_y = event._by_place(x * y[:, None], data.place)
    x_x = event._by_place(x[:, :, None] * x[:, None, :], data.place)
    bread = np.linalg.inv(x_x.sum(axis=0))
    at = len(data.periods) + data.periods.index(period)
    row = bread[at]
    return _Pieces(float(row @ x_y.sum(axis=0)), x_y @ row, x_x @ row, x_y, x_x, bread, at)


def _spread(pieces: _Pieces) -> float:
    scores = pieces.along - pieces.pull @ (pieces.bread @ pieces.x_y.sum(axis=0))
    return float(np.sqrt((scores**2).sum()))


def _restricted(pieces: _Pieces, value: float) -> Floats:
    """Coefficients with the tested one fixed at `value`."""
    others = np.delete(np.arange(pieces.bread.shape[0]), pieces.at)
    x_x, x_y = pieces.x_x.sum(axis=0), pieces.x_y.sum(axis=0)
    beta = np.empty(len(x_y))
    beta[pieces.at] = value
    beta[others] = np.linalg.solve(x_x[np.ix_(others, others)], x_y[others] - x_x[others, pieces.at] * value)
    return beta


def _p_value(pieces: _Pieces, signs: Floats, value: float) -> float:
    """Symmetric p-value of the hypothesis that the coefficient is `value`."""
    beta = _restricted(pieces, value)
    scores = pieces.x_y - np.einsum("gij,j->gi", pieces.x_x, beta)  # (G, k), under the null
    drawn = signs @ (scores @ pieces.bread.T)  # (draws, k): shift of all coefficients
    projected = scores @ pieces.bread[pieces.at]  # (G,)
    residual = signs * projected - drawn @ pieces.pull.T
    t_drawn = drawn[:, pieces.at] / np.sqrt((residual**2).sum(axis=1))
    t_seen = (pieces.estimate - value) / _spread(pieces)
    return float((1 + (np.abs(t_drawn) >= abs(t_seen) - 1e-12).sum()) / (1 + len(signs)))


def _end(p_value: Callable[[float], float], estimate: float, se: float, alpha: float) -> float:
    """End of the interval on the side of `se` (signed): where the p-value crosses alpha."""
    alpha += 1e-9  # 1 - 0.9 is less than 0.1
    inside, outside = estimate, estimate + 2 * se
    for _ in range(60):
        if p_value(outside) <= alpha:
            break
        inside, outside = outside, outside + 2 * se
    else:
        return float(np.copysign(np.inf, se))
    while abs(outside - inside) > 1e-4:
        middle = (inside + outside) / 2
        if p_value(middle) <= alpha:
            outside = middle
        else:
            inside = middle
    return float((inside + outside) / 2)
