"""Where things are, in a study and outside one, and how a path is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from eprivacy_its import paths


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "a study"
    (root / "notebooks").mkdir(parents=True)
    (root / "notebooks" / paths.GRAPH).write_text("")
    monkeypatch.delenv(paths.ROOT_VARIABLE, raising=False)
    monkeypatch.chdir(root)
    return root


def test_a_study_is_found_from_below(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = study / "data" / "raw"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert paths.root() == study
    assert paths.is_study()


def test_folders_of_those_names_are_no_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(paths.ROOT_VARIABLE, raising=False)
    for name in ("notebooks", "data/raw"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert paths.root() == tmp_path
    assert not paths.is_study()


def test_a_study_named_from_elsewhere_is_absolute(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(paths.ROOT_VARIABLE, study.name)
    assert paths.root() == study
    assert paths.is_study()


def test_a_study_s_own_notebook_comes_before_that_of_the_tool(study: Path) -> None:
    shipped = paths.notebook("06_series")
    assert shipped.is_file()
    assert not shipped.is_relative_to(study)
    own = study / "notebooks" / "06_series.ipynb"
    own.write_text("{}")
    assert paths.notebook("06_series") == own
    assert paths.notebook("no_such") == study / "notebooks" / "no_such.ipynb"


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("data/raw/a.csv", "data/raw/a.csv"),
        ("data/../scenarios/b.yml", "scenarios/b.yml"),
        ("../elsewhere/c.csv", "c.csv"),
    ],
)
def test_a_path_is_shown_without_folders_of_the_machine(study: Path, file: str, shown: str) -> None:
    assert paths.in_project(study / file) == paths.in_project(Path(file)) == shown


def test_a_link_that_leads_out_is_shown_by_its_place_in_the_project(study: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "kept.csv").write_text("")
    (study / "linked.csv").symlink_to(tmp_path / "store" / "kept.csv")
    assert paths.in_project(study / "linked.csv") == "linked.csv"
    (tmp_path / "way in").symlink_to(study)
    assert paths.in_project(tmp_path / "way in" / "x.csv") == "x.csv"
    (study / "inner").mkdir()
    assert paths.in_project(tmp_path / "way in" / "inner" / "x.csv") == "inner/x.csv"
