"""The data packages: complete, true to their files, and of the standard's form."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import jsonschema
import pytest

from eprivacy_its.packages import descriptors

from .conftest import PROJECT

RAW = PROJECT / "data" / "raw"
DESCRIPTORS = sorted(RAW.glob("*/datapackage.json"))

TEXT = {"type": "string", "minLength": 1}
SOURCE = {
    "type": "object",
    "required": ["title", "path"],
    "properties": dict.fromkeys(
        ("source_id", "title", "path", "publisher", "published", "how_checked"), TEXT
    ),
    "additionalProperties": False,
}
FIELD = {
    "type": "object",
    "required": ["name", "type", "description"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9_]+$"},
        "type": {"enum": ["string", "integer", "number", "date"]},
        "description": TEXT,
        "unit": TEXT,
        "format": {"const": "default"},
        "missingValues": {"type": "array", "items": {"type": "string"}},
        "constraints": {
            "type": "object",
            "properties": {
                "required": {"const": True},
                "minimum": {"type": "number"},
                "maximum": {"type": "number"},
                "enum": {"type": "array", "minItems": 2},
                "pattern": TEXT,
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
RESOURCE = {
    "type": "object",
    "required": [
        *("name", "type", "path", "title", "description", "format", "mediatype", "encoding", "bytes", "hash"),
        *("rowCount", "terms", "schema", "sources"),
    ],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9-]+$"},
        "type": {"const": "table"},
        "path": {"type": "string", "pattern": r"^[a-z0-9_]+\.csv$"},
        "title": TEXT,
        "description": {"type": "string", "minLength": 40},
        "bytes": {"type": "integer", "minimum": 1},
        "hash": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "rowCount": {"type": "integer", "minimum": 1},
        "terms": TEXT,
        "licenses": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "required": ["name", "path"]},
        },
        "sources": {"type": "array", "minItems": 1, "items": SOURCE},
        "schema": {
            "type": "object",
            "required": ["fields", "primaryKey"],
            "properties": {
                "fields": {"type": "array", "items": FIELD},
                "primaryKey": {"type": "array", "minItems": 1},
            },
        },
    },
}
PACKAGE = {
    "type": "object",
    "required": ["$schema", "name", "title", "description", "resources"],
    "properties": {
        "$schema": {"const": "https://datapackage.org/profiles/2.0/datapackage.json"},
        "resources": {"type": "array", "minItems": 1, "items": RESOURCE},
    },
}


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=lambda path: path.parent.name)
def test_a_package_has_the_form_of_the_standard(descriptor: Path) -> None:
    package = json.loads(descriptor.read_text(encoding="utf-8"))
    jsonschema.validate(package, PACKAGE)
    assert package["name"] == descriptor.parent.name
    for resource in package["resources"]:
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert set(resource["schema"]["primaryKey"]) <= set(names)


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=lambda path: path.parent.name)
def test_a_package_is_true_to_its_files(descriptor: Path) -> None:
    """Read again with the csv module and hashlib alone, not with the code under test."""
    text = (RAW / "sources" / "sources.csv").read_text(encoding="utf-8")
    listed = {row["source_id"]: row for row in csv.DictReader(text.splitlines())}
    for resource in json.loads(descriptor.read_text(encoding="utf-8"))["resources"]:
        content = (descriptor.parent / resource["path"]).read_bytes()
        rows = list(csv.DictReader(content.decode("utf-8").splitlines()))
        assert resource["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()
        assert resource["bytes"] == len(content)
        assert resource["rowCount"] == len(rows)
        assert [field["name"] for field in resource["schema"]["fields"]] == list(rows[0])
        used = {
            row["source_id"] for row in rows if "source_id" in row and descriptor.parent.name != "sources"
        }
        declared = {source["source_id"]: source for source in resource["sources"] if "source_id" in source}
        if (
            descriptor.parent.name == "reference"
        ):  # one data set, one paper: named here alone, not on each row
            assert [source_id.split("-")[0] for source_id in declared] == ["reference"]
            continue
        assert set(declared) == used
        for source_id, source in declared.items():
            row = listed[source_id]
            assert (source["title"], source["path"]) == (row["title"], row["url"])
            assert (source.get("publisher", ""), source.get("published", "")) == (
                row["publisher"],
                row["published"],
            )
            assert source["how_checked"] == row["how_checked"]


def test_every_count_has_a_unit_and_every_name_is_unique() -> None:
    names = [resource.name for resource in descriptors.resources()]
    assert len(names) == len(set(names))
    for resource in descriptors.resources():
        for field in resource.fields:
            if field["type"] in ("integer", "number") and "enum" not in field.get("constraints", {}):
                assert field.get("unit"), (resource.name, field["name"])


def test_nothing_was_dropped() -> None:
    """At least the rows of each kind of figure that the study was given; corrections add to them."""
    rows = {resource.name: resource.declared["rowCount"] for resource in descriptors.resources()}
    assert sum(count for name, count in rows.items() if name.endswith("-own-counts")) >= 75
    expected = {
        "ncmec-reports-by-country": 1260,
        "ncmec-reports-by-year": 28,
        "ncmec-reports-by-platform": 101,
        "ncmec-referrals-by-country-2024": 39,
        "meta-content-actioned": 223,
        "national-police-series": 27,
        "eu-totals": 24,
        "claims": 12,
        "events": 46,
        "sources": 128,
        "sicily-acute-coronary-events": 59,
        "quetiapine-dispensings": 48,
        "us-cigarette-sales": 1209,
        "uk-road-casualties": 192,
        "dsa-statements-daily-by-platform": 22_285,
        "dsa-statements-daily-total": 839,
        "dsa-statements-monthly-by-category": 3049,
        "dsa-reports-halfyear": 119,
        "dsa-monthly-recipients-by-member-state": 519,
        "discord-monthly-reports": 48,
        "eurostat-recorded-offences": 756,
        "meta-content-actioned-2026q2": 158,
        "ncmec-reports-by-esp-all": 1026,
        "ncmec-referrals-by-country-2024-all": 251,
        "ncmec-referrals-by-platform-2024": 328,
        "ncmec-recipients-annual": 34,
        "ncmec-contents-annual": 84,
        "snap-by-country-halfyear": 200,
        "tiktok-quarterly": 274,
        "microsoft-halfyear-original": 8,
        "hotlines-annual": 59,
        "national-series-additions": 29,
        "population-by-country": 1185,
        "internet-users-by-country": 680,
    }
    assert {name: rows[name] for name in expected if rows[name] < expected[name]} == {}


def test_writing_what_was_read_gives_the_same_bytes(tmp_path: Path) -> None:
    for descriptor in DESCRIPTORS:
        descriptors.write(tmp_path / "datapackage.json", descriptors.read(descriptor))
        assert (tmp_path / "datapackage.json").read_bytes() == descriptor.read_bytes()


def test_our_own_words_say_provider() -> None:
    """Who sends a report is a provider on every page; columns and files keep their published names."""

    def texts(node: object, key: str = "") -> list[str]:
        if isinstance(node, dict):
            return [text for name, value in node.items() for text in texts(value, name)]
        if isinstance(node, list):
            return [text for value in node for text in texts(value, key)]
        return [str(node)] if key in {"title", "description", "terms"} else []

    files = [
        *(PROJECT / "data" / "raw").glob("*/datapackage.json"),
        PROJECT / "data" / "processed" / "datapackage.json",
    ]
    assert len(files) > 10
    found = {
        text
        for file in files
        for text in texts(json.loads(file.read_text()))
        if re.search(r"\bsenders?\b", text, re.I)
    }
    notes = (PROJECT / "data" / "processed" / "interruptions.csv").read_text()
    assert found == set()
    assert not re.search(r"\bsenders?\b", notes, re.I)
