"""What people write: files of series, fragments, scenarios. Each is read, or refused with one message a fault."""

from __future__ import annotations

import copy
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from eprivacy_its import bounds, paths, yamlfile
from eprivacy_its.errors import InputError
from eprivacy_its.runs import graph
from eprivacy_its.series import command, reader, study

ROOT = Path(__file__).parents[2]
DEEP = bool(os.environ.get("EPRIVACY_ITS_DEEP"))

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.dates(), st.text(max_size=12),
    st.sampled_from([
        "", "2020-12-21", "2020-W52", "2020Q4", "2020", "not stated", "previous 3 weeks", "mean of 2020", "mean of 0000",
        "previous 99999999999 weeks", "whole", "percent", "reports", "ols", "day-first", "reports a day", "1e999",
    ]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


def mutated(draw: Any, content: Any) -> Any:
    """The content with a few values anywhere in it replaced, removed, added or doubled."""
    content = copy.deepcopy(content)
    for _ in range(draw(st.integers(1, 3))):
        spots: list[tuple[Any, Any]] = []
        waiting = [content]
        while waiting:
            one = waiting.pop()
            keys = list(one) if isinstance(one, dict) else list(range(len(one)))
            spots += [(one, key) for key in keys]
            waiting += [one[key] for key in keys if isinstance(one[key], (dict, list)) and one[key]]
        if not spots:
            break
        holder, key = draw(st.sampled_from(spots))
        how = draw(st.sampled_from(["replace", "replace", "remove", "add", "double"]))
        if how == "remove":
            del holder[key]
        elif how == "double" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        elif how == "add" and isinstance(holder, dict):
            holder[draw(st.text(max_size=8))] = draw(values)
        else:
            holder[key] = draw(values)
    return content


def refusal(act: Any, starts: str) -> str:
    """ "read", or the message of the one kind of error that a user may meet."""
    try:
        act()
    except InputError as error:
        lines = str(error).splitlines()
        assert lines
        assert lines[0].startswith(starts), lines
        assert all(len(line) < 2000 for line in lines), lines
        return str(error)
    return "read"


# --- series -----------------------------------------------------------------------------------------------------

cells = st.one_of(
    st.integers(-10, 10**7).map(str), st.floats(0, 1e6).map(lambda x: f"{x:.3f}"), st.text(max_size=6),
    st.sampled_from(["", "n/a", "1,234", "1.234", "1 234", "=1", "03/04/2021", "2020-02-30", "-", "1e5", "٣", '"', "∞"]),
    st.dates().map(str), st.integers(1990, 2030).map(str),
)  # fmt: skip


@st.composite
def tables(draw: Any) -> bytes:
    """A table as text in some encoding, its columns mostly of one kind."""
    n = draw(st.integers(0, 30))
    times = draw(
        st.sampled_from(
            ["{y}-{m:02d}", "{m:02d}/{y}", "{y}-W{m:02d}", "{m}.3.{y}", "{y}Q{q}", "{k}", "{y}-{m:02d}-01"]
        )
    )
    rows = [["when", "count", *draw(st.lists(st.text(max_size=5), max_size=2))]]
    for k in range(n):
        when = times.format(y=2019 + k // 12, m=k % 12 + 1, q=k % 4 + 1, k=k)
        rows.append([when, str(draw(st.integers(0, 999))), *[draw(cells) for _ in rows[0][2:]]])
    for _ in range(draw(st.integers(0, 3))):
        row = draw(st.sampled_from(rows))
        row[draw(st.integers(0, len(row) - 1))] = draw(cells)
    separator = draw(st.sampled_from([",", ";", "\t"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoted = [[f'"{c}"' if separator in c or "\n" in c or "\r" in c else c for c in row] for row in rows]
    text = end.join(separator.join(row) for row in quoted)
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])), "replace")


@settings(settings.get_profile("fuzz"), max_examples=5000 if DEEP else 200)
@given(content=tables())
def test_any_table_is_a_sound_series_or_refused(content: bytes, tmp_path: Path, tally: Any) -> None:
    tally["files read or refused"] += 1
    file = tmp_path / "any.csv"
    file.write_bytes(content)
    refusal(lambda: command.check(file), "any.csv")

    def read() -> None:
        series = reader.read(file, time="when", outcome="count")
        assert np.isfinite(series.frame["count"]).all()
        assert (np.diff(series.ordinals) == 1).all()
        assert len(series.frame) >= 6

    refusal(read, "any.csv")


# --- claims -----------------------------------------------------------------------------------------------------

STUDIES = [yamlfile.read(file) for file in sorted((ROOT / "scenarios/claims").glob("*.yml"))]


@settings(settings.get_profile("fuzz"), max_examples=5000 if DEEP else 200)
@given(data=st.data())
def test_any_fragments_are_a_study_or_refused(data: st.DataObject, tmp_path: Path, tally: Any) -> None:
    tally["studies read or refused"] += 1
    content = mutated(data.draw, data.draw(st.sampled_from(STUDIES)))
    refusal(lambda: bounds.parse(content, name="any.yml", folder=tmp_path), "any.yml")


@settings(settings.get_profile("fuzz"), max_examples=60 if DEEP else 3)
@given(data=st.data())
def test_what_is_read_is_solved(data: st.DataObject, tmp_path: Path, tally: Any) -> None:
    """Small studies, solved to the end: identified sets or a conflict, never an error of the solver."""
    from eprivacy_its.bounds import command as claims

    small = {
        "title": "small",
        "series": {"unit": "reports", "first": "2020-11-01", "last": "2021-01-31"},
        "claims": [
            {"id": "rate", "quantity": "mean rate", "unit": "reports a day", "window": ["2020-11-30", "2020-12-20"],
             "value": 1100, "rounding": 100},
            {"id": "fall", "quantity": "change", "unit": "percent", "window": ["2020-12-21", "2021-01-10"],
             "baseline": "not stated", "candidates": ["previous 3 weeks"], "value": -46, "rounding": 1},
        ],
        "targets": [{"name": "after", "quantity": "total", "window": ["2020-12-21", "2021-01-31"]}],
    }  # fmt: skip
    tally["studies read or refused"] += 1
    content = mutated(data.draw, small)
    refusal(
        lambda: claims.text(claims.analyse(bounds.parse(content, name="any.yml", folder=tmp_path))), "any.yml"
    )


# --- scenarios ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study's notebooks and example data, to be named by scenarios."""
    root = tmp_path_factory.mktemp("fuzz") / "project"
    for folder in ("notebooks", "scenarios"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "data/raw").mkdir(parents=True)
    return root


SCENARIO = {
    "title": "Weekly",
    "notebook": "06_series",
    "parameters": {
        "data": "data/simulated-weekly.csv", "time": "week", "outcome": "simulated_reports",
        "interruptions": ["2020-12-21"], "estimator": "ols", "level": 0.95, "covariates": [], "washout": [],
        "horizons": [], "harmonics": -1, "names": [], "control": "", "exposure": "", "dates": "", "unit": "reports",
    },
}  # fmt: skip


@settings(settings.get_profile("fuzz"), max_examples=3000 if DEEP else 120)
@given(data=st.data())
def test_any_scenario_runs_or_is_refused(data: st.DataObject, study_folder: Path, tally: Any) -> None:
    tally["scenarios read or refused"] += 1
    content = mutated(data.draw, SCENARIO)
    text = (
        yaml.safe_dump(content) if data.draw(st.booleans()) else damaged(data.draw, yaml.safe_dump(SCENARIO))
    )
    file = study_folder / "scenarios/any.yml"
    file.write_text(text, encoding="utf-8")

    def read() -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv(paths.ROOT_VARIABLE, str(study_folder))
            patched.chdir(study_folder)
            run = graph.scenario(file)
            if run.notebook.stem == "06_series":
                study.validate(run.all_parameters, file.name)

    told = refusal(read, "")
    assert told == "read" or "any.yml" in told or "simulated-weekly.csv" in told, told


def damaged(draw: Any, text: str) -> str:
    """The text with a piece of it replaced."""
    start = draw(st.integers(0, len(text)))
    added = draw(st.text(alphabet="[]{}:,&*!?-|>'\"%@`# \n\tab1", max_size=8))
    return text[:start] + added + text[start + draw(st.integers(0, 12)) :]


@settings(settings.get_profile("fuzz"), max_examples=5000 if DEEP else 200)
@given(text=st.text(alphabet="[]{}:,&*!?-|>'\"%@`#<= \n\t\x00\x85\u2028ab10.~eE_+", max_size=60))
def test_any_text_is_yaml_or_refused(text: str, tally: Any) -> None:
    tally["texts read as YAML or refused"] += 1
    refusal(lambda: yamlfile.parse(text, "any.yml"), "any.yml")
