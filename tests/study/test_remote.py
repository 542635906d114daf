"""Inputs and outputs elsewhere, through fsspec's memory and local file systems."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import fsspec
import pytest
from tests.study.conftest import RECORD, write_notebook
from tests.study.toy import tree

from eprivacy_its import cli, remote

ROOT = Path(__file__).resolve().parents[2]
WEEKLY = "memory://bucket/weekly.csv"


@pytest.fixture
def own(project: Path) -> Path:
    """A project with a small notebook that reads a file, notebook 06, and a series in memory."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    weekly = (ROOT / "scenarios/data/simulated-weekly.csv").read_bytes()
    memory.pipe("/bucket/weekly.csv", weekly)
    memory.pipe("/bucket/faulty.csv", weekly.replace(b"2019-W02,893", b"2019-W02,x"))
    (project / "notebooks/graph.yml").write_text("02_claims:\n06_series:\n")
    shutil.copy(ROOT / "notebooks/06_series.ipynb", project / "notebooks")
    write_notebook(
        project / "notebooks/02_claims.ipynb",
        "import pandas as pd\nfrom eprivacy_its import results",
        "total = len(pd.read_csv(data))",
        RECORD.format(id="rows", value="total * factor"),
        "print(data)",
        parameters='data = ""  # file; path; any\nfactor = 1  # multiplies; a number; any',
    )
    (project / "scenarios/mine.yml").write_text(
        f"notebook: 02_claims\nparameters: {{data: '{WEEKLY}', factor: 2}}\n"
    )
    return project


def test_check_reads_and_leaves_nothing(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(own)
    assert cli.main(["check", WEEKLY, "--time", "week", "--outcome", "simulated_reports"]) == 0
    out = capsys.readouterr().out
    assert "150, 2019-W01 to 2021-W45" in out
    assert f"new NAME --data {WEEKLY}" in out
    assert tree(own) == before
    assert not (own / "build").exists()


def test_new_remembers_what_was_named_at_the_keyboard(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--data", WEEKLY, "--time", "week", "--outcome", "simulated_reports"]
    assert cli.main(["new", "hotline", *given, "--interruption", "2020-12-21"]) == 0
    assert f"data: {WEEKLY}" in (own / "scenarios/hotline.yml").read_text()
    capsys.readouterr()
    from eprivacy_its.runs import graph

    task = graph.scenario(own / "scenarios/hotline.yml")
    assert (own / task.parameters["data"]).read_text().startswith("week,simulated_reports\n2019-W01")


@pytest.mark.build
def test_run_reads_and_writes_elsewhere(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = own / "made"
    address = f"file://{made}"
    assert cli.main(["run", "scenarios/mine.yml", "--outside", "--out", address]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{address}/page.html"
    assert sorted(file.name for file in made.iterdir()) == ["notebook.ipynb", "page.html", "results.json"]
    recorded = json.loads((made / "results.json").read_text())
    assert recorded["estimates"][0]["estimate"] == 300
    assert recorded["provenance"]["parameters"]["data"] == WEEKLY
    assert WEEKLY in recorded["provenance"]["inputs"]
    for name in ("notebook.ipynb", "page.html"):
        text = (made / name).read_text()
        assert WEEKLY in text
        assert str(own) not in text
    # A sweep, its data by a file address, to a folder of this machine.
    (own / "series.csv").write_text("n\n1\n")
    target = own / "elsewhere"
    settings = ["--set", f"data=file://{own}/series.csv", "--set", "factor=[1, 2]"]
    assert (
        cli.main(["run", "scenarios/mine.yml", "--outside", "--jobs", "1", *settings, "--out", str(target)])
        == 0
    )
    assert {"page.html", "results.json", "estimates.csv"} <= {file.name for file in target.iterdir()}
    assert len(list(target.glob("runs/*/page.html"))) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "memory://bucket/gone.csv"], "no file memory://bucket/gone.csv"),
        (["check", "memory://bucket/faulty.csv", "--outcome", "simulated_reports"], '"x", which is no value'),
        (["check", "nowhere://bucket/a.csv"], "nowhere://bucket/a.csv: no address that can be opened"),
        (["run", "scenarios/mine.yml"], f"{WEEKLY} leads outside the project; add --outside"),
        (["run", "scenarios/mine.yml", "--outside", "--set", "data=memory://bucket/gone.csv"],
         "mine.yml: parameter data: no file memory://bucket/gone.csv"),
    ],
)  # fmt: skip
def test_refused(arguments: list[str], said: str, own: Path, capsys: pytest.CaptureFixture[str],
                 monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    from eprivacy_its.runs import file_access

    monkeypatch.delenv(file_access.OUTSIDE, raising=False)
    before = tree(own)
    assert cli.main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert said in line
    assert tree(own) == before
    assert not (own / "build").exists()


def test_a_file_system_that_is_not_installed_is_named(
    own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "s3fs", None)
    assert cli.main(["check", "s3://bucket/a.csv"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "s3fs" in line


def test_too_large(own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(remote, "FILE_BYTES", 100)
    assert cli.main(["check", WEEKLY]) == 2
    assert "more than the 100 that are read" in capsys.readouterr().err


def test_addresses_are_shown_without_secrets() -> None:
    assert remote.without_secrets("https://me:secret@host/a.csv?token=x") == "https://host/a.csv"
    assert remote.is_remote("s3://bucket/a")
    assert remote.is_remote("simplecache::s3://bucket/a")
    assert not remote.is_remote("C:/a.csv")
    assert not remote.is_remote("../a.csv")


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("memory://out/mine", "would be gone when the command ends"),
        ("none/deeper", "is no folder that can be written to"),
        ("series.csv", "is no folder that can be written to"),
        ("s3://bucket/mine", "s3://bucket/mine: "),
        ("generic://bucket/mine", "generic://bucket/mine: "),
    ],
)
def test_a_place_that_can_not_be_written_is_refused_before_any_work(
    out: str, said: str, own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("worked")

    monkeypatch.setattr("eprivacy_its.study.job.perform", never)
    (own / "series.csv").write_text("n\n1\n")
    before = sorted(own.rglob("*"))
    assert cli.main(["run", "scenarios/mine.yml", "--outside", "--out", out]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.splitlines()) == 1
    assert sorted(own.rglob("*")) == before
