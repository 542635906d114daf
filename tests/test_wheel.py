"""The wheel, installed into an environment of its own, in an empty folder without network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.build
NO_NETWORK = """import socket
def _refused(*_): raise OSError("no network here")
socket.getaddrinfo = socket.create_connection = _refused
"""


@pytest.fixture(scope="module")
def bin_folder(tmp_path_factory) -> Path:
    """Programs of a new environment that holds the wheel; the packages it needs are those of this environment."""
    place = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(place / "venv")], check=True, timeout=120
    )
    python = place / "venv" / "bin" / "python"
    site = Path(
        subprocess.run(
            [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    (place / "venv" / "share").mkdir(exist_ok=True)  # nbconvert's templates
    (place / "venv" / "share" / "jupyter").symlink_to(Path(sys.prefix) / "share" / "jupyter")
    (site / "locked.pth").write_text(f"{sysconfig.get_path('purelib')}\nimport no_network\n")
    (site / "no_network.py").write_text(NO_NETWORK)
    uv = [sys.executable, "-m", "uv"]
    source = place / "source"
    for name in ("src/eprivacy_its", "notebooks"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = ["build", "--quiet", "--offline", "--wheel", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*uv, *build, "--out-dir", str(place), str(source)], check=True, timeout=300)
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        names = held.namelist()
        tops = {name.partition("/")[0] for name in names}
        assert tops == {"eprivacy_its", wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"}
        assert {"eprivacy_its/notebooks/06_series.ipynb", "eprivacy_its/py.typed"} <= set(names)
        (metadata,) = [held.read(name).decode() for name in names if name.endswith(".dist-info/METADATA")]
    for needed in (
        "Author: The eprivacy-its contributors",
        "Classifier: Typing :: Typed",
        "Keywords: interrupted",
    ):
        assert needed in metadata
    for left in ("jupyterlab", "altair", "vl-convert", "seaborn", "pandera"):
        assert f"Requires-Dist: {left}" not in metadata
    install = ["pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python), str(wheel)]
    subprocess.run([*uv, *install], check=True, timeout=300)
    return python.parent


def run(bin_folder: Path, folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("EPRIVACY_ITS", "PYTHON"))
    }
    return subprocess.run(
        [str(bin_folder / "eprivacy-its"), *words],
        cwd=folder,
        env={**environment, "JUPYTER_PLATFORM_DIRS": "1", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )


def files(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def series(folder: Path) -> None:
    shutil.copy(ROOT / "scenarios" / "data" / "simulated-weekly.csv", folder / "weekly.csv")
    # Whatever stands beside a reader's data is none of the tool's business.
    (folder / "helpers.py").write_text("raise SystemExit('a helper of somebody else')\n")
    (folder / "notebooks").mkdir()
    (folder / "data" / "raw").mkdir(parents=True)


COLUMNS = ("--time", "week", "--outcome", "simulated_reports")


@pytest.mark.parametrize("by_variable", [False, True], ids=["here", "EPRIVACY_ITS_ROOT"])
def test_a_series_becomes_a_page_where_one_stands(
    bin_folder: Path, tmp_path: Path, by_variable: bool
) -> None:
    here = tmp_path / "an empty folder"
    here.mkdir()
    series(here)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    at, variables = (elsewhere, {"EPRIVACY_ITS_ROOT": str(here)}) if by_variable else (here, {})
    before = files(here)
    checked = run(bin_folder, at, "check", str(here / "weekly.csv"), *COLUMNS, **variables)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert files(here) == before
    new = ["new", "hotline", "--data", str(here / "weekly.csv"), *COLUMNS, "--interruption", "2020-12-21"]
    written = run(bin_folder, at, *new, **variables)
    assert (written.returncode, written.stderr) == (0, "")
    assert files(here) - before == {"scenarios/hotline.yml"}
    ran = run(bin_folder, at, "run", str(here / "scenarios" / "hotline.yml"), **variables)
    assert ran.returncode == 0, ran.stderr
    made = {f"build/scenarios/hotline/{name}" for name in ("notebook.ipynb", "page.html", "results.json")}
    kept = {"build/scenarios/.lock", "build/scenarios/.hotline.state"}
    assert files(here) - before == {"scenarios/hotline.yml", *kept, *made}
    assert files(elsewhere) == set()
    told = json.loads((here / "build/scenarios/hotline/results.json").read_text())
    assert told["provenance"]["commit"] is None
    assert told["provenance"]["notebook"] == "06_series.ipynb"
    assert "hotline/series/level-1" in {one["id"] for one in told["estimates"]}
    assert str(tmp_path) not in (here / "build/scenarios/hotline/page.html").read_text()


def test_fragments_become_a_page_where_one_stands(bin_folder: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "scenarios" / "claims" / "gap_2026.yml", tmp_path)
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "__init__.py").write_text("raise SystemExit('somebody else')\n")
    done = run(bin_folder, tmp_path, "claims", "gap_2026.yml")
    assert done.returncode == 0, done.stderr
    assert any(name.startswith("build/claims/") for name in files(tmp_path))


@pytest.mark.parametrize(
    "words",
    [["build"], ["verify"], ["expected"], ["results"], ["archive"], ["accept", "x.csv"]],
    ids=lambda w: w[0],
)
def test_what_needs_a_study_says_so(bin_folder: Path, tmp_path: Path, words: list[str]) -> None:
    series(tmp_path)
    before = files(tmp_path)
    done = run(bin_folder, tmp_path, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"{words[0]} needs a study, a folder with notebooks/graph.yml")
    assert files(tmp_path) == before
