"""Modules and raw tables as plain pages, so that a link can lead to one line of code or one row of figures.

They are light on purpose, one of each file: no navigation, no script, the colours that the reader's system asks for.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from eprivacy_its import paths
from eprivacy_its.pages import code

#: A longer table would make a page that browsers are slow to open; its file is offered all the same.
MOST_ROWS = 2_000
RAW = "raw"
_STYLE = (
    ":root{color-scheme:light dark}body{font:14px/1.5 system-ui,sans-serif;margin:1.5rem}"
    "ol{font-family:ui-monospace,monospace;white-space:pre;padding-left:4rem}li::marker{color:#767676}"
    "table{border-collapse:collapse}th,td{padding:.2rem .7rem;text-align:left;border-bottom:1px solid #8886}"
    "th{position:sticky;top:0;background:Canvas}:target{background:Mark;color:MarkText}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def _document(title: str, back: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<p>{back}</p>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _link(href: str, words: str) -> str:
    return f'<a href="{escape(href)}">{escape(words)}</a>'


def module(place: str, file: Path) -> str:
    """A module with an anchor on each line: ``L1``, ``L2``, …

    Parameters
    ----------
    place : str
        Among the downloads, ``code/eprivacy_its/paths.py``; the page stands at the same place below the site.
    """
    up = "../" * place.count("/")
    lines = file.read_text(encoding="utf-8").split("\n")
    listed = "\n".join(
        f'<li id="L{number}">{escape(line)}</li>' for number, line in enumerate(lines, start=1)
    )
    back = f"{_link(f'{up}index.html', 'Findings')} · {_link(f'{up}downloads/{place}', 'as a file')}"
    return _document(place.removeprefix(f"{code.FOLDER}/"), back, f"<ol>\n{listed}\n</ol>")


def raw_table(name: str, rows: Sequence[Sequence[str]]) -> str:
    """A raw table with an anchor on each row: ``row-2`` is the first below the header, as an editor counts.

    Parameters
    ----------
    name : str
        ``ncmec/ncmec_reports_by_country.csv``.
    rows : sequence of rows
        The header first.
    """
    head, *body = rows
    titles = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    cells = "\n".join(
        f'<tr id="row-{number}">{"".join(f"<td>{escape(cell)}</td>" for cell in row)}</tr>'
        for number, row in enumerate(body, start=2)
    )
    back = f"{_link('../../sources.html', 'Sources')} · {_link(f'../../downloads/{RAW}/{name}', 'as CSV')}"
    table = f"<table><thead><tr>{titles}</tr></thead><tbody>\n{cells}\n</tbody></table>"
    return _document(f"data/raw/{name}", back, table)


def raw_files() -> dict[str, Path]:
    """Raw tables by publisher and file name, in order."""
    return {file.relative_to(paths.raw()).as_posix(): file for file in sorted(paths.raw().glob("*/*.csv"))}


def page_of(name: str) -> str:
    """Address of the page of a raw table."""
    return f"{RAW}/{name.removesuffix('.csv')}.html"


def first_rows(rows: Iterable[Sequence[str]]) -> dict[str, tuple[int, int]]:
    """Source id to the first row that names it (the header is row 1) and how many do."""
    found: dict[str, tuple[int, int]] = {}
    at = -1
    for number, row in enumerate(rows, start=1):
        if number == 1:
            at = list(row).index("source_id") if "source_id" in row else -1
            continue
        for one in re.split(r"[;\s]+", row[at]) if 0 <= at < len(row) else ():
            if one:
                first, count = found.get(one, (number, 0))
                found[one] = (first, count + 1)
    return found


def read(file: Path) -> list[list[str]]:
    """All rows of a raw table as text."""
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def write(site: Path) -> None:
    """Write the pages of all modules and of all raw tables that are not too long."""
    made = {f"{place}.html": module(place, file) for place, file in code.files().items()}
    for name, file in raw_files().items():
        rows = read(file)
        if 1 < len(rows) <= MOST_ROWS:
            made[page_of(name)] = raw_table(name, rows)
    for place, text in made.items():
        target = site / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
