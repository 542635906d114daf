"""What machines read about the pages: schema.org as JSON-LD."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import eprivacy_its
from eprivacy_its import declaration, paths
from eprivacy_its.pages import code

AUTHOR = "The eprivacy-its contributors"
AUTHORS = {"@type": "Organization", "name": AUTHOR}
LICENSE = "https://spdx.org/licenses/MIT.html"


def _json(content: dict[str, Any]) -> str:
    # In a script element only "<" could end the element.
    return json.dumps({"@context": "https://schema.org", **content}, ensure_ascii=False).replace(
        "<", "\\u003c"
    )


def released() -> str:
    """Day of the release as CITATION.cff states it; empty when there is no such file."""
    return _released(paths.root() / "CITATION.cff")


@cache
def _released(file: Path) -> str:
    import yaml

    stated = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return str(stated.get("date-released") or "")


def canonical(href: str) -> str:
    """Address of a page without query or anchor: absolute where the project has a home on the web, else relative."""
    home = code.address("Homepage")
    return f"{home}/{href}" if home else href


def reference(title: str, commit: str) -> str:
    """How to cite a page, as HTML: author, year, title, version, commit."""
    at = f", commit <code>{escape(commit[:10])}</code>" if commit else ""
    year = released()[:4]
    stop = "" if title.endswith(("?", "!", ".")) else "."
    return (
        f"{AUTHOR}{f' ({year})' if year else ''}: <cite>{escape(title)}</cite>{stop} "
        f"eprivacy-its, version {eprivacy_its.__version__}{at}."
    )


def bibtex(title: str, commit: str, href: str) -> str:
    """The same for BibTeX.

    Parameters
    ----------
    title, commit : str
    href : str
        Page of the site, with an anchor or without.
    """
    key = re.sub(r"[^a-z0-9]+", "-", Path(href.replace(".html", "")).name.lower()).strip("-")
    lines = [
        f"@misc{{eprivacy-its-{key},",
        f"  author = {{{{{AUTHOR}}}}},",
        f"  title = {{{{{title}}}}},",
        *([f"  year = {{{released()[:4]}}},"] if released() else []),
        f"  note = {{eprivacy-its, version {eprivacy_its.__version__}{f', commit {commit[:10]}' if commit else ''}}},",
        *([f"  url = {{{canonical(href)}}},"] if "://" in canonical(href) else []),
        "}",
    ]
    return "\n".join(lines)


def article(title: str, abstract: str, commit: str) -> str:
    """The findings page as a ScholarlyArticle."""
    return _json(
        {
            "@type": "ScholarlyArticle",
            "headline": title,
            "name": title,
            "abstract": abstract,
            "author": AUTHORS,
            "publisher": AUTHORS,
            **({"datePublished": released()} if released() else {}),
            "url": canonical("index.html"),
            "inLanguage": "en",
            "license": LICENSE,
            "version": f"{eprivacy_its.__version__}, commit {commit}" if commit else eprivacy_its.__version__,
            "isBasedOn": "data.html",
        }
    )


def _years(named: str) -> list[int]:
    """Years in a column of a tidy table, named as ``table.column``; none where there is no such table."""
    table, _, column = named.partition(".")
    file = paths.processed() / f"{table}.csv"
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as stream:
        return [int(row[column]) for row in csv.DictReader(stream)]


def dataset(files: Sequence[str]) -> str:
    """The tidy tables as a Dataset, its files relative to the page."""
    about = declaration.of_study().dataset
    years = _years(str(about.get("years", "")))
    return _json(
        {
            "@type": "Dataset",
            "name": about.get("name", "Tidy tables"),
            "description": about.get("description", declaration.of_study().title),
            "creator": AUTHORS,
            "usageInfo": canonical("sources.html"),
            "url": canonical("data.html"),
            **({"datePublished": released()} if released() else {}),
            "keywords": about.get("keywords", []),
            **({"temporalCoverage": f"{min(years)}/{max(years)}"} if years else {}),
            "isAccessibleForFree": True,
            "inLanguage": "en",
            "version": eprivacy_its.__version__,
            "distribution": [
                {
                    "@type": "DataDownload",
                    "encodingFormat": "text/csv",
                    "contentUrl": f"downloads/tidy/{name}",
                }
                for name in files
            ],
        }
    )
