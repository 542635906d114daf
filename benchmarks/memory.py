"""Largest memory of the two things that can grow: a long series, and a sweep of many scenarios.

    python benchmarks/memory.py [--runs 100 1000 10000] [--check]

Each case runs in a process of its own, whose peak the system tells. The sweep's bookkeeping is measured with
notebooks that take no time: what each run leaves is written, read back and compared as always, and its estimates are
made up (nothing in them is data). What a notebook itself needs does not add up, since each has a process that ends.
With --check the exit status is 1 when a million rows take more than 1 GB, or when 10,000 runs take more than 1.3 times
the memory of 1,000.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROWS = 1_000_000
MOST_ROWS_MB, MOST_GROWTH = 1_000, 1.3
PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"

SERIES = "import sys; from eprivacy_its.series import command; command.check(sys.argv[1])"
BARE = "import eprivacy_its.series.command, eprivacy_its.its, pandas"
SWEEP = """
import io, json, sys
from pathlib import Path
from eprivacy_its import parallel, results
from eprivacy_its.runs import graph
from eprivacy_its.study import job, sweep

def made_up(one):
    estimates = [
        results.Estimate(f"{one.task.name}/series/effect-1-h{k}", "q", "simulated", "u", "none (simulated)", "w", "c", "ols",
                         float(k), k - 1.0, k + 1.0, 0.95, "percent change", 150, "suggestive", ("simulated",), "made up")
        for k in range(6)
    ]
    text = json.dumps(results.document(estimates, dict(one.origin)))
    return job.Made(one.task.name, None, {"results.json": text, "page.html": "x" * 1000, "notebook.ipynb": "{}"}, 0.0)

job.perform = made_up
sys.exit(sweep.run(graph.asked(Path(sys.argv[1])), (), jobs=1, stream=io.StringIO()))
"""


def peak(code: str, *arguments: str, **variables: str) -> tuple[int, float]:
    """Largest memory of a process in MB, and its time in seconds."""
    started = time.monotonic()
    wrapped = code.replace("sys.exit(", "assert not (") + "\n" + PEAK
    done = subprocess.run(
        [sys.executable, "-c", wrapped, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return int(done.stdout.split()[-1]), time.monotonic() - started


def long_series(folder: Path) -> Path:
    """A CSV of a million days."""
    file, first = folder / "days.csv", dt.date(1, 1, 1).toordinal()
    with file.open("w") as stream:
        stream.write("day,reports\n")
        stream.writelines(f"{dt.date.fromordinal(first + i)},{i % 97}\n" for i in range(ROWS))
    return file


def project(folder: Path, runs: int) -> Path:
    """A project with one scenario that sweeps over `runs` combinations; returns the scenario."""
    for place in ("notebooks", "data/raw", "data/processed", "scenarios/data"):
        (folder / place).mkdir(parents=True)
    shutil.copy(ROOT / "notebooks/06_series.ipynb", folder / "notebooks")
    (folder / "notebooks/graph.yml").write_text("06_series:\n")
    shutil.copy(ROOT / "scenarios/data/simulated-weekly.csv", folder / "scenarios/data")
    shutil.copy(ROOT / "requirements.lock", folder)
    sides = {100: (10, 10), 1000: (10, 100), 10000: (100, 100)}.get(runs, (1, runs))
    parameters = {
        "data": "data/simulated-weekly.csv",
        "level": [round(0.5 + i / 1000, 3) for i in range(sides[0])],
        "horizons": [[i] for i in range(sides[1])],
    }
    file = folder / "scenarios/many.yml"
    file.write_text(json.dumps({"notebook": "06_series", "parameters": parameters}))
    return file


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        file = long_series(Path(temporary))
        bare, _ = peak(BARE)
        rows, seconds = peak(SERIES, str(file))
        size = file.stat().st_size / 1e6
        print(
            f"{ROWS:,} daily rows ({size:.0f} MB of CSV): {rows:,} MB, of it {bare:,} MB imports, {seconds:.0f} s"
        )
        found = {}
        for runs in options.runs:
            root = Path(temporary) / f"runs-{runs}"
            scenario = project(root, runs)
            found[runs], seconds = peak(SWEEP, str(scenario), EPRIVACY_ITS_ROOT=str(root))
            print(
                f"{runs:>6,} scenarios: {found[runs]:,} MB, {1000 * seconds / runs:.1f} ms a run of bookkeeping"
            )
    grown = found.get(10000, 0) / found.get(1000, 1)
    failed = rows > MOST_ROWS_MB or (10000 in found and 1000 in found and grown > MOST_GROWTH)
    return 1 if options.check and failed else 0


if __name__ == "__main__":
    sys.exit(main())
