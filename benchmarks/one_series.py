"""One series with intervals: this package, CausalPy (PyMC) and a port of CausalImpact, each in a process of its own.

    python benchmarks/one_series.py           sets up the peers' environments under build/bench and measures

Each process imports its package, fits one simulated series of 150 weeks with a fall after 100, and asks for an
interval of the effect. Seconds are of the whole process and of the fit alone. The peers use their defaults; the
models differ, so the comparison is one of waiting, not of answers.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PLACE = Path(__file__).parents[1] / "build" / "bench"
SERIES = """
import json, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
rng = np.random.default_rng(1)
t = np.arange(150)
simulated = rng.poisson(np.where(t < 100, 200, 150)).astype(float)
"""
END = "print(json.dumps({'fit': time.perf_counter() - began}))\n"
OURS = """
from eprivacy_its import its
frame = pd.DataFrame({"week": pd.date_range("2019-01-07", periods=150, freq="7D").strftime("%Y-%m-%d"), "n": simulated})
began = time.perf_counter()
fit = its.fit(frame, time="week", outcome="n", interruptions=[frame["week"][100]], estimator="quasi-poisson-ar1")
fit.terms, fit.cumulative(frame["week"][100], frame["week"][149])
"""
CAUSALPY = """
import causalpy
frame = pd.DataFrame({"t": t, "n": simulated})
began = time.perf_counter()
model = causalpy.pymc_models.LinearRegression(sample_kwargs={"random_seed": 1, "progressbar": False})
made = causalpy.InterruptedTimeSeries(frame, 100, formula="n ~ 1 + t", model=model)
float(made.post_impact.mean())
"""
IMPACT = """
from causalimpact import CausalImpact
frame = pd.DataFrame({"y": simulated})
began = time.perf_counter()
CausalImpact(frame, [0, 99], [100, 149]).summary()
"""
PEERS = {
    "CausalPy": (("causalpy",), CAUSALPY),
    "pycausalimpact": (("pycausalimpact", "pandas<3", "statsmodels<0.15"), IMPACT),
}


def python(name: str, packages: tuple[str, ...], options: tuple[str, ...] = ()) -> Path:
    """Interpreter of a peer's own environment; made when it is not there."""
    place = PLACE / name.lower()
    if not (place / "ready").exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", *options, str(place)], check=True)
        subprocess.run(
            [*uv, "pip", "install", "--quiet", "--python", str(place / "bin/python"), *packages], check=True
        )
        (place / "ready").touch()
    return place / "bin/python"


def version(interpreter: Path, package: str) -> str:
    """Installed version of a package."""
    code = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    return subprocess.check_output([str(interpreter), "-c", code], text=True).strip()


def run(interpreter: Path | str, code: str) -> dict[str, float]:
    """Seconds of the process and of the fit."""
    import time

    began = time.perf_counter()
    done = subprocess.run([str(interpreter), "-c", SERIES + code + END], capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(done.stderr[-1500:])
    return {"seconds": took, **json.loads(done.stdout.splitlines()[-1])}


def measure() -> list[dict[str, object]]:
    """A row for this package and for each peer; one that can't be installed or fails says why."""
    run(sys.executable, OURS)  # files come from the disk once
    rows: list[dict[str, object]] = [{"what": "eprivacy-its", **run(sys.executable, OURS)}]
    for name, (packages, code) in PEERS.items():
        try:
            interpreter = python(name, packages)
            run(interpreter, code)
            shown = f"{name} {version(interpreter, packages[0])}"
            rows.append({"what": shown, **run(interpreter, code)})
        except (RuntimeError, subprocess.CalledProcessError) as error:
            rows.append({"what": name, "failed": str(error).strip().splitlines()[-1][:200]})
    return rows


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
