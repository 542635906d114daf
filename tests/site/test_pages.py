"""Every page of the built site (or of a small one): loads offline, fits, can be read by all, prints whole.

The pages are visited once, in three ways each; the tests judge what was seen.
"""

from __future__ import annotations

import itertools

import pytest

from eprivacy_its.pages import links

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
    cut: all('.its-scroll').filter(e => e.checkVisibility({contentVisibilityAuto: true}) && e.scrollWidth > e.clientWidth + 1)
      .map(e => (e.closest('[id]') || e).id),
    tiny: all('.its-source').filter(visible).filter(e => e.getBoundingClientRect().height < 24).map(name),
    running: [...document.styleSheets].flatMap(s => [...s.cssRules]).filter(r => r instanceof CSSPageRule)
      .map(r => r.cssText).join(' '),
  };
}"""

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

ALT = """() => [...document.querySelectorAll('[role=img]')].map(e => e.getAttribute('aria-label') ||
  document.getElementById(e.getAttribute('aria-labelledby')).textContent).concat([...document.images].map(e => e.alt))"""
TWICE = "document.documentElement.style.fontSize = '200%'"
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def seen(site_folder, browser):
    """What was found on each page: file name, then way of looking, then question."""
    files = sorted(site_folder.glob("*.html"))
    assert files
    found = {file.name: {} for file in files}
    for way, width, scheme in (("desk", 1280, "light"), ("phone", 390, "light"), ("dark", 1280, "dark")):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        page, heard = context.new_page(), []
        page.on("request", lambda one, heard=heard: heard.append(("request", one.url)))
        page.on("requestfailed", lambda one, heard=heard: heard.append(("error", one.url)))
        page.on("pageerror", lambda one, heard=heard: heard.append(("error", str(one))))
        page.on("console", lambda one, heard=heard: heard.append((one.type, one.text)))
        for file in files:
            heard.clear()
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(media="screen")
            page.goto(file.as_uri())
            found[file.name][way] = look(page, way)
            found[file.name][way]["heard"] = list(heard)
        context.close()
    return found


def look(page, way):
    """The questions of one way of looking, in the browser."""
    made = {}
    if way != "dark":
        made["facts"] = page.evaluate(FACTS)
    if way != "phone":
        made["contrast"] = page.evaluate(CONTRAST)
    if way == "desk":
        made["alt"] = page.evaluate(ALT)
        page.keyboard.press("Tab")  # from here on the browser shows focus as it does for a keyboard
        made["focus"] = page.evaluate(FOCUS)
    if way == "dark":
        page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
        page.emulate_media(media="print")
        made["cut"] = page.evaluate(CUT, list(PAPER))
        made["ground"] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    else:
        if way == "phone":
            page.set_viewport_size({"width": 320, "height": 900})
            made["narrow"] = page.evaluate(WIDTH)
            page.set_viewport_size({"width": 390, "height": 900})
        page.evaluate(TWICE)
        made["zoomed"] = page.evaluate(WIDTH)
    return made


def test_links_and_anchors_resolve(site_folder):
    assert links.faults(site_folder) == []


def test_nothing_is_asked_for_and_nothing_complains(seen):
    for name, ways in seen.items():
        for way, made in ways.items():
            outside = [
                url
                for kind, url in made["heard"]
                if kind == "request" and not url.startswith(("file:", "data:"))
            ]
            assert outside == [], f"{name}, {way}"
            assert [one for one in made["heard"] if one[0] in {"error", "warning"}] == [], f"{name}, {way}"


@pytest.mark.parametrize(("way", "width"), [("desk", 1280), ("phone", 390)])
def test_every_page_fits_and_is_well_made(seen, way, width):
    for name, ways in seen.items():
        facts = ways[way]["facts"]
        assert facts["width"] <= width, f"{name} scrolls sideways at {width}"
        assert facts["lang"] == "en"
        assert facts["title"]
        assert len(facts["description"]) > 10, name
        assert facts["landmarks"] == [1, 1], name
        for what in ("noAlt", "emptyLinks", "noHead", "noScope", "openSvg", "scrollers", "unlabelled"):
            assert facts[what] == [], f"{name} at {width}: {what}"
        levels = facts["headings"]
        assert levels[0] == 1, name
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), f"{name}: {levels}"
        assert facts["smallest"] >= 9, f"{name} at {width}: words of {facts['smallest']:.1f} px in a figure"


@pytest.mark.parametrize(("way", "width"), [("desk", 1280), ("phone", 390)])
def test_text_at_twice_the_size_still_fits(seen, way, width):
    assert {name: ways[way]["zoomed"] for name, ways in seen.items() if ways[way]["zoomed"] > width} == {}


@pytest.mark.parametrize("way", ["desk", "dark"])
def test_words_stand_out_as_drawn(seen, way):
    """Contrast of each visible text against the ground it stands on, computed from the rendered colours."""
    assert {name: ways[way]["contrast"] for name, ways in seen.items() if ways[way]["contrast"]} == {}


def test_the_keyboard_reaches_everything_on_every_page(seen):
    """Each control takes part in the tab order and shows its focus; real tabbing is tested on the sample."""
    for name, ways in seen.items():
        count, found = ways["desk"]["focus"]
        assert count > 20, name
        assert found == [], f"{name}: {found[:5]}"


def test_nothing_is_cut_on_paper(seen):
    for name, ways in seen.items():
        assert ways["dark"]["cut"] == [], name
        assert ways["dark"]["ground"] == "rgb(255, 255, 255)", f"{name} prints on a dark ground"


def test_no_table_is_cut_at_a_desk(seen):
    """A table wider than the text leaves its column; on a phone it scrolls inside its frame or is shown as cards."""
    assert {name: cut for name, ways in seen.items() if (cut := ways["desk"]["facts"]["cut"])} == {}


def test_no_page_scrolls_sideways_on_the_smallest_phone(seen):
    assert {
        name: ways["phone"]["narrow"] for name, ways in seen.items() if ways["phone"]["narrow"] > 320
    } == {}


def test_the_contents_give_way_to_a_wide_table(site_folder, open_page):
    """At a desk a wide table leaves its column: the table of contents must not show through beneath it."""
    page = open_page(site_folder / "03_platforms.html")
    page.emulate_media(reduced_motion="reduce")
    beside = (
        "() => { const toc = document.querySelector('.toc').getBoundingClientRect(); const wide = "
        "[...document.querySelectorAll('.its-scroll')].find(e => e.checkVisibility() && e.closest('main') && "
        "e.getBoundingClientRect().right > toc.left + 20); "
        "wide.scrollIntoView(); return wide.getBoundingClientRect().width; }"
    )
    shown = "getComputedStyle(document.querySelector('.toc')).opacity"
    assert page.evaluate(shown) == "1"
    assert page.evaluate(beside) > 736
    page.wait_for_selector(".toc.its-covered")
    assert page.evaluate(shown) == "0"
    page.locator(".toc a").first.focus()  # who comes by keyboard sees where the focus is
    assert page.evaluate(shown) == "1"
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_selector(".toc:not(.its-covered)")


def test_links_to_sources_can_be_hit(seen):
    """At least 24 pixels high, as WCAG 2.2 asks."""
    for way in ("desk", "phone"):
        assert {name: tiny for name, ways in seen.items() if (tiny := ways[way]["facts"]["tiny"])} == {}


def test_paper_has_a_running_title_and_numbers(seen):
    for name, ways in seen.items():
        rules = ways["desk"]["facts"]["running"]
        assert "counter(page)" in rules, name
        assert ways["desk"]["facts"]["title"].split(" · ")[0][:20] in rules.replace("\\", ""), name


def test_no_alternative_text_is_a_placeholder(seen):
    for name, ways in seen.items():
        texts = ways["desk"]["alt"]
        assert len(set(texts)) == len(texts), f"{name} says the same of two pictures"
        for text in texts:
            assert len(text.split()) >= 8, f"{name}: {text!r}"
            assert "description has been provided" not in text


def test_pages_are_small(site_folder):
    for file in site_folder.glob("*.html"):
        assert file.stat().st_size <= 1_200_000, file.name
    assert (site_folder / "index.html").stat().st_size <= 250_000


def test_the_findings_page_paints_fast(site_folder, open_page):
    page = open_page(site_folder / "index.html")
    # Waiting in the page would evaluate a string, which its Content-Security-Policy refuses.
    for _ in range(40):
        painted = page.evaluate(
            "() => performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)"
        )
        if painted:
            break
        page.wait_for_timeout(50)
    (paint,) = painted
    assert paint < 1000
