"""A study with its build as one zip that describes itself (an RO-Crate), and from which it can be built again.

It holds what belongs to the study: the files that git tracks (outside git, all but hidden and generated ones), and
the site, the results and the executed notebooks of the last build. A scenario that git doesn't track may be private:
it is packed only when it is named.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import eprivacy_its
from eprivacy_its import declaration, names, paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.pages import metadata
from eprivacy_its.runs import graph, provenance
from eprivacy_its.runs.inputs import sha256
from eprivacy_its.study import sbom, scenario
from eprivacy_its.study.state import State

METADATA, MATERIALS = "ro-crate-metadata.json", "sbom.cdx.json"
# A zip keeps a time for each file; a fixed one makes equal builds equal bytes. It is the earliest there is.
MOMENT = (1980, 1, 1, 0, 0, 0)
FOLDERS = {
    "build/site/": "Pages, with downloads; index.html is the home page",
    "build/results/": "Every recorded estimate, one JSON file a notebook",
    "build/executed/": "Notebooks as executed by this build",
    "build/scenarios/": "Runs of scenarios that were asked for by name",
    "data/": "Figures as published, and validated tables that the notebooks read",
    "notebooks/": "The notebooks without outputs, and the graph of what each reads and leaves",
    "src/": "The code that the notebooks call",
}
#: Folders outside git that hold nothing of one's own.
GENERATED = {"build", "__pycache__", "node_modules"}
TYPES = {".ipynb": "application/x-ipynb+json", ".yml": "application/yaml", ".md": "text/markdown"}


def archive(out: Path, named: Sequence[str] = ()) -> tuple[Path, list[str]]:
    """Write the zip of the last build.

    Parameters
    ----------
    out : Path
        The zip; a folder that exists takes ``eprivacy-its-<version>.zip``.
    named : sequence of str
        Scenarios to pack that don't belong to the study.

    Returns
    -------
    Path
        The file written. Equal builds give equal bytes.
    list of str
        What is in it.

    Raises
    ------
    InputError
        Nothing has been built yet, or what lies there is not what was built; a scenario that git doesn't track has a
        page and isn't named; `out` can't be written.
    """
    target = names.file(out, f"eprivacy-its-{eprivacy_its.__version__}.zip", "--out")
    files = collect(named)
    crate = json.dumps(describe(files), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    half = target.with_name(f".{target.name}.part")
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        _put(made, METADATA, crate.encode())
        for place, file in files.items():
            _put(made, place, file.read_bytes(), executable=os.access(file, os.X_OK))
    half.replace(target)
    return target, [METADATA, *files]


def _put(made: zipfile.ZipFile, place: str, content: bytes, *, executable: bool = False) -> None:
    entry = zipfile.ZipInfo(place, MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o755 if executable else 0o644) << 16
    entry.create_system = 3  # the same on every system
    made.writestr(entry, content)


def collect(named: Sequence[str] = ()) -> dict[str, Path]:
    """Place in the zip to file, in order of place; arguments and errors as for :func:`archive`."""
    build = paths.build()
    _refuse_other()
    found = source = _source()
    for name in ("site", "results"):
        found = found | _below(build / name, f"build/{name}/")
    for file in (build / "cache" / "notebooks").glob("*/notebook.ipynb"):
        found[f"build/executed/{file.parent.name}.ipynb"] = file
    found |= _scenarios(source, named)
    return dict(sorted((found | _made(source)).items()))


def _refuse_other() -> None:
    """A site that is there, as it was built, of the runs that there are now."""
    if not (paths.build() / "site" / "index.html").is_file():
        raise InputError("build/site: no pages; run `make findings` first")
    state = State()
    gone = state.runs.keys() - graph.notebooks().keys() - graph.scenarios().keys()
    if gone or (state.site and state.site["made"] != state.of_site()):
        raise InputError("build/site: not what the last build made of this study; run `make findings` first")


def _below(folder: Path, place: str) -> dict[str, Path]:
    return {
        f"{place}{f.relative_to(folder).as_posix()}": f
        for f in folder.rglob("*")
        if f.is_file() and not f.name.startswith(".")
    }


def _source() -> dict[str, Path]:
    """The study's own files."""
    top = paths.root()
    places = provenance.tracked()
    if places is None:
        places = [
            file.relative_to(top).as_posix()
            for folder, folders, names_ in os.walk(top)
            for file in (Path(folder) / name for name in names_ if not name.startswith("."))
            if _keep(folders)
        ]
    made = {METADATA, MATERIALS, provenance.COMMIT}
    return {
        p: top / p for p in places if p not in made and (top / p).is_file() and not (top / p).is_symlink()
    }


def _keep(folders: list[str]) -> bool:
    """Let `os.walk` go into folders of one's own only."""
    folders[:] = [one for one in folders if one == ".ci" or not (one.startswith(".") or one in GENERATED)]
    return True


def _scenarios(source: Mapping[str, Path], named: Sequence[str]) -> dict[str, Path]:
    """What is asked for by name; an InputError for what would be packed without."""
    top, runs, found = paths.root().resolve(), graph.scenarios(), dict[str, Path]()
    own = {file.resolve() for file in source.values()}
    private = {name: run for name, run in runs.items() if run.scenario and run.scenario.resolve() not in own}
    if missing := sorted(private.keys() - set(named)):
        raise InputError(
            f"archive: the site has pages of scenarios that git doesn't track: {', '.join(missing)}; pack them by name "
            f"(--scenario {missing[0]}), or move them out of scenarios/ and build again"
        )
    for name in named:
        ran = _below(scenario.folder(names.run(name, "--scenario")), f"build/scenarios/{name}/")
        if not ran and name not in runs:
            raise InputError(f"--scenario {name}: no scenario of that name, and none that was run")
        reads = runs[name].reads if name in private else ()
        inside = (file for file in reads if file.resolve().is_relative_to(top) and file.is_file())
        found |= ran | {file.resolve().relative_to(top).as_posix(): file for file in inside}
    return found


def _made(source: Mapping[str, Path]) -> dict[str, Path]:
    """Files made for the zip: the bill of materials, and which commit this is, as long as nothing is changed."""
    lock, found = paths.root() / "requirements.lock", {}
    if lock.is_file():
        results.write_json(paths.build() / MATERIALS, sbom.document(lock))
        found[MATERIALS] = paths.build() / MATERIALS
    state = provenance.commit()
    if state["commit"]:
        fixed = (place for place in source if not place.startswith("data/processed/"))
        state |= {"files": {place: sha256(source[place]) for place in sorted(fixed)}}
        results.write_json(paths.build() / provenance.COMMIT, state)
        found[provenance.COMMIT] = paths.build() / provenance.COMMIT
    return found


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
    loose = [{"@id": place} for place in files if not place.startswith(tuple(FOLDERS))]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": declaration.of_study().title,
        "description": "A study and its build by eprivacy-its: figures, notebooks, code; pages, recorded estimates, "
        "executed notebooks. The figures keep the terms of their sources.",
        "datePublished": _released(),
        "version": f"{eprivacy_its.__version__}, {state}",
        "license": {"@id": metadata.LICENSE},
        "author": {"@id": "#authors"},
        "mainEntity": {"@id": "build/site/index.html"},
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
    """The date of release in CITATION.cff; the day of no release without one."""
    return metadata.released() or "1980-01-01"
