"""The results schema: what may be recorded, and that it comes back the same."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from eprivacy_its import paths, results

GOOD: dict[str, Any] = {
    "question": "Did it fall?",
    "outcome": "reports",
    "unit": "reports",
    "geography": "EU-27",
    "window": "2021",
    "comparison": "2020",
    "estimator": "ratio",
    "estimate": 0.5,
    "ci_low": 0.4,
    "ci_high": 0.6,
    "level": 0.95,
    "scale": "ratio",
    "n": 10,
    "grade": "suggestive",
    "sources": ["a", "b", "a"],
    "note": "n",
}


@pytest.fixture(autouse=True)
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(paths.STAGE_VARIABLE, str(tmp_path / "stage"))
    return tmp_path / "stage"


def test_round_trip(stage: Path, tmp_path: Path) -> None:
    made = results.record("countries/eu27-2021/ppml", **GOOD)
    assert made.sources == ("a", "b")
    open_ended = results.record("bounds/x", **{**GOOD, "ci_high": math.inf, "level": None})
    assert results.staged(stage) == [made, open_ended]
    folder = tmp_path / "results"
    folder.mkdir()
    results.write_json(folder / "04_countries.json", results.document([made, open_ended], {"commit": None}))
    content = json.loads((folder / "04_countries.json").read_text())
    assert set(content) == {"schema", "provenance", "estimates"}
    assert content["estimates"][1]["ci_high"] == "inf"
    frame = results.read(folder=folder)
    assert list(frame.columns) == ["notebook", *results.FIELDS]
    assert frame["estimate"].tolist() == [0.5, 0.5]
    assert results.one("bounds/x", folder) == open_ended
    assert results.home("bounds/x", folder) == "04_countries"
    with pytest.raises(KeyError, match="bounds/x"):
        results.one("bounds/y", folder)


def test_recording_again_replaces(stage: Path) -> None:
    results.record("a/b", **GOOD)
    results.record("a/b", **{**GOOD, "estimate": 0.55})
    assert [e.estimate for e in results.staged(stage)] == [0.55]


@pytest.mark.parametrize(
    ("id", "change", "message"),
    [
        ("A/b", {}, "lower case"),
        ("alone", {}, "lower case"),
        ("a/b", {"grade": "sure"}, "expected one of"),
        ("a/b", {"estimate": math.nan}, "not a number"),
        ("a/b", {"ci_low": math.nan}, "not a number"),
        ("a/b", {"estimate": 0.7}, "does not hold the estimate"),
        ("a/b", {"ci_low": 0.6, "ci_high": 0.4}, "does not hold"),
        ("a/b", {"ci_low": None}, "both ends"),
        ("a/b", {"sources": []}, "at least one source"),
        ("a/b", {"window": " "}, "window is empty"),
    ],
)
def test_refuses(stage: Path, id: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        results.record(id, **{**GOOD, **change})
    assert not results.staged(stage)


def test_a_later_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"schema": 2, "estimates": []}')
    with pytest.raises(ValueError, match="schema 2"):
        results.read(folder=tmp_path)


def test_nothing_recorded_is_said() -> None:
    with pytest.raises(ValueError, match="nothing was recorded"):
        results.recorded()


def test_describe_names_the_kind_of_interval() -> None:
    made = results.record("a/b", **GOOD)
    assert results.describe(made) == "0.500 (95\u00a0% interval 0.400 to 0.600)"
    made = results.record("a/b", **{**GOOD, "level": None})
    assert results.describe(made) == "0.500 (range 0.400 to 0.600)"
    made = results.record(
        "a/b", **{**GOOD, "level": None, "estimate": None, "note": "Identified set: all that fits."}
    )
    assert results.describe(made) == "Identified set 0.400 to 0.600"
    made = results.record(
        "a/b", **{**GOOD, "scale": "count", "estimate": 1234, "ci_low": None, "ci_high": None}
    )
    assert results.describe(made) == "1,234"
    made = results.record("a/b", **{**GOOD, "estimate": None, "ci_low": None, "ci_high": None})
    assert results.describe(made) == "not identified"
    made = results.record(
        "a/b", **{**GOOD, "scale": "percent", "estimate": 46, "ci_low": None, "ci_high": None}
    )
    assert results.describe(made) == "46.0\u00a0%"


def test_what_rests_on_simulated_figures_alone_has_no_grade(stage: Path) -> None:
    assert results.record("made/up", **{**GOOD, "sources": [results.SIMULATED]}).grade == ""
    assert results.record("made/half", **{**GOOD, "sources": [results.SIMULATED, "a"]}).grade == "suggestive"
