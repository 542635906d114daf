"""axe-core on every page: light and dark, at a desk and on a phone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

RUN = """async rules => {
  const found = await axe.run(document, {resultTypes: ['violations', 'incomplete'], ...rules});
  const why = node => [...node.any, ...node.all, ...node.none].map(one => (one.data || {}).messageKey || one.id);
  return {violations: found.violations, open: found.incomplete.flatMap(one => one.nodes.flatMap(node =>
    why(node).map(key => [`${one.id}: ${key}`, JSON.stringify(node.target)])))}; }"""
#: What axe leaves open, and what settles it. Nothing else may be left open.
EXPLAINED = {
    "color-contrast: shortTextContent": "a cell of one character; test_pages computes the contrast of every text",
    "color-contrast: imgNode": "words of a drawing, likewise; beneath them is the paper",
    "color-contrast: bgOverlap": "words of a drawing that cross a line or a band: a rim in the colour of the paper lies "
    "around each letter, and test_pages computes the contrast against the paper",
    "color-contrast: elmPartiallyObscuring": "a cell that its frame cuts until it is scrolled; test_pages computes it",
    "color-contrast: elmPartiallyObscured": "a link of the menu below the end of the window; test_pages computes it",
}
#: Rules that a colour scheme can break, and those that a narrow page can; the others look at the document alone.
COLOURS = ["color-contrast", "link-in-text-block"]
NARROW = ["target-size", "scrollable-region-focusable", "aria-hidden-focus", "landmark-one-main", "bypass"]
#: name -> (width, colour scheme, rules; none: all). `make check-deep` runs all rules in every form.
FORMS: dict[str, tuple[int, str, list[str]]] = {
    "desk": (1280, "light", []),
    "dark": (1280, "dark", COLOURS),
    "phone": (390, "light", NARROW),
    "dark phone": (390, "dark", COLOURS),
}
DEEP = bool(os.environ.get("EPRIVACY_ITS_DEEP"))


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core itself, as its package carries it."""
    found = pytest.importorskip("axe_playwright_python")
    return (Path(found.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", [name for name in FORMS if DEEP or name != "dark phone"])
def test_axe_finds_no_violation(site_folder, browser, axe, form):
    width, scheme, only = FORMS[form]
    rules = {"runOnly": only} if only and not DEEP else {}
    # axe itself needs eval, which the pages rightly forbid: the policy is lifted for axe alone.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, bypass_csp=True
    )
    found, left_open = [], {}
    for file in sorted(site_folder.glob("*.html")):
        page = context.new_page()
        page.goto(file.as_uri())
        page.evaluate(axe)
        seen = page.evaluate(RUN, rules)
        for one in seen["violations"]:
            where = [node["target"] for node in one["nodes"]]
            found.append(f"{file.name}: {one['id']}, {one['help']}: {json.dumps(where)[:300]}")
        for kind, where in seen["open"]:
            left_open.setdefault(kind, f"{file.name} {where[:200]}")
        page.close()
    context.close()
    assert found == [], "\n".join(found)
    assert {kind: place for kind, place in left_open.items() if kind not in EXPLAINED} == {}
    if form == "desk":
        assert set(EXPLAINED) <= set(left_open), "explained, but no longer left open"


def test_words_of_drawings_have_a_rim_of_paper(site_folder, browser):
    """What settles "bgOverlap": the rim is there, in both schemes, and as wide as half a stroke."""
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto((site_folder / "04_countries.html").as_uri())
        text, ground = page.evaluate(
            "() => { const s = getComputedStyle(document.querySelector('.its-wide svg text')); return "
            "[[s.paintOrder, s.stroke, s.strokeWidth], getComputedStyle(document.body).backgroundColor]; }"
        )
        assert text == ["stroke", ground, "2px"]
        page.close()


def test_axe_would_find_a_fault(sample_site, browser, axe):
    context = browser.new_context(offline=True, bypass_csp=True)
    page = context.new_page()
    page.goto((sample_site / "index.html").as_uri())
    page.evaluate("document.querySelector('[role=img]').removeAttribute('aria-label')")
    page.evaluate(axe)
    assert "role-img-alt" in [one["id"] for one in page.evaluate(RUN, {})["violations"]]
    context.close()
