"""All specifications at once, on the data and on placebo unions.

In a balanced panel with place and year effects the event-study coefficient of one year against a baseline is
a difference between two groups of places: of mean log changes (logarithms), or of logs of ratios of sums
(Poisson). So a specification is two sets of places, a change and an average; all that share sets are
computed together, for the data and for every placebo union at once, as products of a membership matrix.

Intervals: CRV3 by place for logarithms, as in the event study, and Yuen's for trimmed averages. Sums carry
linearised cluster errors here, which every placebo copy can afford; `helpers.countries.unions` gives the
intervals that are quoted.

Placebo unions shuffle the *roles* (member of the EU, in Europe, EEA or UK) among places of the same stratum
of 2019 volume; the counts, and all rules that depend on counts alone, stay with the place. Under the sharp
null that the roles changed nothing, the whole curve is as likely under any shuffle (Simonsohn, Simmons &
Nelson 2020, with their resampling replaced by randomisation).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.panel.frame import Bools, Floats
from helpers.countries.specifications import MINIMA, Specification

if TYPE_CHECKING:
    import pandas as pd

STRATA: tuple[float, ...] = (*MINIMA, 10_000, 40_000)
"""Lower edges of the strata of 2019 volume: the minima, so that every specification keeps its number of
members under each shuffle, and two more that split the rest of the EU into thirds."""
CHUNK = 100  # placebo unions computed together; fixed, so that results don't depend on the workers
TRIM = 0.2
DOUBLING = 2.0


@dataclass(frozen=True)
class World:
    """Counts and roles of N places.

    Parameters
    ----------
    earlier, before, after : arrays (N,)
        Positive counts two years before, a year before and after the break; `earlier` NaN where the panel
        has no such year (then only the baseline "year before" can be used).
    volume : array (N,)
        2019 counts: minima, weights, strata.
    member, europe, associated : bool arrays (D, N)
        Roles; one row for the data, one a draw for placebo unions.
    """

    earlier: Floats
    before: Floats
    after: Floats
    volume: Floats
    member: Bools
    europe: Bools
    associated: Bools

    def shuffled(self, draws: int, seed: int) -> World:
        """The same counts with roles shuffled within strata of volume, `draws` times."""
        rng = np.random.default_rng(seed)
        stratum = np.searchsorted(np.array(STRATA), self.volume, side="right")
        # Within a stratum, a random order of its places: place i takes the role of place order[d, i].
        order = np.empty((draws, len(self.volume)), dtype=np.int64)
        for value in np.unique(stratum):
            at = np.flatnonzero(stratum == value)
            order[:, at] = at[rng.random((draws, len(at))).argsort(axis=1, kind="stable")]
        roles = (role[0][order] for role in (self.member, self.europe, self.associated))
        return World(self.earlier, self.before, self.after, self.volume, *roles)

    def rows(self, start: int, stop: int) -> World:
        """Draws start (inclusive) to stop (exclusive)."""
        roles = (role[start:stop] for role in (self.member, self.europe, self.associated))
        return World(self.earlier, self.before, self.after, self.volume, *roles)


@dataclass(frozen=True)
class Curve:
    """Estimates of all specifications: arrays (D, S) of log ratios and interval ends, (D, S) sizes."""

    specifications: tuple[Specification, ...]
    estimate: Floats
    low: Floats
    high: Floats
    members: Floats
    others: Floats

    def frame(self, draw: int = 0) -> pd.DataFrame:
        """One row a specification, ordered by estimate: its choices, `ratio` and interval, sizes."""
        import pandas as pd

        frame = pd.DataFrame([vars(item) for item in self.specifications])
        frame["ratio"] = np.exp(self.estimate[draw])
        frame["ratio_low"], frame["ratio_high"] = np.exp(self.low[draw]), np.exp(self.high[draw])
        frame["members"], frame["others"] = self.members[draw].astype(int), self.others[draw].astype(int)
        return frame.sort_values("ratio", kind="stable").reset_index(drop=True)

    def summary(self) -> pd.DataFrame:
        """A row a draw: `median` (log ratio), `below` (share below no change), `clear` (share whose interval
        lies below no change)."""
        import pandas as pd

        return pd.DataFrame(
            {
                "median": np.median(self.estimate, axis=1),
                "below": (self.estimate < 0).mean(axis=1),
                "clear": (self.high < 0).mean(axis=1),
            }
        )


def curve(world: World, specifications: Sequence[Specification], level: float = 0.95) -> Curve:
    """Every specification for every draw of a world.

    Raises
    ------
    InputError
        Counts that are not positive, or a baseline that needs a year the world does not have.
    """
    _check(world, specifications)
    order = sorted(range(len(specifications)), key=lambda i: _sets_key(specifications[i]))
    draws = len(world.member)
    out = {name: np.empty((draws, len(specifications))) for name in ("gap", "se2", "df", "n1", "n0")}
    changes: dict[str, _Change] = {}
    masks: tuple[Bools, Bools] | None = None
    key: tuple | None = None
    for at in order:
        spec = specifications[at]
        if _sets_key(spec) != key:
            key, masks = _sets_key(spec), sets(world, spec)
        assert masks is not None
        if spec.baseline not in changes:
            changes[spec.baseline] = change(world, spec.baseline)
        moved = changes[spec.baseline]
        (m1, v1, n1), (m0, v0, n0) = (AVERAGES[spec.estimator](mask, moved, world.volume) for mask in masks)
        out["gap"][:, at], out["se2"][:, at] = m1 - m0, v1 + v0
        if spec.estimator in JACKKNIFED:
            out["df"][:, at] = n1 + n0 - 1
            out["se2"][:, at] *= (n1 + n0 - 1) / (n1 + n0)
        else:
            out["df"][:, at] = (v1 + v0) ** 2 / (v1**2 / (n1 - 1) + v0**2 / (n0 - 1))
        out["n1"][:, at], out["n0"][:, at] = n1, n0
    from scipy.special import stdtrit

    reach = stdtrit(out["df"], 0.5 + level / 2) * np.sqrt(out["se2"])
    return Curve(
        tuple(specifications), out["gap"], out["gap"] - reach, out["gap"] + reach, out["n1"], out["n0"]
    )


def placebo_curves(
    world: World, specifications: Sequence[Specification], *, draws: int, seed: int, workers: int = 1
) -> pd.DataFrame:
    """Summaries of the curve under `draws` placebo unions; see :meth:`Curve.summary`.

    The draws are made before they are shared out, in chunks of a fixed size: the same values on any number
    of workers.
    """
    import pandas as pd
    from joblib import Parallel, delayed

    shuffled = world.shuffled(draws, seed)
    starts = range(0, draws, CHUNK)
    parts = Parallel(n_jobs=workers)(
        delayed(_summary)(shuffled.rows(start, min(start + CHUNK, draws)), tuple(specifications))
        for start in starts
    )
    return pd.concat(parts, ignore_index=True)


def _summary(world: World, specifications: tuple[Specification, ...]) -> pd.DataFrame:
    return curve(world, specifications).summary()


def curve_p_values(observed: pd.Series, placebo: pd.DataFrame) -> dict[str, float]:
    """p-values of the whole curve, each (1 + as extreme) / (1 + draws).

    Parameters
    ----------
    observed : Series
        A row of :meth:`Curve.summary`.

    Returns
    -------
    dict
        `median`: two-sided on the size of the median; `below` and `clear`: one-sided, at least as large.
    """
    draws = len(placebo)
    return {
        "median": (1 + int((placebo["median"].abs() >= abs(observed["median"]) - 1e-12).sum())) / (1 + draws),
        "below": (1 + int((placebo["below"] >= observed["below"] - 1e-12).sum())) / (1 + draws),
        "clear": (1 + int((placebo["clear"] >= observed["clear"] - 1e-12).sum())) / (1 + draws),
    }


def sign_share(made: Curve, estimate: float) -> float:
    """Share of the specifications with the sign of `estimate` (log ratio)."""
    return float((np.sign(made.estimate[0]) == np.sign(estimate)).mean())


def _check(world: World, specifications: Sequence[Specification]) -> None:
    for name, counts in (("before", world.before), ("after", world.after), ("volume", world.volume)):
        if not (counts > 0).all():
            raise InputError(f"multiverse: a count {name} is zero or missing; leave that place out")
    needs = {item.baseline for item in specifications} - {"year before"}
    if needs and not (world.earlier > 0).all():
        raise InputError(f"multiverse: baseline {min(needs)} needs a year that the world does not have")


def _sets_key(spec: Specification) -> tuple:
    return spec.treated, spec.compared, spec.associated, spec.minimum


def sets(world: World, spec: Specification) -> tuple[Bools, Bools]:
    """Members and others of a specification, bool arrays (D, N)."""
    enters = world.volume >= spec.minimum
    member = world.member & enters
    other = ~world.member & enters
    if spec.associated == "with the EU":
        member, other = member | (world.associated & enters), other & ~world.associated
    elif spec.associated == "left out":
        other = other & ~world.associated
    if spec.compared == "Europe":
        other = other & world.europe
    elif spec.compared == "outside Europe":
        other = other & ~world.europe
    elif spec.compared == "similar volume":
        low = np.where(member, world.volume, np.inf).min(axis=1, keepdims=True)
        high = np.where(member, world.volume, 0).max(axis=1, keepdims=True)
        other = other & (world.volume >= low) & (world.volume <= high)
    return _narrowed(world, spec.treated, member, other)


def _narrowed(world: World, treated: str, member: Bools, other: Bools) -> tuple[Bools, Bools]:
    """Apply the choice about outliers. A world without an earlier year uses the 2019 volume for it."""
    earlier = world.volume if np.isnan(world.earlier).any() else world.earlier
    if treated == "without the largest rise":
        rise = np.where(member, world.before - earlier, -np.inf)
        member = member.copy()
        member[np.arange(len(member)), rise.argmax(axis=1)] = False
    elif treated == "without doublers":
        calm = world.before < DOUBLING * earlier
        member, other = member & calm, other & calm
    return member, other


@dataclass(frozen=True)
class _Change:
    """Log change of each place, and the counts whose sums give the Poisson one (shape (terms, N)), signs."""

    log: Floats
    counts: Floats
    powers: Floats


def change(world: World, baseline: str) -> _Change:
    """Log change of each place against a baseline, and the counts and powers of the same for sums."""
    e, b, a = world.earlier, world.before, world.after
    if baseline == "year before":
        return _Change(np.log(a / b), np.array([a, b]), np.array([1.0, -1.0]))
    if baseline == "two years before":
        return _Change(np.log(a / e), np.array([a, e]), np.array([1.0, -1.0]))
    if baseline == "mean of the two":
        return _Change(
            np.log(a) - (np.log(e) + np.log(b)) / 2, np.array([a, (e + b) / 2]), np.array([1.0, -1.0])
        )
    if baseline == "trend continued":
        return _Change(np.log(a / b) - np.log(b / e), np.array([a, b, e]), np.array([1.0, -2.0, 1.0]))
    raise InputError(f"multiverse: baseline {baseline!r} is not known")


def _mean(mask: Bools, change: _Change, volume: Floats) -> tuple[Floats, Floats, Floats]:
    inside = mask.astype(float)
    n = inside.sum(axis=1)
    mean = inside @ change.log / n
    # About the overall mean first: the difference of two large squares would lose digits.
    square = inside @ (change.log - change.log.mean()) ** 2 - n * (mean - change.log.mean()) ** 2
    return mean, square / (n - 1) ** 2, n


def _weighted(mask: Bools, change: _Change, volume: Floats) -> tuple[Floats, Floats, Floats]:
    weights = mask * volume
    total = weights.sum(axis=1)
    n = mask.sum(axis=1).astype(float)
    mean = weights @ change.log / total
    away = weights * (change.log - mean[:, None]) / (total[:, None] - weights)
    return mean, (away**2).sum(axis=1), n


def _trimmed(mask: Bools, change: _Change, volume: Floats) -> tuple[Floats, Floats, Floats]:
    """Trimmed mean with Yuen's standard error; the size returned is that left after trimming."""
    ordered = np.sort(np.where(mask, change.log, np.inf), axis=1)
    n = mask.sum(axis=1)
    cut = np.floor(TRIM * n).astype(int)
    left = n - 2 * cut
    place = np.arange(mask.shape[1])
    kept = (place >= cut[:, None]) & (place < (n - cut)[:, None])
    mean = np.where(kept, ordered, 0).sum(axis=1) / left
    low = np.take_along_axis(ordered, cut[:, None], axis=1)
    high = np.take_along_axis(ordered, (n - cut - 1)[:, None], axis=1)
    winsorised = np.where(place < n[:, None], np.clip(ordered, low, high), 0)
    centre = winsorised.sum(axis=1) / n
    away = np.where(place < n[:, None], winsorised - centre[:, None], 0)
    return mean, (away**2).sum(axis=1) / (left * (left - 1)), left.astype(float)


def _poisson(mask: Bools, change: _Change, volume: Floats) -> tuple[Floats, Floats, Floats]:
    inside = mask.astype(float)
    n = inside.sum(axis=1)
    sums = inside @ change.counts.T  # (D, terms)
    value = np.log(sums) @ change.powers
    # Linearised contribution of each place: its share of each sum, signed; they add up to zero.
    share = np.tensordot(change.powers / sums, change.counts, axes=1)
    return value, n / (n - 1) * ((share * mask) ** 2).sum(axis=1), n


JACKKNIFED = frozenset({"mean log change", "log change weighted by 2019"})
"""Averages whose variances are sums of squared shifts when one place is left out (CRV3); t on places less one."""
AVERAGES: dict[str, Callable[[Bools, _Change, Floats], tuple[Floats, Floats, Floats]]] = {
    "mean log change": _mean,
    "trimmed log change": _trimmed,
    "log change weighted by 2019": _weighted,
    "Poisson": _poisson,
}
