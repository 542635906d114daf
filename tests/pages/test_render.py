import re
import runpy
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from eprivacy_its import show
from eprivacy_its.pages import code, layout, outputs, render, terms, theme
from eprivacy_its.pages.layout import NavItem
from eprivacy_its.plots import style

NAV = (
    NavItem("index.html", "Findings"),
    NavItem("s.html", "Sample"),
    NavItem("sources.html", "Sources", "Reference"),
)


@pytest.fixture(scope="module")
def sample():
    """The sample notebook, its estimates and its provenance."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "site" / "sample.py")))


@pytest.fixture(scope="module")
def meta(sample):
    return render.PageMeta("sample", "s.html", NAV, sample.ESTIMATES, sample.PROVENANCE)


@pytest.fixture(scope="module")
def notebook(sample):
    return sample.notebook()


@pytest.fixture(scope="module")
def html(notebook, meta):
    return render.page(notebook, meta)


def simple(*cells, **options):
    """Page of a notebook with a title and these cells."""
    made = new_notebook(cells=[new_markdown_cell("# Title", id="t"), *cells])
    return render.page(made, render.PageMeta("x", "x.html", **options))


def lead(html):
    return html[html.index('<div class="lead') : html.index('<div class="body')]


def test_title_comes_from_the_notebook_and_stands_once(html):
    assert html.count("<h1>") == 1
    assert "<h1>A simulated series falls at its interruption</h1>" in html
    assert re.search(r"<title>A simulated series falls at its interruption · ", html)


def test_a_notebook_without_title_is_refused():
    with pytest.raises(ValueError, match="needs one line"):
        render.page(new_notebook(cells=[new_markdown_cell("text")]), render.PageMeta("x", "x.html"))


def test_title_of_a_scenario_replaces_it(notebook):
    page = render.page(notebook, render.PageMeta("x", "x.html", title="Weekly <reports>"))
    assert "<h1>Weekly &lt;reports&gt;</h1>" in page
    assert "<h1>A simulated" not in page


def test_the_answer_is_lifted_to_the_top(html):
    assert "The simulated treated series fell by 39" in lead(html)
    assert html.count('class="its-answer"') == 1
    # In the page it stands once as text; the description of the head repeats it.
    body = html[html.index("<body>") :]
    assert len(re.findall(r"<p>The simulated treated series fell by 39", body)) == 1


def test_how_sure_counts_grades(notebook, sample):
    estimates = [{"grade": "established"}] * 2 + [{"grade": "not identified"}]
    page = render.page(notebook, render.PageMeta("x", "x.html", estimates=estimates))
    assert "2 established</span>" in lead(page)
    assert "1 not identified</span>" in lead(page)
    assert "suggestive" not in lead(page)
    assert 'href="#table-recorded"' in lead(page)


def test_no_estimates_no_badge(notebook):
    assert "its-sure" not in render.page(notebook, render.PageMeta("x", "x.html"))[20_000:]
    assert 'class="its-sure"' not in render.page(notebook, render.PageMeta("x", "x.html"))


def test_headings_get_unique_ids_and_a_table_of_contents(html):
    assert '<h2 id="the-fall">' in html
    assert '<h2 id="the-fall-2">' in html
    assert '<h3 id="by-place">' in html
    toc = html[html.index('<nav class="toc"') :].split("</nav>")[0]
    assert re.findall(r'href="#([^"]+)"', toc) == ["the-fall", "by-place", "the-fall-2"]


def test_all_ids_are_unique(html):
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_code_is_folded_and_coloured(html):
    folds = re.findall(r'<details class="its-input">(.*?)</details>', html, re.S)
    assert len(folds) >= 7
    assert any('<span class="kn">import</span>' in fold for fold in folds)
    assert "<details open" not in html


def cell(html, name):
    """HTML of a cell, up to the next one."""
    return html[html.index(f'id="cell-{name}"') :].split('id="cell-', 2)[1]


def test_the_code_of_a_figure_and_of_a_table_stands_beside_its_data(html):
    for name, foot in (("figure", "its-behind"), ("table", "its-foot")):
        behind = cell(html, name).split(f'class="{foot}"')[1]
        assert behind.index("CSV</a>") < behind.index('<details class="its-input"><summary>Code')
    assert "its-code" not in html[html.index("<body>") :]


def test_code_that_shows_nothing_stands_with_the_next(html):
    assert cell(html, "draw") == 'draw"></div>\n<div class="its-cell" '
    assert "fill_between" in cell(html, "figure")


def test_code_names_its_notebook_and_its_functions_at_the_commit(html, notebook):
    place = cell(html, "figure").split('class="its-where"')[1].split("</p>")[0]
    assert '<a href="downloads/notebooks/sample.ipynb"><code>notebooks/00_sample.ipynb</code></a>' in place
    assert "at commit <code>0123456789</code>" in place
    assert "<code>style.count_axis</code></a>" in place
    line = int(
        re.search(
            r"<code>style.count_axis</code></a> \(<code>eprivacy_its/plots/style.py</code>, line (\d+)", place
        )[1]
    )
    source = Path(style.__file__).read_text(encoding="utf-8").splitlines()
    assert source[line - 1].startswith("def count_axis(")
    alone = render.page(notebook, render.PageMeta("x", "x.html"))
    assert "downloads/" not in alone


def test_code_leads_to_the_repository_when_it_has_an_address(html, monkeypatch):
    monkeypatch.setattr(code, "address", lambda name: f"https://example.org/{name.lower()}")
    place = code.where("plots.f()", {}, {"notebook": "notebooks/a.ipynb", "commit": "abc"}, "a")
    assert 'href="https://example.org/repository/blob/abc/notebooks/a.ipynb"' in place
    assert layout.metadata.canonical("a.html") == "https://example.org/homepage/a.html"


def test_the_findings_page_says_the_claim_first(notebook, sample):
    """Answer, how sure, figure; then the rest; question, method and parameters last."""
    home = render.page(notebook, render.PageMeta("09_findings", "index.html", NAV, (), sample.PROVENANCE))
    order = ["its-answer", 'id="how-this-page-was-made"', "Question.</strong>", "Parameters of this page"]
    places = [home.index(one, home.index("<main")) for one in order]
    assert places == sorted(places)
    other = render.page(notebook, render.PageMeta("sample", "s.html", NAV, (), sample.PROVENANCE))
    assert (
        other.index("Question.</strong>")
        < other.index("Parameters of this page")
        < other.index("The fall</h2>")
    )


def test_verdicts_stand_beneath_the_answer():
    shown = show.verdicts([("suggestive", "Did it fall?", "By <5.")])
    data, metadata = shown._repr_mimebundle_()
    output = new_output("execute_result", data=data, metadata=metadata, execution_count=1)
    page = simple(new_code_cell("x", id="v", outputs=[output]), estimates=[{"grade": "established"}])
    assert "<b>Did it fall?</b> By &lt;5." in lead(page)
    assert "its-grade-suggestive" in lead(page)
    assert "its-sure" not in lead(page)
    assert page.count("Did it fall?") == 1
    with pytest.raises(ValueError, match="no verdicts"):
        show.verdicts([])


def test_terms_are_explained_where_first_used(sample):
    text = (
        "<h2>Placebo</h2><p>A <code>placebo</code>, a <b>Placebo</b>, placebos; one file, its interval.</p>"
    )
    made = terms.linked(text)
    assert made.count("its-term") == 2
    assert 'href="glossary.html#placebo">Placebo</a></b>, placebos; one file' in made
    assert '<b><a class="its-term" data-tip="The same analysis at a date' in made
    assert 'href="glossary.html#confidence-interval">interval</a>' in made
    assert terms.linked(text, {"Placebo", "Confidence interval"}) == text


def test_a_page_says_how_to_cite_it(html):
    assert "<cite>A simulated series falls at its interruption</cite>. eprivacy-its, version" in html
    assert "commit <code>0123456789</code>.</p>" in html
    assert '<link rel="canonical" href="s.html">' in html
    released = re.search(r'name="citation_publication_date" content="(\d{4}/\d\d/\d\d)"', html)
    assert released[1].replace("/", "-") == layout.metadata.released()


def test_style_for_other_viewers_is_taken_out(html):
    assert "its-fallback" not in html
    assert html.count("<style") == 1


def test_parameters_are_a_table(html):
    table = html[html.index('class="its-table its-params"') :].split("</table>")[0]
    assert '<th scope="row"><code>year</code></th><td><code>2021</code><span' in table
    assert "first year after the interruption; calendar year; 2020 to 2022" in table
    assert "default" not in table


def test_parameters_that_were_given_show_their_default():
    page = simple(
        new_code_cell("a = 1  # first\nb = 'x'  # second", id="p", metadata={"tags": ["parameters"]}),
        new_code_cell('# Parameters\na = 2\nb = "x"', id="i", metadata={"tags": ["injected-parameters"]}),
    )
    table = page[page.index("its-params") :].split("</table>")[0]
    assert "<code>2</code>" in table
    assert "default 1" in table
    assert table.count("default") == 1
    assert "cell-i" not in page


def test_many_parameters_are_folded():
    source = "\n".join(f"p{i} = {i}  # number {i}" for i in range(7))
    page = simple(new_code_cell(source, id="p", metadata={"tags": ["parameters"]}))
    assert '<summary class="its-caption">Parameters of this page (7)</summary>' in page


def test_a_failed_cell_is_visible_at_the_top(sample):
    page = render.page(sample.notebook(broken=True), render.PageMeta("x", "x.html", NAV))
    top = lead(page)
    assert "This page is incomplete" in top
    assert "KeyError" in top
    assert "no such column" in top
    assert 'href="#cell-fails"' in top
    assert "raise KeyError" in top
    assert "\x1b" not in page


def test_a_failure_outside_the_cells_is_visible(notebook):
    page = render.page(notebook, render.PageMeta("x", "x.html", error="01_clean failed <first>"))
    assert "01_clean failed &lt;first&gt;" in lead(page)


def test_papermills_own_error_banner_is_left_out():
    page = simple(
        new_markdown_cell(
            '<span style="color:red">An Exception was encountered</span>',
            metadata={"tags": ["papermill-error-cell-tag"]},
        )
    )
    assert "An Exception" not in page


def test_markup_from_data_stays_text(html):
    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    page = simple(
        new_code_cell(
            "x",
            outputs=[
                new_output("display_data", data={"text/markdown": "<script>alert(1)</script> <img src=x>"}),
                new_output("stream", name="stdout", text="<script>1</script>"),
                new_output("execute_result", data={"text/plain": "<script>2</script>"}, execution_count=1),
            ],
        )
    )
    body = page[page.index("<body>") :]
    assert "<script" not in body
    assert "<img" not in body


def test_links_with_script_addresses_are_disarmed():
    assert "javascript:" not in outputs.markdown("[x](javascript:alert(1))")


def test_warnings_are_folded_and_printed_text_is_not():
    page = simple(
        new_code_cell(
            "x",
            outputs=[
                new_output("stream", name="stderr", text="a warning\n"),
                new_output("stream", name="stdout", text="one\n"),
                new_output("stream", name="stdout", text="two\n"),
            ],
        )
    )
    assert "<summary>Messages while running</summary>" in page
    assert ">one\ntwo</pre>" in page


def test_a_picture_has_alternative_text():
    pixel = "iVBORw0KGgo="
    cells = [
        new_code_cell("x", outputs=[new_output("display_data", data={"image/png": pixel}, metadata=metadata)])
        for metadata in ({}, {"alt": 'A "line"'})
    ]
    alts = re.findall(r'<img src="data:image/png;base64,[^"]+" alt="([^"]+)">', simple(*cells))
    assert alts == [outputs._NO_ALT, "A &quot;line&quot;"]


def test_plain_html_output_scrolls_inside_itself():
    page = simple(
        new_code_cell(
            "x", outputs=[new_output("display_data", data={"text/html": "<table><tr><td>1</table>"})]
        )
    )
    assert '<div class="its-plain" tabindex="0" role="group" aria-label="Output"><table>' in page


def test_provenance_in_the_footer(html, sample):
    foot = html[html.index("<footer") :]
    assert sample.PROVENANCE["commit"] in foot
    assert "with changes that are not committed" in foot
    assert "cd" * 32 in foot
    assert "eprivacy-its build" in foot
    assert "numpy" in foot


def test_navigation(html):
    assert '<a href="s.html" aria-current="page">Sample</a>' in html
    assert 'rel="prev" href="index.html"' in html
    assert 'rel="next" href="sources.html"' in html
    assert '<nav class="crumbs"' in html


def test_a_page_alone_links_to_no_other_page(notebook, sample):
    page = render.page(notebook, render.PageMeta("x", "page.html", (), sample.ESTIMATES, sample.PROVENANCE))
    assert "sources.html" not in page
    assert "search.html" not in page
    assert 'class="pages"' not in page


def test_head_says_what_the_page_is(html):
    head = html[: html.index("</head>")]
    assert '<html lang="en">' in html
    assert re.search(r'<meta name="description" content="The simulated treated series fell', head)
    assert '<meta name="citation_title"' in head
    assert "http" not in re.sub(r"<script.*?</script>|<style.*?</style>|http-equiv", "", head, flags=re.S)


def test_only_the_scripts_of_the_template_may_run(html):
    import base64
    import hashlib

    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none';")
    scripts = re.findall(r"<script>(.*?)</script>", html, re.S)
    hashes = {base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts}
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == hashes
    assert len(scripts) == 1


def test_tags_are_balanced(html):
    void = {"meta", "link", "br", "img", "input", "hr", "wbr"}

    class Balance(HTMLParser):
        stack: list = []  # noqa: RUF012

        def handle_starttag(self, tag, attrs):
            if tag not in void:
                self.stack.append(tag)

        def handle_startendtag(self, tag, attrs):
            pass

        def handle_endtag(self, tag):
            assert self.stack.pop() == tag

    balance = Balance()
    balance.stack = []
    balance.feed(html)
    assert balance.stack == []


def test_the_same_notebook_gives_the_same_bytes_and_is_not_changed(notebook, meta, html):
    before = nbformat.writes(notebook)
    assert render.page(notebook, meta) == html
    assert nbformat.writes(notebook) == before


def test_tables_of_markdown_get_scope(html):
    assert '<th scope="col">term</th>' in html


def test_slugs():
    assert layout.slug("What we see: 2021 & after") == "what-we-see-2021-after"
    assert layout.slug("–") == "section"


def _luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("pair", theme.TEXT_PAIRS, ids=" on ".join)
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_words_stand_out_from_their_ground(pair, scheme):
    low, high = sorted(_luminance(theme.VARIABLES[name][scheme]) for name in pair)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_every_colour_in_the_style_sheet_is_a_variable():
    sheet = (theme.TEMPLATES / "site.css").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", sheet) == []
    assert set(re.findall(r"var\((--[a-z-]+)", sheet)) <= set(theme.VARIABLES)
