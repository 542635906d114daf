"""The checklist says what the run gave."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.providers import checklist
from helpers.providers.quarters import Reach

REACH = Reach("2020Q4", 11, 92, -57.3, -12.0)


def made(before: int, after: int) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "interruption": ["2021Q1"] * 2,
            "before": before,
            "after": after,
            "change": [-49.0, -46.0],
            "n": before + after,
        }
    )
    outcomes = pd.DataFrame({"outcome": ["a", "b", "c"]})
    return checklist.filled(
        table,
        outcomes,
        pd.DataFrame(index=range(8)),
        REACH,
        "2021Q1",
        "2021Q1",
        pd.DataFrame(index=range(7)),
    ).set_index("item")


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [(10, 1, "not met"), (10, 2, "not met"), (10, 3, "partly"), (12, 12, "met"), (12, 11, "partly")],
)
def test_points_a_side(before: int, after: int, state: str) -> None:
    row = made(before, after).loc["Enough periods before and after"]
    assert row["state"] == state
    assert f"{before} before and {after} after" in row["here"]


def test_numbers_come_from_the_run() -> None:
    table = made(10, 1)
    assert "57" in table.loc["Interruption independent of other changes", "here"]
    assert "3 outcomes" in table.loc["All outcomes shown", "here"]
    assert (
        "8 dates compared, 2 negative controls, 7 controlled series"
        in table.loc["Sensitivity and controls", "here"]
    )
    assert set(table["state"]) <= {"met", "partly", "not met"}
    assert table.loc["Autocorrelation dealt with", "state"] == "partly"
    assert made(30, 30).loc["Autocorrelation dealt with", "state"] == "met"
