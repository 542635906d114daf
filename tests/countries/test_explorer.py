import numpy as np
import pytest

from eprivacy_its.panel import event
from helpers import data
from helpers.countries import explorer, multiverse, sample
from helpers.countries.specifications import list_specifications


@pytest.fixture(scope="module")
def reports():
    return data.read("country_reports")


@pytest.fixture(scope="module")
def table(reports):
    return explorer.table(reports)


def test_2021_is_the_multiverse(reports, table):
    made = multiverse.curve(sample.world(reports, 2019, 2020, 2021), list_specifications()).frame()
    ours = table[table.year == 2021].reset_index(drop=True)
    assert len(ours) == len(list_specifications())
    assert np.allclose(ours.ratio, made.ratio, rtol=1e-12)


def test_the_first_specification_is_the_event_study(reports, table):
    """The coefficients of the event study of 04, for every year, by an independent path."""
    study = event.event_study(sample.study_panel(reports, 500), "log", base=2020)
    chosen = table[
        (table.estimator == "mean log change")
        & (table.baseline == "year before")
        & (table.treated == "all")
        & (table.compared == "all")
        & (table.associated == "among the others")
        & (table.minimum == 500)
    ].set_index("year")
    for year in (2019, 2021, 2022, 2023):
        assert chosen.ratio[year] == pytest.approx(study.ratio(year)[0], rel=1e-9)


def test_a_year_is_never_compared_with_itself(table):
    years = table.groupby("baseline").year.unique()
    assert 2020 not in years["year before"]
    assert 2019 not in years["two years before"]
    assert list(years["trend continued"]) == [2021]


def test_the_member_that_is_left_out_has_a_name(reports, table):
    assert set(table.largest_rise) == {"Poland"}


def test_the_sentence_counts_the_rows(table):
    assert f"{len(table):,}" in explorer.leave(table).text
