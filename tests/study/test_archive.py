import hashlib
import json
import zipfile

import pytest
import yaml

from eprivacy_its import cli, paths
from eprivacy_its.errors import InputError
from eprivacy_its.study import archive


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
    file = archive.archive(tmp_path / "crate.zip")
    with zipfile.ZipFile(file) as made:
        names = made.namelist()
        graph = {one["@id"]: one for one in json.loads(made.read("ro-crate-metadata.json"))["@graph"]}
        files = [one for one in graph.values() if one["@type"] == "File"]
        assert sorted(names) == sorted(["ro-crate-metadata.json", *(one["@id"] for one in files)])
        for one in files:
            assert hashlib.sha256(made.read(one["@id"])).hexdigest() == one["sha256"]
        materials = json.loads(made.read("sbom.cdx.json"))
    assert [one["purl"] for one in materials["components"]] == ["pkg:pypi/toy@1"]
    assert {"site/index.html", "results/02_claims.json", "tidy/toy.csv", "notebooks/02_claims.ipynb"} <= set(
        names
    )


def test_the_metadata_is_a_crate(built):
    crate = archive.describe(archive._files())
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
    first = archive.archive(tmp_path / "one.zip").read_bytes()
    (paths.build() / "site/index.html").touch()
    assert archive.archive(tmp_path / "two.zip").read_bytes() == first


def test_a_folder_takes_a_file_with_the_version(built, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    assert archive.archive(folder).parent == folder
    assert [file.suffix for file in folder.iterdir()] == [".zip"]


def test_without_a_build_there_is_nothing_to_archive(project, tmp_path):
    with pytest.raises(InputError, match="make findings"):
        archive.archive(tmp_path / "crate.zip")


def test_the_command_says_where_it_is(built, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["archive", "--out", "deposit.zip"]) == 0
    assert capsys.readouterr().out == "deposit.zip\n"
    assert zipfile.is_zipfile(tmp_path / "deposit.zip")
    assert cli.main(["archive"]) == 0
    assert zipfile.is_zipfile(tmp_path / capsys.readouterr().out.strip())
    (paths.build() / "site/index.html").unlink()
    assert cli.main(["archive", "--out", "none.zip"]) == 2
    assert "make findings" in capsys.readouterr().err
    assert not (tmp_path / "none.zip").exists()


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
