"""`fit`: one series, one estimator, one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its.its import auto, checks, estimators, identification, terms
from eprivacy_its.its import scan as scanning
from eprivacy_its.its.design import Design, design
from eprivacy_its.its.errors import DesignError, NotConverged
from eprivacy_its.its.estimators import Estimator
from eprivacy_its.its.result import Fit

Array = np.ndarray


def fit(
    frame: pd.DataFrame,
    *,
    time: str,
    outcome: str,
    interruptions: Sequence[Any] | Any,
    estimator: str | Estimator = auto.NAME,
    slope_change: bool = True,
    exposure: str | None = None,
    denominator: str | None = None,
    weights: str | None = None,
    harmonics: int | Sequence[int] | None = None,
    season: float | Sequence[float] | None = None,
    holidays: bool | None = None,
    pulses: Sequence[Any] = (),
    ramp: int | Sequence[int] = 1,
    scan: Sequence[Any] | None = None,
    covariates: Sequence[str] | str = (),
    washout: Sequence[Any] = (),
    treated: str | None = None,
    lags: int | None = None,
    level: float = 0.95,
    order: tuple[int, int, int] | None = None,
    seasonal_order: tuple[int, ...] | None = None,
    trend: bool = True,
    log: bool = False,
    min_periods: int = 3,
    dates: str | None = None,
    decimal: str | None = None,
    missing: str = "refuse",
    suppressed: str = "",
) -> Fit:
    """Fit an interrupted time series.

    Parameters
    ----------
    frame : DataFrame
        One row a period, in any order; with `treated`, one row a period and group.
    time : str
        Column of periods: ISO dates, ``2020-W52``, ``2020-12``, ``2020Q4``, ``2020H2``, ``2020``, pandas
        periods, datetimes, or whole numbers.
    outcome : str
        Column of counts (log-link estimators) or of any number.
    interruptions : sequence
        First period of each new regime (inclusive), in the type of `time`; a date inside a period means it.
        Given in any order, they are numbered by time. An empty list fits the trend alone.
    estimator : str or Estimator
        A key of `eprivacy_its.its.ESTIMATORS`, or ``auto`` (see `eprivacy_its.its.auto`).
    slope_change : bool
        False: level changes only.
    exposure : str, optional
        Column of population or time at risk, above 0: its logarithm is the offset of count models.
    denominator : str, optional
        Column of what the outcome is a part of, as tests of which so many were passed: its share is modelled by the
        quasi-binomial estimators, terms are log odds ratios, and effects are of the share (0.03 is 3 percentage points).
    weights : str, optional
        Column of precision weights, above 0, for linear estimators: a row's error has a variance in inverse proportion to
        its weight, and correlation is that of the errors so scaled.
    harmonics : int or sequence of int, optional
        Pairs of sine and cosine of the season, or of each season. None: chosen under ``auto`` where two whole
        seasons are there (see `eprivacy_its.its.terms`), else 0.
    season : float or sequence of float, optional
        Periods in a season, or in several. Default: from the frequency (7 for days; a year for the rest).
    holidays : bool, optional
        Terms for the year's end and Easter in days and weeks (see `eprivacy_its.its.holidays`). None: under ``auto`` those
        that two earlier years identify, else none.
    pulses : sequence of pairs
        (first, last) period of passing effects, both inclusive, each a term ``pulse_k``. The counterfactual has none.
    ramp : int or sequence of int
        Gradual onset: periods over which the level change is reached in equal steps, for all interruptions or one for each
        in order of time; 1 is at once. ``level_k`` is then the change once whole, in the last of these periods (1/k of it
        in the first), and ``slope_k`` counts from that period.
    scan : pair, optional
        (first, last) date, both inclusive, between which one change is searched for; interruptions are then empty. The fit
        is that of the likeliest date, its terms and effects as if that had been known; ``fit.scan`` holds the p-value that
        pays for the search and the set of dates (see `eprivacy_its.its.scan`).
    covariates : sequence of str
        Further columns, as they are.
    washout : sequence of pairs
        (first, last) periods left out, both inclusive; time goes on counting through them.
    treated : str, optional
        0/1 column: controlled series, treated and control rows stacked.
    lags : int, optional
        Lags of Newey-West; default 4 (n/100)^(2/9), rounded down, at least 1.
    level : float
        Of the intervals, between 0 and 1.
    order, seasonal_order : tuple of int, optional
        Of ``arima``: (p, d, q), default (1, 0, 0), and (P, D, Q) or (P, D, Q, s), default none.
    trend : bool
        False leaves out the trend (then slope changes are departures from a flat line).
    log : bool
        Model the natural logarithm of the outcome, for estimators with an identity link: terms are then log
        ratios, and effects are of the geometric mean.
    min_periods : int
        Rows needed on each side of an interruption. 1 allows the comparison of a single period after.
    dates : {"day-first", "month-first"}, optional
        How to read 03/04/2021, where no other date of the column tells.
    decimal : {"point", "comma"}, optional
        How to read 1.234 in a column of text.
    missing : {"refuse", "model"}
        ``model`` leaves absent periods and values to the model, as it does those of a washout: nothing is filled in, time
        goes on counting, and correlation across a gap of d periods is rho to the power d.
    suppressed : {"", "low", "high"}
        Read a count that is held back, as <5, at the lower (0) or the upper end (4) of what it can be.

    Returns
    -------
    Fit
        Trend counts periods from the first row, 0, 1, 2 …; ``slope_k`` counts 0, 1, 2 … from the first period
        of regime k, so that ``level_k`` is the jump at that period, against the regime before extrapolated.

    Raises
    ------
    DesignError
        A ``ValueError`` that says what can't be fitted and what to do.

    Examples
    --------
    >>> fit = its.fit(examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="quasi-poisson")
    >>> fit.ratios.loc["level_1", ["estimate", "ci_low", "ci_high"]].round(2).tolist()
    [1.25, 1.19, 1.31]
    """
    checks.level(level)
    arguments: dict[str, Any] = {
        "time": time,
        "outcome": outcome,
        "interruptions": interruptions,
        "exposure": exposure,
        "denominator": denominator,
        "weights": weights,
        "harmonics": harmonics,
        "season": season,
        "holidays": holidays,
        "pulses": pulses,
        "ramp": ramp,
        "covariates": covariates,
        "washout": washout,
        "treated": treated,
        "trend": trend,
        "min_periods": min_periods,
        "dates": dates,
        "decimal": decimal,
        "missing": missing,
        "suppressed": suppressed,
    }
    if scan is not None:
        arguments["interruptions"] = [scanning.opening(scan, interruptions)]
    choice = auto.Choice(estimator, slope_change, log, "")
    if estimator == auto.NAME:
        checks.whole(frame, outcome)
        arguments = terms.chosen(frame, slope_change, arguments)
        choice = auto.choose(design(frame, slope_change=slope_change, **arguments), log)
    chosen = estimators.find(choice.estimator)
    if choice.log and chosen.link != "identity":
        raise DesignError(
            f"log=True with '{chosen.name}': it has a {chosen.link} link already. Leave log out."
        )
    given = {"lags": lags, "order": order, "seasonal_order": seasonal_order}
    options = estimators.check_options(chosen, given)
    made = design(frame, slope_change=choice.slope_change, log=choice.log, **arguments)
    found = None
    if scan is not None:
        found, made = _searched(frame, scan, chosen, choice, level, arguments)
    try:
        fitted = fit_design(made, chosen, level=level, choice=choice.reason, **options)
    except NotConverged:
        if estimator != auto.NAME:
            raise
        steady = auto.steadier(choice)
        chosen = estimators.find(steady.estimator)
        fitted = fit_design(made, chosen, level=level, choice=steady.reason, **options)
    return fitted if found is None else replace(fitted, scan=found, notes=(*fitted.notes, found.sentence()))


def _searched(
    frame: pd.DataFrame,
    window: Sequence[Any],
    chosen: Estimator,
    choice: auto.Choice,
    level: float,
    arguments: dict[str, Any],
) -> tuple[scanning.Scan, Design]:
    """What a search found, and the design with its date; both ends of the window must be dates that can be fitted."""
    told: dict[str, Any] = {"slope_change": choice.slope_change, "log": choice.log}
    ends = [design(frame, **told, **{**arguments, "interruptions": [end]}) for end in window]
    check_outcome(ends[0], chosen)
    found = scanning.search(ends[0], (ends[0].starts[0], ends[1].starts[0]), chosen, level=level)
    date = int(found.date) if ends[0].calendar.code == "N" else found.date
    return found, design(frame, **told, **{**arguments, "interruptions": [date]})


def fit_design(
    made: Design, estimator: Estimator, *, level: float = 0.95, choice: str = "", **options: Any
) -> Fit:
    """Fit a design that was checked already.

    Examples
    --------
    >>> design = its.design(examples.months(), time="month", outcome="y", interruptions=["2020-01"])
    >>> its.fit_design(design, its.ESTIMATORS["poisson"])
    <Fit poisson, n = 40: intercept, trend, level_1, slope_1>
    """
    check_outcome(made, estimator)
    offset = None if made.exposure is None else np.log(made.exposure)
    if not estimator.batched:
        return _whole(estimator.run(made, offset, level=level, choice=choice, estimator=estimator, **options))
    if estimator.counts:
        options["offset"] = offset
    if estimator.proportions:
        options["trials"] = made.denominator
    if estimator.integrated:
        options["level"] = level
    y, X = made.y, made.X
    if made.weights is not None:
        root = np.sqrt(made.weights)
        y, X = y * root, X * root[:, None]
    batch = estimator.run(y[None], X, made.links, **options)
    if made.weights is not None and batch.loglik is not None:
        batch.loglik = batch.loglik + np.log(made.weights).sum() / 2
    fallback = "quasi-binomial" if estimator.proportions else "quasi-Poisson"
    if estimator.integrated and batch.converged is not None and not batch.converged[0]:
        raise NotConverged(
            f"'{estimator.name}' leads far away from the {fallback} fit: values of '{made.outcome}' lie too far apart, "
            f"or don't follow their exposure. Use '{fallback.lower()}-ar1', fewer terms, or leave out the periods that stand out."
        )
    return _whole(
        Fit.of_batch(made, estimator, batch, offset=offset, level=level, choice=choice, options=options)
    )


def _whole(made: Fit) -> Fit:
    """The fit, unless a term came out as nan: a search that left the range of numbers must not pass in silence."""
    lost = made.terms.index[made.terms[["estimate", "se", "ci_low", "ci_high"]].isna().any(axis=1)]
    if len(lost):
        raise DesignError(
            f"'{made.estimator}' found no finite value for {', '.join(map(str, lost[:3]))}: the numbers of the outcome "
            "lie too far apart, or the model has too many terms for them. Use another estimator, log=True or fewer terms."
        )
    return replace(made, notes=(*made.notes, *terms.notes(made)))


def check_outcome(made: Design, estimator: Estimator) -> None:
    """What the kind of outcome asks for."""
    _check_denominator(made, estimator)
    if made.weights is not None and not estimator.weighted:
        able = ", ".join(one.name for one in estimators.ESTIMATORS.values() if one.weighted)
        raise DesignError(
            f"weights are for linear estimators ({able}), not for '{estimator.name}': choose one, or leave weights out."
        )
    if made.exposure is not None and not estimator.counts:
        raise DesignError(
            f"exposure is for count models, but '{estimator.name}' models the outcome itself: divide "
            f"'{made.outcome}' "
            "by it, or choose a count model such as 'quasi-poisson-ar1'."
        )
    if estimator.link == "identity":
        checks.varies(made.y, made.outcome)
        return
    checks.counts(made.y, made.outcome, made.labels)
    checks.varies(made.y if made.denominator is None else made.y / made.denominator, made.outcome)
    identification.separation(made.y, made.X, made.names, made.labels, made.outcome, made.denominator)


def _check_denominator(made: Design, estimator: Estimator) -> None:
    """A denominator and the estimators for parts of one belong together."""
    if estimator.proportions and made.denominator is None:
        raise DesignError(
            f"'{estimator.name}' models a part of a denominator: give the column that '{made.outcome}' is a part of as "
            "denominator."
        )
    if made.denominator is not None and not estimator.proportions:
        instead = "give the column as exposure" if estimator.counts else f"divide '{made.outcome}' by it"
        raise DesignError(
            f"denominator is for the share of a whole, which '{estimator.name}' does not model: choose "
            f"'quasi-binomial-ar1', or {instead}."
        )
    if made.denominator is not None and made.exposure is not None:
        raise DesignError("exposure and denominator are both given: a share has no exposure. Leave one out.")
