"""Every page of the built site (or of a small one): loads offline, fits, can be read by all."""

from __future__ import annotations

import itertools

import pytest

from helpers.publish import links

pytestmark = pytest.mark.browser

# Everything a test of one page needs to know, read in the browser in one go.
FACTS = """() => {
  const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + '.' + e.className;
  const named = e => (e.getAttribute('aria-label') || e.textContent || '').trim()
    || (e.getAttribute('aria-labelledby') || '').split(' ').some(i => document.getElementById(i));
  const all = selector => [...document.querySelectorAll(selector)];
  const visible = e => e.getClientRects().length > 0;
  const smallText = all('svg text').filter(visible).map(e => {
    const box = e.ownerSVGElement.getBoundingClientRect().width / e.ownerSVGElement.viewBox.baseVal.width;
    return parseFloat(getComputedStyle(e).fontSize) * box; });
  return {
    width: document.documentElement.scrollWidth,
    title: document.title, lang: document.documentElement.lang,
    description: document.querySelector('meta[name=description]').content,
    headings: all('h1,h2,h3,h4,h5,h6').map(e => +e.tagName[1]),
    noAlt: all('img:not([alt]), [role=img]:not([aria-label]):not([aria-labelledby])').map(name),
    emptyLinks: all('a[href], button, summary').filter(visible).filter(e => !named(e)).map(name),
    noHead: all('table').filter(t => !t.querySelector('th')).map(name),
    noScope: all('th:not([scope])').map(name),
    openSvg: all('svg:not([aria-hidden])').filter(e => !e.closest('[aria-hidden=true]')).map(name),
    scrollers: all('*').filter(e => e.scrollWidth > e.clientWidth + 1 && visible(e) &&
      ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0 && e !== document.documentElement &&
      e !== document.body && !e.closest('nav')).map(name),
    smallest: smallText.length ? Math.min(...smallText) : 99,
    unlabelled: all('[role=group]:not([aria-label]):not([aria-labelledby])').map(name),
    landmarks: [all('main').length, all('h1').length],
  };
}"""


def pages(site_folder):
    files = sorted(site_folder.glob("*.html"))
    assert files
    return files


def test_links_and_anchors_resolve(site_folder):
    assert links.faults(site_folder) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_loads_and_fits(site_folder, open_page, width):
    for file in pages(site_folder):
        page = open_page(file, width=width)
        facts = page.evaluate(FACTS)
        page.close()
        assert facts["width"] <= width, f"{file.name} scrolls sideways at {width}"
        assert facts["lang"] == "en"
        assert facts["title"]
        assert len(facts["description"]) > 10, file.name
        assert facts["landmarks"] == [1, 1], file.name
        for what in ("noAlt", "emptyLinks", "noHead", "noScope", "openSvg", "scrollers", "unlabelled"):
            assert facts[what] == [], f"{file.name} at {width}: {what}"
        levels = facts["headings"]
        assert levels[0] == 1, file.name
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), f"{file.name}: {levels}"
        assert facts["smallest"] >= 9, (
            f"{file.name} at {width}: words of {facts['smallest']:.1f} px in a figure"
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_as_drawn(site_folder, open_page, scheme):
    """Contrast of each visible text against the ground it stands on, computed from the rendered colours."""
    for file in pages(site_folder):
        page = open_page(file, scheme=scheme)
        assert page.evaluate(CONTRAST) == [], file.name
        page.close()


CONTRAST = """() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const lin = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const lum = c => .2126 * lin(c[0]) + .7152 * lin(c[1]) + .0722 * lin(c[2]);
  const ground = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; }
    return [255, 255, 255, 1]; };
  const found = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), svg = e.closest('svg');
    if (svg && e.tagName !== 'text' && e.tagName !== 'tspan') continue;
    const [a, b] = [lum(parse(svg ? style.fill : style.color)), lum(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) found.add(`${ratio.toFixed(2)} ${e.tagName}.${e.getAttribute('class')} ` +
      walker.currentNode.data.trim().slice(0, 30));
  }
  return [...found];
}"""


def test_pages_are_small(site_folder):
    for file in pages(site_folder):
        assert file.stat().st_size <= 1_500_000, file.name
    assert (site_folder / "index.html").stat().st_size <= 600_000


def test_the_findings_page_paints_fast(site_folder, open_page):
    page = open_page(site_folder / "index.html")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert paint < 1000


def test_text_at_twice_the_size_still_fits(site_folder, open_page):
    for file in pages(site_folder):
        page = open_page(file, width=1280)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, file.name
        page.close()


FOCUS = """() => {
  const can = [...document.querySelectorAll('a[href],button,summary,input,select,[tabindex]')]
    .filter(e => e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}));
  const name = e => e.outerHTML.slice(0, 90), found = [];
  for (const e of can) {
    if (e.tabIndex > 0 || (e.tabIndex < 0 && e.id !== 'main')) found.push('out of the order: ' + name(e));
    e.focus({preventScroll: true});
    if (document.activeElement !== e) found.push('takes no focus: ' + name(e));
    else if (e.id !== 'main' && getComputedStyle(e).outlineStyle === 'none') found.push('focus unseen: ' + name(e));
  }
  return [can.length, found];
}"""


def test_the_keyboard_reaches_everything_on_every_page(site_folder, open_page):
    """Each control takes part in the tab order and shows its focus; real tabbing is tested on the sample."""
    for file in pages(site_folder):
        page = open_page(file)
        page.keyboard.press("Tab")  # from here on the browser shows focus as it does for a keyboard
        count, found = page.evaluate(FOCUS)
        page.close()
        assert count > 20, file.name
        assert found == [], f"{file.name}: {found[:5]}"


# A4 less the margins of the style sheet, in CSS pixels.
PAPER = (round((210 - 2 * 16) / 25.4 * 96), round((297 - 18 - 20) / 25.4 * 96))
CUT = """([width, height]) => {
  const name = e => (e.id || e.closest('[id]').id) + ' ' + e.className, found = [];
  for (const e of document.querySelectorAll('.its-figure [role=img], .its-scroll, .its-answer, pre')) {
    if (!e.checkVisibility()) continue;
    const box = e.getBoundingClientRect();
    if (e.scrollWidth > e.clientWidth + 1 || box.right > width + 1) found.push('too wide: ' + name(e));
    if (e.matches('[role=img]') && box.height > height) found.push('higher than a sheet: ' + name(e));
    if (e.matches('[role=img]') && getComputedStyle(e.closest('figure')).breakInside !== 'avoid')
      found.push('broken between sheets: ' + name(e));
  }
  return found;
}"""


def test_nothing_is_cut_on_paper(site_folder, open_page):
    for file in pages(site_folder):
        page = open_page(file, width=PAPER[0], scheme="dark")
        page.emulate_media(media="print")
        found = page.evaluate(CUT, list(PAPER))
        page.close()
        assert found == [], f"{file.name}: {found[:8]}"


def test_no_alternative_text_is_a_placeholder(site_folder, open_page):
    said = {}
    for file in pages(site_folder):
        page = open_page(file)
        texts = page.evaluate(
            "[...document.querySelectorAll('[role=img]')].map(e => e.getAttribute('aria-label') || "
            "document.getElementById(e.getAttribute('aria-labelledby')).textContent)"
            ".concat([...document.images].map(e => e.alt))"
        )
        page.close()
        for text in texts:
            assert len(text.split()) >= 8, f"{file.name}: {text!r}"
            assert "description has been provided" not in text
            assert text not in said, f"{file.name} repeats the text of {said[text]}: {text!r}"
            said[text] = file.name


def test_narrow_text_at_twice_the_size_still_fits(site_folder, open_page):
    for file in pages(site_folder):
        page = open_page(file, width=390)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, file.name
        page.close()
