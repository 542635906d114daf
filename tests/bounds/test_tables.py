"""Files and tables of claims: what they can get wrong is one message that names the claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from eprivacy_its import bounds
from eprivacy_its.errors import InputError

SERIES = "title: t\nseries: {unit: reports, first: 2020-01-01, last: 2021-12-31}\n"
CLAIM = (
    "  - {id: a, quantity: total, unit: reports, window: [2020-01-01, 2020-12-31], value: 10, rounding: 0}\n"
)
HEADER = "id,quantity,unit,window_start,window_end,baseline,candidates,value,rounding\n"


def refused(folder: Path, text: str | bytes) -> str:
    file = folder / "mine.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        bounds.read(file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("2020-02-30", "mine.yml: claim a: window start '2020-02-30' is not a date"),
        ("2020-02-28x", "mine.yml: claim a: window start '2020-02-28x' is not a date"),
        ("20200228", "mine.yml: claim a: window start 20200228 is not a date"),
    ],
)
def test_a_day_that_is_none_is_told_with_its_claim(written: str, says: str, tmp_path: Path) -> None:
    assert says in refused(tmp_path, SERIES + "claims:\n" + CLAIM.replace("2020-01-01", written))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'id,quantity\n"a,b\n', "claims: claims.csv is not a CSV in UTF-8 with a header"),
        (b"", "claims: claims.csv is not a CSV in UTF-8 with a header"),
        (b"id,quantity\n\xff,total\n", "claims: claims.csv is not a CSV in UTF-8 with a header"),
        (HEADER.encode(), "claims: claims.csv has no row below its header"),
        (
            HEADER.encode() + b"a,total,reports,2020-01-01,2020-12-31,,,ten,0\n",
            "claim a: value 'ten' is not a number",
        ),
    ],
)
def test_faults_of_a_table_of_claims(content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "claims.csv").write_bytes(content)
    assert says in refused(tmp_path, SERIES + "claims: claims.csv\n")


def test_a_table_can_list_candidates(tmp_path: Path) -> None:
    row = "fall,change,percent,2021-03-01,2021-03-21,not stated,previous 3 weeks; mean of 2020,-46,1\n"
    (tmp_path / "claims.csv").write_text(HEADER + row, encoding="utf-8")
    (tmp_path / "mine.yml").write_text(SERIES + "claims: claims.csv\n", encoding="utf-8")
    claim = bounds.read(tmp_path / "mine.yml").claim("fall")
    assert [candidate.name for candidate in claim.candidates] == ["previous 3 weeks", "mean of 2020"]
    assert (claim.low, claim.high) == (-46.5, -45.5)


@pytest.mark.parametrize("gone", ["2020-01-01", "2020-12-31"])
def test_a_window_with_one_end_is_told_as_a_window(gone: str, tmp_path: Path) -> None:
    row = "a,total,reports,2020-01-01,2020-12-31,,,10,0\n".replace(gone, "")
    (tmp_path / "claims.csv").write_text(HEADER + row, encoding="utf-8")
    end = "start" if gone == "2020-01-01" else "end"
    assert f"claim a: window {end} None is not a date" in refused(tmp_path, SERIES + "claims: claims.csv\n")
