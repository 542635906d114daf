"""The front page as a stranger meets it: the first screen, the order, the words, and ten questions answered."""

from __future__ import annotations

import re

import pytest

from helpers.findings import questions

pytestmark = pytest.mark.browser

SCREEN = 900  # height in CSS pixels, as the pages of these tests are opened
#: Must stand in the first screen: who counts, what happened, what was claimed, the answer, its limits.
FIRST = ("NCMEC", "CyberTipline", "child sexual abuse", "21 December 2020", "Facebook switched off", "46 %",
         "46.9 %", "22.1 %", "Poland", "can't tell", "not a case or a victim")  # fmt: skip
#: Words that answer each question of `questions.QUESTIONS`, in sight within two screens of where its link leads.
ANSWERS = {
    "Who counts these reports?": "CyberTipline of NCMEC",
    "Did the 46 % last?": "whether it lasted longer, no count shows",
    "What about Poland?": "Nobody has published why",
    "Which company stopped?": "Facebook is the one company known to have switched off detection",
    "What can't be known?": "No weekly or monthly count for the EU is public",
    "Did it recover?": "They came back in 2022",
    "How sure is it?": "the cause is not identified",
    "Who says otherwise?": "Patrick Breyer MEP",
    "Where is the raw table?": "as CSV",
    "How do I cite this?": "@misc{eprivacy-its-index",
}
ORDER = ("The letter, claim by claim", "Year by year", "Both sides' best arguments", "The findings, graded")
#: Names of methods that the page would have to explain.
UNEXPLAINED = r"CRV\d|\bt\(\d+\)|M = 0|identified set|auto: |\bols\b|Donald|Rambachan|placebo-union|\blog\b"

# Text that is in sight when the top of the window stands at `top`, down to `below` pixels beneath it.
IN_SIGHT = """below => {
  const seen = [], walker = document.createTreeWalker(document.querySelector('main') || document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const range = document.createRange(), node = walker.currentNode;
    if (!node.data.trim() || !node.parentElement.checkVisibility({contentVisibilityAuto: true})) continue;
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.height && box.top >= 0 && box.bottom <= below) seen.push(node.data);
  }
  return seen.join(' ').replace(/\\s+/g, ' '); }"""


@pytest.mark.parametrize("width", [1280, 390])
def test_the_first_screen_says_what_happened_and_what_can_be_said(site_folder, open_page, width):
    seen = open_page(site_folder / "index.html", width=width).evaluate(IN_SIGHT, SCREEN)
    assert [words for words in FIRST if words not in seen] == [], seen


def test_the_order_is_letter_figure_arguments_findings(site_folder, open_page):
    page = open_page(site_folder / "index.html")
    titles = page.locator("h2").all_inner_texts()
    places = [titles.index(one) for one in ORDER]
    assert places == sorted(places)
    figure = page.locator("#figure-eu-against-elsewhere")
    for mark in ("Code applies", "law returns", "restart in part"):
        assert figure.locator(".its-wide svg", has_text=mark).count() == 1


def test_no_unexplained_name_of_a_method_stands_on_it(site_folder, open_page):
    page = open_page(site_folder / "index.html")
    page.evaluate(
        "document.querySelectorAll('details').forEach(e => e.open = !e.matches('.its-input, .its-data'))"
    )
    assert re.findall(UNEXPLAINED, page.locator("main").inner_text()) == []


def test_ten_questions_are_answered_where_the_front_page_says(site_folder, open_page):
    page = open_page(site_folder / "index.html")
    links = {link.inner_text(): link.get_attribute("href") for link in page.locator("main li a").all()}
    assert len(ANSWERS) == 10
    assert {asked: links.get(asked) for asked in ANSWERS} == dict(questions.QUESTIONS)
    missed = []
    for asked, href in questions.QUESTIONS:
        page.emulate_media(reduced_motion="reduce")  # an anchor is reached at once
        page.goto("about:blank")
        page.goto(f"{site_folder.as_uri()}/{href}")
        seen = page.evaluate(IN_SIGHT, 2 * SCREEN)
        if ANSWERS[asked] not in seen:
            missed.append(f"{asked} {href}: {seen[:300]}")
    assert missed == []
