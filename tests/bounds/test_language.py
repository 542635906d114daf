"""The language of fragments: what it reads, and one message that names the claim for each fault."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eprivacy_its import bounds, paths, yamlfile
from eprivacy_its.errors import InputError

GOOD: dict[str, Any] = {
    "title": "Weekly reports",
    "series": {"unit": "reports", "geography": "EU", "first": "2020-01-01", "last": "2021-12-31"},
    "claims": [
        {
            "id": "total",
            "quantity": "total",
            "unit": "reports",
            "window": ["2020-01-01", "2020-12-31"],
            "value": 366000,
            "rounding": 0,
        },
        {
            "id": "fall",
            "quantity": "change",
            "unit": "percent",
            "window": ["2020-12-21", "2021-01-10"],
            "baseline": ["2020-11-30", "2020-12-20"],
            "value": -46,
            "rounding": 1,
        },
    ],
}

TARGET = {"name": "x", "window": ["2020-01-01", "2020-02-01"]}


def changed(claim: int = 1, **fields: Any) -> dict[str, Any]:
    content = copy.deepcopy(GOOD)
    content["claims"][claim].update(fields)
    content["claims"][claim] = {k: v for k, v in content["claims"][claim].items() if v is not ...}
    return content


def test_rounding_becomes_an_interval() -> None:
    study = bounds.parse(GOOD)
    fall = study.claim("fall")
    assert (fall.low, fall.high, fall.value) == (-46.5, -45.5, -46)
    assert study.claim("total").exact
    assert fall.window.days == fall.baseline.days == 21


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"window": ["2021-01-10", "2020-12-21"]},
            "window ends on 2020-12-21 before it starts on 2021-01-10",
        ),
        ({"baseline": ["2020-12-20", "2020-11-30"]}, "baseline ends on 2020-11-30 before it starts"),
        ({"rounding": -1}, "rounding is -1; expected the unit rounded to, 0 or more"),
        ({"unit": "files"}, "unknown unit 'files' for a change of a series in 'reports'; expected 'percent'"),
        ({"window": ["2020-12-21", "2022-01-10"]}, "lies outside the series (2020-01-01 to 2021-12-31)"),
        ({"baseline": ["2019-12-01", "2019-12-20"]}, "the baseline 2019-12-01 to 2019-12-20 lies outside"),
        ({"quantity": "fall"}, "quantity 'fall', expected one of total, mean rate, ratio, change"),
        ({"value": "about half"}, "value 'about half' is not a number"),
        ({"value": -146}, "value is -146; expected at least -100"),
        ({"window": ["2020-12-21"]}, "expected its first and last day"),
        ({"window": ["21 December", "2021-01-10"]}, "window start '21 December' is not a date"),
        ({"roundign": 1}, "unknown field 'roundign'; did you mean 'rounding'?"),
        ({"interval": [-50, -40]}, "state either rounding"),
        ({"geography": "UK"}, "geography 'UK', but the series is about 'EU'"),
        ({"part": "facebook"}, "part 'facebook' is unknown; expected one of whole"),
        ({"candidates": ["previous 3 weeks"]}, "candidates are for a baseline that is not stated"),
        ({"baseline": "not stated", "candidates": ["previous lives"]}, "candidate baseline 'previous lives'"),
        (
            {"baseline": "not stated", "candidates": ["mean of 2019"]},
            "'mean of 2019' (2019-01-01 to 2019-12-31) lies",
        ),
        ({"id": "total"}, "stands twice"),
        ({"value": float("inf")}, "value is infinite; expected a number"),
        ({"value": 10**400}, "is not a number"),
        ({"value": None}, "value is missing"),
        ({"rounding": ..., "interval": [float("inf"), None]}, "the lower end is infinite"),
        ({"readings": [{"name": "x", "use": "no"}]}, "use is 'no'; expected true or false"),
        ({"readings": 5}, "readings is 5; expected a list"),
        ({"baseline": "not stated", "candidates": ["previous 99999 weeks"]}, "is unknown; expected"),
        ({"baseline": "not stated", "candidates": ["mean of 0000"]}, "is unknown; expected"),
    ],
)
def test_a_fault_is_one_message_that_names_the_claim(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        bounds.parse(changed(**fields), name="mine.yml")
    message = str(caught.value)
    assert message.startswith(f"mine.yml: claim {fields.get('id', 'fall')}: ")
    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"baseline": ["2020-01-01", "2020-02-01"]}, "claim total: a total has no baseline"),
        ({"value": -5}, "claim total: value is -5; expected at least 0"),
        ({"quantity": "mean rate", "unit": "reports"}, "expected 'reports a day' or 'reports a week' or"),
        (
            {"quantity": "mean rate", "unit": "reports a month", "window": ["2020-01-01", "2020-02-10"]},
            "claim total: a rate a month needs whole calendar months",
        ),
        ({"rounding": None}, "claim total: rounding None is not a number"),
    ],
)
def test_faults_of_totals_and_rates(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=r"mine\.yml: claim total") as caught:
        bounds.parse(changed(0, **fields), name="mine.yml")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"series": {"unit": "reports", "first": "2021-01-01", "last": "2020-01-01"}},
            "series: ends on 2020-01-01",
        ),
        ({"series": {"unit": "reports", "first": "2021-01-01"}}, "series: last None is not a date"),
        ({"claims": []}, "claims: found [], expected a list"),
        ({"claims": "none.csv"}, "claims: no file 'none.csv'"),
        ({"claim": []}, "the file: unknown field 'claim'; did you mean 'claims'?"),
        ({"parts": {"users": {"of": "facebook"}}}, "part users: lies in 'facebook'"),
        (
            {"assumptions": {"smoothness": {"kappa": -0.1}}},
            "assumption smoothness: kappa is -0.1; expected at least 0",
        ),
        ({"assumptions": {"smoothness": {"breaks": ["2022-02-02"]}}}, "break 2022-02-02 lies outside"),
        ({"assumptions": {"week_pattern": [1.2, 1.5]}}, "assumption week_pattern"),
        ({"assumptions": {"christmas": {"share": [0.9, 0.5]}}}, "assumption christmas: the interval ends"),
        ({"targets": [{**TARGET, "quantity": "change"}]}, "target x: a change"),
        ({"targets": [{**TARGET, "quantity": "level change"}]}, "`at` is"),
        (
            {"targets": [{**TARGET, "quantity": "level change", "at": "2020-01-14"}]},
            "target x: 2020-01-14 is no Monday",
        ),
        (
            {"targets": [{**TARGET, "quantity": "slope change", "at": "2020-01-27"}]},
            "target x: fewer than 3 whole weeks of 2020-01-01 to 2020-02-01 lie on a side of 2020-01-27",
        ),
        ({"targets": [{**TARGET, "quantity": "total", "sizes": ["few"]}]}, "target x: sizes 'few' is not a"),
        ({"targets": 5}, "targets: targets is 5; expected a list"),
        ({"assumptions": {"smoothness": {"breaks": 5}}}, "smoothness: breaks is 5; expected a list"),
        (
            {"assumptions": {"christmas": {"share": [0.5, 1], "around": 14.5}}},
            "around is 14.5; expected a whole",
        ),
        (
            {"assumptions": {"christmas": {"share": [0.5, 1], "first": "02-29"}}},
            "'02-29' is not a month and day",
        ),
    ],
)
def test_faults_outside_the_claims_name_their_section(change: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        bounds.parse({**GOOD, **change}, name="mine.yml")
    assert str(caught.value).startswith("mine.yml: ")
    assert says in str(caught.value)


def test_a_missing_baseline_is_a_set_of_candidates() -> None:
    content = changed(baseline="not stated", window=["2020-12-21", "2021-04-25"])
    found = {
        candidate.name: candidate.baseline for candidate in bounds.parse(content).claim("fall").candidates
    }
    date = datetime.date
    # "the same weeks a year before" begins in 2019, before this series, and so is no candidate here.
    assert found == {
        "previous 3 weeks": bounds.Window(date(2020, 11, 30), date(2020, 12, 20)),
        "previous 6 weeks": bounds.Window(date(2020, 11, 9), date(2020, 12, 20)),
        "previous 18 weeks": bounds.Window(date(2020, 8, 17), date(2020, 12, 20)),
        "mean of 2020": bounds.Window(date(2020, 1, 1), date(2020, 12, 31)),
    }
    content["series"] = {**content["series"], "first": "2019-01-01"}
    longer = bounds.parse(content).claim("fall").candidates
    weeks = next(candidate for candidate in longer if candidate.name == "same weeks a year before")
    assert weeks.baseline == bounds.Window(date(2019, 12, 23), date(2020, 4, 26))


def test_unreadable_files_are_one_message(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        bounds.read(tmp_path / "absent.yml")
    broken = tmp_path / "broken.yml"
    broken.write_text("claims: [", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.yml, line 1: not readable as YAML") as caught:
        bounds.read(broken)
    assert "\n" not in str(caught.value)


def test_a_table_says_the_same_as_a_file(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": ["total", "fall"],
            "quantity": ["total", "change"],
            "unit": ["reports", "percent"],
            "window_start": ["2020-01-01", "2020-12-21"],
            "window_end": ["2020-12-31", "2021-01-10"],
            "baseline_start": [None, "2020-11-30"],
            "baseline_end": [None, "2020-12-20"],
            "value": [366000, -46],
            "rounding": [0, 1],
        }
    )
    expected = bounds.parse(GOOD).claims
    assert bounds.from_table(frame, GOOD["series"]).claims == expected
    frame.to_csv(tmp_path / "fragments.csv", index=False)
    file = tmp_path / "mine.yml"
    series = GOOD["series"]
    lines = [f"  {key}: {value}" for key, value in series.items()]
    file.write_text("\n".join(["title: t", "claims: fragments.csv", "series:", *lines]), encoding="utf-8")
    assert bounds.read(file).claims == expected


def test_contradicting_claims_get_one_message_that_names_them() -> None:
    content = changed(0, id="total", value=100)
    content["claims"].append(
        {
            "id": "level",
            "quantity": "mean rate",
            "unit": "reports a day",
            "window": ["2020-02-01", "2020-02-10"],
            "value": 1100,
            "rounding": 100,
        }
    )
    with pytest.raises(InputError) as caught:
        bounds.bound(bounds.Problem.of(bounds.parse(content)), bounds.mean_rate("2020-01-01", "2020-01-31"))
    message = str(caught.value)
    assert "total (100 reports; at least 10,400 higher)" in message
    assert "level (1,100 reports a day; at least 1,040 lower)" in message
    assert "fall" not in message


def test_claims_of_one_group_list_the_same_readings() -> None:
    content = changed(0, readings=[{"name": "a"}, {"name": "b"}], group="g")
    content["claims"][1].update(readings=[{"name": "a"}, {"name": "c"}], group="g")
    with pytest.raises(
        InputError, match=r"claim fall: lists other readings than total of the same group 'g'"
    ):
        bounds.parse(content)


ODD = [
    None,
    "",
    "x",
    -1,
    0,
    10**400,
    float("nan"),
    [],
    [1, 2],
    {"a": 1},
    True,
    "2020-02-30",
    b"x",
    "mean of 0000",
]


def places(value: Any, before: tuple = ()) -> Iterator[tuple]:
    """Path of each field, at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*before, key)
        yield from places(inner, (*before, key))


def test_whatever_stands_in_a_field_is_read_or_refused_in_one_line() -> None:
    whole = yamlfile.read(paths.root() / "scenarios" / "claims" / "eu_2020_2021.yml")
    whole["assumptions"] |= {"week_pattern": [0.5, 1.5], "christmas": {"share": [0.5, 1], "around": 14}}
    # Claims alike in form are tried once.
    whole["claims"] = [whole["claims"][k] for k in (0, 3, 4, 6)]
    whole["targets"] = whole["targets"][-2:]
    refused = []
    for place in places(whole):
        for odd in ODD:
            content = copy.deepcopy(whole)
            inside = content
            for key in place[:-1]:
                inside = inside[key]
            inside[place[-1]] = odd
            try:
                bounds.parse(content, name="mine.yml")
            except InputError as error:
                refused.append(str(error))
    assert len(refused) > 500
    assert all(message.startswith("mine.yml: ") and "\n" not in message for message in refused)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"series": {"unit": "reports", "first": "1970-01-01", "last": "2030-12-31"}},
            "more than the 14,610",
        ),
        (
            {"series": {"unit": "reports", "first": "0001-01-01", "last": "0002-12-31"}},
            "outside the years 1700 to 2199",
        ),
        (
            {"targets": [{"name": str(n), "quantity": "total"} for n in range(101)]},
            "101 targets, more than the 100",
        ),
        ({"claims": "../claims.csv"}, "leads away"),
        ({"claims": "/etc/passwd"}, "leads away"),
        ({"claims": "big.csv"}, "larger than 1,000,000 bytes"),
        ({"claims": [GOOD["claims"][0]] * 201}, "201 claims, more than the 200"),
    ],
)
def test_a_study_is_bounded(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    (tmp_path / "big.csv").write_text("id\n" * 400_000)
    with pytest.raises(InputError, match=said):
        bounds.parse({**GOOD, **changes}, folder=tmp_path)


def test_readings_may_not_multiply_without_end() -> None:
    fall = {
        "id": "", "quantity": "change", "unit": "percent", "window": ["2020-06-01", "2020-06-21"],
        "baseline": "not stated", "value": -10, "rounding": 1,
        "candidates": ["previous 3 weeks", "previous 4 weeks", "previous 5 weeks", "previous 6 weeks"],
    }  # fmt: skip
    claims = [{**fall, "id": f"fall-{number}"} for number in range(6)]
    with pytest.raises(InputError, match="4,096 combinations of readings"):
        bounds.parse({**GOOD, "claims": claims, "targets": []})
    assert bounds.parse({**GOOD, "claims": claims[:4], "targets": []}).claims
    # Read alike, they are one choice.
    assert bounds.parse({**GOOD, "claims": [{**c, "group": "one"} for c in claims], "targets": []}).claims


def test_limits_are_inclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    from eprivacy_its.bounds import language

    monkeypatch.setattr(language, "MOST_CLAIMS", 2)
    bounds.parse(GOOD)
    monkeypatch.setattr(language, "MOST_CLAIMS", 1)
    with pytest.raises(InputError, match="2 claims, more than the 1 that are read"):
        bounds.parse(GOOD)
    monkeypatch.setattr(language, "MOST_CLAIMS", 2)
    candidates = ["previous 1 week", "previous 2 weeks"]
    several = changed(baseline="not stated", candidates=candidates)
    monkeypatch.setattr(language, "MOST_READINGS", 2)
    bounds.parse(several)
    monkeypatch.setattr(language, "MOST_READINGS", 1)
    with pytest.raises(
        InputError, match="2 combinations of readings of fall, more than the 1 that are tried"
    ):
        bounds.parse(several)
    days = (datetime.date(2021, 12, 31) - datetime.date(2020, 1, 1)).days + 1
    monkeypatch.setattr(language, "MOST_DAYS", days)
    bounds.parse(GOOD)
    monkeypatch.setattr(language, "MOST_DAYS", days - 1)
    with pytest.raises(InputError, match=f"has {days} days, more than the {days - 1}"):
        bounds.parse(GOOD)


def test_a_window_that_is_missing_is_told_as_missing() -> None:
    with pytest.raises(InputError, match=r"claim fall: window is missing, expected its first and last day"):
        bounds.parse(changed(window=...))
    with pytest.raises(InputError, match=r"claim fall: window 'soon', expected its first and last day"):
        bounds.parse(changed(window="soon"))
