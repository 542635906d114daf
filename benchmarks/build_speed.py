"""Speed of the engine `prefork` against ordinary kernels, as ratios from one run.

    python benchmarks/build_speed.py [--notebooks 8] [--rounds 3] [--check]

The same small notebook (a table, a regression, a figure) is executed `--notebooks` times in one process through
Papermill, by ordinary kernels and by forked ones, in turn for `--rounds` rounds; the medians of the rounds are shown.
`prefork, first` counts the start of the zygote, `prefork` is every later round. Outputs must be equal to the byte.
With --check the exit status is 1 if forked kernels, the start counted, need more than a third of the time.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import logging
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ |= {"PYTHONHASHSEED": "0", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}

from eprivacy_its.runs import prefork  # noqa: E402 - the number of threads is read when libraries are loaded

PRELOAD = ("numpy", "pandas", "scipy", "matplotlib.pyplot", "seaborn", "statsmodels.api")
GOAL = 3.0
CELLS = (
    "import numpy as np, pandas as pd, seaborn as sns, statsmodels.api as sm\nimport matplotlib.pyplot as plt",
    "rng = np.random.default_rng(number)\n"
    "simulated = pd.DataFrame({'month': range(48), 'events': rng.poisson(100, 48)})\nsimulated.describe()",
    "fit = sm.OLS(simulated['events'], sm.add_constant(simulated[['month']])).fit()\nfit.params",
    "_ = sns.lineplot(simulated, x='month', y='events')",
    "plt.close('all')",
)
PACKAGES = ("papermill", "nbclient", "jupyter_client", "ipykernel", "pandas", "statsmodels", "matplotlib")


def notebook(number: int) -> Any:
    """One notebook of the set; they differ in their simulated series."""
    import nbformat

    sources = (f"number = {number}", *CELLS)
    cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources)]
    spec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})


def execute(papermill: Any, count: int, folder: Path, **options: Any) -> tuple[float, list[str]]:
    """Seconds for the set, and the outputs of each notebook."""
    outputs, began = [], time.perf_counter()
    for number in range(count):
        done = papermill.execute_notebook(
            notebook(number),
            str(folder / f"{number}.ipynb"),
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            shutdown_kernel="immediate",
            **options,
        )
        outputs.append(json.dumps([cell.outputs for cell in done.cells], sort_keys=True))
    return time.perf_counter() - began, outputs


def ordinary(folder: Path) -> dict[str, Any]:
    """Ordinary kernels over Unix sockets too, so that only the fork is compared."""
    from traitlets.config import Config

    return {"config": Config({"KernelManager": {"transport": "ipc", "ip": str(folder / "kernel")}})}


def measure(count: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each round by kind of kernel; stops when outputs differ."""
    papermill = prefork.papermill()
    forked = {"engine_name": prefork.NAME, "preload": PRELOAD}
    seconds: dict[str, list[float]] = {"ordinary": [], "prefork, first": [], "prefork": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        # Files come from the disk once, for both kinds alike.
        expected = execute(papermill, count, folder, **ordinary(folder))[1]
        for _ in range(rounds):
            prefork.close()
            for kind, options in (
                ("ordinary", ordinary(folder)),
                ("prefork, first", forked),
                ("prefork", forked),
            ):
                took, outputs = execute(papermill, count, folder, **options)
                if outputs != expected:
                    raise SystemExit(f"{kind}: outputs differ from those of ordinary kernels")
                seconds[kind].append(took)
    return seconds


def machine() -> str:
    """Where and with what this was measured."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    load = f"load {os.getloadavg()[0]:.1f} at the end"
    return f"{platform.platform()}, {os.cpu_count()} processors, {load}\nPython {platform.python_version()}, {versions}"


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--notebooks", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    medians = {k: statistics.median(v) for k, v in measure(options.notebooks, options.rounds).items()}
    prefork.close()
    print(f"{options.notebooks} notebooks one after another, median of {options.rounds} rounds\n")
    print("| kernels | seconds | seconds a notebook | times faster |\n| --- | ---: | ---: | ---: |")
    for kind, seconds in medians.items():
        ratio = medians["ordinary"] / seconds
        print(f"| {kind} | {seconds:.2f} | {seconds / options.notebooks:.2f} | {ratio:.1f} |")
    print(f"\nOutputs equal to the byte.\n{machine()}")
    missed = medians["ordinary"] / medians["prefork, first"] < GOAL
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
