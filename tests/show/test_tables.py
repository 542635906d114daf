from html.parser import HTMLParser

import pandas as pd
import pytest

from eprivacy_its import show

CAPTION = "What the rows of this table show"


@pytest.fixture(autouse=True)
def _no_stage(monkeypatch):
    monkeypatch.delenv("EPRIVACY_ITS_STAGE", raising=False)


def cells(html):
    """Rows of (tag, attributes, text) of the table."""

    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.rows, self.open = [], None

        def handle_starttag(self, tag, attrs):
            if tag == "tr":
                self.rows.append([])
            if tag in {"td", "th"}:
                self.open = [tag, dict(attrs), ""]
                self.rows[-1].append(self.open)

        def handle_endtag(self, tag):
            if tag in {"td", "th"}:
                self.open = None

        def handle_data(self, data):
            if self.open is not None:
                self.open[2] += data

    reader = Reader()
    reader.feed(html)
    return reader.rows


def texts(frame, **options):
    made = show.table(frame, name="t", caption=CAPTION, **options)
    return [[cell[2] for cell in row] for row in cells(made.html)]


def test_numbers_dates_booleans_and_missing():
    frame = pd.DataFrame(
        {
            "year": [2019, 2020],
            "reports": pd.array([725232, None], dtype="Int64"),
            "ratio": [0.51234, -1.5],
            "eu": [True, False],
            "day": pd.to_datetime(["2020-12-21", None]),
        }
    )
    assert texts(frame)[1:] == [
        ["2019", "725,232", "0.512", "yes", "2020-12-21"],
        ["2020", "–", "−1.500", "no", "–"],
    ]
    assert "– means no figure." in show.table(frame, name="t", caption=CAPTION).html


def test_decimals_and_plain_numbers():
    frame = pd.DataFrame({"rank": [1000, 2000], "x": [1.23456, 2.0]})
    assert texts(frame, decimals={"rank": None, "x": 1})[1:] == [["1000", "1.2"], ["2000", "2.0"]]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([1234.5, 1.0], "1,234"),
        ([123.45, 1.0], "123.5"),
        ([12.345, 1.0], "12.35"),
        ([1.2345, 1.0], "1.234"),
        ([0.00473, 0.0001], "0.0047"),
    ],
)
def test_decimals_follow_the_size_of_the_column(values, shown):
    frame = pd.DataFrame({"name": ["a", "b"], "x": values})
    assert texts(frame)[1][1] == shown


def test_p_values_are_never_zero():
    frame = pd.DataFrame({"model": ["a", "b", "c"], "p": [0.00001, 0.04, 1.0]})
    assert [row[1] for row in texts(frame)[1:]] == ["< 0.001", "0.040", "1.000"]
    assert texts(frame, decimals={"p": 4})[1][1] == "< 0.0001"


def test_short_words_are_not_broken_and_sentences_get_room():
    frame = pd.DataFrame({"interval": ["−92 to −27"], "place": ["x" * 30], "note": ["word " * 20]})
    assert [cell[1].get("class") for cell in cells(show.table(frame, name="t", caption=CAPTION).html)[1]] == [
        "its-short",
        "its-some",
        "its-words",
    ]


def test_headings_have_scope_and_units():
    html = show.table(
        pd.DataFrame({"place": ["A"], "n": [1]}), name="t", caption=CAPTION, units={"n": "reports"}
    ).html
    (place, n), (head, value) = cells(html)
    assert place[:2] == ["th", {"scope": "col", "class": "its-short"}]
    assert n == ["th", {"scope": "col", "class": "its-num"}, "n reports"]
    assert head[:2] == ["th", {"scope": "row", "class": "its-short"}]
    assert value[:2] == ["td", {"class": "its-num"}]


def test_everything_is_escaped():
    evil = "<script>alert(1)</script>"
    html = show.table(
        pd.DataFrame({evil: [evil], "b": [[evil]], "source_id": [evil], "grade": [evil]}),
        name="t",
        caption=evil + " and more",
        note=evil,
        missing=evil,
        units={"b": evil},
        row_ids=['"><img src=x>'],
    ).html
    assert "<script" not in html
    assert "<img" not in html


def test_sources_are_links():
    frame = pd.DataFrame({"n": [1, 2], "sources": [["a", "b"], "c; d"]})
    html = show.table(frame, name="t", caption=CAPTION).html
    for one in "abcd":
        assert f'<a class="its-source" href="sources.html#{one}">{one}</a>' in html


def test_links_lead_somewhere_and_are_words_in_csv():
    frame = pd.DataFrame(
        {"finding": ["a"], "computed in": [show.link("a <b>", "04_countries.html#estimate-a")]}
    )
    made = show.table(frame, name="t", caption=CAPTION)
    assert '<a href="04_countries.html#estimate-a">a &lt;b&gt;</a>' in made.html
    assert made.csv == "finding,computed in\na,a <b>\n"


@pytest.mark.parametrize("href", ["javascript:alert(1)", "/etc/passwd", "../x.html", "data:text/html,x", ""])
def test_links_that_leave_the_site_otherwise_are_refused(href):
    with pytest.raises(ValueError, match="expected a page of the site"):
        show.link("x", href)


def test_grade_is_a_badge():
    html = show.table(pd.DataFrame({"n": [1], "grade": ["not identified"]}), name="t", caption=CAPTION).html
    assert '<span class="its-grade its-grade-not-identified">not identified</span>' in html


def test_long_tables_scroll_inside_and_are_reachable():
    html = show.table(pd.DataFrame({"n": range(26)}), name="t", caption=CAPTION).html
    assert 'class="its-scroll its-long" role="group" tabindex="0" aria-labelledby="caption-t"' in html
    assert "its-long" not in show.table(pd.DataFrame({"n": range(25)}), name="t", caption=CAPTION).html


def test_very_long_tables_say_what_is_left_out():
    made = show.table(pd.DataFrame({"n": range(1000)}), name="t", caption=CAPTION)
    assert len(cells(made.html)) == 401
    assert "The first 400 of 1,000 rows; the CSV holds all." in made.html
    assert made.csv.count("\n") == 1001


def test_row_ids():
    html = show.table(pd.DataFrame({"n": [1, 2]}), name="t", caption=CAPTION, row_ids=["r-1", "r-2"]).html
    assert '<tr id="r-1">' in html
    with pytest.raises(ValueError, match="1 row ids for 2 rows"):
        show.table(pd.DataFrame({"n": [1, 2]}), name="t", caption=CAPTION, row_ids=["r-1"])


def test_the_same_frame_gives_the_same_bytes():
    frame = pd.DataFrame({"n": [1.5, 2]})
    one, two = (show.table(frame, name="t", caption=CAPTION) for _ in range(2))
    assert one.html == two.html


def test_the_frame_is_not_changed():
    frame = pd.DataFrame({1: ["=x"]})
    show.table(frame, name="t", caption=CAPTION)
    assert list(frame.columns) == [1]
    assert frame.iloc[0, 0] == "=x"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"caption": " "}, "caption '' is empty"),
        ({"caption": "Table"}, "placeholder"),
        ({"units": {"m": "x"}}, "no column m; there are n"),
        ({"decimals": {"m": 1}}, "no column m"),
        ({"frame": pd.DataFrame()}, "no columns"),
        ({"frame": pd.DataFrame([[1, 2]], columns=["n", "n"])}, "occurs twice"),
    ],
)
def test_what_can_not_be_shown_is_refused(options, message):
    given = {"frame": pd.DataFrame({"n": [1]}), "caption": CAPTION, **options}
    with pytest.raises(ValueError, match=message):
        show.table(given.pop("frame"), name="t", **given)


def test_a_build_keeps_the_csv(tmp_path, monkeypatch):
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    show.table(pd.DataFrame({"n": [1]}), name="kept", caption=CAPTION)
    assert (tmp_path / "tables" / "kept.csv").read_text() == "n\n1\n"


def test_many_sources_are_folded_and_few_are_not():
    frame = pd.DataFrame({"what": ["few", "many"], "sources": [["a", "b"], ["a", "b", "c", "d"]]})
    html = show.table(frame, name="fold-of-sources", caption="Sources of two findings").html
    assert html.count("<details") == 1
    assert "<summary>4 sources</summary>" in html
    assert html.count('href="sources.html#') == 6


def test_a_stack_stands_in_one_cell_and_its_parts_in_the_csv():
    basis = show.stack("ols", "", ["s-1", "s-2"], show.link("02", "02_claims.html"))
    made = show.table(pd.DataFrame({"what": ["a"], "rests on": [basis]}), name="t", caption=CAPTION)
    cell = cells(made.html)[1][1]
    assert cell[1]["class"] == "its-some"
    assert cell[2] == "olss-1 s-202"
    assert made.html.count("its-unit") == 2
    assert 'href="sources.html#s-1"' in made.html
    assert made.csv.splitlines()[1] == "a,ols; s-1 s-2; 02"
    with pytest.raises(ValueError, match="a stack of nothing"):
        show.stack("", None, [])


def test_cards_keep_roles_and_name_each_cell():
    frame = pd.DataFrame({"finding": ["x", "y"], "n": [1, 2], "grade": ["suggestive", "established"]})
    made = show.table(frame, name="t", caption=CAPTION, cards=True, data=frame[["n"]])
    head, *body = cells(made.html)
    assert {cell[1]["role"] for cell in head} == {"columnheader"}
    assert [[cell[1]["role"] for cell in row] for row in body] == [["rowheader", "cell", "cell"]] * 2
    assert [cell[1].get("data-head") for cell in body[1]] == [None, "n", "grade"]
    assert made.html.count('role="row"') == 3
    assert made.csv == "n\n1\n2\n"
