"""A copy of the raw figures that a test may spoil, and the tidy tables of the real ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from eprivacy_its import paths
from helpers.data import clean

PROJECT = Path(__file__).resolve().parents[2]
Spoil = Callable[[str, str, str], None]


@pytest.fixture(autouse=True)
def _project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(PROJECT))
    monkeypatch.delenv("EPRIVACY_ITS_PROCESSED", raising=False)


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    """Tidy tables built from the committed raw figures; not to be changed by a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.ROOT_VARIABLE, str(PROJECT))
        return clean.tables()


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the same raw figures and tables, in a path with a space."""
    root = tmp_path / "a copy"
    shutil.copytree(PROJECT / "data", root / "data")
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(root))
    return root


@pytest.fixture
def spoil(copy: Path) -> Spoil:
    """Replace a text that occurs once in a raw file of the copy: `spoil("ncmec/x.csv", old, new)`."""

    def replace(file: str, old: str, new: str) -> None:
        path = copy / "data" / "raw" / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8", newline="")

    return replace


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
