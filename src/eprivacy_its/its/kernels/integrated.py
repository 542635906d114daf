"""The integrated estimators as kernels: see `eprivacy_its.its.integrated` for the method."""

from __future__ import annotations

import numpy as np

from eprivacy_its.its import integrated, spread
from eprivacy_its.its.design import Links
from eprivacy_its.its.kernels import poisson
from eprivacy_its.its.kernels.common import Batch

Array = np.ndarray
# The counts' mixture is linearised at the quasi-Poisson fit. Where it leads to fitted values more than e^3, 20 times,
# away from that fit, the linearisation says nothing. Of 1,000 simulated series a cell with rho 0.8, as the goal has
# them, about 2 % of those of 12 and 24 periods do so, and none of 52; with a mean of one event a period up to a third.
MOST_MOVED = 3.0


def _blocks(links: Links) -> list[Array]:
    return np.split(np.arange(links.n), links.first[1:])


def _batch(found: integrated.Integrated, m: int, converged: Array | None = None) -> Batch:
    notes = []
    if m == 1:
        notes.append(
            f"rho integrated over: median {found.rho[0]:.2f}, 95 % between {found.rho_low[0]:.2f} and "
            f"{found.rho_high[0]:.2f}; weight of a level that wanders under noise: {100 * _walk(found):.0f} %. Intervals "
            "and p-values are those of the mixture, not of se and df."
        )
        scale = None if found.mixture is None else found.mixture.scale
        if scale is not None and np.ptp(scale[:, [0, -1]]) > 0:
            notes.append("The variance may differ before and after the break: the mixture allows for it.")
    return Batch(
        found.estimate,
        found.covariance()
        if found.mixture is not None
        else found.se[:, :, None] ** 2 * np.eye(found.se.shape[1]),
        found.df[:, 0],
        rho=found.rho,
        dispersion=found.dispersion,
        converged=np.ones(m, dtype=bool) if converged is None else converged,
        notes=notes,
        interval=(found.ci_low, found.ci_high, found.p_value),
        mixture=found.mixture,
    )


def _walk(found: integrated.Integrated) -> float:
    """Weight of the walks under noise."""
    made = found.mixture
    return 0.0 if made is None or made.share is None else float(made.weight[0, made.share < 1].sum())


def reml(Y: Array, X: Array, links: Links, level: float = 0.95) -> Batch:
    """AR(1) errors or a walk, integrated over their restricted likelihood and prior."""
    keep = len(Y) == 1
    found = integrated.gaussian(
        Y,
        X,
        level=level,
        times=links.place,
        blocks=_blocks(links),
        later=spread.later(X, links.first),
        keep=keep,
    )
    return _batch(found, len(Y))


def quasi_poisson_ar1(
    Y: Array,
    X: Array,
    links: Links,
    offset: Array | None = None,
    level: float = 0.95,
    trials: Array | None = None,
) -> Batch:
    """Counts, or parts of `trials`, with AR(1) correlation, rho integrated over; not converged where the linearisation
    fails."""
    keep = len(Y) == 1
    with np.errstate(all="ignore"):  # what fails is told by `converged`
        found = integrated.quasi_poisson(
            Y,
            X,
            offset,
            trials=trials,
            level=level,
            times=links.place,
            blocks=_blocks(links),
            later=spread.later(X, links.first),
            keep=keep,
        )
        plain = poisson.quasi_poisson(Y, X, links, offset, trials)
        moved = np.abs((found.estimate - plain.params) @ X.T).max(axis=1)
    return _batch(found, len(Y), converged=moved <= MOST_MOVED)
