"""The command line as a user meets it: exit status, one message, nothing half done."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from eprivacy_its import cli, paths

ROOT = Path(__file__).parents[1]
COUNTRIES = "data/raw/ncmec/ncmec_reports_by_country.csv"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's figures and notebooks in a place of their own, with a site that must survive."""
    root = tmp_path / "copy"
    for folder in ("data", "notebooks"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "scenarios").mkdir()
    shutil.copy(ROOT / "requirements.lock", root)
    (root / "build/site").mkdir(parents=True)
    (root / "build/site/index.html").write_text("the last good site")
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(root))
    for name in (paths.BUILD_VARIABLE, paths.STAGE_VARIABLE, paths.RESULTS_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(root)
    return root


def state(root: Path) -> dict[str, bytes]:
    kept = [root / "data/processed", root / "build/site"]
    return {
        str(f.relative_to(root)): f.read_bytes()
        for base in kept
        for f in sorted(base.rglob("*"))
        if f.is_file()
    }


def edit(root: Path, change: str) -> None:
    """One deliberate fault in the country table."""
    file = root / COUNTRIES
    lines = file.read_text(encoding="utf-8").splitlines()
    if change == "figure":
        row = next(i for i, line in enumerate(lines) if line.startswith("POL,Poland,2020"))
        lines[row] = lines[row].replace("381254", "381255")
    elif change == "letter":
        row = next(i for i, line in enumerate(lines) if line.startswith("POL,Poland,2020"))
        lines[row] = lines[row].replace("381254", "38l254")
    elif change == "column":
        lines = [line.rpartition(",")[0] for line in lines]
    elif change == "row":
        lines.insert(20, lines[19])
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("letter", [COUNTRIES, "row", "reports", "38l254", "whole number"]),
        ("column", [COUNTRIES, "source_id"]),
        ("row", [COUNTRIES, "row 21"]),
        ("figure", [COUNTRIES, "expected sha256", "found", f"eprivacy-its accept {COUNTRIES}"]),
    ],
)
def test_faulty_figures_stop_the_build(
    copy: Path, change: str, expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(copy)
    edit(copy, change)
    assert cli.main(["build"]) == cli.BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    for part in expected:
        assert part in told.err
    assert state(copy) == before
    assert len(told.err.strip().splitlines()) <= 3


def test_a_deliberate_change_is_accepted(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from eprivacy_its.packages import checksums

    edit(copy, "figure")
    assert checksums.changed()
    assert cli.main(["accept", COUNTRIES]) == cli.DONE
    assert "accepted" in capsys.readouterr().out
    assert not checksums.changed()


def test_a_faulty_file_is_not_accepted(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = (copy / "data/raw/ncmec/datapackage.json").read_bytes()
    edit(copy, "letter")
    assert cli.main(["accept", COUNTRIES]) == cli.BAD_INPUT
    assert "38l254" in capsys.readouterr().err
    assert (copy / "data/raw/ncmec/datapackage.json").read_bytes() == package


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["bild"],
        ["build", "--jobs", "0"],
        ["build", "--jobs", "x"],
        ["results", "--format", "xml"],
        ["run"],
    ],
)
def test_wrong_usage_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == cli.BAD_INPUT
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["results"], ["verify"]])
def test_nothing_built_yet_is_said(
    copy: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(command) == cli.BAD_INPUT
    assert "make findings" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["run", "none.yml"], ["accept", "none.csv"], ["claims", "none.yml"]])
def test_a_missing_file_is_named(copy: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(command) == cli.BAD_INPUT
    assert command[1] in capsys.readouterr().err


def test_help_shows_examples_and_exit_status() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "eprivacy_its.cli", "--help"], capture_output=True, text=True, check=True
    )
    assert "examples:" in done.stdout
    assert "exit status" in done.stdout


def test_help_does_not_import_what_is_slow() -> None:
    script = (
        "import sys; from eprivacy_its import cli\n"
        "try: cli.main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'matplotlib', 'statsmodels', 'papermill', 'yaml', 'nbconvert'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.build
def test_nothing_to_do_is_said_at_once(built: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "eprivacy_its.cli", "build"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Nothing to do")
    script = (
        "import sys; from eprivacy_its import cli; cli.main(['build'])\n"
        "heavy = {'pandas', 'matplotlib', 'statsmodels', 'papermill', 'nbconvert'} & set(sys.modules)\n"
        "print(heavy or 'light', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip().splitlines()[-1] == "light"


@pytest.mark.build
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_results_lists_every_estimate(built: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["results", "--format", form]) == cli.DONE
    assert "claims/eu27-change-2021" in capsys.readouterr().out
