"""Whether the data can tell the terms of a design apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eprivacy_its.its.checks import listed
from eprivacy_its.its.errors import DesignError

Array = np.ndarray

#: A column whose part outside the span of the columns before it is smaller than this share of its norm adds
#: nothing that double precision could tell apart: square root of the machine's epsilon, times ten.
_DEPENDENT = 1e-7


def rank(X: Array, names: tuple[str, ...]) -> None:
    """Every term must add something to those before it."""
    n, k = X.shape
    bad = np.flatnonzero(~np.isfinite(X).all(axis=0))
    if len(bad):
        raise DesignError(f"Term '{names[bad[0]]}' is not finite in some row. Correct the column.")
    norm = np.linalg.norm(X, axis=0)
    empty = np.flatnonzero(norm == 0)
    if len(empty):
        raise DesignError(
            f"The design is rank-deficient: term '{names[empty[0]]}' is 0 in every row. Leave it out."
        )
    if n <= k:
        raise DesignError(
            f"{n} rows can't carry {k} terms ({', '.join(names)}). Add data, or ask for fewer: "
            f"slope_change=False, "
            "fewer harmonics or covariates."
        )
    scaled = X / norm
    for j in range(1, k):
        weights, *_ = np.linalg.lstsq(scaled[:, :j], scaled[:, j], rcond=None)
        if np.linalg.norm(scaled[:, j] - scaled[:, :j] @ weights) < _DEPENDENT:
            with_these = [f"'{names[i]}'" for i in np.flatnonzero(np.abs(weights) > _DEPENDENT)]
            raise DesignError(
                f"The design is rank-deficient: term '{names[j]}' can't be told apart from "
                f"{', '.join(with_these)}. "
                "Leave one out."
            )


def separation(
    y: Array,
    X: Array,
    names: tuple[str, ...],
    labels: pd.Index,
    column: str,
    whole: Array | None = None,
) -> None:
    """Zeros that a log link could only fit with an infinite term; with a denominator `whole`, also all of it.

    Exact test of Correia, Guimarães & Zylkin (2020), by a linear programme: some combination of terms is 0
    where the count is positive, not above 0 where it is 0, and below 0 in at least one row.
    """
    zero = y == 0
    if whole is not None:
        X = np.where((y == whole)[:, None], -X, X)  # all of it is none of the rest
        zero |= y == whole
    if not zero.any():
        return
    from scipy.optimize import linprog

    scaled = X / np.abs(X).max(axis=0)
    result = linprog(
        scaled[zero].sum(axis=0),
        A_ub=np.vstack([scaled[zero], -scaled[zero]]),
        b_ub=np.concatenate([np.zeros(zero.sum()), np.ones(zero.sum())]),
        A_eq=scaled[~zero],
        b_eq=np.zeros((~zero).sum()),
        bounds=(None, None),
        method="highs",
    )
    if result.status != 0 or result.fun > -1e-6:
        return
    rows = np.flatnonzero(zero)[scaled[zero] @ result.x < -1e-7]
    terms = ", ".join(f"'{names[i]}'" for i in np.flatnonzero(np.abs(result.x) > 1e-7))
    raise DesignError(
        f"Column '{column}' is 0{'' if whole is None else ' or the whole denominator'} at {listed(labels, rows)} in a way that {terms} alone tells apart "
        f"from the other "
        "periods: with a log link their best value is infinite (separation). Drop the term, merge "
        "periods into "
        "longer ones, or use an estimator without a log link, such as 'reml' or 'ols'."
    )
