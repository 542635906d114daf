"""What several parts of the tests share: the built study."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
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


@pytest.fixture(scope="session")
def tally() -> Iterator[Counter[str]]:
    """Counts of what tests tried, by name; `make check-deep` shows their sums in docs/held.md."""
    counts: Counter[str] = Counter()
    yield counts
    if os.environ.get("EPRIVACY_ITS_DEEP") and counts:
        file = ROOT / "build" / "deep.json"
        file.parent.mkdir(exist_ok=True)
        kept = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(kept | counts, indent=1) + "\n")
