"""Difference in differences, outcome-only synthetic control and synthetic difference in differences.

Block design: a matrix of outcomes, rows are units, columns are periods; the treated rows are treated in the
last columns. Synthetic control: Abadie, Diamond & Hainmueller (2010) with the earlier outcomes as the only
predictors. Synthetic difference in differences: Arkhangelsky, Athey, Hirshberg, Imbens & Wager (2021),
weights of their equations 4 to 6 with their regularisation, solved exactly rather than by Frank-Wolfe steps
that stop early.

With fewer earlier periods than donors many weight vectors fit equally well, and which of them a solver ends at
is an accident. So synthetic control takes the most even of them (least norm), for the estimate and for every
placebo; the gap and the fit are reported, never the weights, and :func:`gap_range` gives all gaps that equally
good weights would show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eprivacy_its.errors import InputError
from eprivacy_its.panel.frame import Bools, Floats

if TYPE_CHECKING:
    import pandas as pd

_HEAVY = 1e4  # weight of the sum-to-one row against outcomes scaled to 1, before the exact solution follows
_STEPS = 60  # Newton steps on the dual; a handful do, more means that it stalls
_LAMBDA = 1e-6  # regularisation of period weights, as in the authors' code
_EVEN = (
    1e-6  # of the variance of earlier outcomes: small enough not to cost fit, large enough to be solved for
)


@dataclass(frozen=True)
class Synthetic:
    """One estimate.

    Attributes
    ----------
    effect : float
        Mean over treated units and treated periods, in the unit of the outcomes.
    gaps : array (T,)
        Treated mean less its counterfactual, each period.
    rmspe : float
        Root mean square of the gaps before treatment: the fit.
    """

    method: str
    effect: float
    gaps: Floats
    rmspe: float


def _split(y: Floats, treated: Bools, post: Bools) -> tuple[Floats, Floats]:
    if y.shape != (len(treated), len(post)):
        raise InputError(f"synthetic: outcomes {y.shape}, expected ({len(treated)}, {len(post)})")
    if not np.isfinite(y).all():
        raise InputError("synthetic: an outcome is missing; leave that unit out (the panel must be balanced)")
    if (
        not treated.any()
        or treated.all()
        or not post.any()
        or post.all()
        or (np.diff(post.astype(int)) < 0).any()
    ):
        raise InputError("synthetic: need treated and other units, and treated periods after the others")
    return y[treated].mean(axis=0), y[~treated]


def simplex_least_squares(a: Floats, b: Floats, ridge: float = 0.0) -> Floats:
    """Weights w >= 0 that sum to 1 and minimise |a w - b|^2 + ridge |w|^2.

    Parameters
    ----------
    a : array (m, k)
    b : array (m,)
    ridge : float
        0 or more; with 0 and no unique solution, one of the solutions.

    Returns
    -------
    array (k,)

    Examples
    --------
    >>> synthetic.simplex_least_squares(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.3, 0.7])).round(2).tolist()
    [0.3, 0.7]
    """
    k = a.shape[1]
    scale = max(float(np.abs(a).max()), float(np.abs(b).max()), 1e-300)
    # The dual pays where it has few unknowns and the ridge is not lost in rounding.
    if ridge > 1e-9 * scale**2 and a.shape[0] < k / 4:
        solved = _by_dual((a - b[:, None]) / scale, ridge / scale**2)
        if solved is not None:
            return solved
    return _by_support(a / scale, b / scale, ridge / scale**2)


def _by_dual(a: Floats, ridge: float) -> Floats | None:
    """Minimise |a w|^2 + ridge |w|^2 on the simplex by Newton on its dual; None when that stalls.

    Stationarity reads w = max(0, a'u + c) with u = -a w / ridge, so only u (one number a row of `a`) and c
    are unknown: few, where earlier periods are fewer than donors. They minimise a convex, piecewise
    quadratic function, for which damped Newton steps end exactly.
    """
    m, k = a.shape
    wide = np.vstack([a, np.ones((1, k))])
    shrink = np.append(np.full(m, ridge), 0.0)
    target = np.append(np.zeros(m), 1.0)
    point = np.append(np.zeros(m), 1.0 / k)

    def value(at: Floats) -> float:
        return float(0.5 * (np.maximum(wide.T @ at, 0) ** 2).sum() + 0.5 * shrink @ at**2 - target @ at)

    for _ in range(_STEPS):
        weights = np.maximum(wide.T @ point, 0)
        gradient = wide @ weights + shrink * point - target
        if np.abs(gradient).max() < 1e-10:
            return weights / weights.sum()
        inside = wide[:, weights > 0]
        curvature = inside @ inside.T + np.diag(shrink)
        step = -np.linalg.lstsq(curvature, gradient, rcond=1e-14)[0]
        size, now, slope = 1.0, value(point), gradient @ step
        while value(point + size * step) > now + 1e-4 * size * slope and size > 1e-6:
            size /= 2
        point = point + size * step
    return None


def _by_support(a: Floats, b: Floats, ridge: float) -> Floats:
    """The same by non-negative least squares with a heavy row for the sum, then exactly on its support."""
    from scipy.optimize import nnls

    k = a.shape[1]
    rows, targets = [a, np.full((1, k), _HEAVY)], [b, np.array([_HEAVY])]
    if ridge > 0:
        rows.append(np.sqrt(ridge) * np.eye(k))
        targets.append(np.zeros(k))
    rough, _ = nnls(np.vstack(rows), np.concatenate(targets), maxiter=50 * k)
    return _polish(a, b, ridge, rough > 1e-10, rough)


def _polish(a: Floats, b: Floats, ridge: float, support: Bools, rough: Floats) -> Floats:
    """Exact solution on the support found: stationarity with the sum-to-one constraint."""
    size = int(support.sum())
    inner = a[:, support]
    system = np.zeros((size + 1, size + 1))
    system[:size, :size] = inner.T @ inner + ridge * np.eye(size)
    system[:size, size] = system[size, :size] = 1.0
    right = np.append(inner.T @ b, 1.0)
    solved = np.linalg.lstsq(system, right, rcond=None)[0][:size]
    weights = np.zeros(len(rough))
    if (solved >= -1e-9).all():
        weights[support] = np.maximum(solved, 0)
    else:
        weights = rough
    return weights / weights.sum()


def difference_in_differences(y: Floats, treated: Bools, post: Bools) -> Synthetic:
    """Plain difference in differences with equal weights.

    Parameters
    ----------
    y : array (N, T); treated : bool array (N,); post : bool array (T,), true for the last periods.

    Examples
    --------
    >>> places = examples.places()
    >>> made = synthetic.difference_in_differences(places.counts, places.treated, np.array([False, False, True, True]))
    >>> round(made.effect)
    -89
    """
    target, donors = _split(y, treated, post)
    gaps = target - donors.mean(axis=0)
    gaps = gaps - gaps[~post].mean()
    return Synthetic("difference in differences", float(gaps[post].mean()), gaps, _rms(gaps[~post]))


def synthetic_control(y: Floats, treated: Bools, post: Bools) -> Synthetic:
    """Synthetic control matched on all earlier outcomes, no intercept, by the weights of least norm among the best.

    Examples
    --------
    >>> places = examples.places()
    >>> made = synthetic.synthetic_control(places.counts, places.treated, np.array([False, False, True, True]))
    >>> round(made.effect)
    -89
    """
    target, donors = _split(y, treated, post)
    before = donors[:, ~post]
    weights = simplex_least_squares(before.T, target[~post], _EVEN * float(before.var()))
    gaps = target - weights @ donors
    return Synthetic("synthetic control", float(gaps[post].mean()), gaps, _rms(gaps[~post]))


def synthetic_did(y: Floats, treated: Bools, post: Bools) -> Synthetic:
    """Synthetic difference in differences with the authors' regularisation.

    Examples
    --------
    >>> places = examples.places()
    >>> made = synthetic.synthetic_did(places.counts, places.treated, np.array([False, False, True, True]))
    >>> round(made.effect)
    -89
    """
    target, donors = _split(y, treated, post)
    before = donors[:, ~post]
    if before.shape[1] < 2:
        raise InputError("synthetic difference in differences: needs two periods before treatment")
    noise = np.diff(before, axis=1).std(ddof=1)
    zeta = (treated.sum() * post.sum()) ** 0.25 * noise
    periods, units = before.shape[1], before.shape[0]
    unit = simplex_least_squares(
        _centred(before.T), target[~post] - target[~post].mean(), ridge=zeta**2 * periods
    )
    after = donors[:, post].mean(axis=1)
    time = simplex_least_squares(_centred(before), after - after.mean(), ridge=(_LAMBDA * noise) ** 2 * units)
    gaps = target - unit @ donors
    effect = gaps[post].mean() - time @ gaps[~post]
    level = gaps[~post].mean()
    return Synthetic(
        "synthetic difference in differences",
        float(effect),
        gaps - time @ gaps[~post],
        _rms(gaps[~post] - level),
    )


METHODS = {
    "difference in differences": difference_in_differences,
    "synthetic control": synthetic_control,
    "synthetic difference in differences": synthetic_did,
}


def gap_range(y: Floats, treated: Bools, post: Bools, slack: float = 1e-6) -> tuple[float, float] | None:
    """Smallest and largest mean gap after treatment among weights that fit the earlier periods.

    Linear programmes over the weights whose earlier gaps are all at most `slack` in size (in the unit of the
    outcomes); None when no weights fit that well.

    Examples
    --------
    >>> synthetic.gap_range(np.array([[4.0, 2], [4, 5], [4, 7]]), np.array([True, False, False]), np.array([False, True]))
    (-5.0, -3.0)
    """
    from scipy.optimize import linprog

    target, donors = _split(y, treated, post)
    before = donors[:, ~post].T
    limits = np.vstack([before, -before])
    bounds = np.concatenate([target[~post] + slack, slack - target[~post]])
    after = donors[:, post].mean(axis=1)
    ends = []
    for sign in (1.0, -1.0):
        made = linprog(
            sign * after, A_ub=limits, b_ub=bounds, A_eq=np.ones((1, len(after))), b_eq=[1.0], method="highs"
        )
        if made.status == 2:
            return None
        if not made.success:
            raise RuntimeError(f"synthetic: linear programme did not finish: {made.message}")
        ends.append(float(target[post].mean() - after @ made.x))
    return min(ends), max(ends)


def placebo_ranks(
    y: Floats, treated: Bools, post: Bools, method: str | Callable[[Floats, Bools, Bools], Synthetic]
) -> pd.DataFrame:
    """Each treated unit alone against the untreated, ranked among the untreated units treated likewise.

    Donors are the untreated units; an untreated unit in the role of treated uses the others.

    Returns
    -------
    DataFrame
        A row a unit in the order of `y`: `unit` (row number), `treated`, `effect`, `rmspe`, `p_value` (share
        of untreated units, and itself, with an effect at least as large in size; floor 1 / (1 + untreated)),
        NaN for untreated units.

    Examples
    --------
    >>> places = examples.places()
    >>> ranks = synthetic.placebo_ranks(places.counts, places.treated, np.array([False, False, True, True]), "difference in differences")
    >>> len(ranks)
    12
    """
    import pandas as pd

    fit = METHODS[method] if isinstance(method, str) else method
    rows = []
    for number in range(len(treated)):
        used = ~treated | (np.arange(len(treated)) == number)
        alone = np.arange(len(treated))[used] == number
        made = fit(y[used], alone, post)
        rows.append((number, bool(treated[number]), made.effect, made.rmspe))
    frame = pd.DataFrame(rows, columns=["unit", "treated", "effect", "rmspe"])
    others = np.sort(np.abs(frame.effect[~frame.treated].to_numpy()))
    size = np.abs(frame.effect.to_numpy())
    as_large = len(others) - np.searchsorted(others, size - 1e-12, side="left")
    frame["p_value"] = np.where(frame.treated, (1 + as_large) / (1 + len(others)), np.nan)
    return frame


def _centred(values: Floats) -> Floats:
    return values - values.mean(axis=0)


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def placebo_error(
    y: Floats, treated: Bools, post: Bools, method: str, *, draws: int, seed: int
) -> tuple[Floats, float]:
    """Effects of placebo groups among the untreated units, and their standard deviation.

    Algorithm 4 of Arkhangelsky et al. (2021): as many untreated units as there are treated ones are drawn as
    if treated, the other untreated units are donors. Assumes that the noise of treated and others is alike.

    Returns
    -------
    (array (draws,), float)

    Examples
    --------
    >>> places = examples.places()
    >>> draws, error = synthetic.placebo_error(places.counts, places.treated, np.array([False, False, True, True]), "difference in differences", draws=20, seed=1)
    >>> round(error)
    13
    """
    fit = METHODS[method]
    pool, size = y[~treated], int(treated.sum())
    if size >= len(pool):
        raise InputError(f"placebo error: {size} treated need more than {len(pool)} untreated units")
    rng = np.random.default_rng(seed)
    effects = np.empty(draws)
    for draw in range(draws):
        mask = np.zeros(len(pool), bool)
        mask[rng.permutation(len(pool))[:size]] = True
        effects[draw] = fit(pool, mask, post).effect
    return effects, float(effects.std(ddof=1))


def group_effects(y: Floats, treated: Bools, post: Bools, method: str, labels: NDArray[np.str_]) -> Floats:
    """Effect of each group of untreated units in the role of the treated, the other untreated units as donors.

    Parameters
    ----------
    labels : array (N,) of str
        Group of each unit; those of treated units are not read.

    Returns
    -------
    array (R,), groups in alphabetical order

    Examples
    --------
    >>> places, labels = examples.places(), np.array(list("eeeeaabbccdd"))
    >>> post = np.array([False, False, True, True])
    >>> method = "difference in differences"
    >>> synthetic.group_effects(places.counts, places.treated, post, method, labels).round().tolist()
    [12.0, 16.0, -16.0, -12.0]
    """
    fit, pool, group = METHODS[method], y[~treated], labels[~treated]
    return np.array([fit(pool, group == name, post).effect for name in np.unique(group)])
