"""Names that become files, and places that are written: what is taken and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eprivacy_its import names
from eprivacy_its.errors import InputError

ZIP = "made-1.zip"


@pytest.mark.parametrize("name", ["hotline", "EU_2020-21", "a.b", "x", "9" * 60])
def test_a_plain_name_is_taken(name: str) -> None:
    assert names.run(name, "here", ["other"]) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "...",
        "../x",
        "a/b",
        "a\\b",
        "/etc",
        "-x",
        ".hidden",
        "a.",
        "a b",
        "a\nb",
        "ü",
        "a\0",
        "x" * 61,
        "con",
        "NUL",
        "lpt1",
        "aux.b",
        "*",
        "~",
        "$HOME",
        "a:b",
        "\x1b[2J",
    ],
)
def test_a_name_that_is_no_file_name_everywhere_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="here: the name"):
        names.run(name, "here")


@pytest.mark.parametrize("name", ["index", "INDEX", "search", "Explorer"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="the name of a notebook, a page"):
        names.run(name, "here", ["search", "explorer"])


@pytest.mark.parametrize("name", ["plan-hotline", "Plan-hotline"])
def test_a_name_that_begins_as_pages_of_plans_do_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="begins as pages of plans do"):
        names.run(name, "here")


def test_a_file_is_new_or_ordinary_and_no_folder_is_made(tmp_path: Path) -> None:
    (tmp_path / "old.zip").write_text("old")
    assert names.file(tmp_path / "old.zip", ZIP, "--out") == tmp_path / "old.zip"
    assert names.file(tmp_path / "new.zip", ZIP, "--out") == tmp_path / "new.zip"
    assert names.file(tmp_path, ZIP, "--out") == tmp_path / ZIP
    os.mkfifo(tmp_path / "pipe.zip")
    (tmp_path / "full.zip").symlink_to("/dev/full")
    (tmp_path / "nowhere.zip").symlink_to(tmp_path / "none" / "x.zip")
    (tmp_path / "folder.zip").mkdir()
    (tmp_path / "folder.zip" / ZIP).mkdir()
    for bad in (
        "none/new.zip",
        "old.zip/new.zip",
        "pipe.zip",
        "full.zip",
        "nowhere.zip",
        "folder.zip",
        "README",
    ):
        with pytest.raises(InputError, match="--out"):
            names.file(tmp_path / bad, ZIP, "--out")
    with pytest.raises(InputError, match="that ends in"):
        names.file(Path("/dev/full"), ZIP, "--out")
    assert not (tmp_path / "none").exists()


def test_a_folder_exists_or_its_parent_does(tmp_path: Path) -> None:
    assert names.folder(str(tmp_path), "--out") == tmp_path.resolve()
    assert names.folder(str(tmp_path / "new"), "--out") == tmp_path.resolve() / "new"
    (tmp_path / "file").touch()
    for bad in ("file", "file/new", "none/new"):
        with pytest.raises(InputError, match="no folder that can be written to"):
            names.folder(str(tmp_path / bad), "--out")
    assert not (tmp_path / "new").exists()
