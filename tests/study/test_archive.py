import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from eprivacy_its import cli, paths
from eprivacy_its.errors import InputError
from eprivacy_its.study import archive

sys.path.insert(0, str(Path(__file__).parent))
import toy


@pytest.fixture
def built(project):
    """A throw-away project with a build in it."""
    (project / "CITATION.cff").write_text('date-released: "2026-11-24"\n')
    build = paths.build()
    for place in ("site/index.html", "site/downloads/a b.csv", "results/02_claims.json"):
        (build / place).parent.mkdir(parents=True, exist_ok=True)
        (build / place).write_text(place)
    (build / "cache/notebooks/02_claims").mkdir(parents=True)
    (build / "cache/notebooks/02_claims/notebook.ipynb").write_text("{}")
    (paths.processed() / "toy.csv").write_text("n\n1\n")
    return project


def test_the_zip_holds_what_its_metadata_lists(built, tmp_path):
    file, listed = archive.archive(tmp_path / "crate.zip")
    with zipfile.ZipFile(file) as made:
        names = made.namelist()
        assert sorted(names) == sorted(listed)
        graph = {one["@id"]: one for one in json.loads(made.read("ro-crate-metadata.json"))["@graph"]}
        files = [one for one in graph.values() if one["@type"] == "File"]
        assert sorted(names) == sorted(["ro-crate-metadata.json", *(one["@id"] for one in files)])
        for one in files:
            assert hashlib.sha256(made.read(one["@id"])).hexdigest() == one["sha256"]
        materials = json.loads(made.read("sbom.cdx.json"))
    assert [one["purl"] for one in materials["components"]] == ["pkg:pypi/toy@1"]
    assert {"build/site/index.html", "build/results/02_claims.json", "data/processed/toy.csv"} <= set(names)
    assert {"build/executed/02_claims.ipynb", "notebooks/02_claims.ipynb", "data/raw/toy/figures.csv"} <= set(
        names
    )


def test_the_metadata_is_a_crate(built):
    crate = archive.describe(archive.collect())
    graph = {one["@id"]: one for one in crate["@graph"]}
    assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
    assert graph["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    root = graph["./"]
    assert {"name", "description", "datePublished", "license"} <= set(root)
    # Every file hangs below the root, and every reference leads to an entity.
    reached, waiting = set(), ["./"]
    while waiting:
        one = waiting.pop()
        reached.add(one)
        waiting += [part["@id"] for part in graph[one].get("hasPart", ())]
    assert {one["@id"] for one in graph.values() if one["@type"] in {"File", "Dataset"}} == reached
    for key in ("license", "author", "mainEntity"):
        assert root[key]["@id"] in graph


def test_equal_builds_give_equal_bytes(built, tmp_path):
    first = archive.archive(tmp_path / "one.zip")[0].read_bytes()
    (paths.build() / "site/index.html").touch()
    assert archive.archive(tmp_path / "two.zip")[0].read_bytes() == first


def test_a_folder_takes_a_file_with_the_version(built, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    assert archive.archive(folder)[0].parent == folder
    assert [file.suffix for file in folder.iterdir()] == [".zip"]


def test_without_a_build_there_is_nothing_to_archive(project, tmp_path):
    with pytest.raises(InputError, match="make findings"):
        archive.archive(tmp_path / "crate.zip")


def test_the_command_says_where_it_is(built, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["archive", "--out", "deposit.zip"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "deposit.zip\n"
    assert "build/site/downloads/a b.csv" in shown.err.splitlines()
    assert zipfile.is_zipfile(tmp_path / "deposit.zip")
    assert cli.main(["archive"]) == 0
    assert zipfile.is_zipfile(tmp_path / capsys.readouterr().out.strip())
    (paths.build() / "site/index.html").unlink()
    assert cli.main(["archive", "--out", "none.zip"]) == 2
    assert "make findings" in capsys.readouterr().err
    assert not (tmp_path / "none.zip").exists()


def git(folder, *arguments):
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, "-C", folder, *arguments], check=True, capture_output=True)


@pytest.fixture
def tracked(built):
    """The same in git."""
    (built / ".gitignore").write_text("build/\n")
    git(built, "init")
    git(built, "add", ".")
    git(built, "commit", "-m", "All")
    return built


def test_what_git_does_not_track_leaves_only_by_name(tracked, tmp_path, capsys):
    out = ["archive", "--out", str(tmp_path / "crate.zip")]
    (tracked / "private.csv").write_text("secret\n")
    (tracked / "scenarios/notes.txt").write_text("secret\n")
    for name in ("mine", "deleted"):
        (paths.build() / "scenarios" / name).mkdir(parents=True)
        (paths.build() / "scenarios" / name / "page.html").write_text("secret")
    assert cli.main(out) == 0
    assert "secret" not in "".join(texts(tmp_path / "crate.zip").values())
    # One with a page is not left out in silence either.
    (tracked / "scenarios/mine.yml").write_text("notebook: 02_claims\n")
    (tmp_path / "crate.zip").unlink()
    assert cli.main(out) == 2
    assert "git doesn't track: mine; pack them by name (--scenario mine)" in capsys.readouterr().err
    assert not (tmp_path / "crate.zip").exists()
    assert cli.main([*out, "--scenario", "mine"]) == 0
    found = {name for name, text in texts(tmp_path / "crate.zip").items() if "secret" in text}
    assert found == {"build/scenarios/mine/page.html"}
    assert "scenarios/mine.yml" in texts(tmp_path / "crate.zip")
    for wrong in ("none", "..", "../.."):
        assert cli.main([*out, "--scenario", "mine", "--scenario", wrong]) == 2


def test_files_without_git_say_their_commit_as_long_as_they_are_those_of_the_archive(project):
    from eprivacy_its.runs import provenance

    def said(commit, files, dirty=False):
        (project / "commit.json").write_text(json.dumps({"commit": commit, "dirty": dirty, "files": files}))
        provenance._commit.cache_clear()
        found = provenance.commit()
        return found["commit"], found["dirty"]

    lock = {"requirements.lock": hashlib.sha256((project / "requirements.lock").read_bytes()).hexdigest()}
    assert said("a" * 40, lock) == ("a" * 40, False)
    assert said("a" * 40, lock, dirty=True) == ("a" * 40, True)
    assert said("a" * 40, lock | {"gone": "0"}) == (None, None)
    assert said("a" * 40, {"requirements.lock": "0"}) == ("a" * 40, True)
    assert said("a" * 40, {}, dirty=None) == ("a" * 40, None)  # of `git archive`
    assert said("$Format:%H$", {}, dirty=None) == (None, None)
    (project / "commit.json").write_text("[]")
    provenance._commit.cache_clear()
    assert provenance.commit() == {"commit": None, "dirty": None}


def texts(file):
    with zipfile.ZipFile(file) as made:
        return {name: made.read(name).decode("utf-8", "replace") for name in made.namelist()}


@pytest.mark.build
def test_it_can_be_built_again_from_what_it_holds(tracked, tmp_path):
    status, _, told = toy.build(tracked)
    assert status == 0, told
    git(tracked, "add", ".")
    git(tracked, "commit", "--amend", "--no-edit")
    status, _, told = toy.build(tracked, "--force")
    assert status == 0, told
    file, _ = archive.archive(tmp_path / "crate.zip")
    place = tmp_path / "unpacked"
    with zipfile.ZipFile(file) as made:
        made.extractall(place)
    before = toy.made(place)
    assert before == toy.made(tracked)
    status, _, told = toy.build(place)
    assert status == 0, told
    assert toy.made(place) == before, toy.difference(before["site"], toy.made(place)["site"])


@pytest.mark.build
def test_a_site_that_was_changed_is_not_archived(project, tmp_path):
    (project / "CITATION.cff").write_text('date-released: "2026-11-24"\n')
    assert toy.build(project)[0] == 0
    (project / "build/site/index.html").write_text("other")
    with pytest.raises(InputError, match="not what the last build made"):
        archive.archive(tmp_path / "crate.zip")


def test_zenodo_and_citation_say_the_same():
    top = paths.root()
    deposit = json.loads((top / ".zenodo.json").read_text(encoding="utf-8"))
    cited = yaml.safe_load((top / "CITATION.cff").read_text(encoding="utf-8"))
    assert deposit["title"] == cited["title"]
    assert deposit["description"] == cited["abstract"].strip()
    assert deposit["version"] == cited["version"]
    assert deposit["publication_date"] == cited["date-released"]
    assert deposit["license"] == cited["license"]
    assert deposit["keywords"] == cited["keywords"]
    assert deposit["upload_type"] == cited["type"]
    assert [one["name"] for one in deposit["creators"]] == [one["name"] for one in cited["authors"]]
