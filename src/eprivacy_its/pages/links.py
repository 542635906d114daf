"""Whether the links of a site lead somewhere, without a browser."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """Ids, links and loaded addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and "href" in given:
            # A canonical address is named, not loaded; it must lead somewhere like any other link.
            (self.links if given.get("rel") == "canonical" else self.loads).append(given["href"])
        self.loads += [given[name] for name in ("src", "srcset", "poster") if name in given]


def read(file: Path) -> _Page:
    """A page's ids, links and what it loads."""
    page = _Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def faults(site: Path) -> list[str]:
    """What is wrong with the links of a site; empty when all is well.

    Parameters
    ----------
    site : Path
        Folder of pages.

    Returns
    -------
    list of str
        One line each: a link to a missing file or anchor, an id used twice, something loaded from outside the
        page, a link with an absolute path (it would break under a sub-path).
    """
    pages = {file.name: read(file) for file in sorted(site.glob("*.html"))}
    found = []
    for name, page in pages.items():
        twice = {one for one in page.ids if page.ids.count(one) > 1}
        found += [f"{name}: id {one!r} is used twice" for one in sorted(twice)]
        found += [f"{name}: loads {one[:80]}" for one in page.loads if not one.startswith(("data:", "#"))]
        found += [fault for link in page.links if (fault := _fault(site, pages, name, link))]
    return found


def _fault(site: Path, pages: dict[str, _Page], name: str, link: str) -> str:
    parts = urlsplit(link)
    if parts.scheme in {"http", "https", "data", "mailto"}:
        return ""
    if parts.scheme or link.startswith("/"):
        return f"{name}: link {link!r} leaves the site or starts at the root"
    target = unquote(parts.path) or name
    if not (site / target).is_file():
        return f"{name}: link {link!r}, no file {target}"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
        return f"{name}: link {link!r}, no such place on {target}"
    return ""
