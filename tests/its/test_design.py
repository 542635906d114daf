"""The design: terms, coding, order; and an error for each thing that can't be fitted."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import its
from eprivacy_its.errors import InputError
from eprivacy_its.its import periods
from eprivacy_its.its.design import Links


def series(n: int = 24, start: str = "2019-01") -> pd.DataFrame:
    rng = np.random.default_rng(1)
    months = pd.period_range(start, periods=n, freq="M").astype(str)
    return pd.DataFrame(
        {
            "month": months,
            "events": rng.poisson(50, n),
            "people": 1000.0 + np.arange(n),
            "heat": rng.normal(size=n),
        }
    )


def make(frame: pd.DataFrame, **changes: object) -> its.Design:
    arguments = {"time": "month", "outcome": "events", "interruptions": ["2020-01"]} | changes
    return its.design(frame, **arguments)


def fit(frame: pd.DataFrame, **changes: object) -> its.Fit:
    arguments = {
        "time": "month",
        "outcome": "events",
        "interruptions": ["2020-01"],
        "estimator": "quasi-poisson",
    }
    return its.fit(frame, **(arguments | changes))


def test_terms_are_named_ordered_and_coded_as_promised():
    made = make(series(), interruptions=["2019-09", "2020-03"], covariates=["heat"], harmonics=1)
    assert made.names == (
        "intercept", "trend", "level_1", "slope_1", "level_2", "slope_2", "heat", "sin_1", "cos_1",
    )  # fmt: skip
    t = np.arange(24)
    columns = dict(zip(made.names, made.X.T, strict=True))
    np.testing.assert_array_equal(columns["trend"], t)
    np.testing.assert_array_equal(columns["level_1"], t >= 8)
    np.testing.assert_array_equal(columns["slope_1"], np.maximum(t - 8, 0))
    np.testing.assert_array_equal(columns["slope_2"], np.maximum(t - 14, 0))
    np.testing.assert_allclose(columns["sin_1"], np.sin(2 * np.pi * t / 12))
    assert list(make(series(), slope_change=False).names) == ["intercept", "trend", "level_1"]


def test_a_controlled_design_has_the_treated_differences():
    frame = pd.concat([series().assign(eu=1), series().assign(eu=0)])
    made = make(frame, treated="eu")
    assert made.names == (
        "intercept", "trend", "level_1", "slope_1",
        "treated", "treated:trend", "treated:level_1", "treated:slope_1",
    )  # fmt: skip
    assert made.n == 48
    assert made.n_periods == 24
    assert len(made.links.first) == 2
    columns = dict(zip(made.names, made.X.T, strict=True))
    np.testing.assert_array_equal(columns["treated:slope_1"], columns["slope_1"] * columns["treated"])


def test_washout_rows_go_and_time_counts_on():
    made = make(series(), washout=[("2019-12", "2020-02")])
    assert made.n == 21
    columns = dict(zip(made.names, made.X.T, strict=True))
    assert columns["trend"][11] == 14
    assert columns["slope_1"][11] == 2
    assert list(made.links.steps) == [1, 4]
    assert list(made.left_out["period"]) == ["2019-12", "2020-01", "2020-02"]
    assert make(series(), washout=("2019-12", "2020-02")).n == 21


def test_a_washout_may_be_missing_from_the_data():
    frame = series()
    frame.loc[12, "events"] = np.nan
    assert make(frame, washout=[("2020-01", "2020-01")]).n == 23
    assert make(frame.drop(index=12), washout=[("2020-01", "2020-01")]).n == 23


def test_the_time_may_stand_in_the_index():
    assert make(series().set_index("month")).n == 24


def test_a_single_interruption_may_be_given_bare():
    assert make(series(), interruptions="2020-01").starts == make(series()).starts
    assert make(series(), interruptions=pd.Timestamp("2020-01-15")).starts == make(series()).starts


def test_one_period_after_is_enough_for_a_level_if_asked():
    made = make(series(), interruptions=["2020-12"], slope_change=False, min_periods=1)
    assert made.X[:, 2].sum() == 1


def _gap(frame):
    return frame.drop(index=5), {}


def _twice(frame):
    return pd.concat([frame, frame.iloc[[3]]]), {}


def _missing(frame):
    return frame.assign(events=frame["events"].astype(float).where(frame["month"] != "2019-04")), {}


def _text(frame):
    return frame.assign(events=frame["events"].astype(object).where(frame["month"] != "2019-04", "many")), {}


def _infinite(frame):
    return frame.assign(events=np.where(frame["month"] == "2019-04", np.inf, frame["events"])), {}


def _negative(frame):
    return frame.assign(events=np.where(frame["month"] == "2019-04", -2, frame["events"])), {}


def _nil(frame):
    return frame.assign(events=0), {}


def _constant(frame):
    return frame.assign(events=7), {}


def _people(frame):
    return frame.assign(people=np.where(frame["month"] == "2019-04", 0, frame["people"])), {
        "exposure": "people"
    }


def _heat(frame):
    return frame.assign(heat=frame["heat"].where(frame["month"] != "2019-04")), {"covariates": ["heat"]}


def _collinear(frame):
    return frame.assign(heat=3.0 + 2 * np.arange(len(frame))), {"covariates": ["heat"]}


def _empty(frame):
    return frame.assign(heat=0.0), {"covariates": ["heat"]}


def _separated(frame):
    return frame.assign(events=np.where(frame["month"] >= "2020-01", 0, frame["events"])), {}


def _complex(frame):
    return frame.assign(events=frame["events"] * 1j), {}


def _beyond(frame):
    return frame.assign(events=frame["events"] * 1e200), {}


def _season_named(frame):
    return frame.assign(sin_1=frame["heat"]), {"covariates": ["sin_1"], "harmonics": 1}


def _with(**changes):
    return lambda frame: (frame, changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_gap, ["month", "gap", "2019-06", "washout"]),
        (_twice, ["month", "duplicate", "2019-04", "treated"]),
        (_missing, ["events", "missing", "2019-04", "washout"]),
        (_text, ["events", "no number", "many", "2019-04"]),
        (_infinite, ["events", "not finite", "2019-04"]),
        (_negative, ["events", "negative", "2019-04", "reml"]),
        (_nil, ["events", "0 in every period"]),
        (_constant, ["events", "constant", "7"]),
        (_people, ["people", "above 0", "2019-04"]),
        (_heat, ["heat", "missing", "2019-04"]),
        (_collinear, ["rank-deficient", "heat", "trend"]),
        (_empty, ["rank-deficient", "heat"]),
        (_separated, ["events", "2020-01", "level_1", "separation"]),
        (_with(interruptions=["2021-06"]), ["2021-06", "outside the data", "2019-01", "2020-12"]),
        (_with(interruptions=["2019-01"]), ["2019-01", "outside the data"]),
        (_with(interruptions=["2019-03"]), ["2019-03", "2 month(s) before", "3"]),
        (_with(interruptions=["2020-11"]), ["2020-11", "2 month(s) after", "3", "min_periods"]),
        (_with(interruptions=["2020-01", "2020-03"]), ["2020-01", "up to the next"]),
        (_with(interruptions=["2020-01", "2020-01-20"]), ["2020-01", "twice"]),
        (_with(interruptions=["2020"]), ["2020", "year", "month"]),
        (_with(interruptions=["2020-01"], washout=[("2020-01", "2020-10")]), ["2020-01", "2 month(s) after"]),
        (_with(washout=[("2022-01", "2022-02")]), ["Washout", "outside"]),
        (_with(washout=[("2020-02", "2020-01")]), ["Washout", "ends before"]),
        (_with(washout=["2020-01"]), ["Washout", "pair"]),
        (_with(outcome="event"), ["event", "Did you mean 'events'"]),
        (_with(time="moth"), ["moth", "Did you mean 'month'"]),
        (_with(covariates=["hate"]), ["covariate", "hate", "heat"]),
        (_with(covariates=["events"]), ["events", "already"]),
        (_with(estimator="quasi-poison"), ["quasi-poison", "quasi-poisson"]),
        (_with(estimator="ols", exposure="people"), ["exposure", "ols", "divide"]),
        (_with(estimator="quasi-poisson", log=True), ["log=True", "log link"]),
        (_with(lags=2), ["lags", "newey-west"]),
        (_with(estimator="newey-west", lags=-1), ["lags", "-1"]),
        (_with(estimator="newey-west", lags=1.5), ["lags", "1.5"]),
        (_with(estimator="arima", order=(1, 0)), ["order", "(1, 0)"]),
        (_with(harmonics=6), ["harmonics", "too many"]),
        (_with(harmonics=-1), ["harmonics"]),
        (_with(season=1), ["season"]),
        (_with(level=95), ["level", "95"]),
        (_with(slope_change="no"), ["slope_change"]),
        (_with(min_periods=0), ["min_periods"]),
        (_with(treated="heat"), ["heat", "1 (treated)"]),
        (_with(estimator=["ols"]), ["['ols']", "unknown"]),
        (_with(outcome=None), ["outcome is None", "column"]),
        (_with(covariates=3), ["covariates is 3", "names"]),
        (_with(season=np.inf, harmonics=1), ["season is inf"]),
        (_complex, ["events", "complex"]),
        (_beyond, ["events", "unit"]),
        (_season_named, ["sin_1", "rename"]),
    ],
)
def test_what_cannot_be_fitted_is_named_with_what_to_do(change, words):
    frame, changes = change(series())
    with pytest.raises(its.DesignError) as caught:
        fit(frame, **changes)
    for word in words:
        assert word in str(caught.value)
    assert isinstance(caught.value, (ValueError, InputError))


def test_rows_that_are_too_few_are_counted():
    with pytest.raises(its.DesignError, match="6 rows can't carry 6 terms"):
        make(series(6), interruptions=["2019-04"], covariates=["heat", "people"])


def test_years_have_no_season():
    frame = pd.DataFrame({"year": range(2000, 2012), "events": range(12)})
    with pytest.raises(its.DesignError, match="no known season"):
        its.design(frame, time="year", outcome="events", interruptions=[2006], harmonics=1)


def test_a_covariate_may_not_take_the_name_of_a_treated_difference():
    frame = pd.concat([series().assign(eu=1), series().assign(eu=0)])
    frame = frame.rename(columns={"heat": "treated"})
    with pytest.raises(its.DesignError, match=r"'treated'.*rename"):
        make(frame, treated="eu", covariates=["treated"])


def test_washout_and_covariates_may_be_arrays_or_none():
    windows = np.array([["2019-12", "2020-02"]])
    assert make(series(), washout=windows).n == make(series(), washout=windows[0]).n == 21
    assert make(series(), covariates=None, washout=None).names == make(series()).names
    both = make(series(), covariates=np.array(["heat"]), harmonics=1).names
    assert both == ("intercept", "trend", "level_1", "slope_1", "heat", "sin_1", "cos_1")


def test_interruptions_are_numbered_by_time():
    made = make(series(), interruptions=["2020-03", "2019-09"])
    assert made.start_label(1) == "2019-09"
    assert made.starts == make(series(), interruptions=["2019-09", "2020-03"]).starts


def test_the_frame_is_left_as_it_was():
    frame = series().sample(frac=1, random_state=2)
    before = frame.copy(deep=True)
    fit(frame, harmonics=1, exposure="people", washout=[("2019-05", "2019-06")])
    pd.testing.assert_frame_equal(frame, before)


def test_a_group_that_is_short_is_named():
    frame = pd.concat([series().assign(eu=1), series(14).assign(eu=0)])
    with pytest.raises(its.DesignError, match="control rows"):
        make(frame, treated="eu")
    with pytest.raises(its.DesignError, match=r"in the control rows .a gap"):
        make(pd.concat([series().assign(eu=1), series().drop(index=2).assign(eu=0)]), treated="eu")
    with pytest.raises(its.DesignError, match="in every row"):
        make(series().assign(eu=1), treated="eu")


def two_series() -> pd.DataFrame:
    return pd.concat(
        [series().assign(eu=1), series().assign(eu=0, events=range(100, 124))], ignore_index=True
    )


def test_rows_are_linked_as_a_search_through_all_pairs_says():
    position = np.array([3, 4, 6, 7, 9, 3, 5, 6, 7])
    group = np.array([0] * 5 + [1] * 4)
    links = Links.of(position, group)
    assert list(links.first) == [0, 5]
    pairs = {(i, i + 1, int(position[i + 1] - position[i])) for i in range(8) if group[i] == group[i + 1]}
    found = {(b, a, s) for s, rows in links.steps.items() for b, a in zip(*rows, strict=True)}
    assert found == pairs
    assert links.n == 9
    for rho in (0.0, 0.3, 0.9):
        R = [
            [float(rho) ** abs(int(p - q)) if g == h else 0.0 for q, h in zip(position, group, strict=True)]
            for p, g in zip(position, group, strict=True)
        ]
        np.testing.assert_allclose(links.correlation(rho), R)


@pytest.mark.parametrize("rows", [2, 3, 30])
def test_blocks_lie_further_apart_than_their_length(rows: int):
    links = Links.of(np.tile(np.arange(rows) + 7, 3), np.repeat([0, 1, 2], rows))
    blocks = links.place.reshape(3, rows)
    np.testing.assert_array_equal(np.diff(blocks, axis=1), 1)
    assert (blocks[1:, 0] - blocks[:-1, -1] > rows).all()
    np.testing.assert_array_equal(Links.of(np.arange(rows) + 7).place, np.arange(rows))


def test_pairs_of_sine_and_cosine_turn_j_times_a_season():
    made = make(series(), harmonics=2, season=5.5)
    t = np.arange(24)
    columns = dict(zip(made.names, made.X.T, strict=True))
    for j in (1, 2):
        wave = np.exp(2j * np.pi * j * t / 5.5)
        np.testing.assert_allclose(columns[f"sin_{j}"], wave.imag, atol=1e-12)
        np.testing.assert_allclose(columns[f"cos_{j}"], wave.real, atol=1e-12)
    assert (made.season, made.harmonics) == (5.5, 2)
    assert made.names[-4:] == ("sin_1", "cos_1", "sin_2", "cos_2")


def test_the_sizes_the_table_and_the_columns_of_each_interruption():
    made = make(series(), interruptions=["2019-09", "2020-03"], covariates=["heat"])
    assert (made.n, made.k, made.n_periods) == (24, 7, 24)
    table = made.frame()
    assert list(table.columns) == ["events", *made.names]
    assert list(table.index) == list(series()["month"])
    np.testing.assert_array_equal(table["events"], series()["events"])
    assert [made.names[i] for i in made.effect_columns] == ["level_1", "slope_1", "level_2", "slope_2"]
    assert [made.names[i] for i in made.regime_columns(1)] == ["level_1", "slope_1"]
    assert [made.names[i] for i in made.regime_columns(2)] == ["level_2", "slope_2"]
    assert (made.start_label(1), made.start_label(2)) == ("2019-09", "2020-03")
    assert (made.slope_change, made.log, made.harmonics) == (True, False, 0)


def test_of_two_groups_the_treated_differences_vanish():
    made = make(two_series(), treated="eu", interruptions=["2019-09", "2020-03"])
    assert [made.names[i] for i in made.effect_columns] == [
        "treated:level_1", "treated:slope_1", "treated:level_2", "treated:slope_2",
    ]  # fmt: skip
    assert [made.names[i] for i in made.regime_columns(2)] == ["treated:level_2", "treated:slope_2"]
    columns = dict(zip(made.names, made.X.T, strict=True))
    for name in ("trend", "level_1", "slope_1", "level_2", "slope_2"):
        np.testing.assert_array_equal(columns[f"treated:{name}"], columns[name] * (made.group == 1))
    np.testing.assert_array_equal(columns["treated"], made.group)


def test_periods_are_counted_in_the_treated_group():
    frame = two_series()
    made = make(frame[(frame["eu"] == 1) | (frame["month"] >= "2019-05")], treated="eu")
    assert (made.n, made.n_periods) == (44, 24)
    assert list(made.links.first) == [0, 20]


def test_rows_are_sorted_by_group_and_time():
    made = make(two_series().sample(frac=1, random_state=3), treated="eu")
    np.testing.assert_array_equal(made.group, np.repeat([0, 1], 24))
    np.testing.assert_array_equal(made.y, [*range(100, 124), *series()["events"]])
    np.testing.assert_array_equal(np.diff(made.ordinal[:24]), 1)
    assert list(made.labels[24:]) == list(series()["month"])


def test_covariates_stand_before_the_season_and_the_treated_differences():
    seasonal = make(two_series(), treated="eu", covariates=["heat"], harmonics=1).names
    assert seasonal == (
        "intercept", "trend", "level_1", "slope_1", "heat", "sin_1", "cos_1",
        "treated", "treated:trend", "treated:level_1", "treated:slope_1",
    )  # fmt: skip
    plain = make(two_series(), treated="eu", covariates=["heat"], trend=False, slope_change=False).names
    assert plain == ("intercept", "level_1", "heat", "treated", "treated:level_1")


def test_the_ends_of_washouts_are_left_out_and_may_reach_beyond_the_data():
    both = make(series(), washout=[("2019-03", "2019-04"), ("2020-06", "2020-06")])
    assert list(both.left_out["period"]) == ["2019-03", "2019-04", "2020-06"]
    np.testing.assert_array_equal(both.left_out["observed"], series()["events"].iloc[[2, 3, 17]])
    assert list(both.left_out.index) == [0, 1, 2]
    assert list(both.left_out.columns) == ["period", "observed"]
    assert both.n == len(both.X) == len(both.ordinal) == len(both.labels) == 21
    assert make(series(), washout=[("2018-06", "2019-01")]).n == 23
    assert make(series(), washout=[("2020-12", "2022-06")]).n == 23
    for window in (("2018-06", "2018-12"), ("2021-01", "2021-02")):
        with pytest.raises(its.DesignError, match=r"outside the data, 2019-01 to 2020-12"):
            make(series(), washout=[window])
    assert make(series()).left_out.empty


def test_a_washout_is_a_pair_or_pairs():
    for one in (("2019-03", "2019-04"), ["2019-03", "2019-04"], [["2019-03", "2019-04"]]):
        assert make(series(), washout=one).n == 22
    two = [("2019-03", "2019-04"), ["2019-06", "2019-07"]]
    assert make(series(), washout=two).n == make(series(), washout=np.array(two)).n == 20
    for wrong in (("2019-03", "2019-04", "2019-05"), [("2019-03",)], [("2019-03", "2019-04"), "2019-06"]):
        with pytest.raises(its.DesignError, match="is not a pair"):
            make(series(), washout=wrong)


def test_trend_counts_from_the_first_period_even_if_it_is_left_out():
    made = make(series(), washout=[("2019-01", "2019-02")])
    assert made.X[0, 1] == 2
    assert made.X[-1, 1] == 23


def test_an_interruption_may_be_the_last_period_but_not_the_first():
    options = {"slope_change": False, "min_periods": 1}
    assert make(series(), interruptions=["2020-12"], **options).X[:, 2].sum() == 1
    assert make(series(), interruptions=["2019-02"], **options).X[:, 2].sum() == 23
    for outside in ("2019-01", "2021-01"):
        with pytest.raises(its.DesignError, match=f"{outside} is outside the data, 2019-01 to 2020-12"):
            make(series(), interruptions=[outside], **options)


def test_interruptions_may_be_one_value_of_many_kinds():
    wanted = make(series()).starts
    assert len(wanted) == 1
    for one in (
        "2020-01",
        np.array(["2020-01"]),
        pd.Period("2020-01", "M"),
        ("2020-01",),
        dt.date(2020, 1, 9),
    ):
        assert make(series(), interruptions=one).starts == wanted
    steps = pd.DataFrame({"t": range(24), "y": series()["events"]})
    assert its.design(steps, time="t", outcome="y", interruptions=12).starts == (12,)


def test_logged_outcomes_and_exposures_must_be_above_nothing():
    frame = series().assign(events=np.append(0, series()["events"][1:]))
    with pytest.raises(its.DesignError, match=r"'events' must be above 0, .* at 2019-01"):
        make(frame, log=True)
    assert make(frame).y[0] == 0
    logged = make(series(), log=True)
    np.testing.assert_allclose(np.exp(logged.y), series()["events"])
    assert logged.log
    with pytest.raises(its.DesignError, match=r"'people' must be above 0, .* at 2019-01"):
        make(series().assign(people=np.arange(24.0)), exposure="people")
    np.testing.assert_array_equal(make(series(), exposure="people").exposure, series()["people"])


def test_a_design_by_hand_has_plain_defaults():
    made = its.Design(
        np.zeros(3),
        np.ones((3, 1)),
        ("intercept",),
        np.arange(3),
        pd.Index(range(3)),
        periods.Calendar("N"),
        (),
    )
    assert (made.group, made.exposure, made.season, made.harmonics) == (None, None, None, 0)
    assert made.slope_change
    assert not made.log
    assert made.effect_columns == ()
    assert list(made.left_out.columns) == ["period", "observed"]


def test_one_interruption_may_be_an_array_without_length() -> None:
    frame = pd.DataFrame({"t": range(1, 21), "y": np.arange(20.0) % 7})
    made = [
        its.design(frame, time="t", outcome="y", interruptions=at)
        for at in (8, [8], np.array(8), np.array([8]))
    ]
    for other in made[1:]:
        np.testing.assert_array_equal(made[0].X, other.X)


def test_what_is_left_to_the_model_is_left_out_as_a_washout_is():
    """Nothing is filled in: absent rows, missing values and a washout of the same periods give one design and one fit."""
    whole, gone = series(), ["2019-05", "2019-06"]
    lost = whole["month"].isin(gone)
    unknown = whole.assign(events=whole["events"].astype(float).mask(lost))
    arguments = {
        "time": "month",
        "outcome": "events",
        "interruptions": ["2020-01"],
        "estimator": "quasi-poisson-ar1",
    }
    washed = its.fit(whole, washout=[tuple(gone)], **arguments)
    for frame in (whole[~lost], unknown):
        carried = its.fit(frame, missing="model", **arguments)
        pd.testing.assert_frame_equal(carried.terms, washed.terms)
        np.testing.assert_array_equal(carried.design.ordinal, washed.design.ordinal)
        with pytest.raises(its.DesignError, match="--missing model"):
            its.fit(frame, **arguments)
    with pytest.raises(its.DesignError, match="missing is 'zero'"):
        its.fit(whole, missing="zero", **arguments)


def test_whole_numbers_below_zero_are_asked_about_where_the_model_is_chosen():
    frame = series()
    frame.loc[3, "events"] = -3
    arguments = {"time": "month", "outcome": "events", "interruptions": ["2020-01"]}
    with pytest.raises(
        its.DesignError, match=r"row 4, column .events.: -3 is negative; a count is 0 or more"
    ):
        its.fit(frame, **arguments)
    its.fit(frame, estimator="ols", **arguments)
    its.fit(frame.assign(events=frame["events"].astype(float)), **arguments)
