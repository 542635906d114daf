"""The brief to print and the picture beside a link: both sheets say what the front page says, in the same bytes."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from eprivacy_its import declaration, results
from eprivacy_its.pages import metadata
from helpers import data
from helpers.findings import brief, catalogue, letter, table, verdict
from helpers.plots import findings as plots

pytestmark = pytest.mark.build

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def known(built: Path) -> letter.Evidence:
    tables = [data.read(name) for name in ("claims", "eu_totals", "events", "sources")]
    return letter.Evidence(*tables, *table.load())


@pytest.fixture(scope="module")
def left(built: Path) -> Path:
    """The files as the site offers them."""
    return built / "site" / "downloads" / "files" / "09_findings"


def printed(file: Path, *options: str) -> str:
    """Words of a PDF on one line, with the tool that readers' software is like."""
    tool = shutil.which("pdftotext")
    if not tool:
        pytest.skip("no pdftotext: install Debian's package poppler-utils")
    text = subprocess.run([tool, *options, str(file), "-"], check=True, capture_output=True, text=True).stdout
    return flat(text)


def flat(text: str) -> str:
    """Without hyphenation, line breaks and special spaces."""
    return re.sub(r"\s+", " ", text.replace("\N{SOFT HYPHEN}", "").replace("\N{NO-BREAK SPACE}", " ")).strip()


def test_the_sheets_hold_claim_answer_intervals_and_sources(left: Path, known: letter.Evidence) -> None:
    text = printed(left / brief.FILE).replace("- ", "-")

    def said(words: str) -> bool:
        return flat(words).replace("- ", "-") in text

    assert said("wrote that reports to NCMEC fell by 46 %")
    assert said(brief.plain(verdict.answer(known.estimates)))
    for _grade, asked, reason in verdict.claims(known.estimates):
        assert said(asked), asked
        assert said(reason), reason
    for id, words in brief.NUMBERS:
        value, ends = results.parts(known.estimates[id])
        assert said(words), words
        if known.estimates[id].estimate is not None:
            assert said(value), id
        if ends:
            assert said(ends.split(" ", 2)[-1].removeprefix("set ")), (id, ends)
        for source in known.estimates[id].sources:
            assert said(f"{source}:"), source
    for claim in letter.rows(known)["the letter says"]:
        assert said(claim), claim
    for limit in brief.LIMITS:
        assert said(limit), limit


def test_two_sheets_tagged_and_in_no_font_of_the_machine(left: Path) -> None:
    tool = shutil.which("pdfinfo")
    if not tool:
        pytest.skip("no pdfinfo: install Debian's package poppler-utils")

    def tell(name: str, *options: str) -> str:
        return subprocess.run(
            [name, *options, left / brief.FILE], check=True, capture_output=True, text=True
        ).stdout

    facts = dict(line.split(":", 1) for line in tell(tool).splitlines() if ":" in line)
    assert facts["Pages"].strip() == "2"
    assert facts["Tagged"].strip() == "yes"
    assert "A4" in facts["Page size"]
    assert facts["Title"].strip() == brief.TITLE
    structure = tell(tool, "-struct-text")
    for tag in ("H1", "H2", "Table", "Figure", "TH"):
        assert re.search(rf"^\s*{tag}\b", structure, re.M), tag
    fonts = tell(shutil.which("pdffonts") or "pdffonts").splitlines()[2:]
    assert fonts
    assert all(brief.FONT.replace(" ", "") in line for line in fonts), fonts


def test_both_files_are_made_in_the_same_bytes_elsewhere(left: Path, built: Path, tmp_path: Path) -> None:
    """In a process of its own, in another time zone."""
    code = (
        "import os, sys; from pathlib import Path; from helpers import data; from eprivacy_its.show import svg; "
        "from helpers.findings import brief, letter, table; from helpers.plots import findings as plots; "
        "read = [data.read(one) for one in ('claims', 'eu_totals', 'events', 'sources')]; "
        "known = letter.Evidence(*read, *table.load()); reports, marks = data.read('country_reports'), data.read('interruptions'); "
        "drawn = plots.eu_against_elsewhere(reports, marks); points = plots.points_explained(reports, marks); "
        "said = brief.content(known, data.read('national_police'), drawn, points); place = Path(sys.argv[1]); "
        "(place / brief.FILE).write_bytes(brief.pdf(said, svg.alone(drawn.svg, brief.FONT), brief.day(known))); "
        "(place / brief.PICTURE).write_bytes(brief.picture(known, reports))"
    )
    subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        check=True,
        cwd=ROOT,
        env={"TZ": "Asia/Tokyo", "PATH": "/usr/bin:/bin"},
    )
    for name in (brief.FILE, brief.PICTURE):
        first, second = (
            hashlib.sha256((place / name).read_bytes()).hexdigest() for place in (left, tmp_path)
        )
        assert first == second, name


def test_the_site_lists_and_links_them(built: Path) -> None:
    site = built / "site"
    sums = (site / "downloads" / "SHA256SUMS").read_text(encoding="utf-8")
    front = (site / "index.html").read_text(encoding="utf-8")
    for name in (brief.FILE, brief.PICTURE):
        assert f"  files/09_findings/{name}\n" in sums
        assert f'href="downloads/files/09_findings/{name}"' in front
    share = declaration.of_study().share
    assert (site / share).is_file()
    # Absolute where pyproject.toml names a home on the web, else relative to the site.
    for file in site.glob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert f'<meta property="og:image" content="{metadata.canonical(share)}">' in text, file.name
        for name in ("og:title", "og:description"):
            assert re.search(rf'<meta property="{name}" content="[^"]+">', text), file.name


def test_the_picture_is_of_the_size_that_networks_ask_for(left: Path) -> None:
    head = (left / brief.PICTURE).read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    assert (width, height) == (1200, 630)
    assert (width / plots.SHARED_DPI, height / plots.SHARED_DPI) == plots.SHARED


def test_no_number_is_typed_on_the_sheets() -> None:
    """Digits of the fixed words are years, days and the number of Member States."""
    fixed = " ".join([brief.REPORT, *brief.LIMITS, *(words for _id, words in brief.NUMBERS)])
    assert set(re.findall(r"\d+", fixed)) <= {"21", "2020", "2021", "2022", "27"}


def test_every_number_is_a_finding_of_the_front_page() -> None:
    assert {id for id, _words in brief.NUMBERS} <= {one.id for one in catalogue.FINDINGS}
