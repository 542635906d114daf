"""Coverage of every interval on the grid of the goal: writes ``benchmarks/results/coverage.csv``.

    .venv/bin/python benchmarks/coverage.py [--series 10000] [--jobs 2] [--out FILE]

Prints, for each method, in how many cells the goal is missed: coverage of at least 93 % everywhere, median
width at most 1.15 times that of the interval that knows rho from 52 periods on. The table depends on the
seed and the number of series only, not on the workers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from helpers import simulate


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=10_000, help="series a cell")
    parser.add_argument("--seed", type=int, default=20201221)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--families", nargs="+", default=["normal", "counts", "counts-latent"])
    parser.add_argument("--only", nargs="+", help="methods (default: all)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "coverage.csv")
    args = parser.parse_args()
    table = simulate.coverage(
        simulate.grid(args.families),
        series=args.series,
        seed=args.seed,
        only=args.only,
        jobs=args.jobs,
        progress=sys.stderr.isatty(),
    )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rounded = table.round({"coverage": 4, "mc_se": 4, "width_ratio_to_oracle": 3})
    rounded["median_width"] = [f"{width:.6g}" for width in table["median_width"]]
    rounded.to_csv(args.out, index=False, lineterminator="\n")
    print(simulate.goal(table).round(3).to_string(index=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
