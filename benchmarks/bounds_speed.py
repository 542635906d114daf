"""Speed of identified sets on the daily problem of 2019 to 2021: 1,096 unknowns, both ends of each target.

    python benchmarks/bounds_speed.py [--repeats 5] [--check]

For each target and each bound on weekly moves: the time of `bounds.bound` on a fresh problem, and the same two
programmes over every single day without merging equal days, as a ratio. With --check the exit status is 1 if a
median exceeds 0.1 s.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time

from scipy.optimize import linprog

from eprivacy_its import bounds, paths

GOAL = 0.1
DATE = "2020-12-21"
TARGETS = {
    "mean rate of a window": bounds.mean_rate("2021-04-26", "2021-11-07"),
    "change of two windows (ratio)": bounds.change("2021-01-11", "2021-02-28", "2020-01-01", "2020-11-29"),
    "level change of a regression": bounds.level_change("2020-01-01", "2021-12-31", DATE),
}
KAPPAS = (math.inf, 0.5, 0.1)


def plain(problem: bounds.Problem, target: bounds.Target) -> None:
    """Both ends of a linear target over every day, as one would write it first."""
    rows = problem.rows
    for sign in (1, -1):
        found = linprog(
            sign * target.top(problem.grid),
            A_ub=rows.upper,
            b_ub=rows.upper_ends,
            A_eq=rows.equal,
            b_eq=rows.equal_ends,
        )
        if found.status not in (0, 3):
            raise RuntimeError(found.message)


def median(run, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--check", action="store_true", help=f"exit 1 above {GOAL} s a target")
    options = parser.parse_args()
    study = bounds.readings(bounds.read(paths.root() / "scenarios" / "claims" / "eu_2020_2021.yml"))[0].study
    base = bounds.Problem.of(study)
    slow = False
    print(f"{base.grid.days} days, {len(study.claims)} claims")
    print(f"{'target':32} {'weekly move':>12} {'seconds':>8} {'unmerged / merged':>18}")
    for kappa in KAPPAS:
        for name, target in TARGETS.items():
            # With the rows of the smoothness bound and the stacking of all rows in what is timed.
            ours = median(lambda k=kappa, t=target: bounds.bound(base.with_kappa(k), t), options.repeats)
            ratio = ""
            if target.below is None:
                problem = base.with_kappa(kappa)
                ratio = f"{median(lambda p=problem, t=target: plain(p, t), options.repeats) / ours:.1f}"
            slow |= ours > GOAL
            print(f"{name:32} {kappa:>12} {ours:>8.4f} {ratio:>18}")
    return int(options.check and slow)


if __name__ == "__main__":
    raise SystemExit(main())
