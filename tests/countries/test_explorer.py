import numpy as np
import pytest

from eprivacy_its.panel import event, headline, randomisation
from helpers import data
from helpers.countries import explorer, multiverse, sample
from helpers.countries.specifications import Specification, list_specifications


@pytest.fixture(scope="module")
def reports():
    return data.read("country_reports")


@pytest.fixture(scope="module")
def table(reports):
    return explorer.table(reports, draws=499, seed=1)


def test_2021_is_the_multiverse(reports, table):
    made = multiverse.curve(sample.world(reports, 2019, 2020, 2021), list_specifications()).frame()
    ours = table[table.year == 2021].reset_index(drop=True)
    assert len(ours) == len(list_specifications())
    assert np.allclose(ours.ratio, made.ratio, rtol=1e-12)


def test_the_first_specification_is_the_event_study(reports, table):
    """The coefficients of the event study of 04, for every year, by an independent path."""
    study = event.event_study(sample.study_panel(reports, 500), "log", base=2020, covariance="CRV3")
    chosen = table[
        (table.estimator == "mean log change")
        & (table.baseline == "year before")
        & (table.treated == "all")
        & (table.compared == "all")
        & (table.associated == "among the others")
        & (table.minimum == 500)
    ].set_index("year")
    for year in (2019, 2021, 2022, 2023):
        found = chosen.loc[year, ["ratio", "ratio_low", "ratio_high"]].astype(float)
        assert tuple(found) == pytest.approx(study.ratio(year), rel=1e-6)


@pytest.mark.parametrize("treated", ["all", "without the largest rise"])
def test_the_sums_are_the_headline_of_the_event_study(reports, table, treated):
    """One ratio, one interval: the explorer and page 04 say the same, from the same unions."""
    panel = sample.study_panel(reports, 500)
    panel = panel if treated == "all" else panel.without(["POL"])
    study = headline.headline(panel, "ppml", base=2020, draws=499, seed=1)
    spec = next(one for one in explorer.QUOTED if one.treated == treated)
    rows = table[np.logical_and.reduce([table[name] == value for name, value in vars(spec).items()])]
    for row in rows.itertuples():
        assert (row.ratio, row.ratio_low, row.ratio_high) == pytest.approx(study.ratio(row.year), rel=1e-9)
    assert set(rows.year) == {2019, 2021, 2022, 2023}


def test_each_interval_of_sums_is_what_its_test_keeps(reports, table):
    """Some rows of each baseline, tested from scratch just inside and just outside their ends."""
    sums = table[(table.year == 2021) & (table.estimator == "Poisson")]
    for row in sums.groupby("baseline").sample(2, random_state=1).to_dict("records"):
        spec = Specification(*(row[name] for name in Specification.__dataclass_fields__))
        world = sample.world(reports, 2019, 2020, 2021)
        member, other = (mask[0] for mask in multiverse.sets(world, spec))
        used = member | other
        groups, _ = randomisation.placebo_unions(int(used.sum()), int(member.sum()), explorer.DRAWS, 1)
        e, b, a = (counts[used] for counts in (world.earlier, world.before, world.after))

        def p(value, m=member[used], e=e, b=b, a=a, groups=groups, baseline=spec.baseline):
            later = a * np.exp(-value * m)

            def shown(g):
                parts = {
                    "year before": [(later, 1), (b, -1)],
                    "two years before": [(later, 1), (e, -1)],
                    "mean of the two": [(later, 1), ((e + b) / 2, -1)],
                    "trend continued": [(later, 1), (b, -2), (e, 1)],
                }[baseline]
                return sum(power * np.log(x[g].sum() / x[~g].sum()) for x, power in parts)

            seen = abs(shown(m))
            return (1 + sum(abs(shown(g)) >= seen - 1e-12 for g in groups)) / (1 + len(groups))

        low, high = np.log(row["ratio_low"]), np.log(row["ratio_high"])
        assert p(low + 1e-6) > 0.05 >= p(low - 1e-6)
        assert p(high - 1e-6) > 0.05 >= p(high + 1e-6)


def test_a_year_is_never_compared_with_itself(table):
    years = table.groupby("baseline").year.unique()
    assert 2020 not in years["year before"]
    assert 2019 not in years["two years before"]
    assert list(years["trend continued"]) == [2021]


def test_the_member_that_is_left_out_has_a_name(reports, table):
    assert set(table.largest_rise) == {"Poland"}


def test_the_sentence_counts_the_rows(table):
    assert f"{len(table):,}" in explorer.leave(table).text
