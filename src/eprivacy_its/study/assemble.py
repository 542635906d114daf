"""Site and results made from what the runs left, and put in place of the old ones."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from eprivacy_its import paths
from eprivacy_its.pages import fragment_cache
from eprivacy_its.runs import execute, swap
from eprivacy_its.runs.graph import Run


def publish(runs: Mapping[str, Run], failed: Mapping[str, str], blocked: Mapping[str, str]) -> Path:
    """Write `build/site` and `build/results` anew; both are replaced together, each whole.

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

    from eprivacy_its.pages import reference, site

    pages = []
    for name, run in runs.items():
        folder = execute.run_folder(name, run.scenario is not None)
        made = folder.exists() and name not in blocked and not run.fault
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
    good = {page.name: page.folder for page in pages if page.folder is not None and not page.error}
    build = paths.build()
    with tempfile.TemporaryDirectory(dir=build, prefix=".publish-") as temporary:
        fresh = Path(temporary)
        with fragment_cache.inside(execute.cache() / "pages"):
            site.build_site(pages, reference.project_extra(), fresh / "site")
        _copy_results(good, fresh / "results")
        # Everything is written: two names change hands, one right after the other.
        swap.put(fresh / "results", build / "results")
        swap.put(fresh / "site", build / "site")
    return build / "site" / site.HOME_HREF


def _copy_results(folders: Mapping[str, Path], target: Path) -> None:
    """One results file for each run that succeeded."""
    target.mkdir()
    for name, folder in folders.items():
        shutil.copyfile(folder / "results.json", target / f"{name}.json")


def keep_last_good() -> None:
    """Keep site and results, which are complete, as `build/last-good` before a failure takes their place."""
    build = paths.build()
    with tempfile.TemporaryDirectory(dir=build, prefix=".last-good-") as temporary:
        kept = Path(temporary) / "kept"
        for name in ("site", "results"):
            swap.linked_copy(build / name, kept / name)
        swap.put(kept, build / "last-good")
