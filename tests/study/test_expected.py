"""Key estimates against the accepted ones: a change is told with its causes, and accepted with a reason."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from eprivacy_its import cli, paths
from eprivacy_its.runs import graph, provenance
from eprivacy_its.study import expected
from helpers.findings.catalogue import FINDINGS

ROOT = Path(__file__).parents[2]
TOTAL = "toy/total"


@pytest.fixture
def accepted(project: Path) -> Path:
    """A built project (its results written by hand) whose estimates have been accepted."""
    (project / "tests/expected").mkdir(parents=True)
    (project / "CHANGELOG.md").write_text(
        "# Changelog\n\n## Unreleased\n\n### Added\n- Things.\n\n## 0.1.0\n- First.\n"
    )
    (project / "data/processed/toy.csv").write_text("year,reports\n2020,7\n")
    rows(project, f"{TOTAL},,,,,,1e-6\n")
    record(project, 14.0)
    assert cli.main(["expected", "--accept", "first"]) == cli.DONE
    return project


def rows(root: Path, text: str) -> None:
    (root / "tests/expected/estimates.csv").write_text(",".join(expected.COLUMNS) + "\n" + text)


def record(root: Path, value: float, **more: object) -> None:
    """What a build would have left: one estimate of 02_claims, made from the files as they are."""
    estimate = dict.fromkeys(
        ("question", "outcome", "unit", "geography", "window", "comparison", "estimator", "scale"), "x"
    )
    estimate |= {"id": TOTAL, "estimate": value, "ci_low": None, "ci_high": None, "level": None, "n": 1}
    estimate |= {"grade": "suggestive", "sources": ["s"], "note": "", **more}
    notebook, table = root / "notebooks/02_claims.ipynb", root / "data/processed/toy.csv"
    origin = {
        "notebook": "notebooks/02_claims.ipynb",
        "notebook_sha256": provenance.sha256(notebook),
        "inputs": {"data/processed/toy.csv": provenance.sha256(table)},
    }
    paths.results().mkdir(parents=True, exist_ok=True)
    (paths.results() / "02_claims.json").write_text(
        json.dumps({"schema": 1, "provenance": origin, "estimates": [estimate]})
    )


def state(root: Path) -> dict[str, bytes]:
    kept = [root / "CHANGELOG.md", *(root / "tests/expected").iterdir()]
    return {file.name: file.read_bytes() for file in kept}


def test_what_is_as_accepted_passes(accepted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["expected"]) == cli.DONE
    assert "1 key estimates are as expected" in capsys.readouterr().out
    record(accepted, 14.000001)  # within its tolerance
    assert cli.main(["expected"]) == cli.DONE


def test_a_change_names_old_new_and_what_changed(
    accepted: Path, notebook_writer: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    (accepted / "data/raw/toy/figures.csv").write_text("year,reports\n2020,9\n")
    (accepted / "data/processed/toy.csv").write_text("year,reports\n2020,9\n")
    notebook_writer(accepted / "notebooks/02_claims.ipynb", "from eprivacy_its.its import student")
    record(accepted, 18.0)
    before = state(accepted)
    assert cli.main(["expected"]) == cli.FAILED
    told = capsys.readouterr().out
    assert "toy/total: expected estimate 14.0; found estimate 18.0" in told
    # The table it reads, the figures that the table is made from, its own code, and code that it newly uses.
    why = re.search(r"^02_claims: changed since accepted: (.*)$", told, re.M)[1]
    assert why.startswith("data/processed/toy.csv, data/raw/toy/figures.csv, notebooks/02_claims.ipynb")
    assert "src/eprivacy_its/its/student.py (new)" in expected.causes("02_claims")
    assert "eprivacy-its expected --accept" in told
    assert state(accepted) == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"n": 2}, "expected n 1; found n 2"),
        ({"grade": "established"}, "expected grade suggestive; found grade established"),
        (
            {"ci_low": 13.0, "ci_high": "inf"},
            "expected ci_low none, ci_high none; found ci_low 13.0, ci_high inf",
        ),
    ],
)
def test_every_field_counts(
    more: dict[str, object], said: str, accepted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(accepted, 14.0, **more)
    assert cli.main(["expected"]) == cli.FAILED
    assert said in capsys.readouterr().out


def test_a_newer_package_is_a_cause(accepted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = {**provenance.versions(), "numpy": "9.9"}
    monkeypatch.setattr(provenance, "versions", lambda: now)
    assert any(re.fullmatch(r"numpy \S+ to 9\.9", line) for line in expected.causes("02_claims"))


def test_accepting_needs_a_reason_and_writes_it_down(
    accepted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(accepted, 18.0)
    before = state(accepted)
    assert cli.main(["expected", "--accept", "  "]) == cli.BAD_INPUT
    assert "say why" in capsys.readouterr().err
    assert state(accepted) == before
    assert cli.main(["expected", "--accept", "Poland revised\nits count"]) == cli.DONE
    assert "accepted toy/total: estimate 18.0" in capsys.readouterr().out
    assert (accepted / "CHANGELOG.md").read_text() == (
        "# Changelog\n\n## Unreleased\n\n### Added\n- Things.\n\n### Changed estimates\n"
        "- Poland revised its count\n  - `toy/total`: estimate 14.0; now estimate 18.0\n"
        "- first\n  - `toy/total`: not accepted yet; now estimate 14.0, n 1, grade suggestive\n"
        "\n## 0.1.0\n- First.\n"
    )
    assert cli.main(["expected"]) == cli.DONE
    assert expected.causes("02_claims") == []


def test_nothing_is_written_when_nothing_has_changed(accepted: Path) -> None:
    before = state(accepted)
    assert cli.main(["expected", "--accept", "no reason at all"]) == cli.DONE
    assert state(accepted) == before


def test_an_estimate_that_vanished_is_never_accepted_in_silence(
    accepted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(accepted, 14.0, id="toy/other")
    assert cli.main(["expected"]) == cli.FAILED
    assert "toy/total: expected recorded; found not recorded" in capsys.readouterr().out
    assert cli.main(["expected", "--accept", "gone"]) == cli.BAD_INPUT
    assert "remove the row from tests/expected/estimates.csv" in capsys.readouterr().err


def test_a_build_that_is_out_of_date_is_refused(accepted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (accepted / "data/processed/toy.csv").write_text("year,reports\n2020,9\n")
    assert cli.main(["expected"]) == cli.BAD_INPUT
    assert "data/processed/toy.csv has changed since the last build" in capsys.readouterr().err
    shutil.rmtree(accepted / "build")
    assert cli.main(["expected"]) == cli.BAD_INPUT
    assert "make findings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{TOTAL},,,,,,x\n", "row 2, column tolerance: 'x'"),
        (f"{TOTAL},,,,,,nan\n", "row 2, column tolerance: 'nan'"),
        (f"{TOTAL},,,,,,\n", "row 2, column tolerance"),
        (f"{TOTAL},,,,,,0\n{TOTAL},,,,,,0\n", "row 3: toy/total stands twice"),
    ],
)
def test_faulty_rows_are_named(
    text: str, said: str, accepted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows(accepted, text)
    assert cli.main(["expected"]) == cli.BAD_INPUT
    assert said in capsys.readouterr().err


def test_what_the_findings_quote_and_the_graph_declares_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(ROOT))
    quoted = {one.id for one in FINDINGS} | {
        id for run in graph.notebooks().values() for id in run.declared.estimates
    }
    kept = expected.read()
    assert quoted <= set(kept), sorted(quoted - set(kept))
    assert all(row["n"] for row in kept.values())
    with (ROOT / "tests/expected/made-from.csv").open(newline="") as stream:
        sums = {row["what"]: row["state"] for row in csv.DictReader(stream)}
    assert {"data/raw/ncmec/ncmec_reports_by_country.csv", "notebooks/04_countries.ipynb"} <= set(sums)
    assert {"src/eprivacy_its/panel/event.py", "requirements.lock", "numpy"} <= set(sums)


@pytest.mark.build
def test_the_study_gives_what_is_expected(built: Path) -> None:
    changed = expected.changes()
    assert not changed, expected.report(changed)
