"""The explorer in a real browser, the network off, no eval."""

from __future__ import annotations

import pytest

from eprivacy_its.pages import layout
from eprivacy_its.pages.layout import NavItem
from helpers import data
from helpers.countries import explorer as values
from helpers.pages import explorer

pytestmark = pytest.mark.browser
DRAWN = "document.querySelectorAll('#drawing svg path').length > 20"
PATHS = "[...document.querySelectorAll('#drawing svg path')].map(p => p.getAttribute('d')).join()"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    file = tmp_path_factory.mktemp("tables") / "explorer.csv"
    values.table(data.read("country_reports"), draws=499, seed=1).to_csv(file, index=False)
    return file


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    target = tmp_path_factory.mktemp("site") / "explorer.html"
    nav = [NavItem("explorer.html", "Explorer")]
    target.write_text(layout.full_page(explorer.content(table), "explorer.html", nav), encoding="utf-8")
    return target


@pytest.mark.parametrize("width", [1280, 390])
def test_a_choice_moves_the_estimate_and_the_curve(file, open_page, width):
    page = open_page(file, width=width)
    page.wait_for_function(DRAWN)
    said, drawn = page.locator("#chosen").inner_text(), page.evaluate(PATHS)
    assert "In 2021 the EU-27 stood at" in said
    assert "interval" in said
    assert "Number 792 of 1,584 specifications" in said  # the middle one
    page.get_by_role("combobox", name="Outliers").select_option(
        label="without Poland (the largest rise of 2020)"
    )
    page.wait_for_function("before => " + PATHS + " !== before", arg=drawn)
    assert page.locator("#chosen").inner_text() != said
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_said_is_the_value_of_the_table(file, table, open_page):
    import pandas as pd

    rows = pd.read_csv(table)
    row = rows[
        (rows.estimator == "mean log change")
        & (rows.baseline == "two years before")
        & (rows.treated == "all")
        & (rows.compared == "Europe")
        & (rows.associated == "among the others")
        & (rows.minimum == 500)
        & (rows.year == 2022)
    ].iloc[0]
    page = open_page(file)
    page.get_by_role("combobox", name="How places are averaged").select_option(index=0)
    page.get_by_role("combobox", name="Outliers").select_option(label="with all Member States")
    page.get_by_role("combobox", name="Norway").select_option(label="on the other side")
    page.get_by_role("combobox", name="Smallest count").select_option(label="500 reports or more")
    page.get_by_role("combobox", name="Compared with which years").select_option(label="2019")
    page.get_by_role("combobox", name="Comparison group").select_option(label="places in Europe")
    page.get_by_role("combobox", name="Year of the estimate").select_option("2022")
    said = page.locator("#chosen").inner_text()
    assert f"stood at {row.ratio:.2f} times" in said
    assert f"interval {row.ratio_low:.2f} to {row.ratio_high:.2f}" in said
    assert f"n = {row.members + row.others} places" in said


def test_a_year_that_cannot_be_estimated_says_so(file, open_page):
    page = open_page(file)
    page.get_by_role("combobox", name="Year of the estimate").select_option("2020")
    assert "2020 is the baseline here" in page.locator("#chosen").inner_text()
    page.get_by_role("combobox", name="Compared with which years").select_option(
        label="the trend from 2019 to 2020 continued"
    )
    page.get_by_role("combobox", name="Year of the estimate").select_option("2023")
    assert "No estimate for 2023" in page.locator("#chosen").inner_text()


def test_it_works_from_the_keyboard_and_can_be_reset(file, open_page):
    page = open_page(file)
    page.wait_for_function(DRAWN)
    said = page.locator("#chosen").inner_text()
    page.get_by_role("combobox", name="Comparison group").focus()
    page.keyboard.press("ArrowUp")
    assert page.locator("#chosen").inner_text() != said
    page.get_by_role("button", name="Start again").press("Enter")
    page.wait_for_function("said => document.getElementById('chosen').innerText === said", arg=said)


def test_words_of_the_drawing_follow_the_theme(file, open_page):
    fills = set()
    for scheme in ("light", "dark"):
        page = open_page(file, scheme=scheme)
        page.wait_for_function(DRAWN)
        fills.add(page.evaluate("getComputedStyle(document.querySelector('#drawing svg text')).fill"))
    assert len(fills) == 2


def test_without_scripts_there_are_tables(file, open_page):
    page = open_page(file, java_script_enabled=False)
    assert not page.locator("#choices").is_visible()
    assert page.locator("#table-explorer-one-by-one td").first.is_visible()
    assert "need scripts" in page.locator("#chosen").inner_text()


def test_the_curve_can_be_walked_and_a_state_linked(file, open_page):
    page = open_page(file)
    page.wait_for_function(DRAWN)
    assert "Number 792 of 1,584" in page.locator("#chosen").inner_text()
    slider = page.get_by_role("slider", name="Place on the curve")
    slider.focus()
    page.keyboard.press("ArrowRight")
    said = page.locator("#chosen").inner_text()
    assert "Number 793 of 1,584" in said
    assert slider.get_attribute("aria-valuetext").startswith("793 of 1,584: ")
    page.keyboard.press("Home")
    assert "Number 1 of 1,584" in page.locator("#chosen").inner_text()
    link = page.get_by_role("link", name="Link to this choice").get_attribute("href")
    said = page.locator("#chosen").inner_text()
    page.goto("about:blank")
    page.goto(file.as_uri() + link)
    page.wait_for_function("said => document.getElementById('chosen').innerText === said", arg=said)
    page.goto(file.as_uri() + "#s=9.9.9.9.9.9.2021")  # no such choice
    assert "In 2021" in page.locator("#chosen").inner_text()


def test_the_strip_says_what_it_shows_and_chooses(file, open_page):
    page = open_page(file)
    page.wait_for_function(DRAWN)
    rects = page.locator("#drawing .mark-rect path")
    assert rects.count() == 21 * 40
    before = page.locator("#chosen").inner_text()
    first = page.locator("#drawing .mark-rect path").first
    first.hover(force=True)
    page.wait_for_selector("#vg-tooltip-element.visible")
    tip = page.locator("#vg-tooltip-element").inner_text()
    assert "each place counts the same" in tip
    assert "%" in tip
    first.click(force=True)
    page.wait_for_function("said => document.getElementById('chosen').innerText !== said", arg=before)
    assert "each place counts the same" in page.locator("#chosen").inner_text()
