"""All measures of speed in one run: writes benchmarks/results/speed.json, docs/benchmarks.md and docs/benchmarks.svg.

    python benchmarks/run.py [--only study fits ...] [--peers] [--largest 1000000] [--page]

Each group keeps the machine, its load before and the versions with it, so a group that is measured again alone says
so. --peers adds what is slow or needs the package registry: Papermill's command, nbconvert and Snakemake over the
whole study, CausalPy and a port of CausalImpact in environments of their own under build/bench. --page only writes the
page and the plot from what was measured.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import bounds_speed  # noqa: E402 - the number of threads is read when libraries are loaded
import build_speed  # noqa: E402
import dumps_speed  # noqa: E402
import growth  # noqa: E402
import its_speed  # noqa: E402
import multiverse_speed  # noqa: E402
import one_series  # noqa: E402
import page  # noqa: E402

import study  # noqa: E402
from eprivacy_its import bounds, paths  # noqa: E402
from eprivacy_its.runs import prefork  # noqa: E402
from helpers import data  # noqa: E402
from helpers.countries import multiverse, sample  # noqa: E402
from helpers.countries.specifications import list_specifications  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "speed.json"
PACKAGES = (
    "papermill",
    "nbclient",
    "ipykernel",
    "numpy",
    "pandas",
    "scipy",
    "statsmodels",
    "matplotlib",
)
Rows = list[dict[str, Any]]


def kernels() -> Rows:
    """Eight small notebooks by ordinary and by forked kernels."""
    found = build_speed.measure(8, 3)
    prefork.close()
    return [{"what": kind, "seconds": statistics.median(seconds)} for kind, seconds in found.items()]


def fits() -> Rows:
    """`fit_many` against a loop over statsmodels."""
    table = its_speed.measure(20_000, 60, 200)
    names = {"fit_many, µs a series": "ours", "statsmodels loop, µs a series": "peer"}
    kept = table.rename(columns={**names, "estimator": "what"})[["what", "ours", "peer", "ratio"]]
    return kept.to_dict("records")


def sets() -> Rows:
    """Identified sets over three years of days, merged and not."""
    given = bounds.read(paths.root() / "scenarios" / "claims" / "eu_2020_2021.yml")
    problem = bounds.Problem.of(bounds.readings(given)[0].study).with_kappa(0.5)
    rows = []
    for name, target in bounds_speed.TARGETS.items():
        ours = bounds_speed.median(lambda t=target: bounds.bound(problem.with_kappa(0.5), t), 5)
        row: dict[str, Any] = {"what": name, "ours": 1e3 * ours}
        if target.below is None:
            row["peer"] = 1e3 * bounds_speed.median(lambda t=target: bounds_speed.plain(problem, t), 5)
            row["ratio"] = row["peer"] / row["ours"]
        rows.append(row)
    return rows


def specifications() -> Rows:
    """All specifications at once against one at a time with statsmodels."""
    world = sample.world(data.read("country_reports"), 2019, 2020, 2021)
    listed = list_specifications()
    ours = min(study.timed(lambda: multiverse.curve(world, listed)) for _ in range(3))
    single = [item for item in listed if item.estimator == "Poisson" and item.baseline == "year before"]
    single = single[:: multiverse_speed.EVERY]
    began = time.perf_counter()
    for item in single:
        multiverse_speed.one_at_a_time(world, item)
    peer = (time.perf_counter() - began) / len(single) * len(listed)
    return [
        {
            "what": f"{len(listed)} specifications",
            "ours": 1e3 * ours,
            "peer": 1e3 * peer,
            "ratio": peer / ours,
        }
    ]


def machine(load: float) -> dict[str, Any]:
    """Where and with what a group was measured."""
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, {_processor()}"
    return {"machine": where, "load": load, "python": platform.python_version(), "versions": versions}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=page.GROUPS, default=list(page.GROUPS))
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--largest", type=int, default=1_000_000, help="series, and at most 64 scenarios")
    parser.add_argument("--page", action="store_true")
    given = parser.parse_args()
    measures: dict[str, Callable[[], Rows]] = {
        "study": lambda: study.measure(given.peers),
        "kernels": kernels,
        "fits": fits,
        "multiverse": specifications,
        "bounds": sets,
        "one-series": one_series.measure,
        "dumps": lambda: dumps_speed.measure(1_000_000, given.peers),
        "dumps-growth": lambda: dumps_speed.growth(
            tuple(size for size in dumps_speed.GROWTH if size <= 10 * given.largest)
        ),
        "scenarios": lambda: growth.measure("scenarios", min(given.largest, 64)),
        "series": lambda: growth.measure("series", given.largest),
    }
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for group in [] if given.page else given.only:
        if group == "one-series" and not given.peers:
            continue
        print(f"{group} ...", flush=True)
        load = round(os.getloadavg()[0], 1)
        known[group] = {**machine(load), "rows": measures[group]()}
        RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    text = page.markdown(known)
    (paths.root() / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
    (paths.root() / "docs" / "benchmarks.svg").write_text(page.plot(known), encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
