"""`fit_many`: one design, many series, in chunks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its.its import auto, checks, estimators, identification, student
from eprivacy_its.its.design import Design, Links
from eprivacy_its.its.errors import DesignError
from eprivacy_its.its.estimators import Estimator
from eprivacy_its.its.kernels.common import Batch
from eprivacy_its.its.thresholds import SHORT

Array = np.ndarray

#: Numbers in the largest array of a chunk: 4 million doubles are 32 MB, and a kernel holds some ten of them.
_NUMBERS = 4_000_000
#: The same for estimators that do little but read the outcomes: parts that stay in the processor's cache are
#: read several times as fast.
_CACHED = 120_000


@dataclass(frozen=True, eq=False)
class BatchFit(Mapping[str, Any]):
    """Fits of many series; attributes are also keys.

    Attributes
    ----------
    names : tuple of str
        The terms.
    estimate, se, ci_low, ci_high : ndarray, shape (series, terms)
        On the link scale.
    df, p_value : ndarray, shape (series, terms)
    rho, dispersion, loglik : ndarray, shape (series,), or None where the model has none
    converged : ndarray of bool, shape (series,)
        False where a log link has no finite answer (zeros that a term tells apart): the interval of each term
        is then from minus to plus infinity.
    """

    names: tuple[str, ...]
    estimate: Array
    se: Array
    ci_low: Array
    ci_high: Array
    df: Array
    p_value: Array
    rho: Array | None
    dispersion: Array | None
    loglik: Array | None
    converged: Array

    def __getitem__(self, key: str) -> Any:
        if key not in {field.name for field in fields(self)}:
            raise KeyError(key)
        return getattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(field.name for field in fields(self))

    def __len__(self) -> int:
        return len(fields(self))

    def term(self, name: str) -> pd.DataFrame:
        """One term of every series: ``estimate se ci_low ci_high``."""
        if name not in self.names:
            raise estimators.unknown("Term", name, self.names)
        j = self.names.index(name)
        return pd.DataFrame({key: self[key][:, j] for key in ("estimate", "se", "ci_low", "ci_high")})


def fit_many(
    Y: Any,
    design: Design | pd.DataFrame | Array,
    estimator: str | Estimator,
    *,
    exposure: Any = None,
    lags: int | None = None,
    level: float = 0.95,
    chunk: int | None = None,
) -> BatchFit:
    """Fit one design to many series at once; equal to `fit` of each.

    Parameters
    ----------
    Y : array, shape (series, n)
        One row a series, columns in the order of the design's rows (by group, then time).
    design : Design, DataFrame or array of shape (n, k)
        From `eprivacy_its.its.design`, or the terms themselves (rows one period apart).
    estimator : str or Estimator
        One that is batched: all but ``arima``, ``negative-binomial`` and ``local-level``. ``auto`` takes one for
        all series: the count model if every value is a count, else the linear one; from 12 periods on. As in
        `fit`, count series over which rho can't be integrated get ``quasi-poisson-ar1``.
    exposure : array, shape (n,), optional
        Of count models; default: that of the design.
    lags, level
        As in `fit`.
    chunk : int, optional
        Series at a time; default: as many as keep an array within 32 MB, or within the processor's cache.

    Returns
    -------
    BatchFit

    Raises
    ------
    DesignError
        Shapes that don't fit, values that aren't finite, negative counts, an estimator that isn't batched.

    Examples
    --------
    >>> design = its.design(examples.months(), time="month", outcome="y", interruptions=["2020-01"])
    >>> many = its.fit_many([examples.months(seed=seed)["y"] for seed in range(3)], design, "quasi-poisson")
    >>> many.term("level_1")["estimate"].round(2).tolist()
    [0.19, 0.22, 0.21]
    """
    checks.level(level)
    if chunk is not None and (isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1):
        raise DesignError(f"chunk is {chunk!r}: give a whole number of series, 1 or more, or None.")
    if estimator == auto.NAME:
        return _auto(Y, design, exposure, lags=lags, level=level, chunk=chunk)
    spec = estimators.find(estimator)
    if not spec.batched:
        able = ", ".join(e.name for e in estimators.ESTIMATORS.values() if e.batched)
        raise DesignError(
            f"'{spec.name}' can't fit many series at once: call fit for each, or use one of {able}."
        )
    X, links, names, own = _terms(design)
    Y = _outcomes(Y, len(X), spec)
    if isinstance(design, Design) and design.weights is not None:
        if not spec.weighted:
            raise DesignError(f"The design has weights, which '{spec.name}' does not take.")
        root = np.sqrt(design.weights)
        Y, X = Y * root, X * root[:, None]
    options = estimators.check_options(spec, {"lags": lags})
    exposure = own if exposure is None else np.asarray(exposure, dtype=float)
    if exposure is not None:
        if not spec.counts:
            raise DesignError(
                f"exposure is for count models, not for '{spec.name}': divide the outcomes by it."
            )
        if exposure.shape != (len(X),) or not (np.isfinite(exposure) & (exposure > 0)).all():
            raise DesignError(f"exposure must be {len(X)} finite numbers above 0.")
        options["offset"] = np.log(exposure)
    if spec.proportions:
        options["trials"] = _denominator(design, Y, spec)
    if spec.integrated:
        options["level"] = level
    most = _CACHED if spec.light else _NUMBERS
    size = chunk or max(1, most // (len(X) * X.shape[1] + 3 * X.shape[1] ** 2))
    whole: dict[str, Array | None] = {}
    for begin in range(0, len(Y), size):
        part = _part(spec.run(Y[begin : begin + size], X, links, **options), level)
        for key, value in part.items():
            if not begin:
                whole[key] = None if value is None else np.empty((len(Y), *value.shape[1:]), value.dtype)
            if value is not None:
                whole[key][begin : begin + size] = value  # type: ignore[index]
    return BatchFit(names=names, **whole)  # type: ignore[arg-type]


def _denominator(design: Any, Y: Array, spec: Estimator) -> Array:
    """Of the design, which every series is a part of."""
    whole = design.denominator if isinstance(design, Design) else None
    if whole is None:
        raise DesignError(f"'{spec.name}' models parts of a denominator: give a design with one.")
    bad = np.flatnonzero(((Y < 0) | (whole < Y)).any(axis=1))
    if len(bad):
        raise DesignError(
            f"Y is below 0 or above its denominator in series {bad[0]} (counted from 0): correct it."
        )
    return np.asarray(whole)


def _part(batch: Batch, level: float) -> dict[str, Array | None]:
    """What is kept of a chunk: nothing larger than (series, terms)."""
    se = _se(batch)
    kinds, which = np.unique(batch.df, return_inverse=True)
    half = student.quantile(0.5 + level / 2, kinds)[which][:, None] * se
    low, high = batch.params - half, batch.params + half
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = student.two_sided(np.where(batch.params == 0, 0.0, batch.params / se), batch.df[:, None])
    if batch.interval is not None:
        low, high, p_value = batch.interval
    p_value = np.where(np.isinf(se), 1.0, p_value)
    low, high = np.where(np.isinf(se), -np.inf, low), np.where(np.isinf(se), np.inf, high)
    return {
        "estimate": batch.params,
        "se": se,
        "ci_low": low,
        "ci_high": high,
        "df": np.broadcast_to(batch.df[:, None], se.shape),
        "p_value": p_value,
        "rho": batch.rho,
        "dispersion": batch.dispersion,
        "loglik": batch.loglik,
        "converged": np.ones(len(se), bool) if batch.converged is None else batch.converged,
    }


def _auto(Y: Any, design: Any, exposure: Any, **options: Any) -> BatchFit:
    """Fits of the estimator that `auto` chooses for all series together, and of the steadier one where it fails."""
    periods = design.n_periods if isinstance(design, Design) else len(design)
    if periods < SHORT:
        raise DesignError(
            f"auto needs {SHORT} periods to fit many series at once, there are {periods}: shorter series lose "
            "their slope change, which changes the design. Name an estimator, or call fit for each."
        )
    own = design.exposure if isinstance(design, Design) else None
    values = np.asarray(Y, dtype=float)
    counts = (
        own is not None or exposure is not None or bool(((values >= 0) & (values == np.round(values))).all())
    )
    name, steadier = (auto.COUNTS, auto.STEADY) if counts else (auto.RATES, "")
    if isinstance(design, Design) and design.denominator is not None:
        name, steadier = auto.SHARES, auto.STEADY_SHARES
    many = fit_many(Y, design, name, exposure=exposure, **options)
    lost = ~many.converged
    if steadier and lost.any():
        steady = fit_many(values[lost], design, steadier, exposure=exposure, **options)
        for key, value in many.items():
            if key != "names" and value is not None and steady[key] is not None:
                value[lost] = steady[key]
    return many


def _se(batch: Batch) -> Array:
    """Standard errors; infinite where there is no finite answer."""
    failed = np.zeros(len(batch.params), bool) if batch.converged is None else ~batch.converged
    return np.where(failed[:, None], np.inf, batch.se)


def _terms(made: Any) -> tuple[Array, Links, tuple[str, ...], Array | None]:
    if isinstance(made, Design):
        return made.X, made.links, made.names, made.exposure
    names = tuple(str(name) for name in made.columns) if isinstance(made, pd.DataFrame) else None
    X = np.asarray(made, dtype=float)
    if X.ndim != 2:
        raise DesignError(f"The design has shape {X.shape}: give (n, terms), or a Design.")
    names = names or tuple(f"x{j}" for j in range(X.shape[1]))
    identification.rank(X, names)
    return X, Links.of(np.arange(len(X))), names, None


def _outcomes(Y: Any, n: int, spec: Estimator) -> Array:
    Y = np.asarray(Y, dtype=float)
    if Y.ndim != 2 or Y.shape[1] != n or not len(Y):
        raise DesignError(
            f"Y has shape {Y.shape}: give (series, {n}), one row a series, one column a row of the design."
        )
    bad = np.flatnonzero(~np.isfinite(Y).all(axis=1))
    if len(bad):
        raise DesignError(f"Y is not finite in series {bad[0]} (counted from 0): correct or drop it.")
    if spec.counts:
        bad = np.flatnonzero((Y < 0).any(axis=1))
        if len(bad):
            raise DesignError(f"Y is negative in series {bad[0]} (counted from 0): a count can't be.")
    return Y
