"""Parts of pages that are kept: found by their input, forgotten when unused, never mixed up."""

from __future__ import annotations

from pathlib import Path

import pytest

from eprivacy_its.pages import fragment_cache


class Maker:
    """Counts how often it is asked."""

    def __init__(self, text: str) -> None:
        self.text, self.calls = text, 0

    def __call__(self) -> str:
        self.calls += 1
        return self.text


def test_made_once_for_one_input(project: Path, tmp_path: Path) -> None:
    made, other = Maker("a\r\nb ü"), Maker("other")
    for _ in range(2):
        with fragment_cache.inside(tmp_path / "pages"):
            assert fragment_cache.text("body", "input", made) == "a\r\nb ü"
            assert fragment_cache.text("body", "changed input", other) == "other"
            assert fragment_cache.text("figure", "input", other) == "other"
    assert (made.calls, other.calls) == (1, 2)


def test_what_a_build_does_not_use_is_forgotten(project: Path, tmp_path: Path) -> None:
    for key in ("one", "two", "one"):
        made = Maker(key)
        with fragment_cache.inside(tmp_path / "pages"):
            assert fragment_cache.text("body", key, made) == key
        assert made.calls == 1
        assert len(list((tmp_path / "pages").iterdir())) == 1


def test_other_packages_or_a_failure_make_and_keep(project: Path, tmp_path: Path) -> None:
    made = Maker("text")
    with fragment_cache.inside(tmp_path / "pages"):
        fragment_cache.text("body", "input", made)
    with pytest.raises(OSError, match="full"), fragment_cache.inside(tmp_path / "pages"):
        raise OSError("full")
    (project / "requirements.lock").write_text("toy==2\n")
    with fragment_cache.inside(tmp_path / "pages"):
        fragment_cache.text("body", "input", made)
    assert made.calls == 2
    assert fragment_cache.text("body", "input", made) == "text"  # outside: made each time
    assert made.calls == 3
