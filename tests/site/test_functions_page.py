"""The page of functions names what the packages export, with signature, docstring and example."""

from __future__ import annotations

import re

import pytest

from eprivacy_its import bounds, its
from eprivacy_its.pages import api


@pytest.fixture(scope="module")
def body() -> str:
    return api._body()


def test_every_export_is_there(body: str) -> None:
    told = re.findall(r"<h3><code>(.*?)</code></h3>", body)
    wanted = {f"its.{name}" for name in its.__all__ if name != "ESTIMATORS"} | {
        f"bounds.{name}" for name in bounds.__all__
    }
    assert wanted | {"panel.from_table", "panel.event.event_study", "panel.honest.table"} <= set(told)
    assert len(told) == len(set(told))


def test_a_function_shows_how_it_is_called(body: str) -> None:
    (entry,) = re.findall(r"<code>its.fit</code></h3><pre[^>]*>(.*?)</pre>", body, flags=re.S)
    assert entry.startswith("fit(frame: ")
    assert "&gt;&gt;&gt; fit = its.fit(" in entry
    assert ".sentence\n\n" in body


def test_facts_come_from_the_registry(body: str) -> None:
    for name, one in its.ESTIMATORS.items():
        (row,) = re.findall(rf'<th scope="row"[^>]*><code>{name}</code></th>(.*?)</tr>', body, flags=re.S)
        told = [re.sub("<.*?>", "", cell) for cell in re.findall(r"<td.*?>(.*?)</td>", row, flags=re.S)]
        assert told == [one.title, one.link, one.df, "yes" if one.independent else "no"]


def test_nothing_differs_from_run_to_run(body: str) -> None:
    assert not re.search(r"0x[0-9a-f]{6,}|/src/|/site-packages/", body)
