"""Size of a search for a date, and coverage of its set of dates: writes ``benchmarks/results/scan.csv``.

    .venv/bin/python benchmarks/scan.py [--series 1000] [--sets 300] [--n 100]

Normal series of 100 periods with AR(1) errors, a trend, level and slope free to change at any of the periods 20 to 80.
Rows with effect 0 have no change: `rejected` is how often p is at most 0.05. The others jump by so many standard
deviations at period 50: `covered` is how often the 95 % set of dates holds it, `dates` how many it holds in the mean.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from eprivacy_its import its
from eprivacy_its.its import scan
from eprivacy_its.simulate.series import ar1

RHOS, EFFECTS, SEED = (0.0, 0.4, 0.8), (0.0, 1.5, 3.0), 20201221


def measure(n: int, series: int, sets: int) -> pd.DataFrame:
    """One row a rho and an effect."""
    frame = pd.DataFrame({"t": np.arange(n), "y": np.random.default_rng(SEED).normal(size=n)})
    dates, at = np.arange(n // 5, n - n // 5 + 1), n // 2
    made = its.design(frame, time="t", outcome="y", interruptions=[int(dates[0])])
    profile = scan.Profile.of(made, dates, its.ESTIMATORS["reml"])
    null, rows = scan.Null(profile), []
    for effect in EFFECTS:
        for rho in RHOS:
            m = sets if effect else series
            rng = np.random.default_rng([SEED, round(100 * rho), round(10 * effect)])
            Y = ar1(m, n, rho, rng) + effect * (np.arange(n) >= at)
            ratio, best, found = profile(Y)
            told = [null.p_value(float(one.max()), float(r)) for one, r in zip(ratio, found, strict=True)]
            row = {"n": n, "rho": rho, "effect": effect, "rejected": np.mean([p <= 0.05 for _, p in told])}
            if effect:
                reach = [
                    scan.threshold(profile, y, int(b), used, 0.95)
                    for y, b, (used, _) in zip(Y, best, told, strict=True)
                ]
                inside = ratio.max(1)[:, None] - ratio <= np.array(reach)[:, None]
                row |= {"covered": inside[:, at - dates[0]].mean(), "dates": inside.sum(1).mean()}
            rows.append(row | {"series": m, "seed": SEED})
    return pd.DataFrame(rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=1000, help="series without a change a rho")
    parser.add_argument("--sets", type=int, default=300, help="series with a change a rho and effect")
    parser.add_argument("--n", type=int, default=100, help="periods")
    args = parser.parse_args()
    table = measure(args.n, args.series, args.sets).round(4)
    out = Path(__file__).parent / "results" / "scan.csv"
    table.to_csv(out, index=False, lineterminator="\n")
    print(table.to_string(index=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
