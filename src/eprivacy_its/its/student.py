"""Student's t by the special functions: loading ``scipy.stats`` takes longer than a fit."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def quantile(share: float, df: float | Array) -> Array:
    """Quantile of t with `df` degrees of freedom; infinite `df` is the normal distribution."""
    from scipy.special import ndtri, stdtrit

    df = np.asarray(df, dtype=float)
    finite = np.isfinite(df)
    return np.where(finite, stdtrit(np.where(finite, df, 1.0), share), ndtri(share))


def two_sided(statistic: Array, df: Array) -> Array:
    """Probability of a value at least as far from 0, either side."""
    from scipy.special import ndtr, stdtr

    statistic, df = np.abs(np.asarray(statistic, dtype=float)), np.asarray(df, dtype=float)
    finite = np.isfinite(df)
    tail = np.where(finite, stdtr(np.where(finite, df, 1.0), -statistic), ndtr(-statistic))
    return np.asarray(2 * tail)
