"""A median-unbiased AR(1) coefficient: what true rho makes the estimate that was seen the median one.

Andrews (1993) for an autoregression with trend; here for the restricted-likelihood estimate with any design,
whose bias depends on the terms. The median function is simulated once a design, with a fixed seed.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from eprivacy_its.its.design import Links
from eprivacy_its.its.kernels.forms import shared

Array = np.ndarray

#: True coefficients at which the median of the estimate is found.
TRUE = np.array([0.0, 0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.87, 0.93, 0.97, 0.99])
#: Series a coefficient: the median's standard error is then about 0.02 in the worst case, n = 12. Long series need
#: fewer, as both the bias and the spread shrink with their length.
SERIES, FEWEST_SERIES, NUMBERS = 600, 100, 240_000
SEED = 20201221


def unbiased(rho: Array, Q: Array, links: Links) -> Array:
    """Median-unbiased coefficient from the restricted-likelihood estimate, shape (m,); 0 or more.

    Estimates above the median at the largest true value tried are mapped to that value.
    """
    medians = _table(Q.tobytes(), Q.shape, links.place.tobytes(), links.first.tobytes())
    return np.interp(rho, medians, TRUE)


@lru_cache(maxsize=256)
def _table(q: bytes, shape: tuple[int, int], place: bytes, first: bytes) -> Array:
    """Median of the estimate at each of `TRUE`, made increasing."""
    from eprivacy_its.its.kernels.ar1 import maximise

    Q = np.frombuffer(q).reshape(shape)
    position = np.frombuffer(place, dtype=np.int64)
    starts = np.frombuffer(first, dtype=np.int64)
    block = np.searchsorted(starts, np.arange(shape[0]), side="right")
    links = Links.of(position, block)
    series = int(np.clip(NUMBERS // shape[0], FEWEST_SERIES, SERIES))
    # Common draws at all coefficients make the table smooth.
    draws = np.random.default_rng(SEED).standard_normal((series, shape[0]))
    medians = []
    for true in TRUE:
        E = ar1_errors(draws, float(true), links)
        E = E - (E @ Q) @ Q.T
        E /= np.sqrt(np.mean(E**2, axis=1, keepdims=True))
        medians.append(np.median(maximise(shared(Q, E, links), COARSE)))
    return np.maximum.accumulate(np.array(medians)) + 1e-9 * np.arange(len(TRUE))


#: A coarser grid than that of a fit: a median needs no more.
COARSE = np.tanh(np.linspace(np.arctanh(-0.98), np.arctanh(0.9999), 17))


def ar1_errors(draws: Array, rho: float, links: Links) -> Array:
    """Stationary AR(1) errors of variance 1 from independent standard normal draws (m, n)."""
    errors = draws.copy()
    follows = {
        int(after): (int(before), step)
        for step, rows in links.steps.items()
        for before, after in zip(*rows, strict=True)
    }
    for row in range(draws.shape[1]):
        if row in follows:
            before, step = follows[row]
            r = rho**step
            errors[:, row] = r * errors[:, before] + np.sqrt(1 - r**2) * draws[:, row]
    return errors
