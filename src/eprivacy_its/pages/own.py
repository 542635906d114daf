"""Pages that a study adds to those that every site has."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from eprivacy_its import declaration
from eprivacy_its.pages import fragment_cache
from eprivacy_its.pages.layout import REFERENCE, Content

if TYPE_CHECKING:
    from eprivacy_its.pages.site import SitePage


@dataclass(frozen=True)
class OwnPage:
    """A page beside those of the notebooks.

    Attributes
    ----------
    href, title : str
        File name in the site, and title in the navigation.
    made_from : callable
        Takes the pages of the site's runs and returns all that the page depends on apart from code; None where the
        page can't be made in this build, and is left out.
    content : callable
        Takes the same pages and returns the page.
    group : str
        Of the navigation.
    before : str
        File name of the page that it precedes in its group; empty: the last one.
    """

    href: str
    title: str
    made_from: Callable[[Sequence[SitePage]], str | None]
    content: Callable[[Sequence[SitePage]], Content]
    group: str = REFERENCE
    before: str = ""


def contents(pages: Sequence[SitePage]) -> dict[str, Content]:
    """Own pages that can be made in this build, by file name."""
    made = {}
    for page in declared():
        made_from = page.made_from(pages)
        if made_from is not None:
            text = fragment_cache.text(page.href, made_from, partial(_kept, page, pages))
            made[page.href] = Content(**json.loads(text))
    return made


def _kept(page: OwnPage, pages: Sequence[SitePage]) -> str:
    return json.dumps(asdict(page.content(pages)))


def declared() -> list[OwnPage]:
    """Pages that the study declares: each one by itself, or a function that returns several."""
    named = [declaration.loaded(name) for name in declaration.of_study().pages]
    return [page for one in named for page in ([one] if isinstance(one, OwnPage) else one())]
