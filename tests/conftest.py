"""What several parts of the tests share: the built study."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def built() -> Path:
    """The project's own build, brought up to date: `build/` with site and results."""
    from helpers.publish import build

    before = Path.cwd()
    os.chdir(ROOT)
    try:
        status = build.build(jobs=len(os.sched_getaffinity(0)))
    finally:
        os.chdir(before)
    assert status == 0, "a notebook failed; the lines above name it"
    return ROOT / "build"
