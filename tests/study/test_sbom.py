"""The bill of materials: all that is locked and nothing else, and licences that let anyone use the study."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.study import sbom

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
# Licences that allow use, change and redistribution; MPL binds changes of its own files only.
FREE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python|MPL|Mozilla|Unlicense|CC0|0BSD|HPND|Zope|ZPL|Public Domain|LGPL.*later|Matplotlib",
    re.I,
)


def test_it_lists_what_is_locked() -> None:
    made = sbom.document(LOCK)
    assert (made["bomFormat"], made["specVersion"], made["version"]) == ("CycloneDX", "1.6", 1)
    listed = {(one["name"], one["version"]) for one in made["components"]}
    assert listed == set(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", LOCK.read_text(), re.M))
    hashes = [h["content"] for one in made["components"] for h in one["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", LOCK.read_text()))
    references = [one["bom-ref"] for one in made["components"]]
    assert len(references) == len(set(references))
    assert made["dependencies"][0]["dependsOn"] == references
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", made["serialNumber"])
    assert json.dumps(made) == json.dumps(sbom.document(LOCK))


def test_every_dependency_of_a_user_is_under_a_free_licence() -> None:
    direct = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[A-Za-z0-9._-]+", text)[0].lower() for text in direct}
    told = {
        one["name"]: one.get("licenses", [{"license": {"name": ""}}])[0]["license"]["name"]
        for one in sbom.document(LOCK)["components"]
    }
    assert names <= set(told)
    assert {name: told[name] for name in names if not FREE.search(told[name])} == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("numpy==2.0\n", "numpy without a hash"),
        ("numpy>=2.0 \\\n", "line 1: 'numpy>=2.0"),
        ("--find-links wheels\n", "line 1"),
    ],
)
def test_a_lock_that_pins_nothing_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(text)
    with pytest.raises(InputError, match=re.escape(said)):
        sbom.document(tmp_path / "requirements.lock")
