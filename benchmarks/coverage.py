"""Coverage of every interval on the grid of the goal: writes ``benchmarks/results/coverage.csv``.

    .venv/bin/python benchmarks/coverage.py [--series 10000] [--jobs 2] [--out FILE]
    .venv/bin/python benchmarks/coverage.py --alone --series 100    # writes coverage-alone.csv
    .venv/bin/python benchmarks/coverage.py --errors --series 2000 --totals 500    # writes errors.csv
    .venv/bin/python benchmarks/coverage.py --shares --series 1000  # writes coverage-shares.csv

Prints, for each method, in how many cells the goal is missed: coverage of at least 93 % everywhere, median
width at most 1.15 times that of the interval that knows rho from 52 periods on. The table depends on the
seed and the number of series only, not on the workers. With --alone: the estimators that fit one series at a
time (local level, negative binomial; with --only arima too, a second a series), on fewer cells. With --renew,
the methods of --only replace their rows of the table that exists: series are drawn from the seed and the cell
alone, so that the table is that of one run. With --errors: the default where errors are no AR(1), effects at a
horizon and totals included, of which only the first --totals series of a cell are taken. With --shares: the
quasi-binomial estimators, on shares near 30 % of 400 whose log odds stray by a normal AR(1) of standard deviation 0.2.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from eprivacy_its import its, simulate
from eprivacy_its.simulate import errors
from eprivacy_its.simulate.series import ar1


def other_errors(args: argparse.Namespace) -> int:
    """The table of `eprivacy_its.simulate.errors`; prints the cells that fall short."""
    table = errors.coverage(
        errors.cells(), series=args.series, totals=args.totals, seed=args.seed, jobs=args.jobs
    )
    out = args.out or Path(__file__).parent / "results" / "errors.csv"
    rounded = table.round({"coverage": 4, "mc_se": 4})
    rounded["median_width"] = [f"{width:.6g}" for width in table["median_width"]]
    rounded.to_csv(out, index=False, lineterminator="\n")
    print(errors.short(table).round(3).to_string(index=False))
    return 0


def shares(args: argparse.Namespace) -> int:
    """Coverage of level and slope change, both 0, for each length, rho and quasi-binomial estimator."""
    rows = []
    for n, rho in itertools.product((12, 24, 52, 104), (0.0, 0.4, 0.8)):
        rng = np.random.default_rng([args.seed, n, round(100 * rho)])
        odds = np.exp(np.log(0.3 / 0.7) + 0.2 * ar1(args.series, n, rho, rng))
        Y = rng.binomial(400, odds / (1 + odds)).astype(float)
        frame = pd.DataFrame({"t": np.arange(n), "y": Y[0], "whole": 400})
        made = its.design(frame, time="t", outcome="y", interruptions=[n // 2], denominator="whole")
        for estimator in (name for name, one in its.ESTIMATORS.items() if one.proportions):
            many = its.fit_many(Y, made, "auto" if estimator.endswith("integrated") else estimator)
            for term in ("level_1", "slope_1"):
                found = many.term(term)
                held = (found["ci_low"] <= 0) & (found["ci_high"] >= 0)
                width = f"{(found['ci_high'] - found['ci_low']).median():.6g}"
                row = {"n": n, "rho": rho, "term": term, "method": estimator, "coverage": held.mean()}
                rows.append(row | {"median_width": width, "series": args.series, "seed": args.seed})
    table = pd.DataFrame(rows).round({"coverage": 4})
    table.to_csv(
        args.out or Path(__file__).parent / "results" / "coverage-shares.csv",
        index=False,
        lineterminator="\n",
    )
    print(table.pivot_table("coverage", ["term", "n", "rho"], "method").to_string())
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=10_000, help="series a cell")
    parser.add_argument("--seed", type=int, default=20201221)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--families", nargs="+", default=["normal", "counts", "counts-latent"])
    parser.add_argument("--only", nargs="+", help="methods (default: all)")
    parser.add_argument("--alone", action="store_true", help="the estimators that fit one series at a time")
    parser.add_argument(
        "--renew", action="store_true", help="replace the rows of --only in the existing table"
    )
    parser.add_argument("--errors", action="store_true", help="other errors than AR(1), effects and totals")
    parser.add_argument("--shares", action="store_true", help="parts of a denominator")
    parser.add_argument("--totals", type=int, default=500, help="series a cell whose totals are taken")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.errors:
        return other_errors(args)
    if args.shares:
        return shares(args)
    name = "coverage-alone.csv" if args.alone else "coverage.csv"
    args.out = args.out or Path(__file__).parent / "results" / name
    cells = simulate.grid(args.families)
    if args.alone:
        cells = simulate.grid(["normal", "counts"], (24, 104), (0.0, 0.4, 0.8), (3000,))
        args.only = args.only or ["local-level", "negative-binomial"]
    table = simulate.coverage(
        cells,
        series=args.series,
        seed=args.seed,
        only=args.only,
        jobs=args.jobs,
        progress=sys.stderr.isatty(),
    )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rounded = table.round({"coverage": 4, "mc_se": 4, "width_ratio_to_oracle": 3})
    rounded["median_width"] = [f"{width:.6g}" for width in table["median_width"]]
    if args.renew:
        key = ["family", "mean", "n", "rho", "term", "method"]
        old = pd.read_csv(args.out, dtype={"median_width": str}).set_index(key)
        new = rounded.set_index(key).drop(index="oracle", level="method")
        strange = new.index.difference(old.index)
        if len(strange):
            parser.error(f"{args.out.name} has no row for {strange[0]}: run without --renew.")
        if set(old["series"]) != {args.series} or set(old["seed"]) != {args.seed}:
            parser.error(f"{args.out.name} was made with another --series or --seed: run without --renew.")
        old.loc[new.index, new.columns] = new
        rounded = old.reset_index()[rounded.columns]
    rounded.to_csv(args.out, index=False, lineterminator="\n")
    print(simulate.goal(table).round(3).to_string(index=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
