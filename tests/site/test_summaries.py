"""Long pages: who reads only the last lines of a section has its result."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.build

#: A page of a notebook is long when its running text takes longer than this, at the speed of silent reading in English.
MINUTES, WORDS_A_MINUTE = 12, 230
_APART = re.compile(r"<(script|style|svg|table|pre|details|nav|figure)\b.*?</\1>", re.S)


def running_words(page: str) -> int:
    """Words of a page that are read one after the other: no tables, figures or code."""
    main = page[page.index("<main") : page.index("</main>")]
    return len(re.sub(r"<[^>]+>", " ", _APART.sub(" ", main)).split())


def sections(page: str) -> dict[str, str]:
    """Title to content of each section."""
    main = page[page.index('<div class="body') : page.index("</main>")]
    _before, *parts = re.split(r'<h2 id="[^"]*">', main)
    return {re.sub(r"<[^>]+>", "", part.split("</h2>")[0]): part.split("</h2>", 1)[1] for part in parts}


@pytest.fixture(scope="module")
def long_pages(built):
    pages = {
        file.name: file.read_text(encoding="utf-8") for file in (built / "site").glob("[0-9][0-9]_*.html")
    }
    assert len(pages) > 8
    # Simulated pages stand apart and answer nothing.
    study = {name: page for name, page in pages.items() if 'class="its-simulated"' not in page}
    return {name: page for name, page in study.items() if running_words(page) > MINUTES * WORDS_A_MINUTE}


def test_there_are_long_pages(long_pages):
    assert {"04_countries.html", "05_sensitivity.html"} <= set(long_pages)


def test_each_section_that_shows_something_ends_with_a_summary(long_pages):
    missing = []
    for name, page in long_pages.items():
        for title, content in sections(page).items():
            shown = re.findall(
                r'<(?:figure|div) class="its-(?:figure|table)[^"]*" id="(?:figure|table)-([a-z0-9-]+)"',
                content,
            )
            if not set(shown) - {"recorded"}:
                continue
            end = content.rfind("<strong>In short:</strong>")
            if end < 0 or re.search(
                r'class="its-(?:figure|table)', content[end:].split('id="table-recorded"')[0]
            ):
                missing.append(f"{name}: {title}")
    assert missing == []


def test_summaries_hold_computed_numbers(long_pages):
    """Each names a number, and none is longer than a breath."""
    for name, page in long_pages.items():
        for text in re.findall(r"<strong>In short:</strong>(.*?)</p>", page, re.S):
            words = re.sub(r"<[^>]+>", " ", text)
            assert len(words.split()) < 60, (name, words)
            assert re.search(r"\d|No revised", words), (name, words)
