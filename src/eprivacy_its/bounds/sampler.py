"""Simulated series drawn from all that the claims allow: a billiard walk in the rounded feasible set.

The draws are uniform over the feasible series. Uniform is a choice, not a finding: their spread says what
kinds of series fit, and no probability that one of them happened. The sharp bounds need no such choice.

Billiard walk: Gryazina & Polyak (2014, *European Journal of Operational Research* 238, 497-504). It needs far
fewer steps than hit-and-run, which did not mix here (split R-hat above 1.3 after 40,000 steps on two years of
weeks under a bound on weekly moves). The set is first made round by its Dikin ellipsoid (Kannan & Narayanan
2012, *Mathematics of Operations Research* 37, 1-20).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.optimize import linprog

from eprivacy_its.bounds.mixing import effective_size, split_rhat
from eprivacy_its.bounds.problem import Problem
from eprivacy_its.bounds.solve import bound
from eprivacy_its.bounds.targets import Target, mean_rate
from eprivacy_its.errors import InputError

# Mean length of a flight by the root of the dimension, which is about the width of a rounded set: short while
# its shape is learned, then long enough that few draws are needed.
_PILOT_FLIGHT, _FLIGHT = 2.0, 4.0
_REFLECTIONS = 5000  # of one flight; about 100 are usual
_STILL = 1e-12  # a slower approach to a face never reaches it


@dataclass(frozen=True)
class Draws:
    """Simulated series from the feasible set.

    Attributes
    ----------
    unknowns : ndarray, shape (chains, draws, columns)
        In units a day.
    rhat : ndarray, shape (columns,)
        Split R-hat of each unknown, rank-normalised; at most about 1.01 when chains agree.
    ess : ndarray, shape (columns,)
        Effective number of independent draws of each unknown.
    """

    problem: Problem
    unknowns: np.ndarray
    rhat: np.ndarray
    ess: np.ndarray

    @property
    def series(self) -> np.ndarray:
        """All draws as one array, shape (chains x draws, columns)."""
        return self.unknowns.reshape(-1, self.unknowns.shape[-1])

    def values(self, target: Target) -> np.ndarray:
        """The target at each draw, shape (chains, draws)."""
        above = self.unknowns @ target.top(self.problem.grid)
        if target.below is not None:
            above = above / (self.unknowns @ target.below(self.problem.grid))
        return target.offset + target.factor * above

    def check(self, target: Target) -> tuple[float, float]:
        """Split R-hat and effective size of a target."""
        values = self.values(target)
        return float(split_rhat(values)), float(effective_size(values))


@dataclass(frozen=True)
class Body:
    """The feasible set in its own coordinates: x = centre + basis z, with ``faces @ z <= room``."""

    centre: np.ndarray
    basis: np.ndarray
    faces: np.ndarray
    room: np.ndarray


def _body(problem: Problem) -> Body:
    rows = problem.rows
    n = problem.grid.columns
    equal = rows.equal.toarray()
    bounded = _at_least_zero(problem)
    faces = np.vstack([rows.upper.toarray(), -np.eye(n)[bounded]])
    room = np.concatenate([rows.upper_ends, np.zeros(len(bounded))])
    if len(equal):
        basis = linalg.null_space(equal)
        start = np.linalg.lstsq(equal, rows.equal_ends, rcond=None)[0]
    else:
        basis, start = np.eye(n), np.zeros(n)
    inner, left = faces @ basis, room - faces @ start
    sizes = np.linalg.norm(inner, axis=1)
    moves = sizes > 1e-10
    inner, left, sizes = inner[moves], left[moves], sizes[moves]
    centre, radius = _chebyshev(inner, left, sizes)
    if radius < 1e-9:
        raise InputError(
            "the claims leave a set without inside (or none): nothing can be drawn from it; allow a larger "
            "kappa or a wider rounding"
        )
    return Body(start + basis @ centre, basis, inner / sizes[:, None], (left - inner @ centre) / sizes)


def _at_least_zero(problem: Problem) -> np.ndarray:
    """Columns that need a row of their own to stay at 0 or above.

    Two weeks that each are at most 1 + kappa times the other are both at least 0 by that alone.
    """
    grid, smooth = problem.grid, problem.study.smoothness
    plain = grid.resolution == "week" and not grid.parts
    if not (plain and smooth.kind == "relative" and 0 < smooth.kappa < np.inf):
        return np.arange(grid.columns)
    tied = next(each.upper for each in problem.groups if each.name == "smoothness")
    return np.flatnonzero(np.diff(tied.tocsc().indptr) == 0)


def _chebyshev(faces: np.ndarray, room: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre and radius of a largest ball inside; radius -1 when there is none."""
    d = faces.shape[1]
    found = linprog(
        np.append(np.zeros(d), -1.0),
        A_ub=np.column_stack([faces, sizes]),
        b_ub=room,
        bounds=[(None, None)] * d + [(None, 1e6)],
        method="highs",
    )
    if found.status != 0:
        return np.zeros(d), -1.0
    return found.x[:-1], float(found.x[-1])


def _barrier(body: Body) -> np.ndarray:
    """A first rounding: inverse root of the Hessian of the log barrier at its own centre (the Dikin
    ellipsoid), reached by damped Newton steps."""
    z = np.zeros(body.faces.shape[1])
    ridge = 1e-12 * np.eye(body.faces.shape[1])
    for _ in range(60):
        slack = body.room - body.faces @ z
        gradient = body.faces.T @ (1 / slack)
        hessian = body.faces.T @ (body.faces / slack[:, None] ** 2) + ridge
        step = -np.linalg.solve(hessian, gradient)
        decrement = float(np.sqrt(max(float(-gradient @ step), 0.0)))
        if decrement < 1e-6:
            break
        # The damped step of a self-concordant function stays inside.
        z = z + step / (1 + decrement)
    slack = body.room - body.faces @ z
    hessian = body.faces.T @ (body.faces / slack[:, None] ** 2) + ridge
    return np.linalg.inv(np.linalg.cholesky(hessian)).T


def _billiard(
    body: Body, shape: np.ndarray, start: np.ndarray, kept: int, flight: float, rng: np.random.Generator
) -> np.ndarray:
    """Billiard walk of several chains at once in the coordinates z = shape w; (d, chains) to (kept, d, chains).

    A ball flies from the current point in a random direction, reflected at each face, for a length that is
    exponential with mean `flight` x sqrt(d); where it stops is the next point.
    """
    faces = body.faces @ shape
    sizes = np.linalg.norm(faces, axis=1)
    faces, room = faces / sizes[:, None], body.room / sizes
    gram = faces @ faces.T
    w = np.linalg.solve(shape, start)
    d, chains = w.shape
    out = np.empty((kept, d, chains))
    for step in range(kept):
        slack = np.maximum(room[:, None] - faces @ w, 0.0)
        way = rng.standard_normal(w.shape)
        way /= np.linalg.norm(way, axis=0)
        left = -flight * np.sqrt(d) * np.log(1.0 - rng.random(chains))
        w = _fly(w, slack, way, faces @ way, left, faces, gram)
        out[step] = shape @ w
    return out


def _fly(
    start: np.ndarray,
    slack: np.ndarray,
    way: np.ndarray,
    speed: np.ndarray,
    left: np.ndarray,
    faces: np.ndarray,
    gram: np.ndarray,
) -> np.ndarray:
    """Where balls stop that fly for lengths `left` along `way`, reflected; arrays (d or faces, chains).

    Each ball has a row of its own in memory, and leaves the work when it has stopped: the last of 16 stops after
    about three times the mean.
    """
    stopped = start.copy()
    flying = np.arange(len(left))
    w, slack, way, speed = (np.ascontiguousarray(each.T) for each in (start, slack, way, speed))
    reach = np.empty_like(speed)
    for _ in range(_REFLECTIONS):
        ball = np.arange(len(left))
        np.divide(slack, speed, out=reach)
        np.copyto(reach, np.inf, where=speed <= _STILL)
        face = reach.argmin(axis=1)
        ahead = reach[ball, face]
        hits = ahead < left
        move = np.where(hits, ahead, left)[:, None]
        w += move * way
        if not hits.all():
            stopped[:, flying[~hits]] = w[~hits].T
            if not hits.any():
                break
            w, slack, way, speed = w[hits], slack[hits], way[hits], speed[hits]
            flying, left, move, face = flying[hits], left[hits], move[hits], face[hits]
            ball, reach = ball[: len(left)], reach[: len(left)]
        slack -= np.multiply(speed, move, out=reach)
        np.maximum(slack, 0.0, out=slack)
        left = left - move[:, 0]
        turn = (2 * speed[ball, face])[:, None]
        way -= turn * faces[face]
        speed -= turn * gram[face]
        slack[ball, face] = 0.0
    # Rare, and needed for uniformity: a flight of too many reflections is as if not taken.
    return stopped


def _spread(pilot: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Root of the covariance of a pilot run, drawn towards the first rounding as far as the run is short."""
    d = pilot.shape[1]
    flat = np.linalg.solve(shape, pilot[len(pilot) // 8 :].transpose(1, 0, 2).reshape(d, -1))
    covariance = np.atleast_2d(np.cov(flat))
    weight = d / (d + flat.shape[1])
    mixed = (1 - weight) * covariance + weight * np.trace(covariance) / d * np.eye(d)
    return shape @ np.linalg.cholesky(mixed)


def draw(problem: Problem, *, draws: int = 200, chains: int = 16, seed: int = 0) -> Draws:
    """Simulated series, uniform over what the claims and assumptions of a problem allow.

    Parameters
    ----------
    problem : Problem
        At weekly resolution, or short: cost grows with the square of the unknowns.
    draws : int
        Kept draws a chain, after as many shorter ones that are dropped.
    chains : int
        At least 4, from one centre; the dropped draws scatter them.
    seed : int
        Of the pseudo-random numbers; the same seed gives the same draws.

    Raises
    ------
    InputError
        The feasible set is empty, has no inside, or is unbounded.
    """
    if chains < 4 or draws < 8:
        raise ValueError(f"{chains} chains of {draws} draws: mixing can't be judged below 4 chains of 8")
    span = problem.grid.span
    if not np.isfinite(bound(problem, mean_rate(span.first, span.last)).high):
        raise InputError(
            "the claims leave the series without an upper end: nothing uniform can be drawn from it; add a total"
        )
    body = _body(problem)
    rng = np.random.default_rng(seed)
    d = body.faces.shape[1]
    shape = _barrier(body)
    pilot = _billiard(body, shape, np.zeros((d, chains)), draws, _PILOT_FLIGHT, rng)
    flown = _billiard(body, _spread(pilot, shape), pilot[-1], draws, _FLIGHT, rng)
    unknowns = body.centre + np.einsum("nd,kdc->ckn", body.basis, flown)
    unknowns = np.maximum(unknowns, 0.0) * problem.scale
    return Draws(problem, unknowns, split_rhat(unknowns), effective_size(unknowns))
