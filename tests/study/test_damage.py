"""What lies about is not trusted: damaged, edited or deleted, it is made anew, to the byte."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from eprivacy_its import cli, paths
from eprivacy_its.errors import InputError
from eprivacy_its.runs import provenance
from eprivacy_its.study import verify

sys.path.insert(0, str(Path(__file__).parent))
import toy


def spoil(file: Path) -> None:
    """Change some bytes, and keep the size."""
    content = file.read_bytes()
    file.write_bytes(content[:-9] + b"spoiled!\n")


@pytest.mark.build
def test_a_build_mends_what_lies_there(built_project: Path) -> None:
    project = built_project
    good, build = toy.made(project), project / "build"
    _, out, told = toy.build(project)
    assert out.startswith("Nothing to do"), told

    def mended(what: str) -> None:
        status, out, told = toy.build(project)
        assert status == 0, told
        assert "Traceback" not in told
        assert "Nothing to do" not in out, what
        assert toy.made(project) == good, what

    (build / "site/index.html").write_text("other")
    mended("a page that was overwritten")
    shutil.rmtree(build / "site/downloads")
    (build / "site/stranger.html").touch()
    mended("downloads that were deleted, and a page that is none")
    spoil(build / "results/02_claims.json")
    mended("results that were edited")
    for fragment in (build / "cache/pages").iterdir():
        spoil(fragment)
    shutil.rmtree(build / "site")
    mended("parts of pages that were edited")
    for name in ("imports.json", "state.json"):
        spoil(build / "cache" / name)
    spoil(build / "site/index.html")
    mended("notes of the build that were edited")


def estimate(value: float) -> dict[str, Any]:
    text = ("question", "outcome", "unit", "geography", "window", "comparison", "estimator", "scale", "note")
    numbers = {"estimate": value, "ci_low": None, "ci_high": None, "level": None, "n": 1}
    return {"id": "a/b", **dict.fromkeys(text, "x"), **numbers, "grade": "suggestive", "sources": ["s"]}


def document(value: float, versions: dict[str, str]) -> str:
    return json.dumps({"schema": 1, "provenance": {"versions": versions}, "estimates": [estimate(value)]})


@pytest.mark.parametrize(
    ("value", "versions", "status", "said"),
    [
        (1.0, "same", 0, "1 estimates are those of a.zip, to the digit"),
        (1.0 + 1e-12, "same", 1, "estimate 1.000000000001 is now 1.0"),
        (1.0 + 9e-4, "other", 0, "within 0.001, made with other versions"),
        (1.0 + 2e-3, "other", 1, "estimate 1.002 is now 1.0"),
    ],
)
def test_a_build_is_compared_with_what_was_published(
    value: float, versions: str, status: int, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (paths.build() / "results").mkdir(parents=True)
    (paths.build() / "results/n.json").write_text(document(1.0, provenance.versions()))
    with zipfile.ZipFile("a.zip", "w") as made:
        then = provenance.versions() if versions == "same" else {"python": "3.0"}
        made.writestr("build/results/n.json", document(value, then))
    assert cli.main(["verify", "--archive", "a.zip"]) == status
    assert said in capsys.readouterr().out


def test_what_is_no_archive_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (paths.build() / "results").mkdir(parents=True)
    (paths.build() / "results/n.json").write_text(document(1.0, {}))
    Path("text.zip").write_text("text")
    with zipfile.ZipFile("empty.zip", "w") as made:
        made.writestr("a", "b")
    with zipfile.ZipFile("torn.zip", "w") as made:
        made.writestr("build/results/n.json", document(1.0, {})[:-9])
    for name in ("text.zip", "empty.zip", "torn.zip", "none.zip"):
        assert cli.main(["verify", "--archive", name]) == 2
        told = capsys.readouterr().err
        assert name in told
        assert len(told.splitlines()) == 1
    (paths.build() / "results/n.json").write_text("{")
    for command in (["results"], ["verify"], ["verify", "--archive", "torn.zip"]):
        assert cli.main(command) == 2
        assert "n.json: no results that can be read" in capsys.readouterr().err


@pytest.mark.build
def test_verify_runs_scenarios_and_sweeps_again(
    built_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = built_project
    monkeypatch.setattr("eprivacy_its.packages.checksums.verify", lambda: None)
    (project / "scenarios/mine.yml").write_text("notebook: 02_claims\nparameters: {factor: 5}\n")
    (project / "scenarios/swept.yml").write_text("notebook: 02_claims\nparameters: {factor: [1, 2]}\n")
    assert cli.main(["build", "--jobs", "1"]) == 0
    assert cli.main(["run", "scenarios/mine.yml", "--set", "factor=6"]) == 0
    assert cli.main(["run", "scenarios/swept.yml"]) == 0
    assert cli.main(["verify"]) == 0
    for name in ("mine", "swept"):
        file = project / "build/scenarios" / name / "results.json"
        file.write_text(
            file.read_text()
            .replace('"estimate": 42', '"estimate": 43')
            .replace('"estimate": 14', '"estimate": 15')
        )
    capsys.readouterr()
    assert cli.main(["verify"]) == 1
    told = capsys.readouterr().out
    assert "build/scenarios/mine: mine: mine/toy/total: estimate 43" in told
    assert "build/scenarios/swept: swept: swept/" in told
    (project / "scenarios/mine.yml").unlink()
    assert verify._scenarios(project / "build/scenarios", 1, sys.stderr)[0].startswith(
        "build/scenarios/mine: its scenario scenarios/mine.yml is gone"
    )


def test_results_that_are_damaged_are_named(project: Path) -> None:
    from eprivacy_its import results

    for text in (
        "",
        "[]",
        "{}",
        '{"schema": 2}',
        '{"schema": 1, "estimates": [{}]}',
        '{"schema": 1, "estimates": 3}',
    ):
        with pytest.raises(InputError, match="here: no results that can be read"):
            results.parsed(text.encode(), "here")
    with pytest.raises(InputError, match="here"):
        results.parsed(b"\xff", "here")
