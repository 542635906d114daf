"""Small series files and a throw-away project with the notebook of one's own series."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import paths

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write content under a name; text is encoded."""

    def written(content: str | bytes, name: str = "series.csv", encoding: str = "utf-8") -> Path:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return file

    return written


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that holds notebook 06 and its simulated example only."""
    root = tmp_path / "a project"
    for folder in ("notebooks", "data/raw", "data/processed", "scenarios/data"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "notebooks/06_series.ipynb", root / "notebooks")
    shutil.copy(ROOT / "scenarios/data/simulated-weekly.csv", root / "scenarios/data")
    (root / "notebooks/graph.yml").write_text("06_series:\n  reads: [scenarios/data/simulated-weekly.csv]\n")
    (root / "requirements.lock").write_text("toy==1\n")
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(root))
    for name in (
        paths.BUILD_VARIABLE,
        paths.STAGE_VARIABLE,
        paths.RESULTS_VARIABLE,
        "EPRIVACY_ITS_PROCESSED",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(root)
    return root
