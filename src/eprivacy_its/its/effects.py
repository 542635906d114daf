"""Effects against the counterfactual: at a period, over a range, by the delta method and by simulation.

The counterfactual sets the terms of the interruptions to 0 and leaves the rest: what the series would have been
had the regime before gone on. For a controlled series these are the treated differences, so that the
counterfactual moves as the control did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from eprivacy_its.its import noise, student
from eprivacy_its.its.errors import DesignError
from eprivacy_its.its.measures import Effect, Measure

if TYPE_CHECKING:
    from eprivacy_its.its.mixture import Mixture
    from eprivacy_its.its.result import Fit

Array = np.ndarray


def slope(fit: Fit, mean: Array, index: Array | int) -> Array:
    """How much a mean rises with the predictor; with a denominator, of counts in some rows that are parts of it."""
    if fit.link == "identity":
        return np.ones_like(mean)
    return mean if fit.link == "log" else mean * (1 - mean / np.asarray(fit.design.denominator)[index])


def _share_of(predictor: Array) -> Array:
    return 1 / (1 + np.exp(-predictor))


#: An expected value this near 0 is none: its square would be 0.
_NOTHING = 1e-150


@dataclass(frozen=True)
class _Rows:
    """Rows of interest: terms as they are, and with the interruptions undone; and the rows that these don't touch."""

    index: Array
    X: Array
    X0: Array
    offset: Array
    before: Array


def _rows(fit: Fit, first: Any, last: Any, of: int | None, method: str) -> _Rows:
    if method not in ("delta", "simulation"):
        raise DesignError(f"method is {method!r}: give 'delta' or 'simulation'.")
    made = fit.design
    events = (*made.starts, *(first for first, _ in made.pulses)) if of is None else made.starts
    if not events:
        raise DesignError("The design has no interruption: there is no effect to report.")
    if of is not None and of not in range(1, len(made.starts) + 1):
        raise DesignError(
            f"of={of!r}: there are {len(made.starts)} interruptions, give 1 to {len(made.starts)}."
        )
    low, high = made.calendar.place(first, "Period"), made.calendar.place(last, "Period")
    names = made.calendar.label(low), made.calendar.label(high)
    if low > high:
        raise DesignError(f"The range {names[0]} to {names[1]} ends before it starts: give (first, last).")
    begin = min(events) if of is None else made.starts[of - 1]
    bottom, top = int(made.ordinal.min()), int(made.ordinal.max())
    for place, name in zip((low, high), names, strict=True):
        if not bottom <= place <= top:
            raise DesignError(
                f"Period {name} is outside the data, {made.calendar.label(bottom)} to "
                f"{made.calendar.label(top)}."
            )
    if low < begin:
        raise DesignError(
            f"Period {names[0]} is before the interruption at {made.calendar.label(begin)}: there is no "
            f"effect yet. "
            f"Give {made.calendar.label(begin)} or later."
        )
    mask = (made.ordinal >= low) & (made.ordinal <= high)
    if made.group is not None:
        mask &= made.group == 1
    if not mask.any():
        raise DesignError(f"Period {names[0]} was left out by a washout: give one that was fitted.")
    return select(fit, np.flatnonzero(mask), of)


def select(fit: Fit, index: Array, of: int | None = None) -> _Rows:
    """Rows of the design by number."""
    made = fit.design
    kept = np.array([made.names.index(name) for name in fit.names])
    gone = made.effect_columns if of is None else made.regime_columns(of)
    X0 = made.X.copy()
    X0[:, list(gone)] = 0.0
    offset = np.zeros(made.n) if fit.offset is None else fit.offset
    untouched = (X0 == made.X).all(axis=1) & (made.ordinal < made.ordinal[index[0]])
    if made.group is not None:
        untouched &= made.group == made.group[index[0]]
    before = np.flatnonzero(untouched)
    return _Rows(index, made.X[np.ix_(index, kept)], X0[np.ix_(index, kept)], offset[index], before)


class _Spread(NamedTuple):
    """A linear combination of terms: standard error, and distances to the ends of its interval."""

    se: float
    below: float
    above: float


def _spread(fit: Fit, gradient: Array, mixture: Mixture | None = None) -> _Spread:
    mixture = fit.mixture if mixture is None else mixture
    if mixture is not None:
        found = mixture.contrast(gradient, fit.level)
        centre = float(gradient[: len(fit.coefficients)] @ fit.coefficients)
        return _Spread(
            float(found.se[0, 0]), centre - float(found.ci_low[0, 0]), float(found.ci_high[0, 0]) - centre
        )
    se = float(np.sqrt(max(gradient @ fit.cov @ gradient, 0.0)))
    half = _quantile(fit) * se
    return _Spread(se, half, half)


def _df(fit: Fit) -> float:
    """One number of degrees of freedom for combinations of terms: the fewest of any term."""
    return float(np.min(fit.df))


def _quantile(fit: Fit) -> float:
    return float(student.quantile(0.5 + fit.level / 2, _df(fit)))


def _draw(fit: Fit, draws: int, seed: int) -> tuple[Array, Array]:
    """Terms from their distribution, shape (draws, k), and what the noise is multiplied by, (draws,).

    A multivariate t, or the mixture. The dispersion is estimated too: the noise has as many degrees of freedom.
    """
    rng = np.random.default_rng(seed)
    if fit.mixture is not None:
        return fit.mixture.draw(draws, rng)[0], np.ones(draws)
    values, vectors = np.linalg.eigh(fit.cov)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = rng.standard_normal((draws, len(fit.coefficients))) @ root.T
    df = _df(fit)
    stretch = np.sqrt(df / rng.chisquare(df, draws)) if np.isfinite(df) else np.ones(draws)
    return fit.coefficients + normal * stretch[:, None], stretch


def at_period(fit: Fit, at: Any, *, of: int | None, method: str, draws: int, seed: int) -> Effect:
    """See `Fit.effect`."""
    rows = _rows(fit, at, at, of, method)
    label = fit.design.calendar.label(int(fit.design.ordinal[rows.index[0]]))
    x, x0 = rows.X[0], rows.X0[0]
    actual = float(fit.fitted[rows.index[0]])
    change = float((x - x0) @ fit.coefficients)
    expected = float(actual / np.exp(change)) if fit.link == "log" else actual - change
    if fit.link == "logit":
        expected = float(_share_of(fit.predictor[rows.index[0]] - change))
    if method == "delta":
        absolute, relative = _delta_at(fit, x, x0, actual, expected)
    else:
        terms, _ = _draw(fit, draws, seed)
        change = terms @ (x - x0)
        if fit.link == "logit":
            base = _share_of(terms @ x0)
            ratio = _share_of(terms @ x) / base
        elif fit.link == "log":
            base = actual * np.exp(-change) if fit.structural else np.exp(rows.offset[0] + terms @ x0)
            ratio = np.exp(change)
        else:
            base = actual - change if fit.structural else terms @ x0
            ratio = 1 + change / base
        absolute = _from_draws(fit, actual - expected, base * (ratio - 1))
        relative = None
        if _above_nothing(fit, expected, x - x0 if fit.structural else x0):
            relative = _from_draws(fit, actual / expected - 1, ratio - 1)
    return _effect(fit, absolute, relative, (label, label), actual, expected, method)


def _above_nothing(fit: Fit, expected: float, gradient: Array) -> bool:
    """Whether a counterfactual and its interval lie above 0, so that a share of it can be told."""
    if fit.link != "identity" or expected <= _NOTHING:
        return expected > _NOTHING
    return expected > _spread(fit, gradient).below


def _delta_at(
    fit: Fit, x: Array, x0: Array, actual: float, expected: float
) -> tuple[Measure, Measure | None]:
    told = _above_nothing(fit, expected, x - x0 if fit.structural else x0)
    if fit.link != "identity":
        # How much the mean, and its logarithm, rise with the predictor: of a share p (1 - p), and 1 - p.
        rise = [1.0, 1.0] if fit.link == "log" else [1 - actual, 1 - expected]
        moving = expected * (x - x0) if fit.structural else actual * rise[0] * x - expected * rise[1] * x0
        absolute = _linear(actual - expected, _spread(fit, moving))
        if not told:
            return absolute, None
        ratio = actual / expected
        spread = _spread(fit, rise[0] * x - rise[1] * x0)
        low, high = ratio * float(np.exp(-spread.below)), ratio * float(np.exp(spread.above))
        return absolute, Measure(ratio - 1, ratio * spread.se, low - 1, high - 1)
    absolute = _linear(actual - expected, _spread(fit, x - x0))
    if not told:
        return absolute, None
    if fit.structural:
        return absolute, _share(absolute, actual)
    ratio = actual / expected
    gradient = (x - x0) / expected - (actual - expected) / expected**2 * x0
    return absolute, _linear(ratio - 1, _spread(fit, gradient))


def _share(absolute: Measure, actual: float) -> Measure:
    """Share of the counterfactual where the actual value is held: the interval's ends, transformed.

    The share c / (actual - c) rises with the difference c as long as the counterfactual is above 0; an end
    beyond that is infinite.
    """
    ends = [
        c / (actual - c) if actual > c else np.inf
        for c in (absolute.estimate, absolute.ci_low, absolute.ci_high)
    ]
    se = absolute.se * abs(actual) / (actual - absolute.estimate) ** 2
    return Measure(ends[0], se, ends[1], ends[2])


def _linear(estimate: float, spread: _Spread) -> Measure:
    return Measure(estimate, spread.se, estimate - spread.below, estimate + spread.above)


def _from_draws(fit: Fit, estimate: float, values: Array) -> Measure:
    low, high = np.quantile(values, [0.5 - fit.level / 2, 0.5 + fit.level / 2])
    return Measure(estimate, float(np.std(values)), float(low), float(high))


def _effect(
    fit: Fit,
    absolute: Measure,
    relative: Measure | None,
    span: tuple[str, str],
    actual: float,
    expected: float,
    method: str,
) -> Effect:
    ratio = None
    if relative is not None:
        ratio = Measure(relative.estimate + 1, relative.se, relative.ci_low + 1, relative.ci_high + 1)
    return Effect(absolute, relative, ratio, span[0], span[1], actual, expected, fit.level, method)


def over_range(
    fit: Fit, first: Any, last: Any, *, of: int | None, method: str, draws: int, seed: int
) -> Effect:
    """See `Fit.cumulative`."""
    rows = _rows(fit, first, last, of, method)
    found = noise.forecast(fit, rows.index, rows.X0, _mean(fit, rows), rows.before)
    observed = fit.design.y if fit.link == "logit" else fit.observed  # of shares: the counts
    actual, expected = float(observed[rows.index].sum()), float(found.mean.sum())
    labels = fit.design.calendar.label(int(fit.design.ordinal[rows.index[0]]))
    end = fit.design.calendar.label(int(fit.design.ordinal[rows.index[-1]]))
    if method == "delta":
        absolute, relative = _delta_over(fit, rows, found, actual, expected)
    else:
        totals = _simulate_totals(fit, rows, found, draws, seed)
        absolute = _from_draws(fit, actual - expected, actual - totals)
        relative = None
        if _total_above_nothing(fit, expected, _total_spread(fit, rows, found)):
            relative = _from_draws(fit, actual / expected - 1, actual / totals - 1)
    return _effect(fit, absolute, relative, (labels, end), actual, expected, method)


def _mean(fit: Fit, rows: _Rows) -> Array:
    """Counterfactual means by the terms alone."""
    predictor = rows.X0 @ fit.coefficients + rows.offset
    if fit.link == "logit":
        return np.asarray(np.asarray(fit.design.denominator)[rows.index] * _share_of(predictor))
    return np.exp(predictor) if fit.link == "log" else predictor


def _total_spread(fit: Fit, rows: _Rows, found: noise.Forecast) -> _Spread:
    """Of the counterfactual total: terms and noise."""
    gradient = slope(fit, found.mean, rows.index) @ rows.X0
    if found.mixture is not None:
        return _spread(fit, np.append(gradient, 1.0), found.mixture)
    se = float(np.sqrt(_spread(fit, gradient + found.lean).se ** 2 + found.chance))
    return _Spread(se, _quantile(fit) * se, _quantile(fit) * se)


def _total_above_nothing(fit: Fit, expected: float, spread: _Spread) -> bool:
    """The same of a total."""
    return expected > (_NOTHING if fit.link != "identity" else max(spread.below, _NOTHING))


def _delta_over(
    fit: Fit, rows: _Rows, found: noise.Forecast, actual: float, expected: float
) -> tuple[Measure, Measure | None]:
    total = _total_spread(fit, rows, found)
    # The difference falls where the counterfactual rises: the ends change places.
    spread = _Spread(total.se, total.above, total.below)
    absolute = _linear(actual - expected, spread)
    if not _total_above_nothing(fit, expected, total):
        return absolute, None
    if fit.structural and fit.link == "identity":
        return absolute, _share(absolute, actual)
    ratio = actual / expected
    if actual > 0:
        # On the log scale: a total that can't be negative has a lopsided interval.
        with np.errstate(over="ignore"):  # nothing is ruled out: infinity says so
            low, high = np.exp(-spread.below / expected), np.exp(spread.above / expected)
        return absolute, Measure(ratio - 1, ratio * spread.se / expected, ratio * low - 1, ratio * high - 1)
    scale = abs(ratio) / abs(expected)
    return absolute, _linear(ratio - 1, _Spread(*(scale * value for value in spread)))


def _simulate_totals(fit: Fit, rows: _Rows, found: noise.Forecast, draws: int, seed: int) -> Array:
    """Draws of the counterfactual total, terms and noise."""
    if found.mixture is not None:
        drawn = found.mixture.draw(draws, np.random.default_rng(seed))[0]
        terms, error = drawn[:, :-1], drawn[:, -1]
    else:
        terms, stretch = _draw(fit, draws, seed)
        normal = np.random.default_rng([seed, 1]).standard_normal(draws)
        error = (terms - fit.coefficients) @ found.lean + normal * np.sqrt(found.chance) * stretch
    moved = (terms - fit.coefficients) @ rows.X0.T
    means = found.mean * np.exp(moved) if fit.link == "log" else found.mean + moved
    if fit.link == "logit":
        whole = np.asarray(fit.design.denominator)[rows.index]
        means = whole * _share_of(np.log(found.mean / (whole - found.mean)) + moved)
    return np.asarray(means.sum(axis=1) + error)


def counterfactual(fit: Fit) -> pd.DataFrame:
    """See `Fit.counterfactual`."""
    made = fit.design
    index = np.arange(made.n) if made.group is None else np.flatnonzero(made.group == 1)
    rows = select(fit, index)
    fitted = fit.fitted[index]
    change = (rows.X - rows.X0) @ fit.coefficients
    moving = rows.X - rows.X0 if fit.structural else rows.X0
    below, above = _spreads(fit, moving)
    if fit.structural:
        # The counterfactual falls where the change rises: the ends change places.
        below, above = above, below
    if fit.link == "logit":
        path = fit.predictor[index] - change
        expected, low, high = _share_of(path), _share_of(path - below), _share_of(path + above)
    elif fit.link == "log":
        expected = fitted / np.exp(change)
        low, high = expected * np.exp(-below), expected * np.exp(above)
    else:
        expected = fitted - change
        low, high = expected - below, expected + above
    return pd.DataFrame(
        {
            "observed": fit.observed[index],
            "fitted": fitted,
            "counterfactual": expected,
            "ci_low": low,
            "ci_high": high,
        },
        index=made.labels[index],
    )


def _spreads(fit: Fit, rows: Array) -> tuple[Array, Array]:
    """Distances from each linear combination of terms (r, k) to the ends of its interval."""
    if fit.mixture is not None:
        found, centre = fit.mixture.contrast(rows, fit.level), rows @ fit.coefficients
        return centre - found.ci_low[0], found.ci_high[0] - centre
    half = _quantile(fit) * np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", rows, fit.cov, rows), 0.0))
    return half, half
