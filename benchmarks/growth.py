"""Growth of time and memory with the number of series and of scenarios, each size in a process of its own.

python benchmarks/growth.py series 100000        one size: prints seconds and peak memory as JSON
python benchmarks/growth.py scenarios 16
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERIES = (100, 1_000, 10_000, 100_000, 1_000_000)
SCENARIOS = (1, 2, 4, 8, 16, 32, 64)
PERIODS = 60
NOTEBOOK = "import pandas as pd\nfrom eprivacy_its import results"


def series(count: int) -> dict[str, float]:
    """Fit `count` simulated series of counts by the study's default model."""
    import numpy as np

    from eprivacy_its import its

    t = np.arange(PERIODS, dtype=float)
    after = (t >= PERIODS // 2).astype(float)
    design = np.column_stack([np.ones(PERIODS), t, after, after * (t - PERIODS // 2)])
    its.fit_many(np.full((2, PERIODS), 9.0) + np.arange(PERIODS) % 3, design, "quasi-poisson-ar1")
    rng, simulated = np.random.default_rng(1), np.empty((count, PERIODS))
    for first in range(0, count, 1000):  # in parts, so that the peak before the fit is that of the data alone
        part = simulated[first : first + 1000]
        part[:] = rng.poisson(100.0, part.shape)
    given = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    its.fit_many(simulated, design, "quasi-poisson-ar1")
    took = time.perf_counter() - began
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": took, "megabytes": (peak - given) / 1e6}


def scenarios(count: int) -> dict[str, float]:
    """Build the pages of `count` scenarios of one small notebook, two at a time."""
    import nbformat

    from eprivacy_its import paths

    with tempfile.TemporaryDirectory(prefix="growth-") as temporary:
        root = Path(temporary)
        for folder in ("notebooks", "data/raw", "data/processed", "scenarios"):
            (root / folder).mkdir(parents=True)
        (root / "requirements.lock").touch()
        cells = [
            nbformat.v4.new_markdown_cell("# One of many", id="title"),
            nbformat.v4.new_code_cell(
                "number = 0  # which; a count; from 0", metadata={"tags": ["parameters"]}, id="p"
            ),
            nbformat.v4.new_code_cell(NOTEBOOK, id="import"),
            nbformat.v4.new_code_cell("pd.Series(range(number + 9)).describe()", id="show"),
        ]
        spec = {"name": "python3", "language": "python", "display_name": "Python 3"}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
        nbformat.write(notebook, root / "notebooks/01_small.ipynb")
        (root / "notebooks/graph.yml").write_text("01_small: {}\n")
        for number in range(count):
            text = f"notebook: 01_small\nparameters: {{number: {number + 1}}}\n"
            (root / f"scenarios/s{number:03}.yml").write_text(text)
        os.environ[paths.ROOT_VARIABLE] = str(root)
        from eprivacy_its.packages import checksums
        from eprivacy_its.study import build

        checksums.verify = lambda: None  # the study's own figures are not in this project
        began = time.perf_counter()
        with open(os.devnull, "w") as quiet:
            status = build.build(jobs=2, stream=quiet, out=quiet)
        took = time.perf_counter() - began
    if status:
        raise SystemExit("the scenarios did not build")
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return {"seconds": took, "megabytes": max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1000}


KINDS = {"series": (series, SERIES), "scenarios": (scenarios, SCENARIOS)}


def measure(kind: str, largest: int) -> list[dict[str, float]]:
    """Seconds and peak memory at each size up to `largest`."""
    rows = []
    for size in [one for one in KINDS[kind][1] if one <= largest]:
        done = subprocess.run(
            [sys.executable, __file__, kind, str(size)], capture_output=True, text=True, check=True
        )
        rows.append({"size": size, **json.loads(done.stdout.splitlines()[-1])})
    return rows


def exponent(rows: list[dict[str, float]]) -> float:
    """Slope of log seconds on log size over the larger half of the sizes, where the start no longer counts."""
    used = rows[len(rows) // 2 :] if len(rows) > 3 else rows
    x = [math.log(row["size"]) for row in used]
    y = [math.log(row["seconds"]) for row in used]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)


if __name__ == "__main__":
    print(json.dumps(KINDS[sys.argv[1]][0](int(sys.argv[2]))))
