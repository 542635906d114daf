import csv
import hashlib
import json
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from eprivacy_its import paths
from eprivacy_its.pages import downloads, links, reference, site
from eprivacy_its.pages import terms as glossary
from eprivacy_its.plans import register
from eprivacy_its.runs import swap

SOURCE = {
    "source_id": "sample-source",
    "title": "A <sample>",
    "publisher": "Nobody",
    "published": "2021",
    "url": "https://example.org/?a=1&b=2",
    "how_checked": "read in full",
    "level": "read in full",
}
PACKAGE = {
    "name": "processed",
    "title": "Tidy tables",
    "resources": [
        {
            "name": "sample",
            "path": "sample.csv",
            "rowCount": 1200,
            "hash": "sha256:ab",
            "schema": {
                "fields": [{"name": "n", "type": "integer", "unit": "reports", "description": "Count."}]
            },
        }
    ],
}


@pytest.fixture(scope="module")
def sample():
    """The sample notebook, its estimates and its provenance."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "site" / "sample.py")))


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "figures").mkdir()
    (folder / "figures" / "fall.csv").write_text("year,n\n2021,1\n")
    (folder / "notebook.ipynb").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def pages(sample, run_folder):
    document = {"schema": 1, "provenance": sample.PROVENANCE, "estimates": sample.ESTIMATES}
    return [
        site.SitePage("weekly", sample.notebook(), title="Weekly", scenario=True),
        site.SitePage("02_sample", sample.notebook(), document, folder=run_folder),
        site.SitePage("09_findings", sample.notebook()),
        site.SitePage("01_broken", sample.notebook(broken=True), error="KeyError"),
    ]


@pytest.fixture(scope="module")
def extra(tmp_path_factory):
    tidy = tmp_path_factory.mktemp("tidy") / "sample.csv"
    tidy.write_text("n\n1\n")
    uses = {"sample-source": {"claims/claims.csv": (3, 2)}}
    return reference.Extra([SOURCE], [PACKAGE], [tidy], uses)


@pytest.fixture(scope="module")
def built(pages, extra, tmp_path_factory):
    return site.build_site(pages, extra, tmp_path_factory.mktemp("out") / "site").parent


def text(built, name):
    return (built / name).read_text(encoding="utf-8")


#: Pages of the registered plans, in the order of the register.
PLANS = [f"plan-{name}.html" for name in register.latest()]


def test_every_page_is_there(built):
    made = {file.name for file in built.glob("*.html")}
    own_pages = {"methods.html", "truth.html", "timeline.html", "changes.html", *PLANS}
    runs = {"index.html", "01_broken.html", "02_sample.html", "weekly.html"}
    assert made == runs | own_pages | set(reference.PAGES)


def test_all_links_and_anchors_resolve(built):
    assert links.faults(built) == []


def test_faults_of_links_are_found(built, tmp_path):
    shutil.copytree(built, tmp_path / "site")
    broken = tmp_path / "site" / "glossary.html"
    text = broken.read_text(encoding="utf-8")
    bad = (
        '<a href="gone.html">a</a><a href="methods.html#nowhere">b</a><a href="/root.html">c</a>'
        '<a href="file:///x">d</a><img src="https://example.org/x.png" alt="x"><p id="main"></p>'
    )
    broken.write_text(text.replace("</main>", bad + "</main>"), encoding="utf-8")
    found = links.faults(tmp_path / "site")
    assert len(found) == 6
    for part in (
        "gone.html",
        "nowhere",
        "/root.html",
        "file:///x",
        "loads https://example.org",
        "'main' is used",
    ):
        assert any(part in fault for fault in found), part


def test_findings_come_first_then_numbers_then_plans(pages):
    hrefs = [item.href for item in site.navigation(pages)]
    assert hrefs[:4] == ["index.html", "01_broken.html", "02_sample.html", "weekly.html"]
    first, *others = reference.PAGES
    place = others.index("downloads.html")
    others = [*others[:place], "changes.html", *others[place:]]
    assert hrefs[4:] == [first, "timeline.html", "methods.html", "truth.html", *others, *PLANS]


def test_without_findings_there_is_an_overview(pages, extra, tmp_path):
    index = site.build_site([pages[1]], extra, tmp_path / "site")
    assert "The findings page was not made" in index.read_text(encoding="utf-8")
    assert "The simulated treated series fell by 39" in index.read_text(encoding="utf-8")
    assert links.faults(tmp_path / "site") == []


def test_an_empty_site_still_has_its_pages(tmp_path):
    site.build_site([], reference.Extra(), tmp_path / "site")
    assert links.faults(tmp_path / "site") == []


def test_names_that_collide_are_refused(sample, extra, tmp_path):
    with pytest.raises(ValueError, match=r"more than one page would be sources\.html"):
        site.build_site([site.SitePage("sources", sample.notebook())], extra, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_the_old_site_is_replaced_as_a_whole(pages, extra, tmp_path):
    target = tmp_path / "site"
    target.mkdir()
    (target / "stale.html").write_text("old")
    site.build_site(pages[:1], extra, target)
    assert not (target / "stale.html").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["site"]


def test_an_error_leaves_the_old_site(pages, extra, tmp_path, monkeypatch):
    target = tmp_path / "site"
    target.mkdir()
    (target / "index.html").write_text("old")

    def fail(*_arguments):
        raise RuntimeError("half way")

    monkeypatch.setattr(reference, "contents", fail)
    with pytest.raises(RuntimeError, match="half way"):
        site.build_site(pages[:1], extra, target)
    assert (target / "index.html").read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["site"]


def test_a_swap_that_fails_brings_the_old_site_back(pages, extra, tmp_path, monkeypatch):
    target = tmp_path / "site"
    target.mkdir()
    (target / "index.html").write_text("old")
    rename, calls = swap.os.rename, []

    def second_fails(one, other):
        calls.append(one)
        if len(calls) == 2:
            raise OSError("disk")
        rename(one, other)

    monkeypatch.setattr(swap, "_system_exchange", lambda: None)
    monkeypatch.setattr(swap.os, "rename", second_fails)
    with pytest.raises(OSError, match="disk"):
        site.build_site(pages[:1], extra, target)
    assert (target / "index.html").read_text() == "old"


def test_two_builds_give_the_same_bytes(pages, extra, built, tmp_path):
    again = site.build_site(list(reversed(pages)), extra, tmp_path / "site").parent
    files = sorted(file.relative_to(built) for file in built.rglob("*") if file.is_file())
    assert files == sorted(file.relative_to(again) for file in again.rglob("*") if file.is_file())
    assert [file for file in files if (built / file).read_bytes() != (again / file).read_bytes()] == []


def test_sources_say_what_they_gave_and_what_rests_on_them(built):
    page = text(built, "sources.html")
    assert "A &lt;sample&gt;" in page
    assert 'href="https://example.org/?a=1&amp;b=2"' in page
    assert '<a href="raw/claims/claims.html#row-3">claims/claims.csv</a> (2 rows)' in page
    assert '<a href="02_sample.html#estimate-sample--ratio">sample/ratio</a>' in page
    assert "Read in full (1)" in page


def test_a_source_that_is_not_listed_is_named_as_such(pages, tmp_path):
    site.build_site(pages, reference.Extra(), tmp_path / "site")
    assert "Named on a page, not in the list of sources" in text(tmp_path / "site", "sources.html")
    assert links.faults(tmp_path / "site") == []


def test_only_web_addresses_become_links(tmp_path):
    extra = reference.Extra([{**SOURCE, "url": "javascript:alert(1)"}])
    site.build_site([], extra, tmp_path / "site")
    assert "javascript:" not in text(tmp_path / "site", "sources.html")


def test_data_dictionary_has_units(built):
    page = text(built, "data.html")
    assert "<td>reports</td><td>Count.</td>" in page
    assert "1,200 rows" in page


def test_downloads_are_copied_with_true_checksums(built):
    folder = built / "downloads"
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    listed = dict(reversed(line.split("  ", 1)) for line in lines)
    code = {name for name in listed if name.startswith(("code/", "raw/"))}
    assert {"code/helpers/__init__.py", "code/eprivacy_its/plots/style.py"} <= code
    assert set(listed) - code == {
        "results/all.csv",
        "results/all.json",
        "results/all.tex",
        "results/02_sample.json",
        "results/02_sample.csv",
        "notebooks/02_sample.ipynb",
        "figures/02_sample/fall.csv",
        "figures/timeline/timeline.png",
        "figures/timeline/timeline.svg",
        "tidy/sample.csv",
    }
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        assert digest in text(built, "downloads.html")


def test_results_can_be_read_back(built, sample):
    folder = built / "downloads" / "results"
    assert json.loads((folder / "02_sample.json").read_text())["estimates"] == sample.ESTIMATES
    (row,) = csv.DictReader((folder / "all.csv").open())
    assert row["id"] == "sample/ratio"
    assert row["sources"] == "sample-source"


def test_all_estimates_come_as_one_json_and_as_macros(built, sample):
    folder = built / "downloads" / "results"
    whole = json.loads((folder / "all.json").read_text())
    (entry,) = whole["all"]
    assert {name: entry[name] for name in sample.ESTIMATES[0]} == sample.ESTIMATES[0]
    assert whole["simulated"] == []
    tex = (folder / "all.tex").read_text()
    assert r"\csname estimate:sample/ratio\endcsname{0.605}" in tex
    interval = {**sample.ESTIMATES[0], "ci_low": 0.5, "ci_high": 0.75, "level": 0.95}
    macros = downloads.latex([interval])
    assert r"\csname interval:sample/ratio\endcsname{95~\% interval 0.500 to 0.750}" in macros


def test_what_is_simulated_stands_apart(sample, tmp_path):
    """A group of its own in the menu, a banner, and no row among the others in any download."""
    one = {**sample.ESTIMATES[0], "id": "made/ratio", "sources": ["simulated"], "grade": ""}
    made = site.SitePage("02_made", sample.notebook(), {"estimates": [one]})
    real = site.SitePage("03_real", sample.notebook(), {"estimates": sample.ESTIMATES})
    groups = {item.href: item.group for item in site.navigation([made, real])}
    assert groups["02_made.html"] == "Simulated data"
    assert groups["03_real.html"] == "The study"
    out = site.build_site([made, real], reference.project_extra(), tmp_path / "site").parent
    assert 'class="its-simulated"' in (out / "02_made.html").read_text()
    assert 'class="its-simulated"' not in (out / "03_real.html").read_text()
    folder = out / "downloads" / "results"
    assert "made/ratio" not in (folder / "all.csv").read_text()
    assert "made/ratio" not in (folder / "all.tex").read_text()
    assert "made/ratio" in (folder / "simulated.csv").read_text()
    listed = (out / "estimates.html").read_text().split("<main")[1]
    listed = listed[listed.index("<h2") :]
    assert listed.index(">sample/ratio<") < listed.index(">Simulated: ") < listed.index(">made/ratio<")


def test_under_each_figure_stand_files_link_and_citation(sample, run_folder, tmp_path):
    for kind in ("svg", "png"):
        (run_folder / "figures" / f"fall.{kind}").write_bytes(b"x")
    document = {"provenance": sample.PROVENANCE, "estimates": sample.ESTIMATES}
    page = site.SitePage("02_sample", sample.notebook(), document, folder=run_folder)
    try:
        out = site.build_site([page], reference.project_extra(), tmp_path / "site").parent
    finally:
        for kind in ("svg", "png"):
            (run_folder / "figures" / f"fall.{kind}").unlink()
    figure = (out / "02_sample.html").read_text().split('id="figure-fall"')[1].split("</figure>")[0]
    for kind in ("svg", "png"):
        assert f'href="downloads/figures/02_sample/fall.{kind}" download>{kind.upper()}<' in figure
        assert (out / "downloads" / "figures" / "02_sample" / f"fall.{kind}").is_file()
    assert 'href="#figure-fall">Link<' in figure
    assert "@misc{eprivacy-its-" in figure
    assert "MIT licence" in figure
    assert links.faults(out) == []


def test_glossary_is_complete_and_its_references_exist():
    terms = glossary.entries()
    names = {one["term"] for one in terms}
    assert len(terms) >= 25
    assert len(names) == len(terms)
    assert {other for one in terms for other in one.get("see", ())} <= names
    assert all(len(one["text"].split()) >= 5 for one in terms)
    spellings = [word.lower() for one in terms for word in (one["term"], *one.get("also", ()))]
    assert len(set(spellings)) == len(spellings)


def test_methods_name_the_estimators(built):
    page = text(built, "methods.html")
    for word in (
        "Quasi-Poisson",
        "restricted likelihood",
        "ARIMA",
        "Newey-West",
        "Synthetic control",
        "placebo",
    ):
        assert word in page


def test_methods_show_the_coverage_that_was_simulated(built):
    page = text(built, "methods.html")
    assert "%coverage%" not in page
    rows = list(csv.DictReader((paths.root() / "benchmarks/results/coverage.csv").open()))
    own = [100 * float(r["coverage"]) for r in rows if (r["family"], r["method"]) == ("counts", "poisson")]
    cells = page.split('id="table-coverage"')[1].split(">poisson</th>")[1].split("</tr>")[0]
    assert f"{min(own):.1f}" in cells


def test_search_index_finds_sections(built):
    page = text(built, "search.html")
    index = json.loads(page.split('id="index">')[1].split("</script>")[0])
    (hit,) = [one for one in index if one["h"] == "Overdispersion"]
    assert hit["a"] == "glossary.html#overdispersion"
    assert "pure chance" in hit["t"]
    assert {one["p"] for one in index} >= {"Methods", "Weekly"}
    assert all((built / one["a"].split("#")[0]).is_file() for one in index)


def test_the_project_describes_itself():
    extra = reference.project_extra()
    ids = [row["source_id"] for row in extra.sources]
    assert len(ids) > 100
    assert set(extra.uses) <= set(ids)
    assert any(package["name"] == "ncmec" for package in extra.packages)


def test_machines_can_read_what_the_pages_are(built):
    def described(name):
        page = text(built, name)
        return json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0])

    article = described("index.html")
    assert article["@type"] == "ScholarlyArticle"
    assert article["headline"] == "A simulated series falls at its interruption"
    assert "fell by 39" in article["abstract"]
    (file,) = described("data.html")["distribution"]
    assert (built / file["contentUrl"]).is_file()


def test_all_estimates_are_listed_with_their_place(built):
    page = text(built, "estimates.html")
    assert '<a href="02_sample.html#estimate-sample--ratio">sample/ratio</a>' in page
    assert '<span class="its-grade its-grade-suggestive">suggestive</span>' in page
    assert "0.605" in page
    assert "Did the simulated series fall?" in page


def test_open_intervals_and_missing_estimates_can_be_listed(sample, tmp_path):
    entries = [
        {**sample.ESTIMATES[0], "id": "sample/open", "ci_low": 0.5, "ci_high": "inf"},
        {**sample.ESTIMATES[0], "id": "sample/none", "estimate": None},
    ]
    page = site.SitePage(
        "02_sample", sample.notebook(), {"schema": 1, "provenance": {}, "estimates": entries}
    )
    site.build_site([page], reference.Extra(), tmp_path / "site")
    made = text(tmp_path / "site", "estimates.html")
    assert "0.500 to ∞" in made
    assert "not identified" in made
    assert links.faults(tmp_path / "site") == []
