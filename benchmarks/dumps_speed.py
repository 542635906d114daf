"""Counting simulated daily dumps, against unzip with a plain CSV tokeniser, and against shantay.

    python benchmarks/dumps_speed.py [--statements 1000000] [--peers] [--growth 100000 1000000 10000000]

Everything runs as a process of its own and is asked for its processor seconds, which other work on the machine hardly
touches, and for its wall-clock seconds. `unzip -p` of the outer zip gives the inner zips, so that it runs once more
over these to reach the text. The tokeniser is the standard library's `csv.reader` over the unpacked text; Arrow's
own, which counting uses, is timed beside it. shantay (package, Python >= 3.12) gets an environment of its own under
build/bench and a list of the platforms, since it would fetch one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import one_series

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "moderation"))

import simulated_dumps  # noqa: E402

DAYS = ("2025-07-02", "2025-07-03")
#: Two workers are compared on days so many times as large: a real day holds tens of millions of statements, beside which
#: the second that a worker takes to start is nothing.
LARGER = 3
GROWTH = (100_000, 1_000_000, 10_000_000)
COUNT = (sys.executable, "-m", "helpers.moderation", "count")
TOKENISER = """
import csv, sys
for name in sys.argv[1:]:
    with open(name, encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream):
            pass
"""
ARROW = """
import sys, pyarrow as pa, pyarrow.csv as c
for name in sys.argv[1:]:
    reader = c.open_csv(name, c.ReadOptions(use_threads=False, block_size=2**22), c.ParseOptions(newlines_in_values=True),
                        c.ConvertOptions(include_columns=["uuid"], column_types={"uuid": pa.binary()}))
    for batch in reader:
        pass
"""
#: A small process in between: a child's peak memory begins with that of the process that forked it.
LAUNCHER = """
import json, os, sys, time
began, core = time.perf_counter(), min(os.sched_getaffinity(0))
process = os.fork()
if not process:
    if sys.argv[1] == "1":
        os.sched_setaffinity(0, {core})
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(process, 0)
found = {"seconds": time.perf_counter() - began, "cpu": usage.ru_utime + usage.ru_stime}
print(json.dumps({**found, "megabytes": usage.ru_maxrss / 1000}), file=sys.stderr)
sys.exit(int(status != 0))
"""
Row = dict[str, object]


def timed(command: list[str], one_core: bool = True, **variables: str) -> dict[str, float]:
    """Processor and wall-clock seconds of a command and all that it starts, and the peak memory of its largest process."""
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, str(int(one_core)), *command],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-1500:])
    found: dict[str, float] = json.loads(done.stderr.splitlines()[-1])
    return found


def added(*parts: dict[str, float]) -> dict[str, float]:
    """One thing after the other."""
    return {
        "seconds": sum(part["seconds"] for part in parts),
        "cpu": sum(part["cpu"] for part in parts),
        "megabytes": max(part["megabytes"] for part in parts),
    }


def ours(folder: Path, files: list[Path], jobs: int, one_core: bool) -> dict[str, float]:
    """Count from nothing."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    command = [*COUNT, *map(str, files), "--out", str(folder / "out" / "t.csv"), "--jobs", str(jobs)]
    return timed(command, one_core)


def shantay(folder: Path, file: Path, one_core: bool) -> dict[str, float]:
    """The statistics of the same day by shantay, which makes more of them."""
    interpreter = one_series.python("shantay", ("shantay",), ("--python", ">=3.12"))
    archive, home = folder / "archive", folder / "home"
    for place in (archive, folder / "staging", home):
        shutil.rmtree(place, ignore_errors=True)
    day = archive / "2025" / "07"
    day.mkdir(parents=True)
    for name in (file.name, f"{file.name}.sha1"):
        os.link(file.with_name(name), day / name)
    (home / ".shantay").mkdir(parents=True)
    names = sorted(name for _, name in simulated_dumps.PLATFORMS)
    (home / ".shantay" / "platforms.json").write_text(json.dumps(names))
    command = [
        str(interpreter.with_name("shantay")),
        "--archive",
        str(archive),
        "--staging",
        str(folder / "staging"),
    ]
    command += [
        "--offline",
        "--first",
        DAYS[0],
        "--last",
        DAYS[0],
        "--logfile",
        str(folder / "log"),
        "summarize",
    ]
    return timed(command, one_core, HOME=str(home))


def measure(statements: int, peers: bool) -> list[Row]:
    """Rows of the table, all of one run."""
    with tempfile.TemporaryDirectory(prefix="dumps-") as temporary:
        folder = Path(temporary)
        first = simulated_dumps.write(folder, DAYS[0], statements).file
        with zipfile.ZipFile(first) as outer:
            outer.extractall(folder / "inner")
        inner = [str(path) for path in sorted((folder / "inner").iterdir())]
        for name in inner:
            with zipfile.ZipFile(name) as archive:
                archive.extractall(folder / "text")
        text = [str(path) for path in sorted((folder / "text").iterdir())]
        ours(folder, [first], 1, True)  # files come from the disk once
        rows: list[Row] = [
            {"what": "counting, one core", **ours(folder, [first], 1, True)},
            {"what": "unzip -p of the outer zip", **timed(["unzip", "-p", str(first)])},
            {
                "what": "unzip -p of the inner zips",
                **added(*(timed(["unzip", "-p", name]) for name in inner)),
            },
            {"what": "csv.reader over the text", **timed([sys.executable, "-c", TOKENISER, *text])},
            {"what": "Arrow's reader over the text", **timed([sys.executable, "-c", ARROW, *text])},
            {"what": "counting, two workers on one day", **ours(folder, [first], 2, False)},
        ]
        for what, one_core in (("shantay, one core", True), ("shantay, all cores", False)) if peers else ():
            try:
                rows.append({"what": what, **shantay(folder, first, one_core)})
            except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
                rows.append({"what": what, "failed": str(error).strip().splitlines()[-1][:200]})
        first.unlink()
        two = [simulated_dumps.write(folder, day, LARGER * statements).file for day in DAYS]
        ours(folder, two, 2, False)
        for jobs, what in ((1, "one worker"), (2, "two workers")):
            rows.append(
                {
                    "what": f"counting two days, {LARGER} times as large, {what}",
                    **ours(folder, two, jobs, False),
                }
            )
    return [{"statements": statements, **row} for row in rows]


def growth(sizes: tuple[int, ...]) -> list[Row]:
    """Processor seconds and peak memory of counting at each size, start of the process included."""
    rows: list[Row] = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="dumps-") as temporary:
            file = simulated_dumps.write(Path(temporary), DAYS[0], size).file
            found = ours(Path(temporary), [file], 1, True)
            rows.append({"size": size, "seconds": found["cpu"], "megabytes": found["megabytes"]})
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--statements", type=int, default=1_000_000)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--growth", type=int, nargs="*", default=[])
    given = parser.parse_args()
    print(json.dumps(growth(tuple(given.growth)) or measure(given.statements, given.peers), indent=1))
