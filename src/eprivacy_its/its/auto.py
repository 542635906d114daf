"""Which estimator suits a series, and why, in a sentence.

The rule follows from the kind of outcome (count or rate) and the number of periods; tests of autocorrelation
don't enter it, because a test that fails to find correlation in a short series doesn't show that there is none
(Turner et al. 2021). From 12 periods on the interval integrates over the autocorrelation instead of plugging one
estimate of it in, and over walks, so that it also holds where errors are no AR(1). What it covers over simulated
series of 12 to 200 periods, under AR(1) errors and under others, is in ``benchmarks/results/coverage.csv`` and
``benchmarks/results/errors.csv``, made by ``benchmarks/coverage.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eprivacy_its.its.design import Design
from eprivacy_its.its.estimators import Estimator
from eprivacy_its.its.thresholds import MEDIUM, SHORT

NAME, COUNTS, RATES = "auto", "quasi-poisson-ar1-integrated", "reml-integrated"
SHARES = "quasi-binomial-ar1-integrated"
#: What counts get where integrating over rho doesn't work: a few wild values, or an exposure they don't follow.
STEADY, STEADY_SHARES = "quasi-poisson-ar1", "quasi-binomial-ar1"


@dataclass(frozen=True)
class Choice:
    """An estimator, the design it goes with, and the reason."""

    estimator: str | Estimator
    slope_change: bool
    log: bool
    reason: str


def is_count(made: Design) -> bool:
    """Whole numbers, none negative, without weights; or any series with an exposure."""
    if made.weights is not None:
        return False
    return made.exposure is not None or bool((made.y >= 0).all() and (made.y == np.round(made.y)).all())


def choose(made: Design, log: bool = False) -> Choice:
    """Choose for a design.

    Below 12 periods the slope change is left out: a level change, or a ratio, is all that such a series
    carries. Counts without zeros are then compared by their logarithms.
    """
    count = is_count(made) and not log
    n = made.n_periods
    kind = "counts (whole numbers, none negative)" if count else "not counts"
    if made.exposure is not None:
        kind = "counts with an exposure"
    if made.weights is not None:
        kind = "numbers with weights"
    if made.denominator is not None:
        return _share(made)
    if n < SHORT:
        return _short(made, count, log, kind)
    if count:
        reason = (
            f"The outcome is {kind} and there are {n} periods: quasi-Poisson with AR(1) correlation, "
            "which allows for overdispersion and for correlation between neighbours, integrated over rho and over levels "
            "that wander, because intervals that plug an estimate in cover too little."
        )
        name = COUNTS
    else:
        reason = (
            f"The outcome is {kind} and there are {n} periods: regression with AR(1) errors, integrated "
            "over the restricted likelihood of rho and over levels that wander, because intervals that plug an estimate "
            "in cover too little."
        )
        name = RATES
    if n < MEDIUM:
        reason += (
            f" With fewer than {MEDIUM} periods, read it beside plain quasi-Poisson and placebo dates"
            + (", and take the season from elsewhere: it is not free here." if made.harmonics else ".")
        )
    return Choice(name, made.slope_change, log, reason)


def _share(made: Design) -> Choice:
    n, what = made.n_periods, "The outcome is a part of a denominator"
    if n < SHORT:
        reason = (
            f"{what} and there are {n} periods, fewer than {SHORT}: quasi-binomial, integrated over the autocorrelations "
            "that so few can't rule out, without a slope change."
        )
        return Choice(SHARES, False, False, reason)
    reason = (
        f"{what} and there are {n} periods: quasi-binomial with AR(1) correlation, which allows for more scatter than "
        "independent cases have and for correlation between neighbours, integrated over rho and over levels that wander."
    )
    return Choice(SHARES, made.slope_change, False, reason)


def steadier(choice: Choice) -> Choice:
    """The choice where the integrated count model found no answer."""
    shares = choice.estimator == SHARES
    plain, steady = ("quasi-binomial", STEADY_SHARES) if shares else ("quasi-Poisson", STEADY)
    reason = (
        f"{choice.reason} For this series integrating over rho leads far away from the {plain} fit (values "
        "too far apart, or counts that don't follow their exposure), so one estimate of rho is plugged in: read the "
        "interval as too narrow."
    )
    return Choice(steady, choice.slope_change, choice.log, reason)


def _short(made: Design, count: bool, log: bool, kind: str) -> Choice:
    n = made.n_periods
    dropped = (
        " The slope change is left out: so few periods carry a level change only."
        if made.slope_change
        else ""
    )
    why = f"There are {n} periods, fewer than {SHORT}, too few to estimate autocorrelation: "
    if count and made.exposure is None and (made.y > 0).all():
        reason = f"{why}least squares on the logarithm of the {kind}, with t intervals.{dropped}"
        return Choice("ols", False, True, reason)
    if count:
        # A logarithm of 0, or an offset, needs the count model.
        reason = (
            f"{why}quasi-Poisson for {kind} with zeros or exposure, integrated over the autocorrelations that so few "
            f"can't rule out.{dropped}"
        )
        return Choice(COUNTS, False, False, reason)
    return Choice("ols", False, log, f"{why}least squares with t intervals.{dropped}")
