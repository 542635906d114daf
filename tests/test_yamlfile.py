"""YAML from strangers: plain values, bounded, each fault one message with its line."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from eprivacy_its import yamlfile
from eprivacy_its.errors import InputError


def test_plain_values_are_read() -> None:
    text = "title: Zürich\nwhen: 2020-12-21\nlist: [1, 2.5, yes, null, {a: b}]\n"
    assert yamlfile.parse(text, "x") == {
        "title": "Zürich",
        "when": date(2020, 12, 21),
        "list": [1, 2.5, True, None, {"a": "b"}],
    }


# name -> (text, what the message holds)
HOSTILE = {
    "a call": ("a: !!python/object/apply:os.system ['touch gone']\n", "line 1: not readable as YAML"),
    "a name": ("a: !!python/name:os.system\n", "line 1: not readable"),
    "an unknown tag": ("a: !include /etc/passwd\n", "line 1: not readable"),
    "an alias": ("a: &x 1\nb: *x\n", "line 2: not readable as YAML: the alias *x"),
    "a cycle": ("a: &x [*x]\n", "line 1: not readable as YAML: the alias *x"),
    "a merge": ("a: &x {b: 1}\nc:\n  <<: *x\n", "line 3: not readable as YAML: the alias *x"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", 'line 3: not readable as YAML: the key "a" stands twice'),
    "deep lists": ("[" * 5000 + "]" * 5000, "line 1: not readable as YAML: more than 20 levels"),
    "deep mappings": ("{a: " * 5000 + "}" * 5000, "more than 20 levels"),
    "a deep block": ("".join(" " * depth + "a:\n" for depth in range(300)), "line 20"),
    "a day that is none": ("a: 2020-13-45\n", "month must be in 1..12"),
    "a number of 10,000 digits": ("a: " + "9" * 10_000, "not readable as YAML"),
    "a list as key": ("? [1, 2]\n: 3\n", "not readable as YAML"),
    "two documents": ("a: 1\n---\nb: 2\n", "line 2: not readable as YAML"),
    "a control character": ("a: \x00\n", "not readable as YAML"),
    "an open quote": ('a: "b\n', "not readable as YAML"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_plain_is_refused_at_once(name: str, tmp_path: Path) -> None:
    text, said = HOSTILE[name]
    started = time.process_time()
    with pytest.raises(InputError) as error:
        yamlfile.parse(text, "mine.yml")
    assert str(error.value).startswith("mine.yml")
    assert said in str(error.value)
    assert len(str(error.value)) < 300
    assert time.process_time() - started < 2
    assert not (tmp_path / "gone").exists()


def test_files_are_small_text(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    with pytest.raises(InputError, match="no such file"):
        yamlfile.read(file)
    file.write_text("a: " + "x" * yamlfile.BYTES)
    with pytest.raises(InputError, match="larger than 100,000 bytes"):
        yamlfile.read(file)
    file.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(InputError, match=r"mine\.yml, line 2: not UTF-8"):
        yamlfile.read(file)
    with pytest.raises(InputError, match="can't be read"):
        yamlfile.read(tmp_path)


def test_the_projects_own_files_are_read() -> None:
    root = Path(__file__).parents[1]
    for file in [root / "notebooks/graph.yml", *root.glob("scenarios/**/*.yml")]:
        assert isinstance(yamlfile.read(file), dict)


def test_days_can_stay_text(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text("a: 2020-02-30\nb: 2020-12-21\n")
    assert yamlfile.read(file, dates=False) == {"a": "2020-02-30", "b": "2020-12-21"}
    # Python's own words for it differ between versions.
    with pytest.raises(InputError, match=r"mine\.yml: not readable as YAML: day .* put text in quotes"):
        yamlfile.read(file)
