"""The site: a page for each run, reference pages, downloads; put in place as a whole."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its import declaration, results
from eprivacy_its.errors import InputError
from eprivacy_its.pages import downloads, layout, listings, own, reference, render
from eprivacy_its.pages.layout import REFERENCE, RUNS, SIMULATED, STUDY, NavItem
from eprivacy_its.runs import swap

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from eprivacy_its.pages.own import OwnPage
    from eprivacy_its.pages.reference import Extra

HOME_HREF = "index.html"


@dataclass(frozen=True)
class SitePage:
    """One run as the site shows it.

    Parameters
    ----------
    name : str
        Notebook or scenario, unique: ``02_claims``.
    notebook : nbformat node
        Executed, as far as it came.
    document : mapping
        Its results file: ``schema``, ``provenance``, ``estimates``; may be empty.
    title : str
        Replaces the H1; for scenarios.
    error : str
        Why the run failed, if it did.
    scenario : bool
        Listed under the scenarios.
    folder : Path, optional
        What the run left: notebook.ipynb, results.json, figures/, tables/, files/. Copied to the downloads.
    """

    name: str
    notebook: NotebookNode
    document: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    error: str = ""
    scenario: bool = False
    folder: Path | None = None

    @property
    def href(self) -> str:
        """File name of the page."""
        return HOME_HREF if self.name == declaration.of_study().home else f"{self.name}.html"

    @property
    def heading(self) -> str:
        """Title of the page."""
        return self.title or render.title(self.notebook)

    @property
    def estimates(self) -> list[Mapping[str, Any]]:
        """What it recorded, as in the results file."""
        return list(self.document.get("estimates", ()))

    @property
    def simulated(self) -> bool:
        """Whether all that it recorded rests on simulated figures alone."""
        return bool(self.estimates) and all(results.simulated(one["sources"]) for one in self.estimates)


def navigation(pages: Sequence[SitePage]) -> list[NavItem]:
    """All pages in reading order: findings, the notebooks by number, scenarios, simulated data, reference."""
    ordered = sorted(
        pages, key=lambda page: (page.href != HOME_HREF, page.simulated, page.scenario, page.name)
    )
    items = [
        NavItem(
            page.href,
            "Findings" if page.href == HOME_HREF else page.heading,
            SIMULATED if page.simulated else RUNS if page.scenario else STUDY,
        )
        for page in ordered
    ]
    if not items or items[0].href != HOME_HREF:
        items.insert(0, NavItem(HOME_HREF, "Overview", STUDY))
    items += [NavItem(href, name, REFERENCE) for href, name in reference.PAGES.items()]
    for page in own.declared():
        if page.made_from(pages) is not None:
            items.insert(_place(items, page), NavItem(page.href, page.title, page.group))
    return items


def _place(items: Sequence[NavItem], page: OwnPage) -> int:
    """Before the page that it names, else after the last of its group."""
    hrefs = [item.href for item in items]
    if page.before in hrefs:
        return hrefs.index(page.before)
    return max((k + 1 for k, item in enumerate(items) if item.group == page.group), default=len(items))


def names() -> list[str]:
    """Names that no run can have: those of the pages that the site has anyway."""
    return [Path(href).stem for href in (*reference.PAGES, *(page.href for page in own.declared()))]


def build_site(pages: Sequence[SitePage], extra: Extra, out_dir: Path) -> Path:
    """Write the whole site into a fresh folder and put it in place of `out_dir`.

    Parameters
    ----------
    pages : sequence of SitePage
        In any order; the one that the study calls its home becomes index.html.
    extra : Extra
        Sources and tables for the reference pages; :func:`eprivacy_its.pages.reference.project_extra`.
    out_dir : Path
        E.g. ``build/site``. Its former content is replaced; on an error it stays as it was.

    Returns
    -------
    Path
        The index page.

    Raises
    ------
    InputError
        Two pages with one name, or a page that would overwrite a reference page.
    """
    hrefs = [page.href for page in pages] + [*reference.PAGES, *(page.href for page in own.declared())]
    twice = sorted({href for href in hrefs if hrefs.count(href) > 1})
    if twice:
        raise InputError(f"more than one page would be {', '.join(twice)}: give each run a name of its own")
    nav = navigation(pages)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_dir.parent, prefix=f".{out_dir.name}-") as temporary:
        fresh = Path(temporary) / "site"
        fresh.mkdir()
        _write(fresh, pages, extra, nav)
        swap.put(fresh, out_dir)
    return out_dir / HOME_HREF


def _write(folder: Path, pages: Sequence[SitePage], extra: Extra, nav: Sequence[NavItem]) -> None:
    written: dict[str, str] = {}
    for page in pages:
        meta = render.PageMeta(
            name=page.name,
            href=page.href,
            nav=nav,
            estimates=page.estimates,
            provenance=page.document.get("provenance", {}),
            title=page.title,
            error=page.error,
            simulated=page.simulated,
            figures={file.name for file in page.folder.glob("figures/*")} if page.folder else (),
        )
        written[page.href] = render.page(page.notebook, meta)
    added = own.contents(pages)
    brought = {place: text for content in added.values() for place, text in content.files.items()}
    files = downloads.collect(folder / "downloads", pages, extra, brought)
    contents = reference.contents(pages, extra, files, written, added)
    if HOME_HREF not in written:
        contents[HOME_HREF] = reference.overview(pages)
    for href, content in contents.items():
        written[href] = layout.full_page(content, href, nav)
    listings.write(folder)
    for href, text in written.items():
        (folder / href).write_text(text, encoding="utf-8", newline="\n")
