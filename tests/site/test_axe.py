"""axe-core on every page: light and dark, at a desk and on a phone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

RUN = "rules => axe.run(document, {resultTypes: ['violations'], ...rules})"
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
    found = []
    for file in sorted(site_folder.glob("*.html")):
        page = context.new_page()
        page.goto(file.as_uri())
        page.evaluate(axe)
        for one in page.evaluate(RUN, rules)["violations"]:
            where = [node["target"] for node in one["nodes"]]
            found.append(f"{file.name}: {one['id']}, {one['help']}: {json.dumps(where)[:300]}")
        page.close()
    context.close()
    assert found == [], "\n".join(found)


def test_axe_would_find_a_fault(sample_site, browser, axe):
    context = browser.new_context(offline=True, bypass_csp=True)
    page = context.new_page()
    page.goto((sample_site / "index.html").as_uri())
    page.evaluate("document.querySelector('[role=img]').removeAttribute('aria-label')")
    page.evaluate(axe)
    assert "role-img-alt" in [one["id"] for one in page.evaluate(RUN, {})["violations"]]
    context.close()
