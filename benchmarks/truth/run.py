"""Does the interval hold the truth? Runs the cells of the benchmark; writes ``benchmarks/results/truth.csv``.

    python benchmarks/truth/run.py --truth ar1 --n 52 --strength 0.8 --tool r-gls    one cell, again, to the digit
    python benchmarks/truth/run.py --tool r-gls                                        one tool
    python benchmarks/truth/run.py --series 100 --slow-series 40 --write               the whole (hours), and the table
    python benchmarks/truth/run.py --check                                             what tools are here, and no more

Without --series, each cell takes as many series as the committed table has of it, and what is found is compared with
the table. Answers are kept under build/truth/rows, one file a cell, tool and setting; a run goes on where the last one
stopped, and more series are added to those that are there: series i depends on the seed, the cell and i alone.
"""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import pandas as pd  # noqa: E402 - the number of threads is read when libraries are loaded
import scores  # noqa: E402
import tools  # noqa: E402
import truths  # noqa: E402
from truths import Cell  # noqa: E402

RESULTS = Path(__file__).parents[1] / "results"
TABLE, SETTINGS, KINDS = (RESULTS / f"truth{name}.csv" for name in ("", "-settings", "-truths"))
#: Series that a worker is handed at a time: so much is lost where a run is stopped.
_PART = {False: 50, True: 4}


class Worker:
    """One process of a tool; it answers one file at a time."""

    def __init__(self, tool: str) -> None:
        self.tool = tool
        place = tools.PLACE / "work"
        place.mkdir(parents=True, exist_ok=True)
        self.asked, self.out = place / f"{tool}-asked.csv", place / f"{tool}-answers.csv"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        """The process, begun when it is first asked."""
        if self.process is None:
            with (self.asked.parent / f"{self.tool}.log").open("a") as log:
                pipe = subprocess.PIPE
                self.process = subprocess.Popen(
                    tools.command(self.tool), stdin=pipe, stdout=pipe, stderr=log, text=True
                )
        return self.process

    def answers(self, cell: Cell, setting: str, numbers: range) -> pd.DataFrame:
        """Answers to the series of those numbers."""
        parts = []
        for number in numbers:
            series = truths.draw(cell, number)
            part = pd.DataFrame({"series": number, "y": series.y})
            parts.append(part if series.control is None else part.assign(x=series.control))
        pd.concat(parts).to_csv(self.asked, index=False)
        process = self.start()
        print(self.asked, self.out, cell.at, cell.season, setting, file=process.stdin, flush=True)
        if process.stdout is None or process.stdout.readline().strip() != "done":
            raise RuntimeError(
                f"{self.tool} stopped; the end of {self.asked.parent / self.tool}.log says why"
            )
        return _exact(self.out)

    def close(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.process.wait()


def rows_file(cell: Cell, tool: str, setting: str) -> Path:
    return tools.PLACE / "rows" / tool / setting / f"{cell.name}.csv"


def read_rows(cell: Cell, tool: str, setting: str) -> pd.DataFrame:
    file = rows_file(cell, tool, setting)
    if not file.exists():
        return pd.DataFrame({"series": [], "target": []})
    return _exact(file)


def _exact(file: Path) -> pd.DataFrame:
    """Answers to the last digit."""
    table = pd.read_csv(file, dtype=str, keep_default_na=False).astype({"series": int})
    numbers = ["estimate", "low", "high", "seconds"]
    table[numbers] = table[numbers].replace({"": "nan", "NA": "nan"}).astype(float)
    return table


def extend(worker: Worker, cell: Cell, setting: str, wanted: int) -> None:
    """Add series up to `wanted`; each part is on the disk whole or not at all."""
    file, tool = rows_file(cell, worker.tool, setting), worker.tool
    file.parent.mkdir(parents=True, exist_ok=True)
    size = _PART[tools.TOOLS[tool].slow]
    done = read_rows(cell, tool, setting)
    begin = 0 if done.empty else int(done["series"].max()) + 1
    for first in range(begin, wanted, size):
        new = worker.answers(cell, setting, range(first, min(first + size, wanted)))
        done = new if done.empty else pd.concat([done, new])
        half = file.with_suffix(".part")
        done.to_csv(half, index=False)
        half.replace(file)


def tasks(args: argparse.Namespace, tool: str) -> Iterator[tuple[Cell, str]]:
    """Cells and settings that were asked for."""
    for cell in truths.cells():
        asked = (args.truth, cell.truth), (args.n, cell.n), (args.strength, cell.strength)
        if all(wanted is None or value in wanted for wanted, value in asked):
            for setting in tools.TOOLS[tool].settings_of(cell):
                if args.setting is None or setting in args.setting:
                    yield cell, setting


def table(listed: list[tuple[Cell, str, str]], counts: dict[tuple[Cell, str, str], int]) -> pd.DataFrame:
    """Measures of what is on the disk; of a cell as many series as `counts` says, else all."""
    keyed, ours = [], [(cell, scores.OURS, "default") for cell, _, _ in listed]
    for cell, tool, setting in dict.fromkeys([*listed, *ours]):
        rows = read_rows(cell, tool, setting)
        rows = rows[rows["series"] < counts.get((cell, tool, setting), len(rows))]
        key = {"truth": cell.truth, "n": cell.n, "strength": cell.strength, "tool": tool, "setting": setting}
        if not rows.empty:
            keyed.append(rows.assign(**key))
    found = scores.measures(pd.concat(keyed))
    return scores.rounded(found[found["tool"].isin({tool for _, tool, _ in listed})])


def known() -> pd.DataFrame:
    """The committed table."""
    return pd.read_csv(TABLE, dtype=str, keep_default_na=False) if TABLE.exists() else pd.DataFrame()


def committed() -> dict[tuple[Cell, str, str], int]:
    """How many series the committed table has of each cell, tool and setting."""
    return {
        (Cell(row.truth, int(row.n), row.strength), row.tool, row.setting): int(row.series)
        for row in known().itertuples()
    }


def settings_table(names: list[str]) -> pd.DataFrame:
    """Tools, versions, settings and their documentation, with date, commit and seed of the run."""
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True, cwd=RESULTS).strip()
    day = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    rows = []
    for name in names:
        tool, version = tools.TOOLS[name], tools.version(name)
        for setting, one in tool.settings.items():
            told = {"title": tool.title, "version": version, "words": one.words, "documentation": one.address}
            rows.append(
                {"tool": name, "setting": setting, **told, "seed": truths.SEED, "date": day, "commit": commit}
            )
    return pd.DataFrame(rows)


def compare(found: pd.DataFrame) -> int:
    """Print what was found and whether the committed table says the same (seconds aside)."""
    print(found.drop(columns=["null_series", "false_se"]).to_string(index=False))
    old, new = known(), found.astype(object).where(found.notna(), "").astype(str)
    if old.empty:
        return 0
    both = new.drop(columns="seconds").merge(old.drop(columns="seconds"), how="left", indicator=True)
    unlike = int((both["_merge"] == "left_only").sum())
    print(f"{len(both) - unlike} of {len(both)} rows equal those of {TABLE.name}.")
    return 1 if unlike else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--truth", nargs="+", choices=list(truths.TRUTHS))
    parser.add_argument("--n", nargs="+", type=int)
    parser.add_argument("--strength", nargs="+", choices=[*truths.STRENGTHS, truths.FOUND])
    parser.add_argument("--tool", nargs="+", choices=list(tools.TOOLS))
    parser.add_argument("--setting", nargs="+")
    parser.add_argument("--series", type=int, help="series a cell")
    parser.add_argument("--slow-series", type=int, help="series a cell of slow tools (default: --series)")
    parser.add_argument("--write", action="store_true", help="write the tables of all that is on the disk")
    parser.add_argument("--check", action="store_true", help="versions of the tools that run here")
    args = parser.parse_args()
    names = args.tool or list(tools.TOOLS)
    if args.check:
        print(settings_table(names)[["tool", "version"]].drop_duplicates().to_string(index=False))
        return 0
    counts = committed() if args.series is None else {}
    asked = []
    for name in dict.fromkeys([scores.OURS, *names]):
        worker, slow = Worker(name), tools.TOOLS[name].slow
        default = (args.slow_series if slow and args.slow_series is not None else args.series) or 0
        for cell, setting in tasks(args, name) if name != scores.OURS else tasks(_every(args), name):
            extend(worker, cell, setting, counts.get((cell, name, setting), default))
            if name in names:
                asked.append((cell, name, setting))
        worker.close()
        print(f"{datetime.datetime.now():%H:%M:%S} {name}", file=sys.stderr, flush=True)
    if not args.write:
        return compare(table(asked, counts))
    whole = [(cell, name, setting) for name in tools.TOOLS for cell, setting in tasks(_all(), name)]
    table(whole, {}).to_csv(TABLE, index=False, lineterminator="\n")
    settings_table(list(tools.TOOLS)).to_csv(SETTINGS, index=False, lineterminator="\n")
    kinds = [{"truth": name, "words": one.words, "ours": one.ours} for name, one in truths.TRUTHS.items()]
    pd.DataFrame(kinds).to_csv(KINDS, index=False, lineterminator="\n")
    return 0


def _every(args: argparse.Namespace) -> argparse.Namespace:
    """The same cells at every setting."""
    return argparse.Namespace(**{**vars(args), "setting": None})


def _all() -> argparse.Namespace:
    return argparse.Namespace(truth=None, n=None, strength=None, setting=None)


if __name__ == "__main__":
    raise SystemExit(main())
