"""The page of benchmarks is what its figures make; growth is measured right."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import growth
import page

ROOT = Path(__file__).parents[1]


def measured() -> dict:
    return json.loads((ROOT / "benchmarks/results/speed.json").read_text(encoding="utf-8"))


def test_the_page_is_made_from_the_figures() -> None:
    assert (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8") == page.markdown(measured())


def test_the_plot_is_the_same_each_time() -> None:
    drawn = page.plot(measured())
    assert drawn == page.plot(measured())
    if all(matplotlib.__version__ == one["versions"]["matplotlib"] for one in measured().values()):
        assert (ROOT / "docs/benchmarks.svg").read_text(encoding="utf-8") == drawn


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_the_exponent_of_a_known_law(power: float) -> None:
    sizes = (1, 2, 4, 8, 16, 32, 64)
    rows = [{"size": size, "seconds": 3 * size**power} for size in sizes]
    assert growth.exponent(rows) == pytest.approx(power)
    # A start of ten seconds bends the small sizes; the larger half is what counts.
    late = [{"size": 10.0**k, "seconds": 10 + 0.1 * 10**k} for k in range(1, 7)]
    assert growth.exponent(late) == pytest.approx(1, abs=0.02)


def test_a_busy_machine_is_said() -> None:
    found = {
        "machine": "Linux x86_64, 2 processors, X",
        "python": "3.11",
        "versions": {"numpy": "2"},
        "rows": [],
    }
    rows = [{"what": "a", "seconds": 1.0}]
    assert "Other work" in page.markdown({"kernels": {**found, "rows": rows, "load": 9.0}})
    assert "Other work" not in page.markdown({"kernels": {**found, "rows": rows, "load": 0.5}})


def test_a_peer_that_failed_says_why() -> None:
    lines = page._table([{"what": "peer", "failed": "no such package"}], (("seconds", "seconds", 1),))
    assert lines[-1] == "| peer | failed: no such package |"


def test_goals_of_the_study_are_told_as_they_came_out():
    def told(loop: float) -> str:
        rows = [
            {"what": "full build, site included", "seconds": 60.0},
            {"what": "notebooks' own computing, divided by the workers", "seconds": 50.0},
            {"what": "Papermill's command in a loop", "seconds": loop},
        ]
        return page._of_the_study(rows)

    assert "1.20 times" in told(90.0)
    assert "1.50 times as long as the build (goal: 3, not met)" in told(90.0)
    assert "more than 1.80 times" in told(90.0)
    assert "(goal: 3, met)" in told(200.0)
    assert "no way to start" not in told(200.0)
