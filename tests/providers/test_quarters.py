"""How much of a quarter an interruption touches."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.providers import changes, quarters


def frame(values: dict[str, float]) -> pd.DataFrame:
    periods = pd.PeriodIndex(list(values), freq="Q")
    return pd.DataFrame(
        {
            "app": "A",
            "policy_area": "P",
            "quarter": list(values),
            "period_start": periods.start_time.normalize(),
            "period_end": periods.end_time.normalize(),
            "pieces": list(values.values()),
        }
    )


def test_reach_of_eleven_days() -> None:
    found = quarters.reach(frame({"2020Q3": 920.0, "2020Q4": 460.0, "2021Q1": 450.0}), "2020-12-21")
    assert (found.period, found.treated_days, found.days) == ("2020Q4", 11, 92)
    assert found.fall == pytest.approx(-50)
    assert found.largest == pytest.approx(-100 * 11 / 92)
    assert found.explained == pytest.approx((100 * 11 / 92) / 50)
    assert found.share == pytest.approx(11 / 92)


def test_reach_counts_days_not_quarters() -> None:
    """A quarter of 90 days after one of 92 falls without any treatment; the bound must hold that too."""
    found = quarters.reach(frame({"2020Q4": 920.0, "2021Q1": 900.0}), "2021-01-01")
    assert found.treated_days == found.days == 90
    assert found.largest == pytest.approx(-100)
    assert found.explained == 1
    late = quarters.reach(frame({"2020Q4": 920.0, "2021Q1": 900.0}), "2021-03-31")
    assert late.largest == pytest.approx(100 * (89 * 10 / 920 - 1))


def test_a_rise_has_nothing_to_explain() -> None:
    assert quarters.reach(frame({"2020Q3": 10.0, "2020Q4": 20.0}), "2020-12-21").explained == 0


@pytest.mark.parametrize("day", ["2019-01-01", "2020-07-02", "2021-06-01"])
def test_reach_needs_a_period_and_one_before(day: str) -> None:
    with pytest.raises(ValueError, match="no quarter with one before it"):
        quarters.reach(frame({"2020Q3": 1.0, "2020Q4": 1.0}), day)


def test_before_redefinition_keeps_the_last_quarter() -> None:
    rows = quarters.before_redefinition(
        frame({"2021Q2": 9.0, "2020Q4": 1.0, "2021Q1": 2.0}), "A", "P", "2021Q1"
    )
    assert rows["quarter"].tolist() == ["2020Q4", "2021Q1"]
    with pytest.raises(ValueError, match="no quarters of A, Q"):
        quarters.before_redefinition(rows, "A", "Q", "2021Q1")


def test_half_year_changes() -> None:
    own = pd.DataFrame(
        {
            "sender": "G",
            "period": ["2020H1", "2020H2", "2021H1"],
            "frequency": "half-year",
            "reports": [100, 200, 150],
            "source_id": "own-g",
        }
    )
    row = changes.half_year_changes(own, ["G"], "2020H2", "2021H1").iloc[0]
    assert row["change"] == pytest.approx(-25)
    assert row["change on a year"] == pytest.approx(50)
    with pytest.raises(ValueError, match="X has no own count for 2020H2, 2021H1, 2020H1"):
        changes.half_year_changes(own, ["X"], "2020H2", "2021H1")


def test_metas_services_are_added_up() -> None:
    reports = pd.DataFrame(
        {
            "sender": ["Meta", "Facebook", "Instagram", "Other", "Other"],
            "year": [2020, 2021, 2021, 2020, 2021],
            "reports": [100, 80, 40, 10, 5],
        }
    )
    table = changes.by_sender(reports, 2020, 2021).set_index("sender")
    assert table.loc["Meta", "2021"] == 120
    assert table.loc["Meta", "change 2020 to 2021"] == pytest.approx(20)
    assert table.loc["Other", "change 2020 to 2021"] == pytest.approx(-50)
