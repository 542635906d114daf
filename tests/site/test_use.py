"""Using a page: theme, keyboard, folds, downloads, search, print, without scripts. On the sample site."""

from __future__ import annotations

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = pytest.mark.browser

GROUND = "getComputedStyle(document.body).backgroundColor"


def test_the_dark_switch_persists(sample_site, open_page):
    page = open_page(sample_site / "index.html")
    light = page.evaluate(GROUND)
    button = page.locator("#theme")
    assert button.get_attribute("aria-label") == "Use dark colours"
    button.click()
    dark = page.evaluate(GROUND)
    assert dark != light
    page.reload()
    assert page.evaluate(GROUND) == dark
    page.goto((sample_site / "methods.html").as_uri())
    assert page.evaluate(GROUND) == dark
    page.locator("#theme").click()
    page.reload()
    assert page.evaluate(GROUND) == light


def test_the_system_chooses_until_the_reader_does(sample_site, open_page):
    dark = open_page(sample_site / "index.html", scheme="dark")
    assert dark.evaluate(GROUND) != "rgb(255, 255, 255)"
    dark.locator("#theme").click()
    assert dark.evaluate(GROUND) == "rgb(255, 255, 255)"


def test_figures_follow_the_theme(sample_site, open_page):
    ink = "getComputedStyle(document.querySelector('.its-wide svg text')).fill"
    colours = {open_page(sample_site / "index.html", scheme=s).evaluate(ink) for s in ("light", "dark")}
    assert len(colours) == 2


@pytest.mark.parametrize(("width", "shown", "hidden"), [(1280, "wide", "narrow"), (390, "narrow", "wide")])
def test_one_drawing_is_shown_at_each_width(sample_site, open_page, width, shown, hidden):
    page = open_page(sample_site / "index.html", width=width)
    assert page.locator(f".its-{shown}").first.is_visible()
    assert not page.locator(f".its-{hidden}").first.is_visible()


def test_a_screen_reader_meets_one_named_picture(sample_site, open_page):
    page = open_page(sample_site / "index.html")
    images = page.get_by_role("img").all()
    assert len(images) == 1
    assert images[0].get_attribute("aria-label").startswith("Two lines, 2015 to 2024.")


def test_the_keyboard_reaches_everything_and_focus_is_visible(sample_site, open_page):
    page = open_page(sample_site / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        mark = page.evaluate(
            "() => { const e = document.activeElement; e.dataset.reached = 1;"
            " return [e.tagName, getComputedStyle(e).outlineStyle, e === document.body]; }"
        )
        if mark[2]:
            break
        reached.add(mark[0])
        assert mark[1] != "none", mark
    assert {"A", "BUTTON", "SUMMARY", "DIV"} <= reached
    missed = page.evaluate(
        "[...document.querySelectorAll('a[href],button,summary,[tabindex=\"0\"]')]"
        ".filter(e => e.checkVisibility({contentVisibilityAuto: true}) && !e.dataset.reached"
        " && !e.matches('.skip')).map(e => e.outerHTML.slice(0, 80))"
    )
    assert missed == []


def test_the_skip_link_leads_to_the_text(sample_site, open_page):
    page = open_page(sample_site / "index.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_code_opens_in_one_click(sample_site, open_page):
    page = open_page(sample_site / "index.html")
    cell = page.locator("#cell-say")
    assert not cell.locator("pre").is_visible()
    cell.locator("summary").click()
    assert cell.locator("pre").is_visible()


def test_a_figures_code_opens_beside_it(sample_site, open_page):
    page = open_page(sample_site / "index.html")
    page.locator("#figure-fall .its-input summary").click()
    assert page.locator("#figure-fall .highlight pre").first.is_visible()
    assert page.locator("#figure-fall .its-where").last.is_visible()


def test_a_link_to_a_cell_opens_its_code(sample_site, open_page):
    page = open_page(sample_site / "index.html")
    page.goto((sample_site / "index.html").as_uri() + "#cell-figure")
    page.wait_for_function("document.querySelector('#cell-figure details.its-input').open")


def test_the_data_of_a_figure_is_one_click_away(sample_site, open_page):
    page = open_page(sample_site / "index.html")
    page.locator("#figure-fall .its-data summary").click()
    assert page.locator("#figure-fall td", has_text="846,000").is_visible()


def test_csv_can_be_downloaded(sample_site, open_page):
    page = open_page(sample_site / "index.html")
    with page.expect_download() as download:
        page.locator("#table-ratios .its-csv").click()
    assert download.value.suggested_filename == "ratios.csv"
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "place,reports_before,reports_after,ratio,in the union,missing,sources,grade"
    assert lines[1].startswith("Treated,846000,512000,")


def test_wide_and_long_tables_scroll_inside_themselves(sample_site, open_page):
    page = open_page(sample_site / "index.html", width=390)
    assert page.evaluate(
        "(e => e.scrollWidth > e.clientWidth)(document.querySelector('#table-ratios .its-scroll'))"
    )
    assert page.evaluate(
        "(e => e.scrollHeight > e.clientHeight)(document.querySelector('#table-long .its-scroll'))"
    )


def test_the_failed_cell_is_seen_first(sample_site, open_page):
    page = open_page(sample_site / "02_broken.html")
    alarm = page.locator(".its-error")
    assert alarm.bounding_box()["y"] < 400
    assert "no such column" in alarm.inner_text()
    alarm.locator("a").click()
    assert page.url.endswith("#cell-fails")


def test_search_finds_and_leads_there(sample_site, open_page):
    page = open_page(sample_site / "search.html")
    page.get_by_label("Words to look for").fill("overdispersion")
    page.locator("#hits a", has_text="Glossary: Overdispersion").click()
    assert page.url.endswith("glossary.html#overdispersion")


def test_search_says_when_nothing_is_found(sample_site, open_page):
    page = open_page(sample_site / "search.html")
    page.locator("#query").fill("zzzz <img src=x>")
    assert page.locator("#found").inner_text() == "0 sections found"


def test_pages_can_be_read_without_scripts(sample_site, open_page):
    page = open_page(sample_site / "index.html", scheme="dark", java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert page.locator(".its-wide svg").first.is_visible()
    assert not page.locator("#theme").is_visible()
    page.locator("#cell-say summary").click()
    assert page.locator("#cell-say pre").is_visible()


def test_print_leaves_code_and_navigation_out_and_cuts_no_figure(sample_site, open_page):
    page = open_page(sample_site / "index.html", scheme="dark")
    page.emulate_media(media="print")
    for selector in (".pages", ".toc", ".bar", ".its-input", ".its-behind"):
        assert not page.locator(selector).first.is_visible(), selector
    assert page.evaluate(GROUND) == "rgb(255, 255, 255)"
    assert page.locator(".its-wide").first.is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.its-figure')).breakInside") == "avoid"
    assert page.pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF")


def test_the_site_works_under_a_sub_path(sample_site, browser, tmp_path):
    shutil.copytree(sample_site, tmp_path / "deep" / "path")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        errors = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"http://127.0.0.1:{server.server_port}/deep/path/")
        page.locator(".pages a", has_text="Glossary").click()
        assert page.url.endswith("/deep/path/glossary.html")
        page.locator(".site-name").click()
        assert page.url.endswith("/deep/path/index.html")
        context.close()
        server.shutdown()
    # A browser asks a server for an icon by itself; nothing else may be missing.
    assert [one for one in errors if "favicon" not in one and "404" not in one] == []


def test_long_tables_can_be_sorted(sample_site, open_page):
    page = open_page(sample_site / "index.html")
    column = "[...document.querySelectorAll('#table-long tbody tr')].map(r => r.cells[1].textContent)"
    before = page.evaluate(column)
    button = page.locator("#table-long th", has_text="reports").get_by_role("button")
    button.click()
    button.click()
    assert page.locator("#table-long th", has_text="reports").get_attribute("aria-sort") == "descending"
    assert page.evaluate(column) == before[::-1]
    assert page.evaluate(column)[0] == "72,806"
