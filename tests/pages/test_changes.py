"""What changed, for readers: the changelog's moved estimates in words, the rest as it stands."""

from __future__ import annotations

from eprivacy_its.study import why
from helpers.pages import changes

LOG = """# Changelog

Format.

## Unreleased

### Changed estimates
- Better counts
  - `a/b`: estimate 0.5000001, ci_low 0.25, grade none; now estimate 12.0, ci_low -1.5, ci_high 20.25, grade suggestive
  - `c/d`: not accepted yet; now estimate 7.0

## 0.1.0 - 2026-11-24

### Added
- A thing.
"""


def test_each_moved_estimate_has_before_now_and_reason(monkeypatch) -> None:
    was, now = LOG.split("`a/b`: ")[1].partition("\n")[0].split("; now ")
    monkeypatch.setattr(why, "kept", lambda: [{"id": "a/b", "was": was, "now": now, "moved_by": "data"}])
    ((version, reason, rows),) = changes.moved(LOG)
    assert (version, reason) == ("Unreleased", "Better counts")
    assert rows == [
        (
            "a/b",
            "0.500, interval from 0.250, no grade",
            "12, interval from \N{MINUS SIGN}1.500 to 20.2, grade suggestive",
            "data",
        ),
        ("c/d", "new", "7", ""),
    ]


def test_the_rest_is_told_once() -> None:
    text = changes.without_moved(LOG)
    assert "A thing." in text
    assert "### 0.1.0 - 2026-11-24" in text
    for gone in ("a/b", "Better counts", "Unreleased", "Changed estimates", "Format."):
        assert gone not in text


def test_the_page_says_how_to_cite_and_report_before_what_changed(monkeypatch) -> None:
    monkeypatch.setattr(changes, "_log", lambda: LOG)
    body = changes.content().body
    places = [body.index(one) for one in ("@misc{", "Report an error", "Better counts", "A thing.")]
    assert places == sorted(places)
