"""A changed, missing or undeclared raw file is noticed; only valid content is accepted."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from pathlib import Path

import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.packages import checksums, descriptors
from helpers.data import clean

from .conftest import PROJECT, Spoil, snapshot

FILE = "data/raw/snap/snap_own_counts.csv"


def test_the_committed_figures_are_as_declared() -> None:
    assert checksums.changed() == []
    checksums.verify()


def test_checking_is_fast() -> None:
    took = []
    for _ in range(5):
        start = time.perf_counter()
        checksums.changed()
        took.append(time.perf_counter() - start)
    assert min(took) < 0.05


def test_one_changed_figure(copy: Path, spoil: Spoil) -> None:
    before = hashlib.sha256((copy / FILE).read_bytes()).hexdigest()
    spoil("snap/snap_own_counts.csv", "285470", "285471")
    after = hashlib.sha256((copy / FILE).read_bytes()).hexdigest()
    assert checksums.changed() == [(Path(FILE), before, after)]
    with pytest.raises(InputError) as caught:
        checksums.verify()
    for part in (FILE, before, after, f"eprivacy-its accept {FILE}"):
        assert part in str(caught.value)


def test_a_changed_file_with_a_fault_says_the_fault(copy: Path, spoil: Spoil) -> None:
    spoil("snap/snap_own_counts.csv", "285470", "28547o")
    with pytest.raises(InputError, match='row 2, column reports: found "28547o"') as caught:
        checksums.verify()
    assert "accept" not in str(caught.value)


def test_missing_and_undeclared_files(copy: Path) -> None:
    (copy / FILE).unlink()
    (copy / "data" / "raw" / "snap" / "new.csv").write_text("a\n1\n")
    (copy / "data" / "raw" / "snap" / "README.md").write_text("prose\n")
    found = {change.file.name: change for change in checksums.changed()}
    assert set(found) == {"snap_own_counts.csv", "new.csv"}
    assert found["snap_own_counts.csv"].found == checksums.ABSENT
    assert found["new.csv"].expected == checksums.UNDECLARED


@pytest.mark.parametrize("given", [FILE, "absolute"])
def test_accepting_a_revised_vintage(copy: Path, given: str) -> None:
    path = copy / FILE
    path.write_text(path.read_text() + "Snap,2026-01-01,2026-06-30,123456,count,own-snap\n")
    descriptor = path.with_name("datapackage.json")
    before = json.loads(descriptor.read_text())
    said = checksums.accept(path if given == "absolute" else given)
    assert FILE in said
    assert "9 rows" in said
    after = json.loads(descriptor.read_text())
    entry = after["resources"][0]
    assert entry["rowCount"] == 9
    assert entry["bytes"] == path.stat().st_size
    assert entry["hash"] == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    for key in ("rowCount", "bytes", "hash"):
        entry[key] = before["resources"][0][key]
    assert after == before
    assert checksums.changed() == []
    clean.run(copy / "data" / "processed")
    assert "Snap,2026H1,half-year" in (copy / "data" / "processed" / "sender_own_reports.csv").read_text()


def test_accepting_without_a_change_keeps_every_byte(copy: Path) -> None:
    before = snapshot(copy)
    for path in sorted((copy / "data" / "raw").glob("*/*.csv")):
        checksums.accept(path)
    assert snapshot(copy) == before


def test_a_faulty_file_is_not_accepted(copy: Path, spoil: Spoil) -> None:
    spoil("snap/snap_own_counts.csv", "285470", "many")
    before = snapshot(copy)
    with pytest.raises(InputError, match='found "many"'):
        checksums.accept(FILE)
    assert snapshot(copy) == before


def test_a_file_that_is_not_declared_is_not_accepted(copy: Path) -> None:
    with pytest.raises(InputError, match="no declared raw figures"):
        checksums.accept("data/raw/snap/none.csv")


def test_a_broken_datapackage_says_where(copy: Path) -> None:
    (copy / "data" / "raw" / "snap" / "datapackage.json").write_text('{\n "name": }\n')
    with pytest.raises(InputError, match=r"snap/datapackage\.json, row 2, column 10: not valid JSON"):
        checksums.changed()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"resources": [3]}', "found 3 under `resources`, expected an entry a table"),
        ('{"resources": [{"name": "snap"}]}', "resource snap: no path, schema"),
        ("[]", "found no list `resources`"),
    ],
)
def test_a_datapackage_of_another_form(content: str, says: str, copy: Path) -> None:
    (copy / "data" / "raw" / "snap" / "datapackage.json").write_text(content)
    with pytest.raises(InputError, match=r"snap/datapackage\.json") as caught:
        checksums.verify()
    assert says in str(caught.value)


@pytest.mark.parametrize("schema", [[], {}, {"fields": [3]}, {"fields": [{"name": "x", "type": "money"}]}])
def test_a_schema_of_another_form(schema: object, copy: Path) -> None:
    descriptor = copy / "data" / "raw" / "snap" / "datapackage.json"
    package = json.loads(descriptor.read_text(encoding="utf-8"))
    package["resources"][0]["schema"] = schema
    descriptor.write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(InputError, match=r"snap/datapackage\.json, resource snap-own-counts: found"):
        checksums.verify()


def test_a_folder_that_is_gone_is_missed(copy: Path) -> None:
    """Its files are declared nowhere else, so without the catalog nothing would ask for them."""
    shutil.rmtree(copy / "data" / "raw" / "google")
    with pytest.raises(InputError) as caught:
        checksums.verify()
    assert str(caught.value).startswith("data/raw/google/datapackage.json: found no table google-own-counts")
    assert "Restore the folder" in str(caught.value)


def test_a_table_and_its_entry_that_are_gone_are_missed(copy: Path) -> None:
    descriptor = copy / "data" / "raw" / "ncmec" / "datapackage.json"
    package = json.loads(descriptor.read_text(encoding="utf-8"))
    gone = package["resources"].pop()
    descriptor.write_text(json.dumps(package), encoding="utf-8")
    (descriptor.parent / gone["path"]).unlink()
    with pytest.raises(InputError, match=f"found no table {gone['name']}, which data/raw/catalog.json lists"):
        checksums.verify()


def test_a_new_table_is_accepted_and_listed(copy: Path) -> None:
    """It needs a file and an entry without figures of its own; each place forgotten is named."""
    folder = copy / "data" / "raw" / "anew"
    folder.mkdir()
    (folder / "anew.csv").write_text("year,reports,source_id\n2020,5,own-snap\n")
    with pytest.raises(InputError, match=r"anew/anew\.csv: not declared .* Add an entry to the datapackage"):
        checksums.verify()
    fields = [
        {"name": "year", "type": "integer"},
        {"name": "reports", "type": "integer"},
        {"name": "source_id", "type": "string"},
    ]
    entry = {"name": "anew", "path": "anew.csv", "schema": {"fields": fields, "primaryKey": ["year"]}}
    (folder / "datapackage.json").write_text(json.dumps({"name": "anew", "resources": [entry]}))
    with pytest.raises(
        InputError, match=r"catalog\.json: found no table anew of the folder anew.*accept data"
    ):
        checksums.verify()
    assert "accepted with 1 rows" in checksums.accept("data/raw/anew/anew.csv")
    checksums.verify()
    assert list(json.loads((copy / "data/raw/catalog.json").read_text()))[:2] == ["anew", "claims"]
    with pytest.raises(InputError, match=r"anew\.csv: no module of src/helpers/data/tables reads anew"):
        clean.tables()


def test_the_catalog_lists_every_table() -> None:
    catalog = json.loads((PROJECT / "data" / "raw" / "catalog.json").read_text(encoding="utf-8"))
    declared = [(one.package.parent.name, one.name) for one in descriptors.resources()]
    assert [(folder, name) for folder, names in catalog.items() for name in names] == declared


@pytest.mark.parametrize("content", ["[]", '{"snap": 3}', "{"])
def test_a_broken_catalog(content: str, copy: Path) -> None:
    (copy / "data" / "raw" / "catalog.json").write_text(content)
    with pytest.raises(InputError, match=r"data/raw/catalog\.json: not a list of tables a folder"):
        checksums.verify()


def test_a_byte_order_mark_is_one_message(copy: Path) -> None:
    path = copy / FILE
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    with pytest.raises(InputError, match=r"row 1: starts with a byte order mark") as caught:
        checksums.verify()
    assert "\n" not in str(caught.value)


def test_cleaning_never_writes_raw_figures(copy: Path) -> None:
    before = snapshot(copy / "data" / "raw")
    clean.run(copy / "data" / "processed")
    assert snapshot(copy / "data" / "raw") == before == snapshot(PROJECT / "data" / "raw")
