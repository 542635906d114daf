"""Multiverse: all specifications batched against fitting one at a time with statsmodels.

Run: ``python benchmarks/multiverse_speed.py``. Prints seconds and the ratio, and checks that both agree.
One at a time is timed on every n-th Poisson and mean specification with the baseline "year before" and scaled
up, since statsmodels has no trimmed fit.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import statsmodels.api as sm

from helpers import data
from helpers.countries import multiverse, sample
from helpers.countries.specifications import list_specifications

EVERY = 12
DRAWS = 499


def one_at_a_time(world: multiverse.World, specification: multiverse.Specification) -> float:
    """Event study of two years with a dummy a place, in statsmodels: the log ratio."""
    member, other = (mask[0] for mask in multiverse._sets(world, specification))
    used = np.flatnonzero(member | other)
    y = np.concatenate([world.before[used], world.after[used]])
    late = np.repeat([0.0, 1.0], len(used))
    treated = np.tile(member[used].astype(float), 2)
    place = pd.get_dummies(np.tile(used, 2), dtype=float).to_numpy()
    x = np.column_stack([late * treated, late, place])
    cluster = {"cov_type": "cluster", "cov_kwds": {"groups": np.tile(used, 2)}}
    if specification.estimator == "Poisson":
        return float(sm.GLM(y, x, family=sm.families.Poisson()).fit(**cluster).params[0])
    return float(sm.OLS(np.log(y), x).fit(**cluster).params[0])


def main() -> None:
    world = sample.world(data.read("country_reports"), 2019, 2020, 2021)
    listed = list_specifications()
    start = time.perf_counter()
    made = multiverse.curve(world, listed)
    batched = time.perf_counter() - start
    comparable = [
        number
        for number, item in enumerate(listed)
        if item.estimator in {"mean log change", "Poisson"} and item.baseline == "year before"
    ][::EVERY]
    start = time.perf_counter()
    alone = [one_at_a_time(world, listed[number]) for number in comparable]
    each = (time.perf_counter() - start) / len(comparable)
    worst = float(np.abs(made.estimate[0, comparable] - alone).max())
    print(f"{len(listed)} specifications batched: {batched:.2f} s")
    print(
        f"one at a time: {each * 1000:.0f} ms each, {each * len(listed):.0f} s for all; "
        f"largest difference {worst:.1e}"
    )
    print(f"batched is {each * len(listed) / batched:.0f} times as fast")
    for workers in (1, 2):
        start = time.perf_counter()
        multiverse.placebo_curves(world, listed, draws=DRAWS, seed=1, workers=workers)
        print(f"{DRAWS} placebo curves on {workers} workers: {time.perf_counter() - start:.1f} s")
    if worst > 1e-6:
        raise SystemExit("batched and single fits disagree")


if __name__ == "__main__":
    main()
