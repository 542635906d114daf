"""Text from strangers on pages: nothing of it executes in a real browser, with the policy of the page and without."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import sample
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from eprivacy_its import cli, paths, results
from eprivacy_its.pages import downloads, reference, site
from eprivacy_its.show import stage

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
WEEKS = [f"2020-W{week:02d}" for week in range(1, 41)]

# Each, taken as markup or as a link, would count itself in window.pwned.
CORPUS = [
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    '"><img src=x onerror=window.pwned=1>',
    "'><svg onload=window.pwned=1>",
    '" onmouseover="window.pwned=1" autofocus onfocus="window.pwned=1" x="',
    "' onfocus='window.pwned=1' tabindex=1 autofocus x='",
    "<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s>",
    "<details open ontoggle=window.pwned=1>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<iframe src=javascript:parent.pwned=1></iframe>",
    "<object data=javascript:window.pwned=1></object>",
    "<meta http-equiv=refresh content='0;url=javascript:window.pwned=1'>",
    "<base href=javascript:window.pwned=1//>",
    "<style>*{background:url(https://192.0.2.1/style)}</style>",
    "<link rel=stylesheet href=https://192.0.2.1/link>",
    "[link](javascript:window.pwned=1)",
    "![picture](https://192.0.2.1/picture)",
    "[link](data:text/html,<script>window.pwned=1</script>)",
    "<javascript:window.pwned=1>",
    "[a]: javascript:window.pwned=1",
    "</title><script>window.pwned=1</script>",
    "</style><script>window.pwned=1</script>",
    "</textarea></pre></code></td></table><script>window.pwned=1</script>",
    "--><script>window.pwned=1</script><!--",
    "]]><script>window.pwned=1</script>",
    "{{ 7 * 191 }}{% raw %}<script>window.pwned=1</script>",
    "${window.pwned=1}",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "\\u003cscript\\u003ewindow.pwned=1\\u003c/script\\u003e",
    "\u2028<script>window.pwned=1</script>\u202e",
    "<a href='jav&#x09;ascript:window.pwned=1'>x</a>",
]
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "=cmd|' /C calc'!A0", "＝1+1"]
ALL = " ".join(CORPUS)

# Elements and attributes that only an injection would have put there.
FOREIGN = """() => {
  const all = [...document.querySelectorAll('*')];
  const handlers = all.filter(e => [...e.attributes].some(a => /^on/i.test(a.name))).map(e => e.outerHTML.slice(0, 200));
  const links = all.filter(e => ['href', 'src', 'action', 'data', 'srcdoc', 'xlink:href'].some(n =>
    /^\\s*(javascript|vbscript|data:text\\/html)/i.test((e.getAttribute(n) || '').replace(/[\\t\\n\\r]/g, ''))))
    .map(e => e.outerHTML.slice(0, 200));
  const kinds = all.filter(e => ['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'FORM', 'ANIMATE', 'LINK'].includes(e.tagName) &&
    !(e.tagName === 'LINK' && ['icon', 'canonical'].includes(e.rel)) && !e.matches('form.search')).map(e => e.outerHTML.slice(0, 200));
  return {hits: window.pwned || 0, handlers, links, kinds, scripts: document.scripts.length,
    styles: document.querySelectorAll('style').length, metas: document.querySelectorAll('meta[http-equiv]').length};
}"""
PROVOKE = """() => { for (const e of document.querySelectorAll('*'))
  for (const t of ['mouseover', 'focus', 'toggle', 'error', 'load', 'begin'])
    e.dispatchEvent(new Event(t, {bubbles: false}));
  for (const d of document.querySelectorAll('details')) d.open = true; }"""

CELLS = """
import pandas as pd
import matplotlib
from eprivacy_its import results, show
frame = pd.DataFrame({"place": corpus + formulas, **{name: range(len(corpus + formulas)) for name in corpus},
    "sources": [[text] for text in corpus + formulas], "grade": corpus + formulas})
def draw(fig):
    ax = fig.add_subplot()
    ax.plot([1, 2], label=corpus[0])
    ax.set_title(corpus[2])
    ax.text(1, 1, corpus[0])
    ax.annotate(corpus[3], (0, 1))
    ax.legend()
"""
SHOWN = [
    'show.table(frame, name="injected", caption="Injected " + everything, note=everything, '
    "units={corpus[0]: everything}, missing=everything)",
    'show.figure(draw, name="drawn", caption="Drawn " + everything, alt="Alternative " + everything + " text", '
    "data=frame, note=everything)",
    "show.say(everything)",
    "show.say('\\n\\n'.join(corpus))",
    "show.answer(' '.join(everything.split()))",
    "print(everything)",
    "print(corpus, frame)",
    "raise ValueError(everything)",
]


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site each of whose texts from outside holds the corpus."""
    scope = {"corpus": CORPUS, "formulas": FORMULAS, "everything": ALL}
    cells = [new_markdown_cell("# A page\n\n**Question.** Q", id="intro")]
    cells.append(
        new_code_cell(f"name = {ALL!r}  # {CORPUS[0]}", id="params", metadata={"tags": ["parameters"]})
    )
    sample.execute(CELLS, scope)
    for number, source in enumerate(SHOWN):
        cells.append(new_code_cell(source, id=f"cell-{number}", outputs=sample.execute(source, scope)))
    words = ("question", "outcome", "unit", "geography", "window", "comparison", "estimator", "scale", "note")
    estimate = {**sample.ESTIMATES[0], **dict.fromkeys(words, ALL), "n": 1, "sources": CORPUS}
    origin = {
        **sample.PROVENANCE,
        "parameters": dict.fromkeys(CORPUS, ALL),
        "inputs": dict.fromkeys(CORPUS, "ab"),
        "command": ALL,
    }
    document = {"schema": 1, "provenance": origin, "estimates": [estimate]}
    pages = [
        site.SitePage("09_findings", new_notebook(cells=cells[:-1]), document),
        site.SitePage("mine", new_notebook(cells=cells), document, title=ALL, error=ALL),
    ]
    folder = tmp_path_factory.mktemp("hostile")
    return site.build_site(pages, reference.project_extra(), folder / "site").parent


def watched(browser, file: Path) -> tuple[dict, list[str]]:
    """What a browser finds on a page after everything that could fire has been fired, and what it asked for."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url[:100]))
    page.on("dialog", lambda dialog: (asked.append("dialog"), dialog.dismiss()))
    page.goto(file.as_uri())
    page.evaluate(PROVOKE)
    page.wait_for_timeout(50)
    found = page.evaluate(FOREIGN)
    context.close()
    return found, [url for url in asked if not url.startswith(("file:", "data:"))]


def without_policy(file: Path) -> Path:
    """The page without its Content-Security-Policy: escaping alone must hold."""
    text = file.read_text(encoding="utf-8")
    bare, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    assert count == 1, f"{file.name} has {count} policies"
    beside = file.with_name(f"bare-{file.name}")
    beside.write_text(bare, encoding="utf-8")
    return beside


def harmless(browser, file: Path, scripts: int) -> None:
    found, asked = watched(browser, file)
    assert found == {
        "hits": 0, "handlers": [], "links": [], "kinds": [], "scripts": scripts, "styles": 1, "metas": 1,
    }, file.name  # fmt: skip
    assert asked == []
    bare = without_policy(file)
    try:
        found, asked = watched(browser, bare)
    finally:
        bare.unlink()
    assert (found["hits"], found["handlers"], found["links"], found["kinds"]) == (0, [], [], []), file.name
    assert found["scripts"] == scripts
    assert asked == []


def test_the_corpus_would_execute_where_nothing_escapes(browser, tmp_path: Path) -> None:
    """The watch sees what it is for: most of the corpus, put in raw, does harm."""
    seen = 0
    for text in CORPUS:
        file = tmp_path / "raw.html"
        file.write_text(f"<!doctype html><meta charset=utf-8><title>x</title><p title='{text}'>{text}</p>")
        found, asked = watched(browser, file)
        seen += bool(found["hits"] or found["handlers"] or found["links"] or found["kinds"] or asked)
    assert seen >= 15


def test_nothing_on_a_site_executes(hostile_site: Path, browser) -> None:
    for file in sorted(hostile_site.glob("*.html")):
        text = file.read_text(encoding="utf-8")
        own = 1 + ("application/ld+json" in text) + 2 * (file.name in {"search.html", "explorer.html"})
        harmless(browser, file, scripts=own)
    shown = (hostile_site / "mine.html").read_text(encoding="utf-8")
    for payload in CORPUS[:4]:
        assert html.escape(payload) in shown or html.escape(payload, quote=False) in shown
    assert "1337" not in shown  # no template was evaluated


def test_a_page_of_claims(tmp_path: Path, browser) -> None:
    """Title, ids, units and notes of a file of fragments."""
    from eprivacy_its.bounds import command

    unit = f"reports {ALL}"
    study = {
        "title": ALL,
        "series": {"unit": unit, "geography": ALL, "first": "2020-11-01", "last": "2021-01-31"},
        "claims": [
            {"id": ALL, "quantity": "total", "unit": unit, "window": ["2020-11-30", "2020-12-20"], "value": 1100,
             "rounding": 100, "checked": ALL, "source": ALL, "note": ALL},
        ],
        "targets": [{"name": ALL, "quantity": "total", "window": ["2020-12-01", "2020-12-10"]}],
    }  # fmt: skip
    (tmp_path / "mine.yml").write_text(json.dumps(study), encoding="utf-8")
    command.run(tmp_path / "mine.yml", tmp_path / "out")
    harmless(browser, tmp_path / "out/mine.html", scripts=0)


def test_search_shows_markup_as_text(hostile_site: Path, browser) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((hostile_site / "search.html").as_uri())
    page.fill("#query", "onerror")
    page.wait_for_selector("#hits li")
    assert page.evaluate("window.pwned || 0") == 0
    assert page.evaluate("document.querySelectorAll('#hits img, #hits script, #hits svg').length") == 0
    context.close()


def formula_cells(text: str) -> list[str]:
    return [
        cell
        for row in csv.reader(io.StringIO(text, newline=""))
        for cell in row
        if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) and not stage._is_number(cell)
    ]


def test_no_csv_holds_a_formula(hostile_site: Path) -> None:
    page = (hostile_site / "mine.html").read_text(encoding="utf-8")
    inside = re.findall(r'href="data:text/csv;charset=utf-8,([^"]*)"', page)
    assert len(inside) == 2
    for address in inside:
        text = unquote(html.unescape(address))
        assert "'=1+1" in text
        assert formula_cells(text) == []
    estimate = {"id": "a/b", "note": "=1+1", "question": "@SUM(A1)", "estimate": -1.5, "sources": ["=x"]}
    text = downloads.estimates_csv([{"notebook": "+n", **estimate}])
    assert formula_cells(text) == []
    assert "-1.5" in text
    frame = pd.DataFrame({"=name": FORMULAS, "n": range(len(FORMULAS))})
    assert formula_cells(stage.csv_text(frame)) == []


def test_the_command_line_gives_no_formula(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv(paths.RESULTS_VARIABLE, str(tmp_path))
    words = dict.fromkeys(
        ("outcome", "unit", "geography", "window", "comparison", "estimator", "scale"), "=1+1"
    )
    estimate = results.Estimate(
        id="a/b", question="@SUM(A1)", estimate=-1.5, ci_low=None, ci_high=None, level=None, n=1,
        grade="suggestive", sources=("=x",), note="+1+1", **words,
    )  # fmt: skip
    results.write_json(tmp_path / "x.json", results.document([estimate], {}))
    assert cli.main(["results", "--format", "csv"]) == 0
    text = capsys.readouterr().out
    assert "'=1+1" in text
    assert formula_cells(text) == []


def test_tables_that_are_offered_as_they_are_hold_no_formula() -> None:
    for file in sorted((ROOT / "data/processed").glob("*.csv")):
        assert formula_cells(file.read_text(encoding="utf-8")) == [], file.name


@pytest.mark.build
def test_a_scenario_of_hostile_words(tmp_path: Path, monkeypatch, capsys, browser) -> None:
    """From a file with hostile column and file names, through the real notebook, to the page in the browser."""
    root = tmp_path / "project"
    for folder in ("notebooks", "data/raw", "data/processed", "scenarios/data"):
        (root / folder).mkdir(parents=True)
    (root / "notebooks/06_series.ipynb").write_bytes((ROOT / "notebooks/06_series.ipynb").read_bytes())
    (root / "notebooks/graph.yml").write_text('06_series:\n  reads: ["scenarios/data/*.csv"]\n')
    (root / "requirements.lock").write_text("toy==1\n")
    time, outcome, other = (
        '"><img src=x onerror=window.pwned=1>',
        "<script>window.pwned=1</script>",
        "=1+1<svg onload=window.pwned=1>",
    )
    target = io.StringIO()
    table = csv.writer(target, lineterminator="\n")
    table.writerow([time, outcome, other, *(f"column {text}" for text in CORPUS)])
    for number, week in enumerate(WEEKS):
        count = 100 + 7 * (number % 5) + (37 * number) % 23
        table.writerow([week, count, (number * 17) % 11 + 0.5, *CORPUS])
    name = "'><img src=x onerror=window.pwned=1>"
    (root / f"scenarios/data/{name}.csv").write_text(target.getvalue(), encoding="utf-8")
    scenario = {
        "title": ALL,
        "notebook": "06_series",
        "parameters": {
            "data": f"data/{name}.csv", "time": time, "outcome": outcome, "unit": ALL, "geography": ALL,
            "interruptions": ["2020-W20"], "names": [ALL], "covariates": [other], "estimator": "ols",
            "source": "mine",
        },
    }  # fmt: skip
    # JSON is YAML; escaped, since YAML takes no raw control characters.
    (root / "scenarios/hostile.yml").write_text(json.dumps(scenario))
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(root))
    for variable in (
        paths.BUILD_VARIABLE,
        paths.STAGE_VARIABLE,
        paths.RESULTS_VARIABLE,
        "EPRIVACY_ITS_PROCESSED",
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(root)
    status = cli.main(["run", "scenarios/hostile.yml"])
    told = capsys.readouterr()
    page = root / "build/scenarios/hostile/page.html"
    assert page.is_file(), told.err
    harmless(browser, page, scripts=page.read_text(encoding="utf-8").count("<script>"))
    assert "window.pwned" in page.read_text(encoding="utf-8")
    for address in re.findall(
        r'href="data:text/csv;charset=utf-8,([^"]*)"', page.read_text(encoding="utf-8")
    ):
        assert formula_cells(unquote(html.unescape(address))) == []
    assert status == 0, told.err
