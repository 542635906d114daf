import csv
import io

import pandas as pd
import pytest

from eprivacy_its.show import stage


def test_text_that_a_spreadsheet_would_run_is_neutralised():
    frame = pd.DataFrame(
        {
            "=name": ["=1+1", "@x", "+cmd", "-cmd", "\tx", "plain"],
            "value": [-1.5, 2, 3, 4, 5, 6],
            "text number": ["-3", "+4", "1", "2", "3", "4"],
        }
    )
    rows = list(csv.reader(io.StringIO(stage.csv_text(frame))))
    assert rows[0] == ["'=name", "value", "text number"]
    assert [row[0] for row in rows[1:]] == ["'=1+1", "'@x", "'+cmd", "'-cmd", "'\tx", "plain"]
    assert rows[1][1] == "-1.5"
    assert [row[2] for row in rows[1:3]] == ["-3", "+4"]


def test_lists_are_joined_and_missing_stays_empty():
    frame = pd.DataFrame({"sources": [["a", "b"], ["c"]], "n": pd.array([1, None], dtype="Int64")})
    assert stage.csv_text(frame) == "sources,n\na b,1\nc,\n"


def test_csv_link_round_trips():
    from urllib.parse import unquote

    link = stage.csv_link('a,b\n"<&>",#%é\n', "t")
    address = link.split('href="')[1].split('"')[0]
    assert unquote(address.split(",", 1)[1]) == 'a,b\n"<&>",#%é\n'
    assert "<" not in address
    assert "#" not in address
    assert 'download="t.csv"' in link


@pytest.mark.parametrize("name", ["", "Event", "a_b", "a--b", "-a", "a b", "ä", "a/b"])
def test_malformed_names_are_refused(name):
    with pytest.raises(ValueError, match="lower case letters"):
        stage.take_name("figure", name)


def test_a_name_is_taken_once_in_a_build(tmp_path, monkeypatch):
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    stage.take_name("figure", "once")
    with pytest.raises(ValueError, match="'once' is taken"):
        stage.take_name("table", "once")
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path / "other"))
    stage.take_name("figure", "once")


def test_a_cell_can_be_run_again_outside_a_build(monkeypatch):
    monkeypatch.delenv("EPRIVACY_ITS_STAGE", raising=False)
    stage.take_name("figure", "again")
    stage.take_name("figure", "again")


def test_nothing_is_written_outside_a_build(tmp_path, monkeypatch):
    monkeypatch.delenv("EPRIVACY_ITS_STAGE", raising=False)
    monkeypatch.setenv("EPRIVACY_ITS_BUILD", str(tmp_path))
    stage.leave("tables", "a.csv", "x\n")
    assert list(tmp_path.iterdir()) == []
