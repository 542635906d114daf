"""Another version of Python, and so of numpy: what it estimates agrees with this one within what the README says."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import toy

from eprivacy_its.study import expected

ROOT = Path(__file__).parents[2]
DEEP = bool(os.environ.get("EPRIVACY_ITS_DEEP"))
#: Notebooks that read nothing but tables: they run by themselves, in minutes. EPRIVACY_ITS_NOTEBOOKS names others.
NOTEBOOKS = (os.environ.get("EPRIVACY_ITS_NOTEBOOKS") or "02_claims,04_countries,08_validation").split(",")


def another() -> str | None:
    """A Python of another minor version that can make environments, found on the path."""
    own = f"python3.{sys.version_info.minor}"
    for name in (f"python3.{minor}" for minor in range(11, 15)):
        found = shutil.which(name) if name != own else None
        if (
            found
            and not subprocess.run(
                [found, "-c", "import venv, ensurepip"], capture_output=True, check=False
            ).returncode
        ):
            return found
    return None


def estimates(place: Path, python: str, notebook: str) -> dict[str, dict[str, float | None]]:
    """What a notebook records, by id."""
    (place / "scenarios/again.yml").write_text(f"title: Again\nnotebook: {notebook}\n")
    done = subprocess.run(
        [python, "-m", "eprivacy_its.cli", "run", "scenarios/again.yml"],
        cwd=place,
        env=toy.environment(place, PYTHONPATH=str(place / "src")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = json.loads((place / "build/scenarios/again/results.json").read_text())
    return {one["id"].removeprefix("again/"): one for one in made["estimates"]}


@pytest.mark.build
@pytest.mark.skipif(not DEEP, reason="an environment of its own and notebooks run twice: make check-deep")
def test_another_python_estimates_the_same_within_what_is_said(tmp_path: Path, tally: Counter[str]) -> None:
    python = another()
    if python is None:
        pytest.skip("no Python of another version from 3.11 to 3.14 on the path")
    said = re.search(r"estimates agree within ([\d.]+) %", (ROOT / "README.md").read_text(encoding="utf-8"))
    tolerance = float(said[1]) / 100
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tmp_path / "study")], check=True)
    place = tmp_path / "study"
    subprocess.run(["make", f"PYTHON={python}", ".venv/.ready"], cwd=place, check=True)
    compared = 0
    for notebook in NOTEBOOKS:
        here = estimates(place, sys.executable, notebook)
        there = estimates(place, str(place / ".venv/bin/python"), notebook)
        assert there.keys() == here.keys()
        for name, one in here.items():
            for field in ("estimate", "ci_low", "ci_high"):
                values = one[field], there[name][field]
                same = values[0] == values[1] or math.isclose(*values, rel_tol=tolerance)
                assert same, f"{name}: {field} {values[0]} is {values[1]} with {python}"
        compared += len(here)
        key = expected.read().keys() & here.keys()
        tally["key estimates compared with another Python"] += len(key)
    assert compared
