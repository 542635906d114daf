"""A quick plan, registered in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from eprivacy_its import cli, paths
from eprivacy_its.plans import plan, register, simulation

ROOT = Path(__file__).parents[2]
SERIES = ROOT / "scenarios/data/simulated-weekly.csv"


@pytest.fixture(scope="session")
def _quick() -> dict[str, Any]:
    content = yaml.safe_load((ROOT / "docs/example-plan.yml").read_text(encoding="utf-8"))
    options = content["analyses"]["main"]["options"]
    options.update(estimator="ols", log=True, slope_change=False, harmonics=0)
    content["simulation"]["draws"] = 20
    return content


@pytest.fixture
def quick(_quick: dict[str, Any]) -> dict[str, Any]:
    """The example of the documentation with a quicker estimator and few draws; each test may change its own."""
    return deepcopy(_quick)


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
def answers(_quick: dict[str, Any]) -> simulation.Answers:
    """What the quick plan says of simulated data; asked once."""
    return simulation.answers(plan.parse(_quick, "quick"))


@pytest.fixture
def entry(
    write: Callable[[dict[str, Any]], Path], quick: dict[str, Any], answers: simulation.Answers
) -> register.Entry:
    """The quick plan, registered."""
    write(quick)
    register.add("quick", quick, answers)
    return register.find("quick")


@dataclass(frozen=True)
class Desk:
    """A registered plan, its folder, and a command line whose words are kept."""

    root: Path
    entry: register.Entry
    plan: dict[str, Any]
    write: Callable[[dict[str, Any]], Path]
    _capsys: pytest.CaptureFixture[str]

    def command(self, *arguments: str) -> tuple[int, str]:
        """Exit status of a command, and all that it said."""
        status, told = cli.main(list(arguments)), self._capsys.readouterr()
        return status, told.out + told.err

    def run(self, *arguments: str, data: str | Path = SERIES, wanted: str = "quick") -> tuple[int, str]:
        """The same of `run --registered`."""
        return self.command("run", "--registered", wanted, "--data", str(data), *arguments)

    @property
    def results(self) -> dict[str, Any]:
        """What the last run left."""
        return json.loads((self.root / "build/plans/quick/results.json").read_text(encoding="utf-8"))

    @property
    def page(self) -> str:
        """Its page."""
        return (self.root / "build/plans/quick/page.html").read_text(encoding="utf-8")


@pytest.fixture
def desk(
    root: Path,
    entry: register.Entry,
    quick: dict[str, Any],
    write: Callable[[dict[str, Any]], Path],
    capsys: pytest.CaptureFixture[str],
) -> Desk:
    """The quick plan, registered, with commands."""
    return Desk(root, entry, quick, write, capsys)
