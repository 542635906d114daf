"""The findings page and the README say what the build recorded."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from eprivacy_its import results
from helpers.findings import catalogue, readme, table, verdict, wording

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.build


@pytest.fixture
def estimates(built: Path) -> dict[str, results.Estimate]:
    return table.load()[0]


def test_readme_sentences_are_the_results(estimates: dict) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split("<!-- findings -->\n")[1].split("<!-- /findings -->")[0]
    assert block == readme.sentences(), "run: python -m helpers.findings.readme"
    assert len(block.strip().splitlines()) == 3
    assert text.index("<!-- findings -->") < text.index("make findings")


def test_readme_figure_is_the_results(built: Path) -> None:
    assert (ROOT / readme.FIGURE).read_text(encoding="utf-8") == readme.figure()


def test_every_finding_quotes_recorded_estimates(estimates: dict) -> None:
    for finding in catalogue.FINDINGS:
        said = wording.filled(finding.sentence, estimates)
        assert not re.search(r"[{}|]", said)
        assert finding.id in estimates


def test_no_finding_types_a_number() -> None:
    """Digits in the catalogue are years, days and the 46 % under discussion; all else is interpolated."""
    for finding in catalogue.FINDINGS:
        bare = re.sub(r"\{[^}]*\}", "", finding.sentence)
        found = set(re.findall(r"\d+(?:\.\d+)?", bare))
        assert found <= {"46", "27", "2019", "2020", "2021", "2022", "2023", "2026"}, (finding.id, found)


def test_the_page_is_refused_when_a_sign_turns(estimates: dict) -> None:
    id = "countries/eu27-2021/log-twfe"
    turned = {**estimates, id: replace(estimates[id], estimate=1.2, ci_low=1.1, ci_high=1.3)}
    with pytest.raises(ValueError, match=id):
        verdict.answer(turned)


def test_the_answers_strength_follows_the_grades(estimates: dict) -> None:
    text = verdict.answer(estimates)
    assert "is **established**" in text
    weaker = {k: replace(e, grade="not identified") for k, e in estimates.items()}
    assert "is **established**" not in verdict.answer(weaker)


def test_what_has_no_grade_makes_no_finding_weaker_or_surer(estimates: dict) -> None:
    found = [finding for finding in catalogue.FINDINGS if not estimates[finding.id].grade]
    assert found
    for finding in found:
        others = [one for one in catalogue.about(finding.question) if one is not finding]
        assert table.weakest([*others, finding], estimates) == table.weakest(others, estimates)


def test_an_interval_that_holds_no_change_is_never_better(estimates: dict) -> None:
    """Of all recorded estimates: no grade above "not identified" beside an interval that holds the null value."""
    null = {"ratio": 1.0, "percent change": 0.0, "difference": 0.0}
    for one in estimates.values():
        if one.scale in null and one.ci_low is not None and one.ci_low <= null[one.scale] <= one.ci_high:
            assert one.grade in ("not identified", ""), one.id


def test_intervals_of_the_rule_name_their_method(estimates: dict) -> None:
    """The README says each in words, the estimate by its name."""
    for id, method, words in (
        ("countries/eu27-2021/log-twfe", "CRV3 by place", "by the jackknife over countries"),
        (
            "countries/eu27-2021/ppml",
            "inverted placebo-union test",
            "by a test over random groups of as many countries",
        ),
        ("countries/eu27-2021/ppml-without-poland", "inverted placebo-union test", "likewise"),
    ):
        assert method in estimates[id].estimator
        assert words in verdict.readme(estimates)[1]
        assert estimates[f"{id}/by-world-regions"].ci_low < 1 < estimates[f"{id}/by-world-regions"].ci_high


def test_it_is_reports_located_in_the_eu_that_fell(estimates: dict) -> None:
    """Wherever the fall stands, so do the word and, on front page and README, what unlocated reports leave open."""
    for text in (verdict.answer(estimates), verdict.readme(estimates)[0], catalogue.FELL):
        assert "located in the EU" in text
    for text in (verdict.claims(estimates)[0][2], verdict.readme(estimates)[0]):
        assert "−67" in text


def test_one_choice_of_how_far_below(estimates: dict) -> None:
    """Band and README give the same three: by country, in total, without Poland."""
    quoted = set(wording.ids(verdict.BELOW))
    band = {asked: text for _grade, asked, text in verdict.claims(estimates)}[catalogue.APART]
    for id in quoted:
        for text in (band, verdict.readme(estimates)[1]):
            assert wording.filled(f"{{{id}|below}}", estimates) in text
    assert quoted == {f"countries/eu27-2021/{one}" for one in ("log-twfe", "ppml", "ppml-without-poland")}


def test_chance_is_said_only_while_regions_allow_it(estimates: dict) -> None:
    assert "may be chance" in verdict.answer(estimates)
    id = "countries/eu27-2021/log-twfe/by-world-regions"
    with pytest.raises(ValueError, match=id):
        verdict.answer({**estimates, id: replace(estimates[id], ci_high=0.9)})
    id = "sensitivity/regions/fell-as-far"
    with pytest.raises(ValueError, match=id):
        verdict.answer({**estimates, id: replace(estimates[id], estimate=1.0)})


def test_growth_stands_before_a_ratio_of_growth(estimates: dict) -> None:
    for year in (2022, 2023):
        id = f"countries/eu27-{year}-against-{year - 1}"
        sentence = next(one.sentence for one in catalogue.FINDINGS if one.id == f"{id}/log")
        assert sentence.index(f"{id}/growth-in-the-eu|growth") < sentence.index(
            f"{id}/growth-elsewhere|growth"
        )
        assert sentence.index(f"{id}/growth-elsewhere|growth") < sentence.index(f"{id}/log|ratio")
        assert "times as much" not in sentence


def test_the_readme_needs_no_statistician(estimates: dict) -> None:
    text = " ".join(verdict.readme(estimates))
    assert re.findall(r"CRV\d|\bt\(\d+\)|placebo-union|auto: ", text) == []


def test_each_verdict_has_the_weakest_grade_of_its_findings(estimates: dict) -> None:
    said = verdict.claims(estimates)
    asked = [catalogue.FELL, catalogue.APART, catalogue.CODE, catalogue.CLAIM]
    assert [question for _grade, question, _text in said] == asked
    for grade, _question, text in said:
        assert text.startswith(verdict.SHORT[grade])
    weaker = {k: replace(e, grade="not identified") for k, e in estimates.items()}
    assert {grade for grade, _question, _text in verdict.claims(weaker)} == {"not identified"}


def test_the_page_says_claim_verdict_and_figure_before_anything_else(built: Path) -> None:
    page = (built / "site" / "index.html").read_text(encoding="utf-8")
    main = page[page.index("<main") :]
    order = [
        "<h1>",
        "its-answer",
        "its-verdicts",
        'id="figure-eu-against-elsewhere"',
        "The findings, graded</h2>",
        'id="table-findings-fell"',
        "What would change our mind</h2>",
        "Limits</h2>",
        "How to cite</h2>",
        'id="table-dates"',
        "Question.</strong>",
    ]
    places = [main.index(one) for one in order]
    assert places == sorted(places)


def test_rows_lead_to_where_each_was_computed(built: Path, estimates: dict) -> None:
    homes = table.load()[1]
    for link, finding in zip(table.links(catalogue.FINDINGS, homes), catalogue.FINDINGS, strict=True):
        page, _, anchor = link.partition("#")
        assert f'id="{anchor}"' in (built / "site" / page).read_text(encoding="utf-8"), finding.id


def test_no_page_says_that_one_law_applied_everywhere_on_one_day(built: Path) -> None:
    """The Code is a directive: the front page says so, with what the Commission did, and no page says otherwise."""
    front = (built / "site" / "index.html").read_text(encoding="utf-8")
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", front[front.index("The Code is a directive") :]))[:900]
    for words in (
        "letters to 24 Member States",
        "opinions to 18 Member States",
        "February 2021",
        "September 2021",
    ):
        assert words in said
    for source in ("event-07", "event-49", "event-50"):
        assert f'href="sources.html#{source}"' in front
    for file in (built / "site").glob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"rule applied in all|law changed for every provider", text), file.name


def test_the_numbers_of_the_answer_lead_to_their_estimates(built: Path, estimates: dict) -> None:
    page = (built / "site" / "index.html").read_text(encoding="utf-8")
    answer = page[page.index('class="its-answer"') :].split("</div>")[0]
    for id in ("claims/eu27-change-2021", "claims/eu27-change-2021-without-poland"):
        said = wording.filled(f"{{{id}|fall}}", estimates)
        assert f'<a href="02_claims.html#{results.anchor(id)}">{said}</a>' in answer
