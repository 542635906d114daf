"""The whole study against other ways to run the same notebooks, in a copy of the project, two workers each.

Peers are commands as their manuals give them: Papermill's in a loop, nbconvert's, Snakemake calling Papermill. Each
starts with nothing executed. They get what the build gets: the order of the graph (the first notebook, then all but
the last two at a time, then the last), the results of the first build, one thread for BLAS. They make no site.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from eprivacy_its import paths

BIN = Path(sys.executable).parent
PLACE = paths.root() / "build" / "bench"
WORKERS = 2
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Study:
    """A copy of the tracked files with what a run needs around it."""

    def __init__(self) -> None:
        self.root = PLACE / "study"
        shutil.rmtree(self.root, ignore_errors=True)
        tracked = subprocess.check_output(["git", "-C", str(paths.root()), "ls-files", "-z"], text=True)
        for name in tracked.split("\0"):
            if (paths.root() / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(paths.root() / name, self.root / name)
        self.names = sorted(file.stem for file in (self.root / "notebooks").glob("*.ipynb"))

    def call(self, command: Sequence[str | Path], **variables: str) -> None:
        """Run a command in the copy; a failure ends the benchmark with what it said."""
        environment = {**os.environ, paths.ROOT_VARIABLE: str(self.root), **variables}
        done = subprocess.run(
            [str(part) for part in command], cwd=self.root, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr[-2000:]}")

    def build(self, *options: str) -> float:
        """Seconds of `eprivacy-its build`."""
        return timed(lambda: self.call([BIN / "eprivacy-its", "build", "--jobs", str(WORKERS), *options]))

    def own_computing(self) -> float:
        """Seconds that the notebooks and scenarios took by themselves in the last build."""
        states = (self.root / "build/cache").glob("*/*/state.json")
        return sum(json.loads(file.read_text())["seconds"] for file in states)

    def variables(self, name: str) -> dict[str, str]:
        """What a notebook needs to know when something else runs it."""
        stage = PLACE / "stage" / name
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
        results = self.root / "build/cache/results"
        return {paths.STAGE_VARIABLE: str(stage), paths.RESULTS_VARIABLE: str(results), **THREADS}

    def loop(self, command: Callable[[str], Sequence[str | Path]]) -> float:
        """Seconds of one command a notebook, in the order of the graph."""

        def one(name: str) -> None:
            self.call(command(name), **self.variables(name))

        def whole() -> None:
            one(self.names[0])
            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(one, self.names[1:-1]))
            one(self.names[-1])

        return timed(whole)

    def own_page(self) -> float:
        """Seconds of `new` and `run` for 150 simulated weeks, as a user has them: nothing of them is kept."""
        rng = np.random.default_rng(20201221)
        monday = pd.date_range("2019-01-07", periods=150, freq="W-MON")
        frame = pd.DataFrame({"week": monday, "simulated_reports": rng.poisson(400, len(monday))})
        frame.to_csv(self.root / "simulated_weeks.csv", index=False)
        ours = BIN / "eprivacy-its"
        new = [
            "new",
            "weeks",
            "--data",
            "simulated_weeks.csv",
            "--time",
            "week",
            "--outcome",
            "simulated_reports",
        ]

        def both() -> None:
            self.call([ours, *new, "--interruption", "2020-12-21"])
            self.call([ours, "run", "scenarios/weeks.yml"])

        return timed(both)

    def change(self, pattern: str, to: str, name: str = "03_platforms") -> None:
        """Change the first match in a notebook."""
        file = self.root / "notebooks" / f"{name}.ipynb"
        text, found = re.subn(pattern, to, file.read_text(encoding="utf-8"), count=1)
        if not found:
            raise SystemExit(f"{name}: nothing matches {pattern}")
        file.write_text(text, encoding="utf-8")


def timed(run: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def snakefile(study: Study) -> str:
    """Rules of the same graph for Snakemake."""
    first, *middle, last = study.names
    needs = {first: [], **{name: [first] for name in middle}, last: middle}
    rules = [f"rule all:\n    input: 'build/snake/{last}.ipynb'\n"]
    for name, before in needs.items():
        inputs = ", ".join([f"'notebooks/{name}.ipynb'", *(f"'build/snake/{one}.ipynb'" for one in before)])
        sets = " ".join(f"{key}='{value}'" for key, value in study.variables(name).items())
        command = f"{sets} '{BIN}/papermill' --no-progress-bar 'notebooks/{name}.ipynb' '{{output}}'"
        rules.append(
            f"rule nb_{name}:\n    input: {inputs}\n    output: 'build/snake/{name}.ipynb'\n"
            f'    shell: "{command}"\n'
        )
    return "\n".join(rules)


def snakemake() -> Path:
    """Snakemake in an environment of its own, not among the project's packages."""
    place = PLACE / "snakemake"
    if not (place / "bin/snakemake").exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", str(place)], check=True)
        subprocess.run(
            [*uv, "pip", "install", "--quiet", "--python", str(place / "bin/python"), "snakemake"], check=True
        )
    return place / "bin/snakemake"


def measure(peers: bool) -> list[dict[str, object]]:
    """Rows: what, seconds, and for a peer how many times the full build it takes."""
    study = Study()
    full = study.build()
    own = study.own_computing()
    rows: list[dict[str, object]] = [
        {"what": "full build, site included", "seconds": full},
        {"what": "notebooks' own computing, divided by the workers", "seconds": own / WORKERS},
        {"what": "nothing to do", "seconds": min(study.build() for _ in range(3))},
    ]
    study.change("Question", "The question")
    rows.append({"what": "words of one notebook changed", "seconds": study.build()})
    study.change("caption=", "note=str(1), caption=")
    rows.append({"what": "one figure or table changed (03_platforms)", "seconds": study.build()})
    rows.append({"what": "`new` and `run`: a page from 150 weeks of one's own", "seconds": study.own_page()})
    if peers:
        out = study.root / "build/loop"
        out.mkdir()
        notebooks = study.root / "notebooks"
        rows += [
            {
                "what": "Papermill's command in a loop",
                "seconds": study.loop(
                    lambda n: [BIN / "papermill", "--no-progress-bar", notebooks / f"{n}.ipynb", out / f"{n}.ipynb"]
                ),
            },
            {
                "what": "nbconvert --execute in a loop",
                "seconds": study.loop(
                    lambda n: [BIN / "jupyter-nbconvert", "--execute", "--to", "html", "--output-dir", out,
                               notebooks / f"{n}.ipynb"]
                ),
            },
        ]  # fmt: skip
        (study.root / "Snakefile").write_text(snakefile(study))
        command = [snakemake(), "--cores", str(WORKERS), "--quiet", "all"]
        rows.append({"what": "Snakemake with Papermill", "seconds": timed(lambda: study.call(command))})
    return [{**row, "times the full build": row["seconds"] / full} for row in rows]  # type: ignore[operator]
