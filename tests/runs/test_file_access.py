"""Scenarios read the project and what lies beside them; another file of the machine needs a word from its user."""

from __future__ import annotations

from pathlib import Path

import pytest

from eprivacy_its import cli
from eprivacy_its.errors import InputError
from eprivacy_its.runs import file_access, graph

SERIES = "week,reports\n" + "".join(
    f"2020-W{w:02d},{100 + 7 * (w % 5) + (37 * w) % 23}\n" for w in range(1, 41)
)
TEXT = "notebook: 02_claims\nparameters: {{data: {data!r}}}\n"


@pytest.fixture
def withdata(project: Path, notebook_writer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """02_claims takes a data file and a study file, as 06_series and 02_claims of the study do."""
    notebook_writer(
        project / "notebooks/02_claims.ipynb",
        "x = 1",
        parameters='data = ""  # a series; path; any\nstudy = "a.yml"  # claims; path inside the project; any',
    )
    (project / "inside.csv").write_text(SERIES)
    (project.parent / "outside.csv").write_text(SERIES)
    monkeypatch.delenv(file_access.OUTSIDE, raising=False)
    # cli.main sets it; monkeypatch takes it away again.
    monkeypatch.setenv(file_access.OUTSIDE, "")
    return project


def scenario(folder: Path, data: str) -> Path:
    file = folder / "mine.yml"
    file.write_text(TEXT.format(data=data))
    return file


@pytest.mark.parametrize("data", ["../inside.csv", "{root}/inside.csv", "../scenarios/../inside.csv"])
def test_files_of_the_project_are_read(data: str, withdata: Path) -> None:
    run = graph.scenario(scenario(withdata / "scenarios", data.format(root=withdata)))
    assert run.parameters["data"] == "inside.csv"


def test_a_scenario_elsewhere_reads_what_lies_beside_it(withdata: Path) -> None:
    place = withdata.parent / "a users folder"
    (place / "deep").mkdir(parents=True)
    (place / "deep/series.csv").write_text(SERIES)
    run = graph.scenario(scenario(place, "deep/series.csv"))
    assert run.parameters["data"] == str(place / "deep/series.csv")
    with pytest.raises(InputError, match="leads outside the project"):
        graph.scenario(scenario(place, "../outside.csv"))


@pytest.mark.parametrize(
    "data", ["../../outside.csv", "{up}/outside.csv", "/etc/passwd", "link.csv", "/dev/zero"]
)
def test_other_files_are_refused_unless_allowed(
    data: str, withdata: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (withdata / "scenarios/link.csv").symlink_to(withdata.parent / "outside.csv")
    file = scenario(withdata / "scenarios", data.format(up=withdata.parent))
    with pytest.raises(
        InputError, match=r"mine\.yml: parameter data: .* leads outside the project.*--outside"
    ):
        graph.scenario(file)
    monkeypatch.setenv(file_access.OUTSIDE, "1")
    if "/dev" in data:
        with pytest.raises(InputError, match="no file"):
            graph.scenario(file)
    else:
        assert Path(graph.scenario(file).parameters["data"]).is_absolute()


@pytest.mark.parametrize("study", ["../outside.csv", "/etc/passwd", "none.yml"])
def test_every_parameter_that_is_a_path_is_held_in(study: str, withdata: Path) -> None:
    file = withdata / "scenarios/mine.yml"
    file.write_text(f"notebook: 02_claims\nparameters: {{study: {study}}}\n")
    with pytest.raises(InputError, match=r"parameter study: .*(leads outside|no file none\.yml)"):
        graph.scenario(file)
    file.write_text("notebook: 02_claims\nparameters: {study: inside.csv}\n")
    assert withdata / "inside.csv" in graph.scenario(file).reads


def test_what_new_was_given_may_be_read_and_nothing_else(
    withdata: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eprivacy_its.study.job.SERIES", "02_claims")
    (withdata.parent / "other.csv").write_text(SERIES)
    given = [
        "--data",
        "../outside.csv",
        "--time",
        "week",
        "--outcome",
        "reports",
        "--interruption",
        "2020-W20",
    ]
    assert cli.main(["new", "mine", *given]) == cli.DONE
    (withdata / "scenarios/mine.yml").write_text(TEXT.format(data="../../outside.csv"))
    assert graph.scenario(withdata / "scenarios/mine.yml").parameters["data"].endswith("outside.csv")
    # Another file, also under the same scenario's name, is not.
    with pytest.raises(InputError, match="leads outside"):
        graph.scenario(scenario(withdata / "scenarios", "../../other.csv"))
    # A file of the project needs no word.
    before = (withdata / "scenarios/.outside").read_text()
    given[1] = "inside.csv"
    assert cli.main(["new", "second", *given]) == cli.DONE
    assert (withdata / "scenarios/.outside").read_text() == before


def test_the_flag_is_taken(withdata: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = scenario(withdata / "scenarios", "../../outside.csv")
    assert cli.main(["run", str(file)]) == cli.BAD_INPUT
    assert "--outside" in capsys.readouterr().err
    # Past the check, the toy notebook is no series: whatever it says, it is not about the place of the file.
    cli.main(["run", str(file), "--outside", "--set", "none=1"])
    told = capsys.readouterr().err
    assert "leads outside" not in told
    assert 'no parameter "none"' in told
