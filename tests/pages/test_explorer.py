import csv
import json
import re

import pytest

from eprivacy_its.pages import layout
from helpers import data
from helpers.countries import explorer as values
from helpers.pages import explorer, explorer_chart


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    file = tmp_path_factory.mktemp("tables") / "explorer.csv"
    values.table(data.read("country_reports"), draws=499, seed=1).to_csv(file, index=False)
    return file


@pytest.fixture(scope="module")
def content(table):
    return explorer.content(table)


@pytest.fixture(scope="module")
def known(content):
    return json.loads(content.body.split('id="explorer">')[1].split("</script>")[0])


def test_every_row_is_in_the_page(table, known):
    rows = list(csv.DictReader(table.open()))
    assert len(known["rows"]) == len(rows)
    at = {tuple(row[:7]): row[7:] for row in known["rows"]}
    assert len(at) == len(rows)
    for row in rows[::397]:
        key = [known["options"][choice].index(row[choice]) for choice in explorer.CHOICES]
        found = at[(*key, int(row["year"]))]
        assert found[0] / 1000 == pytest.approx(float(row["ratio"]), abs=5.1e-4)
        assert found[3:] == [int(row["members"]), int(row["others"])]


def test_all_options_have_words(known):
    assert "without Poland (the largest rise of 2020)" in known["words"]["treated"]
    for choice, options in known["options"].items():
        assert len(set(known["words"][choice])) == len(options)


def test_the_table_without_scripts_changes_one_choice_at_a_time(content, known):
    table = content.body.split('id="table-explorer-one-by-one"')[1].split("</table>")[0]
    # The start, and each other option that exists with it.
    start = [int(one) for one in re.findall(r'value="(\d+)" selected', content.body)][:6]
    exist = {tuple(row[:6]) for row in known["rows"] if row[6] == 2021}
    tried = [
        (*start[:place], option, *start[place + 1 :])
        for place, options in enumerate(known["options"].values())
        for option in range(len(options))
        if option != start[place]
    ]
    assert table.count("<tr>") - 1 == 1 + len(exist.intersection(tried))


def test_it_opens_on_the_middle_specification(table):
    ratios = sorted(float(row["ratio"]) for row in csv.DictReader(table.open()) if row["year"] == "2021")
    with table.open() as stream:
        rows = list(csv.DictReader(stream))
    begin = explorer.start(rows)
    (found,) = [
        float(row["ratio"])
        for row in rows
        if row["year"] == "2021" and tuple(row[choice] for choice in explorer.CHOICES) == begin
    ]
    assert found == ratios[(len(ratios) - 1) // 2]


def test_nothing_is_evaluated_and_the_page_is_small(content):
    page = layout.full_page(content, explorer.HREF)
    assert "unsafe-eval" not in page
    assert "ast: true" in page
    assert len(page.encode()) <= 1_500_000


def test_the_chart_has_only_colours_of_the_theme():
    text = json.dumps(explorer_chart.chart())
    assert "var(--c-accent)" in text
    assert "#" not in text.replace("vega.github.io/schema/vega/v6.json", "")


def test_without_the_table_there_is_no_page(tmp_path):
    from types import SimpleNamespace

    page = SimpleNamespace(name="05_sensitivity", error="", folder=tmp_path)
    assert explorer.source([page]) is None
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "explorer.csv").write_text("")
    assert explorer.source([page]) == tmp_path / "tables" / "explorer.csv"
    page.error = "failed"
    assert explorer.source([page]) is None
