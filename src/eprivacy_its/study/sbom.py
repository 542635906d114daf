"""What the study is made with, as a bill of materials (CycloneDX 1.6), from requirements.lock.

Every locked version with its hashes, and the licence of those that are installed; equal locks give equal bytes.
"""

from __future__ import annotations

import importlib.metadata
import re
import uuid
from pathlib import Path
from typing import Any

import eprivacy_its
from eprivacy_its.errors import InputError

_ENTRY = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(?:;\s*([^\\\n]+?))?\s*(?:\\)?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
#: Classifiers and free texts of licences, as SPDX names them.
_SPDX = {
    "MIT License": "MIT", "MIT": "MIT", "BSD License": "BSD-3-Clause", "BSD": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0", "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0", "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC", "ISC License": "ISC", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}  # fmt: skip


def locked(lock: Path) -> list[tuple[str, str, str, list[str]]]:
    """Name, version, marker ("" for everywhere) and sha256 of the files of each package in a lock.

    Raises
    ------
    InputError
        A line that is no entry, or an entry without a hash.
    """
    found: list[tuple[str, str, str, list[str]]] = []
    for number, line in enumerate(lock.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if hashed := _HASH.match(text):
            found[-1][3].append(hashed[1])
        elif entry := _ENTRY.match(text):
            found.append((entry[1], entry[2], entry[3] or "", []))
        else:
            raise InputError(
                f"{lock.name}, line {number}: {text[:60]!r}, expected name==version and its hashes"
            )
    bare = [name for name, _, _, hashes in found if not hashes]
    if bare:
        raise InputError(f"{lock.name}: {', '.join(bare)} without a hash; run `make lock`")
    return found


def licence(name: str) -> str:
    """Licence of an installed package, as SPDX names it where that is plain; "" when not installed or not told."""
    try:
        told: Any = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    if expression := told.get("License-Expression"):
        return str(expression)
    kinds = [c.rpartition(" :: ")[2] for c in told.get_all("Classifier") or () if c.startswith("License ::")]
    text = " OR ".join(_SPDX.get(kind, kind) for kind in kinds if kind != "OSI Approved")
    if not text:
        text = next(iter(str(told.get("License") or "").strip().splitlines()), "")
    return _SPDX.get(text, text)


def document(lock: Path) -> dict[str, Any]:
    """The bill of materials of a lock."""
    components = [_component(*entry) for entry in locked(lock)]
    own = {
        "type": "application",
        "bom-ref": "eprivacy-its",
        "name": "eprivacy-its",
        "version": eprivacy_its.__version__,
        "licenses": [{"license": {"id": "MIT"}}],
    }
    named = uuid.uuid5(uuid.NAMESPACE_URL, repr((eprivacy_its.__version__, components)))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{named}",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [{"ref": "eprivacy-its", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def _component(name: str, version: str, marker: str, hashes: list[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    told = licence(name)
    licences = {"licenses": [{"license": {"name": told}}]} if told else {}
    notes = [{"name": "hashes", "value": "of the wheels and source archives that the lock accepts"}]
    notes += [{"name": "marker", "value": marker}] if marker else []
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        **licences,
        "hashes": [{"alg": "SHA-256", "content": one} for one in hashes],
        "properties": notes,
    }
