"""Site and results made from what the runs left, and put in place of the old ones."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from helpers import paths
from helpers.publish import execute
from helpers.publish.graph import Run


def publish(runs: Mapping[str, Run], failed: Mapping[str, str], blocked: Mapping[str, str]) -> Path:
    """Write `build/site` and `build/results` anew; each is replaced whole.

    Parameters
    ----------
    runs : mapping of name to Run
        The graph: notebooks and scenarios.
    failed, blocked : mapping of name to message
        Runs that ended with an error, and runs that were left out because of one.

    Returns
    -------
    Path
        The index page.
    """
    import nbformat

    from helpers.publish import reference, site

    pages = []
    for name, run in runs.items():
        folder = execute.run_folder(name, run.scenario is not None)
        made = folder.exists() and name not in blocked
        document = json.loads((folder / "results.json").read_text(encoding="utf-8")) if made else {}
        why = failed.get(name) or ("Not run: a notebook that it needs failed." if name in blocked else "")
        pages.append(
            site.SitePage(
                name=name,
                notebook=nbformat.read(folder / "notebook.ipynb" if made else run.notebook, as_version=4),
                document=document,
                title=run.title,
                error=why,
                scenario=run.scenario is not None,
                folder=folder if made else None,
            )
        )
    index = site.build_site(pages, reference.project_extra(), paths.build() / "site")
    good = {page.name: page.folder for page in pages if page.folder is not None and not page.error}
    _replace_results(good)
    return index


def _replace_results(folders: Mapping[str, Path]) -> None:
    """`build/results` with one file a run that succeeded."""
    target = paths.build() / "results"
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".results-") as temporary:
        fresh = Path(temporary) / "results"
        fresh.mkdir()
        for name, folder in folders.items():
            shutil.copyfile(folder / "results.json", fresh / f"{name}.json")
        if target.exists():
            os.rename(target, Path(temporary) / "old")
        os.rename(fresh, target)
