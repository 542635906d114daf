"""A study made by `init` builds, verifies and passes its own test, with its package found where it lies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from eprivacy_its import cli, results
from eprivacy_its.errors import InputError
from eprivacy_its.study import init


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("init") / "my study"
    assert cli.main(["init", str(folder)]) == 0
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("EPRIVACY_ITS", "PYTHON"))}
    programs = os.pathsep.join((str(Path(sys.executable).parent), kept["PATH"]))
    return subprocess.run(
        command, cwd=folder, env={**kept, "PATH": programs}, capture_output=True, text=True, timeout=600
    )


@pytest.mark.build
def test_it_builds_verifies_and_passes_its_test(made: Path) -> None:
    built = run(made, "eprivacy-its", "build", "--jobs", "1")
    assert (built.returncode, built.stdout[:21]) == (0, "build/site/index.html"), built.stderr
    (level,) = results.read_estimates(made / "build" / "results")["02_change"]
    assert level.ci_low < 0.75 < level.ci_high  # what was simulated
    page = (made / "build/site/index.html").read_text()
    assert "imulated calls" in page
    assert str(made) not in page
    again = run(made, "eprivacy-its", "build")
    assert again.stdout.startswith("Nothing to do"), again.stderr
    # With ordinary kernels: they too find the package of the study.
    verified = run(made, "eprivacy-its", "verify", "--cold")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stdout.startswith("verified: 2 estimates")
    tested = run(made, "make", "test")
    assert tested.returncode == 0, tested.stdout
    assert "2 passed" in tested.stdout


@pytest.mark.build
def test_a_package_of_that_name_elsewhere_is_not_taken(made: Path, tmp_path: Path) -> None:
    other = tmp_path / "analysis"
    other.mkdir()
    (other / "__init__.py").write_text("raise SystemExit('a package of somebody else')\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from eprivacy_its import declaration; "
        "print(sorted(declaration.loaded('analysis.schemas:SCHEMAS')))"
    )
    done = run(made, sys.executable, "-c", code)
    assert (done.returncode, done.stdout) == (0, "['02_change']\n"), done.stderr


@pytest.mark.parametrize("kind", ["not empty", "a file"])
def test_what_is_there_is_left_alone(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "taken"
    if kind == "a file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "mine.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=r"^init: .* exists and is not an empty folder; name a new one$"):
        init.init(place)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    init.init(tmp_path / "empty")
    assert (tmp_path / "empty" / ".gitignore").is_file()
    assert [file.name for file in tmp_path.iterdir()] == ["empty"]
