"""A build as one zip that describes itself: an RO-Crate of site, results, tidy tables and notebooks."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import eprivacy_its
from eprivacy_its import declaration, paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.pages import metadata
from eprivacy_its.runs import provenance
from eprivacy_its.study import sbom

METADATA, MATERIALS = "ro-crate-metadata.json", "sbom.cdx.json"
# A zip keeps a time for each file; a fixed one makes equal builds equal bytes. It is the earliest there is.
MOMENT = (1980, 1, 1, 0, 0, 0)
FOLDERS = {
    "site/": "Pages, with downloads; index.html is the findings page",
    "results/": "Every recorded estimate, one JSON file a notebook",
    "tidy/": "Validated tables that the notebooks read",
    "notebooks/": "Notebooks as executed by this build",
    "scenarios/": "Runs of scenarios",
}
TYPES = {".ipynb": "application/x-ipynb+json", ".yml": "application/yaml", ".md": "text/markdown"}


def archive(out: Path) -> Path:
    """Write the zip of the last build.

    Parameters
    ----------
    out : Path
        The zip; a folder that exists takes ``eprivacy-its-<version>.zip``.

    Returns
    -------
    Path
        The file written. Equal builds give equal bytes.

    Raises
    ------
    InputError
        Nothing has been built yet.
    """
    if not (paths.build() / "site" / "index.html").is_file():
        raise InputError("build/site: no pages; run `make findings` first")
    target = out / f"eprivacy-its-{eprivacy_its.__version__}.zip" if out.is_dir() else out
    files = _files() | _materials()
    crate = json.dumps(describe(files), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.part")
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        _put(made, METADATA, crate.encode())
        for place, file in files.items():
            _put(made, place, file.read_bytes())
    half.replace(target)
    return target


def _put(made: zipfile.ZipFile, place: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(place, MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # the same on every system
    made.writestr(entry, content)


def _files() -> dict[str, Path]:
    """Place in the zip to file, in order of place."""
    build = paths.build()
    found = {}
    for folder in ("site", "results"):
        for file in (build / folder).rglob("*"):
            if file.is_file():
                found[f"{folder}/{file.relative_to(build / folder).as_posix()}"] = file
    for file in paths.processed().iterdir():
        if file.is_file():
            found[f"tidy/{file.name}"] = file
    for file in (build / "cache" / "notebooks").glob("*/notebook.ipynb"):
        found[f"notebooks/{file.parent.name}.ipynb"] = file
    for file in (build / "scenarios").glob("*/*"):
        if file.is_file():
            found[f"scenarios/{file.parent.name}/{file.name}"] = file
    for name in ("CITATION.cff", "LICENSE", "README.md", "requirements.lock"):
        if (paths.root() / name).is_file():
            found[name] = paths.root() / name
    return dict(sorted(found.items()))


def _materials() -> dict[str, Path]:
    """The bill of materials, made from the lock."""
    lock = paths.root() / "requirements.lock"
    if not lock.is_file():
        return {}
    made = paths.build() / MATERIALS
    results.write_json(made, sbom.document(lock))
    return {MATERIALS: made}


def describe(files: Mapping[str, Path]) -> dict[str, Any]:
    """The RO-Crate 1.1 metadata of these files.

    Parameters
    ----------
    files : mapping of place in the crate to file
    """
    author = {"@id": "#authors", **metadata.AUTHORS}
    commit = provenance.commit()
    state = f"commit {commit['commit']}" if commit["commit"] else "no version control"
    state += ", with changes that are not committed" if commit["dirty"] else ""
    folders = [
        {
            "@id": folder,
            "@type": "Dataset",
            "name": text,
            "hasPart": [{"@id": place} for place in files if place.startswith(folder)],
        }
        for folder, text in FOLDERS.items()
        if any(place.startswith(folder) for place in files)
    ]
    loose = [{"@id": place} for place in files if "/" not in place]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": declaration.of_study().title,
        "description": "A build of eprivacy-its: rendered findings, recorded estimates, tidy tables, executed "
        "notebooks. The figures keep the terms of their sources.",
        "datePublished": _released(),
        "version": f"{eprivacy_its.__version__}, {state}",
        "license": {"@id": metadata.LICENSE},
        "author": {"@id": "#authors"},
        "mainEntity": {"@id": "site/index.html"},
        "hasPart": [{"@id": one["@id"]} for one in folders] + loose,
    }
    about = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }
    licence = {"@id": metadata.LICENSE, "@type": "CreativeWork", "name": "MIT License"}
    graph = [about, root, author, licence, *folders, *(_entity(*one) for one in files.items())]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _entity(place: str, file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    kind = TYPES.get(file.suffix) or mimetypes.types_map.get(file.suffix) or "text/plain"
    return {
        "@id": place,
        "@type": "File",
        "name": file.name,
        "encodingFormat": kind,
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _released() -> str:
    """The date of release in CITATION.cff."""
    import yaml

    cited = yaml.safe_load((paths.root() / "CITATION.cff").read_text(encoding="utf-8"))
    return str(cited["date-released"])
