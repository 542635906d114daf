"""`fit`: one series, one estimator, one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its.its import auto, checks, estimators, identification, terms
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
    harmonics: int | Sequence[int] | None = None,
    season: float | Sequence[float] | None = None,
    holidays: bool | None = None,
    pulses: Sequence[Any] = (),
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
        "harmonics": harmonics,
        "season": season,
        "holidays": holidays,
        "pulses": pulses,
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
    choice = auto.Choice(estimator, slope_change, log, "")
    if estimator == auto.NAME:
        checks.whole(frame, outcome)
        arguments = terms.chosen(frame, slope_change, arguments)
        choice = auto.choose(design(frame, slope_change=slope_change, **arguments), log)
    chosen = estimators.find(choice.estimator)
    if choice.log and chosen.link == "log":
        raise DesignError(f"log=True with '{chosen.name}': it has a log link already. Leave log out.")
    given = {"lags": lags, "order": order, "seasonal_order": seasonal_order}
    options = estimators.check_options(chosen, given)
    made = design(frame, slope_change=choice.slope_change, log=choice.log, **arguments)
    try:
        return fit_design(made, chosen, level=level, choice=choice.reason, **options)
    except NotConverged:
        if estimator != auto.NAME:
            raise
    steady = auto.steadier(choice)
    return fit_design(made, estimators.find(steady.estimator), level=level, choice=steady.reason, **options)


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
    if estimator.integrated:
        options["level"] = level
    batch = estimator.run(made.y[None], made.X, made.links, **options)
    if estimator.integrated and batch.converged is not None and not batch.converged[0]:
        raise NotConverged(
            f"'{estimator.name}' leads far away from the quasi-Poisson fit: values of '{made.outcome}' lie too far apart, "
            "or don't follow their exposure. Use 'quasi-poisson-ar1', fewer terms, or leave out the periods that stand out."
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
    if made.exposure is not None and not estimator.counts:
        raise DesignError(
            f"exposure is for count models, but '{estimator.name}' models the outcome itself: divide "
            f"'{made.outcome}' "
            "by it, or choose a count model such as 'quasi-poisson-ar1'."
        )
    if estimator.counts:
        checks.counts(made.y, made.outcome, made.labels)
        checks.varies(made.y, made.outcome)
        identification.separation(made.y, made.X, made.names, made.labels, made.outcome)
    else:
        checks.varies(made.y, made.outcome)
