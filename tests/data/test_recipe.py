"""The recipe for a table, followed in a copy of the project; each place that is forgotten is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import PROJECT

ENTRY = {
    "name": "lighthouses",
    "path": "lighthouses.csv",
    "title": "Lighthouses a year",
    "description": "One row a year.",
    "terms": "Made up for a test.",
    "schema": {
        "fields": [
            {"name": "year", "type": "integer", "unit": "year"},
            {"name": "lit", "type": "integer", "unit": "lighthouses", "constraints": {"minimum": 0}},
            {"name": "source_id", "type": "string"},
        ],
        "primaryKey": ["year"],
    },
    "sources": [{"source_id": "own-snap", "title": "x", "path": "x"}],
}
MODULE = '''"""Lighthouses a year."""

import pandas as pd

from eprivacy_its.packages import raw
from eprivacy_its.packages.tidy import Table
from helpers.data import columns as col

RAW = ("lighthouses",)
TABLE = Table(
    "lighthouses",
    "Lighthouses a year.",
    (col.year(), col.count("lit", "Lighthouses that were lit.", "lighthouses"), col.SOURCE),
    ("year",),
)


def build(tidied):
    return raw.load(*RAW).sort_values("year", ignore_index=True)
'''
CLEAN = "from helpers.data import clean; from eprivacy_its import paths; clean.run(paths.processed())"


@pytest.fixture
def project(copy: Path) -> Path:
    for part in ("src", "notebooks"):
        shutil.copytree(PROJECT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def call(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_table_is_added_in_one_place_besides_the_data(project: Path) -> None:
    folder = project / "data/raw/lighthouses"
    folder.mkdir()
    (folder / "lighthouses.csv").write_text("year,lit,source_id\n2021,7,own-snap\n2020,8,own-snap\n")
    package = {"name": "lighthouses", "resources": [ENTRY]}
    (folder / "datapackage.json").write_text(json.dumps(package))
    accepted = call(project, "-m", "eprivacy_its.cli", "accept", "data/raw/lighthouses/lighthouses.csv")
    assert "accepted with 2 rows" in accepted.stdout, accepted.stderr
    assert '"lighthouses": ["lighthouses"]' in (project / "data/raw/catalog.json").read_text()

    forgotten = call(project, "-c", CLEAN)
    assert "no module of src/helpers/data/tables reads lighthouses" in forgotten.stderr
    module = project / "src/helpers/data/tables/lighthouses.py"
    module.write_text(MODULE.replace("build", "make"))
    half = call(project, "-c", CLEAN)
    assert "src/helpers/data/tables/lighthouses.py: found no build" in half.stderr

    module.write_text(MODULE)
    done = call(project, "-c", CLEAN)
    assert done.returncode == 0, done.stderr
    assert (project / "data/processed/lighthouses.csv").read_text().splitlines()[1] == "2020,8,own-snap"
    described = json.loads((project / "data/processed/datapackage.json").read_text())
    assert "lighthouses" in [entry["name"] for entry in described["resources"]]
