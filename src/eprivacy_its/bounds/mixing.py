"""Whether chains have mixed: split R-hat and effective sample size.

Gelman et al. (2013, *Bayesian Data Analysis*, 3rd ed., section 11.4-11.5), rank-normalised as in Vehtari et
al. (2021, *Bayesian Analysis* 16, 667-718).
"""

from __future__ import annotations

import numpy as np
from scipy import stats


def _split(values: np.ndarray) -> np.ndarray:
    """Each chain as two; from (chains, draws, ...) to (2 x chains, draws // 2, ...)."""
    half = values.shape[1] // 2
    return np.concatenate([values[:, :half], values[:, -half:]])


def _normal_ranks(values: np.ndarray) -> np.ndarray:
    flat = values.reshape(values.shape[0] * values.shape[1], -1)
    ranks = stats.rankdata(flat, axis=0)
    return stats.norm.ppf((ranks - 0.375) / (len(flat) + 0.25)).reshape(values.shape)


def split_rhat(values: np.ndarray) -> np.ndarray:
    """Rank-normalised split R-hat; from (chains, draws, ...) to (...).

    1 where chains agree; above about 1.01 they have not mixed. NaN for a constant.
    """
    z = _normal_ranks(_split(np.asarray(values, dtype=float)))
    n = z.shape[1]
    within = z.var(axis=1, ddof=1).mean(axis=0)
    between = n * z.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(((n - 1) / n * within + between / n) / within)


def _autocovariance(values: np.ndarray) -> np.ndarray:
    """Of each chain at all lags, biased; (chains, draws, ...), by FFT."""
    n = values.shape[1]
    centred = values - values.mean(axis=1, keepdims=True)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(centred, n=size, axis=1)
    return np.fft.irfft(spectrum * np.conj(spectrum), n=size, axis=1)[:, :n] / n


def effective_size(values: np.ndarray) -> np.ndarray:
    """Effective sample size of the mean of split, rank-normalised chains; from (chains, draws, ...) to (...).

    Autocorrelations are summed in pairs up to the first negative pair (Geyer 1992, *Statistical Science* 7,
    473-483). Never above the number of draws.
    """
    z = _normal_ranks(_split(np.asarray(values, dtype=float)))
    m, n = z.shape[:2]
    covariance = _autocovariance(z)
    within = (covariance[:, 0] * n / (n - 1)).mean(axis=0)
    spread = within * (n - 1) / n + z.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rho = 1 - (within - covariance.mean(axis=0)) / spread
    pairs = rho[0 : 2 * (n // 2) : 2] + rho[1 : 2 * (n // 2) : 2]
    # Geyer: pairs are positive and falling until noise takes over.
    alive = np.cumprod(pairs > 0, axis=0).astype(bool)
    falling = np.minimum.accumulate(np.where(alive, pairs, 0.0), axis=0)
    tau = np.maximum(-1 + 2 * falling.sum(axis=0), 1.0)
    return m * n / tau
