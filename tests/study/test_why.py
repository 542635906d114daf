"""What moved an estimate is found by running the accepted state with data or code of today alone, in a toy study."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import toy

from eprivacy_its import cli, paths
from eprivacy_its.study import expected, why
from helpers.pages import changes

TOTAL = "toy/total"


def git(root: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Toy", "-c", "user.email=toy@example.org")
    return subprocess.run(
        ["git", "-C", root, *who, *arguments], check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def accepted(built_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project whose estimates were accepted and committed."""
    root = built_project
    (root / "tests/expected").mkdir(parents=True)
    (root / "tests/expected/estimates.csv").write_text(f"{','.join(expected.COLUMNS)}\n{TOTAL},,,,,,1e-6\n")
    assert cli.main(["expected", "--accept", "first"]) == cli.DONE
    (root / ".gitignore").write_text("build/\n")
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    monkeypatch.setattr(why, "COMMAND", toy.COMMAND)
    return root


def files(root: Path) -> dict[str, bytes]:
    return {name: content for name, content in toy.tree(root).items() if not name.startswith(".git/")}


def new_data(root: Path, write: Callable[..., None]) -> None:
    (root / "data/raw/toy/figures.csv").write_text("year,reports\n2020,9\n")


def new_code(root: Path, write: Callable[..., None]) -> None:
    text = (root / "notebooks/02_claims.ipynb").read_text(encoding="utf-8")
    (root / "notebooks/02_claims.ipynb").write_text(
        text.replace("factor = 2", "factor = 3"), encoding="utf-8"
    )


@pytest.mark.build
@pytest.mark.parametrize(
    ("moves", "data", "code", "now", "moved_by"),
    [
        ([new_data], "18", "14", "18", "data"),
        ([new_code], "14", "21", "21", "code"),
        ([new_data, new_code], "18", "21", "27", "data and code"),
    ],
    ids=["data", "code", "both"],
)
def test_one_is_changed_at_a_time(
    moves: list[Callable[..., None]],
    data: str,
    code: str,
    now: str,
    moved_by: str,
    accepted: Path,
    notebook_writer: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    for move in moves:
        move(accepted, notebook_writer)
    status, _, told = toy.build(accepted)
    assert status == 0, told
    before = files(accepted)
    assert cli.main(["expected", "--why"]) == cli.DONE
    assert f"{TOTAL}: moved by {moved_by}\n" in capsys.readouterr().out
    was, *alone, is_now = (f"estimate {value}.0" for value in ("14", "14", data, code, now))
    row = dict(zip(why.COLUMNS, (TOTAL, was, *alone, is_now, moved_by), strict=True))
    assert why.kept() == [row]
    kept = (accepted / "tests/expected/moved.csv").read_bytes()
    after = files(accepted)
    assert after.pop("tests/expected/moved.csv") == kept
    assert after == before  # nothing else is touched
    assert cli.main(["expected", "--accept", "a reason"]) == cli.DONE
    log = (accepted / "CHANGELOG.md").read_text(encoding="utf-8")
    ((_, reason, rows), _first) = changes.moved(log)
    assert (reason, [(one[0], one[3]) for one in rows]) == ("a reason", [(TOTAL, moved_by)])
    capsys.readouterr()
    assert cli.main(["expected", "--why"]) == cli.DONE
    assert capsys.readouterr().out == "no accepted estimate has moved\n"


def given(total: float | None) -> dict[str, dict[str, str]]:
    one = {"id": TOTAL, "estimate": f"{total}", "ci_low": "", "ci_high": "", "n": "1", "grade": ""}
    return {} if total is None else {TOTAL: one}


@pytest.mark.parametrize(
    ("packages_moved", "packages", "data", "code", "moved_by"),
    [
        (False, 14.0, 14.0, 14.0, "data and code together only"),
        (True, 15.0, 15.0, 15.0, "packages"),
        (True, 15.0, 16.0, 15.0, "packages and data"),
        (False, 15.0, 16.0, 15.0, "not told: the accepted commit gives another figure"),
        (False, 14.0, None, 18.0, "code, data alone can't be run"),
        (False, 14.0, None, None, "data alone can't be run, code alone can't be run"),
        (True, None, None, None, "not told: what was accepted can't be run today"),
    ],
)
def test_what_moved_it_in_words(
    packages_moved: bool,
    packages: float | None,
    data: float | None,
    code: float | None,
    moved_by: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expected, "packages_moved", lambda: packages_moved)
    runs = dict(zip(why.KINDS, map(given, (packages, data, code)), strict=True))
    row = why._row(
        expected.Change(TOTAL, "02_claims", "estimate 14.0", "estimate 18.0"),
        {**given(14.0)[TOTAL], "tolerance": "1e-6"},
        runs,
    )
    assert row["moved_by"] == moved_by
    assert row["data"] == ("not run" if data is None else f"estimate {data}")


@pytest.mark.parametrize("lack", ["git", "part", "commit"])
def test_without_the_accepted_state_one_message(
    lack: str,
    accepted: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    results = accepted / "build/results/02_claims.json"
    results.write_text(results.read_text().replace("14.0", "15.0"))
    said = {"git": "in a clone made by git clone", "part": "run git fetch --unshallow first"}.get(lack, "")
    if lack == "git":
        (accepted / ".git").rename(tmp_path / "gone")
    elif lack == "part":
        git(accepted, "commit", "--quiet", "--allow-empty", "-m", "second")
        copy = tmp_path / "copy"
        git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{accepted}", str(copy))
        (accepted / "build").rename(copy / "build")
        monkeypatch.setenv(paths.ROOT_VARIABLE, str(copy))
    else:
        said = "tests/expected/made-from.csv is not committed"
        with (accepted / "tests/expected/made-from.csv").open("a") as stream:
            stream.write("more,1\n")
    assert cli.main(["expected", "--why"]) == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert (told.count("\n"), told[:14]) == (1, "expected --why")
    assert said in told
    assert not (paths.root() / "tests/expected/moved.csv").exists()
