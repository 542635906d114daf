"""A quick plan, registered in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from eprivacy_its import paths
from eprivacy_its.plans import plan, register, simulation

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def quick() -> dict[str, Any]:
    """The example of the documentation with a quicker estimator and few draws."""
    content = yaml.safe_load((ROOT / "docs/example-plan.yml").read_text(encoding="utf-8"))
    options = content["analyses"]["main"]["options"]
    options.update(estimator="ols", log=True, slope_change=False, harmonics=0)
    content["simulation"]["draws"] = 20
    return content


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which commands work."""
    for name in (paths.BUILD_VARIABLE, paths.STAGE_VARIABLE, paths.RESULTS_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios/plans").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def write(root: Path) -> Callable[[dict[str, Any]], Path]:
    """Puts a plan in its place."""

    def put(content: dict[str, Any]) -> Path:
        file = root / "scenarios/plans/quick.yml"
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return file

    return put


@pytest.fixture(scope="session")
def answers(quick: dict[str, Any]) -> simulation.Answers:
    """What the quick plan says of simulated data; asked once."""
    return simulation.answers(plan.parse(quick, "quick"))


@pytest.fixture
def entry(
    write: Callable[[dict[str, Any]], Path], quick: dict[str, Any], answers: simulation.Answers
) -> register.Entry:
    """The quick plan, registered."""
    write(quick)
    register.add("quick", quick, answers)
    return register.find("quick")
