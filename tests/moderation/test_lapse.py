"""Page 11: which months and days are used, each number by another way, and what is never claimed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eprivacy_its import results
from eprivacy_its.packages import raw
from eprivacy_its.simulate.series import ar1
from helpers.moderation import controls, daily, halfyears, lapse, narrative, records

GAP = lapse.Lapse(pd.Timestamp("2026-04-04"), 3, 0.95, (46.0, 58.0))
LAST = pd.Timestamp("2026-07-30")


@pytest.fixture(scope="module")
def months() -> pd.DataFrame:
    return raw.load("dsa-statements-monthly-by-category")


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    return raw.load("dsa-statements-daily-by-platform")


@pytest.fixture(scope="module")
def rates(months: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    return lapse.per_day(months, days)


@pytest.fixture(scope="module")
def changes(rates: pd.DataFrame) -> pd.DataFrame:
    return lapse.table(lapse.all_series(rates), GAP)


def test_months_that_count(rates: pd.DataFrame) -> None:
    """Filing gaps are missing, and a series begins in the month after the category was taken up."""
    assert rates.loc["2026-04", "Snapchat"] == pytest.approx(11_996 / 30)
    gaps = {(str(month), name) for name in rates for month in rates.index[rates[name].isna()]}
    inside = {one for one in gaps if one[0] >= "2025-01"}
    assert inside == {("2025-07", "X"), ("2025-08", "X"), ("2025-09", "TikTok"), ("2025-10", "Pinterest")}
    starts = {str(name): str(rates[name].first_valid_index()) for name in rates}
    assert (starts["YouTube"], starts["Discord"], starts["Snapchat"]) == ("2024-04", "2024-09", "2023-10")


def test_the_lapse_thins_a_fall(rates: pd.DataFrame) -> None:
    assert GAP.shares(rates.index).tolist() == [27 / 30, 1.0]
    both = [1 - 0.46 * 27 / 30, 1 - 0.46]
    assert np.exp(GAP.thinned(46, rates.index)) == pytest.approx(np.sqrt(both[0] * both[1]))


def test_snapchats_interval_by_hand(rates: pd.DataFrame, changes: pd.DataFrame) -> None:
    logs = np.log(rates["Snapchat"])
    forecasts = logs.rolling(3).mean().shift(1)
    errors = ((logs + logs.shift(-1)) / 2 - forecasts).rename("error").to_frame().reset_index()
    form = errors["month"].ge("2025-07").to_numpy()
    crossing = [
        form[max(i - 3, 0) : i + 2].min() != form[max(i - 3, 0) : i + 2].max() for i in range(len(form))
    ]
    past = errors[~np.array(crossing)].set_index("month")["error"].loc[:"2026-02"].dropna()
    row = changes[(changes["series"] == "Snapchat") & (changes["months"] == lapse.FULL)].iloc[0]
    assert row["placebos"] == len(past)
    half = (np.log1p(row["ci_high"] / 100) - np.log1p(row["ci_low"] / 100)) / 2
    df = lapse.fit(logs, GAP).df
    assert half == pytest.approx(stats.t.ppf(0.975, df) * np.sqrt((past**2).mean()))
    own = rates["Snapchat"].loc["2026-04":"2026-05"]
    before = rates["Snapchat"].loc["2026-01":"2026-03"]
    assert row["change"] == pytest.approx(100 * (stats.gmean(own) / stats.gmean(before) - 1))


def test_no_exclusion_for_meta(rates: pd.DataFrame, changes: pd.DataFrame) -> None:
    tight = changes.assign(ci_low=-1.0, ci_high=1.0)
    both, one = narrative.excluded(tight, 46, GAP, rates.index)
    assert not {*both, *one} & {*lapse.META, lapse.POOL, lapse.APART}
    assert len(both) == rates.shape[1] - 2
    none = changes.assign(ci_low=-99.0)
    assert narrative.excluded(none, 46, GAP, rates.index) == ([], [])
    assert "for no platform" in narrative.excluded_sentence(none, GAP, rates.index)


def test_what_counts_as_excluded(rates: pd.DataFrame, changes: pd.DataFrame) -> None:
    """A bound between the fall in the lapse and what these months would show of it excludes nothing."""
    shown = lapse.percent(GAP.thinned(46, rates.index))
    assert -46 < shown < -43
    for low, held in ((shown - 0.1, False), (shown + 0.1, True)):
        assert (lapse.excludes(changes.assign(ci_low=low), 46, GAP, rates.index) == held).all()
    missing = changes.assign(ci_low=np.nan)
    assert lapse.excludes(missing, 46, GAP, rates.index).isna().all()


def test_controls_are_chosen_before_the_lapse(months: pd.DataFrame, rates: pd.DataFrame) -> None:
    later = months.assign(statements=months["statements"].where(months["period_start"] < "2026-04-01", 10**7))
    for name in ("Facebook", "Snapchat", "TikTok"):
        index = lapse.whole_series(rates[name]).dropna().index
        _, chosen = controls.control(months, name, index)
        assert set(chosen) <= set(controls.control(later, name, index)[1])
        assert not set(chosen) & set(controls.MOVED) or name not in lapse.META
        assert lapse.CATEGORY not in chosen


def test_what_meta_moved(months: pd.DataFrame) -> None:
    table = controls.meta_moves(months, ["2026-02", "2026-04"]).set_index(["platform", "category"])
    fell = table.loc[("Facebook", "Scams and fraud")]
    assert fell.tolist() == [34_440_547, 2_315_305]
    assert {("Instagram", one) for one in controls.MOVED} <= set(table.index)


def test_a_fall_put_in_is_found_and_none_is_not() -> None:
    """Simulated months with little noise: both falls are found; with much, hardly; without one, 95 % hold none."""
    index = pd.period_range("2023-10", "2026-05", freq="M")
    calm, wild = (
        pd.Series(sd * ar1(1, len(index), 0.3, np.random.default_rng(4))[0], index) for sd in (0.05, 1.0)
    )
    found = lapse.rates_found({"calm": calm, "wild": wild}, GAP, draws=1500, seed=3).set_index("series")
    assert found["no change held"].between(93.5, 99).all()
    assert (found.loc["calm", ["46 %", "58 %"]] > 99).all()
    assert (found.loc["wild", ["46 %", "58 %"]] < 25).all()
    assert found["46 %"].le(found["58 %"]).all()


def test_months_of_days_end_where_asked_and_none_straddles_the_new_form() -> None:
    index = pd.date_range("2024-01-01", "2025-12-31", freq="D")
    values = pd.Series(10.0, index).where(index < lapse.NEW_FORM, 1000.0)
    turn = int((index < lapse.NEW_FORM).sum())
    for end in (len(index), turn + 60, turn + 45, turn):
        logs, breaks = daily.months_before(values, end)
        assert len(logs) == end // daily.SPAN
        old, new = np.log(300.0), np.log(30_000.0)
        assert all(np.isnan(one) or one in (pytest.approx(old), pytest.approx(new)) for one in logs)
        assert [int(np.nanargmax(logs > np.log(5000)))] == breaks if end > turn else breaks == []


def test_placebo_dates_hold_what_is_promised_on_a_simulated_platform(days: pd.DataFrame) -> None:
    """Daily counts that wander by weeks: most dates hold no change; a tenfold drop is seen at each of them."""
    index = pd.DatetimeIndex(days["date"].drop_duplicates().sort_values())
    weeks = np.random.default_rng(11).normal(0, 0.1, len(index) // 7 + 1).repeat(7)[: len(index)]
    counts = pd.Series(
        np.random.default_rng(12).poisson(1000 * np.exp(weeks)), name="statements_protection_of_minors"
    )
    frame = pd.DataFrame({"date": index, "platform": "simulated"}).assign(**{counts.name: counts.to_numpy()})
    found = daily.placebo_months(frame, [("simulated", counts.name)], replace(GAP, falls=(90.0, 46.0))).iloc[
        0
    ]
    assert found["no change held"] >= 80
    assert found["90 %"] == 100
    assert found["placebo dates"] >= 30


def test_weekdays_by_hand(days: pd.DataFrame) -> None:
    row = daily.weekdays(days, "statements_protection_of_minors", ["Snapchat"]).iloc[0]
    assert row["weeks"] == (pd.Timestamp("2026-01-10") - pd.Timestamp("2023-09-25")).days // 7
    assert row[list(daily.WEEK)].mean() == pytest.approx(100)
    assert row["Mon"] > 105 > 95 > row["Sat"]


def test_known_breaks_are_found(days: pd.DataFrame) -> None:
    found = daily.known_breaks(days, level=0.95).set_index(["outcome", "day"])
    category = found.loc["Protection of minors"]
    assert (category["ci_high"] < 0.7).all()
    share = {}
    for outcome, name in daily.OUTCOMES.items():
        values = daily.series(days, "Snapchat", outcome)
        share[name] = values.loc["2025-07"].sum() / values.loc["2025-06"].sum()
    assert share["Protection of minors"] == pytest.approx(12_465 / 32_347)
    assert found.loc[("Protection of minors", "2025-07-01"), "ratio"] == pytest.approx(
        share["Protection of minors"], abs=0.06
    )
    assert share["CSAM keyword"] > 0.75


def test_half_years_by_hand() -> None:
    reports = raw.load("dsa-reports-halfyear")
    exposure = halfyears.exposure(reports, GAP.first, LAST)
    assert exposure.set_index("half-year").to_numpy().tolist() == [[184, 0], [181, 88]]
    assert halfyears.thinned(exposure, 46) == pytest.approx(1 - 0.46 * 88 / 181)
    table = halfyears.reports_by_service(reports, exposure).set_index(["service", "counted"])
    facebook = table.loc[("Facebook", "Protection of minors")]
    assert facebook["ratio"] == pytest.approx((977_185 / 181) / (1_182_154 / 184))
    youtube = table.loc[("YouTube", "Protection of minors")]
    assert youtube["2025H2"] == pytest.approx((11_164_592 + 5) / 184)  # both surfaces


def test_snapchats_countries() -> None:
    accounts = raw.load("snap-by-country-halfyear")
    sums = halfyears.country_sums(accounts).set_index("group")
    assert sums["countries"].tolist() == [27, 18]
    own = accounts[(accounts["group"] == "EU27") & (accounts["period_start"] == "2025-07-01")]
    assert sums.loc["Member States", "2025H2"] == own["value"].sum()
    ratios = halfyears.country_ratios(accounts, draws=199, seed=1, level=0.95)
    rows = ratios[ratios["model"] == "sums"].set_index("half-years")
    growth = sums["2025H2"] / sums["2025H1"]
    assert rows.loc["2025H1 to 2025H2", "ratio"] == pytest.approx(growth.iloc[0] / growth.iloc[1])
    assert ((ratios["ci_low"] < ratios["ratio"]) & (ratios["ratio"] < ratios["ci_high"])).all()


@pytest.mark.build
def test_the_page_claims_no_more_than_its_intervals(built: object) -> None:
    estimates = [one for one in results.read_estimates()["11_moderation_2026"] if "/lapse/" in one.id]
    assert len(estimates) > 15
    for one in estimates:
        assert one.ci_low is not None
        assert one.ci_high is not None
        assert all((one.estimator, one.n, one.sources))
        if one.ci_low <= 0 <= one.ci_high or "facebook" in one.id or "instagram" in one.id:
            assert one.grade == "not identified", one.id


@pytest.mark.build
def test_the_page_says_first_what_a_statement_is_not(built: object) -> None:
    from eprivacy_its import paths

    page = (paths.build() / "site" / "11_moderation_2026.html").read_text(encoding="utf-8")
    assert page.index("not reports to NCMEC") < page.index("interval")
    assert page.index("is not a report to NCMEC") < page.index('id="table-')


def test_an_exclusion_says_with_how_many_lengths_of_the_forecast_it_holds(
    rates: pd.DataFrame, changes: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted by hand from the lower ends, and recorded."""
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    ends = lapse.lower_ends(lapse.all_series(rates), GAP, [1, 2, 3, 4, 6])
    least = 100 * (np.exp(GAP.thinned(46, rates.index)) - 1)
    held = narrative.lengths_that_hold(ends, changes, 46, GAP, rates.index)
    assert set(held) == set(narrative.excluded(changes, 46, GAP, rates.index)[0])
    for name, count in held.items():
        row = ends[ends["series"] == name].iloc[0]
        assert count == sum(row[base] > least for base in ("1", "2", "3", "4", "6"))
        assert 0 < count < 5, "the sentence of the front page says that it holds in some of them only"
    records.exclusions(changes, ends, GAP, rates.index)
    found = {one.id: one for one in results.staged(tmp_path)}["moderation/excluded-46/forecasts"]
    assert (found.estimate, found.n) == (min(held.values()), 5)
