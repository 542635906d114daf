"""A plan is complete or every lack is named; no change of it passes unseen."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from eprivacy_its import its, yamlfile
from eprivacy_its.errors import InputError
from eprivacy_its.plans import plan, register

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "docs/example-plan.yml", *sorted((ROOT / "scenarios/plans").glob("*.yml"))]
Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every field of a plan, mappings and lists among them."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*at, key)
        yield from places(inner, (*at, key))


def other(value: Any) -> Any:
    """A value of the same kind that is another one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, list):
        return [*value, "more"]
    return {**value, "more": 1} if isinstance(value, dict) else "something"


def holder(content: Any, place: Place) -> Any:
    for key in place[:-1]:
        content = content[key]
    return content


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_mutant_of_a_plan_is_noticed(file: Path) -> None:
    made, before = plan.read(file)
    assert made.title == before["title"]
    registered = register.Entry("name", before, {}, None, None, "")
    tried = 0
    for place in places(before):
        changed, gone = deepcopy(before), deepcopy(before)
        holder(changed, place)[place[-1]] = other(holder(changed, place)[place[-1]])
        del holder(gone, place)[place[-1]]
        for mutant in (changed, gone):
            tried += 1
            found = register.differences(before, mutant)
            assert found, place
            top = ".".join(
                ("plan", *map(str, place[:-1]))
            )  # a list is named as a whole when its length changes
            assert all(line.startswith(top) for line in found), (place, found)
            assert register.Entry("name", mutant, {}, None, None, "").hash != registered.hash
    assert tried > 100
    turned = {**before, "analyses": dict(reversed([*before["analyses"].items(), ("z", 1)]))}
    straight = {**before, "analyses": {**before["analyses"], "z": 1}}
    assert register.differences(straight, turned)[0].startswith("plan.analyses: registered in the order")
    assert register.differences(before, deepcopy(before)) == []
    assert register.differences({"a": 1}, {"a": 1.0}) == ["plan.a: registered 1, now 1.0"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_a_plan_lacks_is_named(file: Path) -> None:
    whole = yamlfile.read(file, dates=False)
    free = {"where", "exclusions", "shown", "periods", "fields", "constraints", "cells", "drop", "primaryKey"}
    for place in places(whole):
        if (
            any(isinstance(key, int) for key in place)
            or free & set(map(str, place[:-1]))
            or "schema" in place
        ):
            continue
        content = deepcopy(whole)
        del holder(content, place)[place[-1]]
        if place[:-1] == (
            "analyses",
        ):  # which analyses there are is free; the rule then names one that isn't there
            continue
        with pytest.raises(InputError) as told:
            plan.parse(content, file.name)
        assert ".".join(map(str, place)) in str(told.value), place


def test_all_lacks_are_named_at_once() -> None:
    content = yamlfile.read(FILES[0], dates=False)
    del content["claim"], content["simulation"]["seed"], content["decision"]["for"]["when"]
    content["efect"] = content.pop("effect")
    with pytest.raises(InputError) as told:
        plan.parse(content, "plan.yml")
    for part in ("claim", "simulation.seed", "decision.for.when", "effect: missing", "efect: no plan has"):
        assert part in str(told.value)
    assert len(str(told.value).splitlines()) == 5


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("decision.for.when", "main.mood < 1", "no mood"),
        ("decision.neither.when", "always", "expected otherwise"),
        ("analyses.main.options.interruptions", ["2020-12-28"], "none of those that the plan names"),
        ("analyses.main.options.outcome", "reports", "no column reports"),
        ("analyses.main.options.colour", "red", "options.colour: no plan has such a field"),
        (
            "analyses.main.options.missing",
            "drop",
            "options.missing: found 'drop', expected 'refuse' or 'model'",
        ),
        ("analyses.main.first", "x", r"plan.yml: analyses.main.first 'x' is not a period. Give it as"),
        (
            "analyses.main.every",
            "day",
            "main.first '2019-W01' is a week, but the series has one row a day. Give a day",
        ),
        (
            "analyses.main.last",
            "2010-W01",
            "main.last: found 2010-W01, before first, 2019-W01; expected it later",
        ),
        ("analyses.main.design", "other", "analyses.main.design: missing or unknown; expected its or panel"),
        (
            "interruptions",
            [{"first": "soon", "name": "a new rule"}],
            'interruptions.0.first: "soon" is no period',
        ),
        ("simulation.last", "2010-W01", "simulation.last: found 2010-W01, before first"),
        (
            "simulation.affected",
            ["2021-01-01", "2020-01-01"],
            "affected.1: found 2020-01-01, before affected.0",
        ),
        ("simulation.affected", ["1990-01-01", "1990-12-31"], "affected.1: found 1990-12-31, before first"),
        ("simulation.mean", -5, "simulation.mean: found -5, expected a number above 0"),
        ("effect.size", 1, "effect.size: found 1, expected a ratio above 0 other than 1"),
        ("simulation.draws", 10, "greater than or equal to 20"),
        ("simulation.design", "panel", "simulation"),
        ("data.schema", {"fields": [{"name": "week", "type": "day"}]}, "a name and a type"),
        ("data.schema.primaryKey", [], "primaryKey: missing"),
        ("title", "", "title"),
    ],
)
def test_a_fault_is_named(place: str, value: Any, told: str) -> None:
    content = yamlfile.read(FILES[0], dates=False)
    *above, last = place.split(".")
    holder(content, (*above, last))[last] = value
    with pytest.raises(InputError, match=told):
        plan.parse(content, "plan.yml")


def test_no_change_of_the_register_passes(entry: register.Entry) -> None:
    import json

    file = register.folder() / "register.jsonl"
    line = json.loads(file.read_text(encoding="utf-8"))
    assert line["hash"] == entry.line_hash
    assert register.entries() == [entry]
    for place in places(line):
        mutant = deepcopy(line)
        holder(mutant, place)[place[-1]] = other(holder(mutant, place)[place[-1]])
        file.write_text(json.dumps(mutant) + "\n", encoding="utf-8")
        with pytest.raises(InputError, match="line 1"):
            register.entries()
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    again = {**asdict(entry), "name": "second", "previous": entry.line_hash}
    second = register.Entry(**again)
    rest = json.dumps({**again, "hash": second.line_hash}) + "\n"
    with file.open("a", encoding="utf-8") as stream:
        stream.write(rest)
    assert [one.name for one in register.entries()] == ["quick", "second"]
    file.write_text(rest, encoding="utf-8")  # the first line taken out
    with pytest.raises(InputError, match="a line before it is gone"):
        register.entries()


def test_a_plan_knows_every_option_of_a_fit() -> None:
    fit = set(inspect.signature(its.fit).parameters) - {"frame"}
    assert set(plan.Options.model_fields) == fit


@pytest.mark.parametrize("file", FILES[:2], ids=lambda file: file.stem)
def test_no_field_takes_another_type(file: Path) -> None:
    whole = yamlfile.read(file, dates=False)
    for place in places(whole):
        if "schema" in place[:-1]:
            continue
        content = deepcopy(whole)
        holder(content, place)[place[-1]] = [[1]]
        with pytest.raises(InputError) as told:
            plan.parse(content, "plan.yml")
        named = "|".join(re.escape(".".join(map(str, place[:k]))) for k in range(1, len(place) + 1))
        assert re.match(rf"plan\.yml: ({named})[\w.]*: .*expected ", str(told.value)), str(told.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"compare": 2025}, "compare: found 2025, the base itself"),
        ({"periods": [2024, 2025, 2026, 2026]}, "periods: one stands twice"),
        ({"base": 2023}, "base: found 2023, expected one of the periods"),
        (
            {"treated": {"column": "side", "value": "EU", "others": "EU"}},
            "treated.others: found 'EU', the value of",
        ),
    ],
)
def test_a_panel_compares_two(change: dict[str, Any], told: str) -> None:
    content = yamlfile.read(ROOT / "scenarios/plans/ncmec-2026.yml", dates=False)
    content["analyses"]["countries"] |= change
    with pytest.raises(InputError, match=f"analyses.countries.{told}"):
        plan.parse(content, "plan.yml")
    content = yamlfile.read(ROOT / "scenarios/plans/ncmec-2026.yml", dates=False)
    content["simulation"]["affected"] = [2024]
    with pytest.raises(InputError, match=r"simulation.affected: found .2024., expected base or compare"):
        plan.parse(content, "plan.yml")


def test_a_register_keeps_what_breaks_lines_elsewhere_and_needs_its_own_ends(
    root: Path, quick: dict[str, Any]
) -> None:
    register.add("quick", {**quick, "title": "Two\u2028lines\x85here"}, {})
    assert register.find("quick").content["title"] == "Two\u2028lines\x85here"
    file = register.folder() / "register.jsonl"
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    with pytest.raises(InputError, match="last line has no end"):
        register.add("other", quick, {})
    file.write_bytes(b"\xff\n")
    with pytest.raises(InputError, match="not UTF-8"):
        register.entries()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"primaryKey": 5}, "primaryKey 5, expected a list"),
        (
            {"fields": [{"name": "week", "type": "string", "constraints": 5}]},
            "constraints 5, expected a mapping",
        ),
        (
            {"fields": [{"name": "week", "type": "string", "constraints": {"pattern": "["}}]},
            "expected a regular expression, of the column week",
        ),
    ],
)
def test_a_schema_that_is_none_is_named(quick: dict[str, Any], change: dict[str, Any], told: str) -> None:
    content = deepcopy(quick)
    content["data"]["schema"] |= change
    with pytest.raises(InputError, match=rf"^quick: data.schema: found .*{told}"):
        plan.parse(content, "quick")
