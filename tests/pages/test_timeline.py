"""The timeline: every event as precise as it is known, and a picture with words and data."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from eprivacy_its import paths
from eprivacy_its.pages import layout, reference
from helpers.pages import timeline

EVENT = {
    "date": "2020-12-21",
    "date_end": "",
    "precision": "day",
    "event": "Code applies",
    "kind": "law",
    "geography": "EU",
    "source_id": "sample-source",
    "note": "a note",
}
INTERRUPTIONS = [
    {"first_day": "2020-12-21", "last_day": "2021-08-01", "kind": "law", "label": "Code applies"},
    {"first_day": "2021-04-01", "last_day": "", "kind": "measurement", "label": "Redefined"},
]


def test_events_are_shown_with_a_picture_in_words_and_data(monkeypatch: pytest.MonkeyPatch) -> None:
    totals = {2019: 725232, 2020: 1046349}
    monkeypatch.setattr(timeline, "tables", lambda: ([EVENT], INTERRUPTIONS, totals))
    page = layout.full_page(timeline.content(), "timeline.html")
    assert "<strong>2020-12-21</strong> Code applies" in page
    assert "Law · EU" in page
    assert "Code applies from 2020-12-21; Redefined from 2021-04-01." in page
    assert "725,232 in 2019 and 1,046,349 in 2020" in page
    assert "2021-08-01" in page


def test_the_figure_can_be_taken_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "tables", lambda: ([EVENT], INTERRUPTIONS, {2019: 725232, 2020: 1046349}))
    page = timeline.content()
    for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
        place = f"figures/timeline/timeline.{kind}"
        assert base64.b64decode(page.files[place]).startswith(start)
        assert f'href="downloads/{place}"' in page.body
    assert timeline.content().files == page.files
    assert ">Cite</summary>" in page.body


def test_no_working_note_is_shown() -> None:
    """Each raw note has a reader's words or is left out; the words belong to events that exist."""
    events = reference.rows_of(paths.raw() / "events" / "events.csv")
    known = {event["source_id"]: event for event in events}
    assert set(timeline.words()) <= set(known)
    page = timeline.content().body
    for event in known.values():
        if len(event["note"].split()) > 1:
            assert f">{event['note']}<" not in page, event["source_id"]
    for words in ("weak source", "confirm on", "not shown", "two sources combined", "interruption 1"):
        assert words not in page


@pytest.mark.parametrize(
    ("date", "end", "precision", "shown"),
    [
        ("2020-12-21", "", "day", "2020-12-21"),
        ("2020-12-01", "", "month", "2020-12"),
        ("2020-01-01", "", "year", "2020"),
        ("2026-04-04", "2026-07-30", "day", "2026-04-04 to 2026-07-30"),
    ],
)
def test_dates_are_as_precise_as_known(date: str, end: str, precision: str, shown: str) -> None:
    assert timeline._when({"date": date, "date_end": end, "precision": precision}) == shown


def test_totals_are_the_sums_of_the_member_states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ["year,reports,eu27", "2019,3,true", "2019,4,true", "2019,5,false", "2020,,true"]
    (tmp_path / "country_reports.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.setenv("EPRIVACY_ITS_PROCESSED", str(tmp_path))
    assert paths.processed() == tmp_path
    assert timeline.tables()[2] == {2019: 7}
