"""What several parts of the tests share: the built study."""

from __future__ import annotations

import json
import os
import runpy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
#: Folders and files whose tests take long: begun first, so that no worker ends long after the others.
LONG = ("study", "site")
#: Files whose tests share nothing: each of them may go to another worker.
APART = ("test_axe.py", "test_faults.py", "test_identical.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where workers share the tests, the longest begin."""
    if hasattr(config, "workerinput"):
        items.sort(
            key=lambda item: LONG.index(name) if (name := item.path.parent.name) in LONG else len(LONG)
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A worker takes a whole file, or one test of a file whose tests share nothing."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if file.endswith(APART) else file

    return ByFile(config, log)


@pytest.fixture(scope="session")
def built() -> Path:
    """The project's own build, brought up to date: `build/` with site and results."""
    from eprivacy_its.study import build

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
        held = runpy.run_path(str(ROOT / "tests" / "held.py"))
        file.write_text(json.dumps({**kept, **counts, "commit": held["commit"]()}, indent=1) + "\n")
