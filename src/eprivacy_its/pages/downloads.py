"""Files that the site offers: results, tidy tables, executed notebooks, data of figures; with checksums."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its import results
from eprivacy_its.pages import code, estimates, listings
from eprivacy_its.show.stage import neutral

if TYPE_CHECKING:
    from eprivacy_its.pages.reference import Extra
    from eprivacy_its.pages.site import SitePage


@dataclass(frozen=True)
class Download:
    """A file of the site.

    `href` is relative to the pages, `group` the heading it is listed under, `bytes` its size.
    """

    href: str
    group: str
    bytes: int
    sha256: str


TO_PRINT = "To print and to share"
GROUPS = (
    TO_PRINT,
    "Results",
    "Tidy tables",
    "Raw tables",
    "Executed notebooks",
    "Data of figures",
    "Tables of pages",
    "Code",
)


def collect(
    folder: Path, pages: Sequence[SitePage], extra: Extra, brought: Mapping[str, str] | None = None
) -> list[Download]:
    """Copy everything into `folder` and list it, with a file SHA256SUMS beside it.

    `brought` holds what pages without a run offer, in base64 by place.
    """
    made: list[tuple[str, str]] = []

    def put(group: str, place: str, content: str | bytes | Path) -> None:
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, target)
        elif isinstance(content, bytes):
            target.write_bytes(content)
        else:
            target.write_text(content, encoding="utf-8", newline="\n")
        made.append((group, place))

    rows = [{"notebook": page.name, **estimate} for page in pages for estimate in page.estimates]
    apart = {
        "all": [row for row in rows if not results.simulated(row["sources"])],
        "simulated": [row for row in rows if results.simulated(row["sources"])],
    }
    for name, own in apart.items():
        if own:
            put("Results", f"results/{name}.csv", estimates_csv(own))
    if rows:
        put("Results", "results/all.json", _json({"schema": results.SCHEMA, **apart}))
        put("Results", "results/all.tex", latex(apart["all"]))
    for page in sorted(pages, key=lambda page: page.name):
        if page.estimates:
            put("Results", f"results/{page.name}.json", _json(dict(page.document)))
            own = [{"notebook": page.name, **estimate} for estimate in page.estimates]
            put("Results", f"results/{page.name}.csv", estimates_csv(own))
        for group, place, file in _left_by(page):
            put(group, place, file)
    for place, text in (brought or {}).items():
        put("Data of figures", place, base64.b64decode(text))
    for file in sorted(extra.tidy):
        put("Tidy tables", f"tidy/{file.name}", file)
    for name, file in listings.raw_files().items():
        put("Raw tables", f"{listings.RAW}/{name}", file)
    for place, file in code.files().items():
        put("Code", place, file)
    listed = [_described(folder, group, place) for group, place in made]
    if listed:
        sums = "".join(f"{one.sha256}  {one.href.removeprefix('downloads/')}\n" for one in listed)
        (folder / "SHA256SUMS").write_text(sums, encoding="utf-8", newline="\n")
    return listed


def _left_by(page: SitePage) -> Iterable[tuple[str, str, Path]]:
    if page.folder is None:
        return
    notebook = page.folder / "notebook.ipynb"
    if notebook.exists():
        yield "Executed notebooks", f"notebooks/{page.name}.ipynb", notebook
    for kind, group in (("files", TO_PRINT), ("figures", "Data of figures"), ("tables", "Tables of pages")):
        for file in sorted((page.folder / kind).glob("*")):
            yield group, f"{kind}/{page.name}/{file.name}", file


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


_TEX = {"\N{MINUS SIGN}": "$-$", "\N{NO-BREAK SPACE}": "~", "%": r"\%"}


def latex(rows: Sequence[Mapping[str, Any]]) -> str:
    """Macros of recorded estimates: ``\\estimate{claims/eu27-change-2021}``, and ``\\interval{...}`` for their ends.

    Parameters
    ----------
    rows : sequence of mapping
        As in the results files.
    """

    def tex(text: str) -> str:
        return re.sub("|".join(_TEX), lambda found: _TEX[found[0]], text)

    lines = [
        r"% Recorded estimates as macros: \input{all.tex}, then \estimate{id} and \interval{id}.",
        r"\newcommand{\estimate}[1]{\csname estimate:#1\endcsname}",
        r"\newcommand{\interval}[1]{\csname interval:#1\endcsname}",
    ]
    for row in rows:
        value, ends = results.parts(estimates.as_estimate(row))
        lines.append(rf"\expandafter\def\csname estimate:{row['id']}\endcsname{{{tex(value)}}}")
        if ends:
            lines.append(rf"\expandafter\def\csname interval:{row['id']}\endcsname{{{tex(ends)}}}")
    return "\n".join(lines) + "\n"


def _described(folder: Path, group: str, place: str) -> Download:
    content = (folder / place).read_bytes()
    return Download(f"downloads/{place}", group, len(content), hashlib.sha256(content).hexdigest())


def estimates_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Recorded estimates as CSV, one row each, source ids joined by spaces."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    names = ["notebook", *results.FIELDS]
    writer.writerow(names)
    for row in rows:
        writer.writerow(["" if row.get(name) is None else neutral(row[name]) for name in names])
    return target.getvalue()
