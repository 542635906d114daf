import datetime
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from eprivacy_its.plots import style
from eprivacy_its.show import palette


def axes(width=7.2):
    fig = Figure(figsize=(width, 4))
    ax = fig.add_subplot()
    ax.plot([2019, 2020, 2021], [700_000, 1_000_000, 550_000])
    return ax


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, two):
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["--c-ink", "--c-grey", "--c-accent", "--c-second"])
@pytest.mark.parametrize("theme", [0, 1])
def test_colours_of_words_and_lines_can_be_read_on_the_page(name, theme):
    paper = palette.VARIABLES["--c-paper"][theme]
    assert contrast(palette.VARIABLES[name][theme], paper) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
def test_accent_stands_out_from_its_band(theme):
    assert contrast(palette.VARIABLES["--c-accent"][theme], palette.VARIABLES["--c-band"][theme]) >= 3


def test_colours_are_lower_case_and_distinct():
    light = [pair[0] for pair in palette.VARIABLES.values()]
    assert len(set(light)) == len(light)
    assert all(colour == colour.lower() for colour in light)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (800, "800"),
        (300_000, "300,000"),
        (1_500_000, "1.5\N{NO-BREAK SPACE}million"),
        (-2_000_000, "−2\N{NO-BREAK SPACE}million"),
        (2e9, "2\N{NO-BREAK SPACE}billion"),
        (0.25, "0.25"),
        (2.5, "2.5"),
    ],
)
def test_short_count(value, text):
    assert style.short_count(value) == text


def test_count_axis_starts_at_zero_and_names_the_unit():
    ax = axes()
    style.count_axis(ax, "reports a year")
    assert ax.get_ylim()[0] == 0
    assert ax.get_title(loc="left") == "reports a year"
    assert ax.yaxis.get_major_formatter()(1e6, None) == "1\N{NO-BREAK SPACE}million"


def test_count_axis_may_leave_zero_out():
    ax = axes()
    low = ax.get_ylim()[0]
    style.count_axis(ax, zero=False)
    assert ax.get_ylim()[0] == low


def test_narrow_drawings_have_fewer_ticks():
    counts = []
    for width in (7.2, 3.9):
        ax = axes(width)
        ax.set_xlim(2000, 2025)
        style.dense(ax)
        counts.append(len(ax.get_xticks()))
    assert counts[1] < counts[0]


def test_dates_stay_dates_and_get_fewer():
    ax = Figure(figsize=(3.9, 4)).add_subplot()
    ax.plot([datetime.date(2017, 10, 1), datetime.date(2025, 12, 31)], [1, 2])
    style.dense(ax)
    labels = ax.xaxis.get_major_formatter().format_ticks(ax.get_xticks())
    assert 2 <= len(labels) <= 6
    assert "2020" in labels


def test_interruption_is_marked_and_named():
    ax = axes()
    lines = len(ax.lines)
    name = style.mark_interruption(ax, 2020.97, "Code applies")
    assert len(ax.lines) == lines + 1
    assert ax.lines[-1].get_xdata()[0] == 2020.97
    assert name.get_text() == "Code applies"
    assert name.get_horizontalalignment() == "left"
    assert style.mark_interruption(ax, 2021, "x", side="left").get_horizontalalignment() == "right"
    with pytest.raises(ValueError, match="side 'up'"):
        style.mark_interruption(ax, 2021, "x", side="up")


def test_interruption_on_an_axis_of_dates():
    ax = Figure().add_subplot()
    ax.plot([datetime.date(2020, 1, 1), datetime.date(2021, 6, 1)], [1, 2])
    name = style.mark_interruption(ax, datetime.date(2020, 12, 21), "Code applies")
    assert name.xy[0] == datetime.date(2020, 12, 21)


def test_labels_of_line_ends_do_not_overlap():
    ax = axes()
    made = style.label_line_ends(
        ax,
        [(2021, 550_000, "A", style.ACCENT), (2021, 551_000, "B", style.GREY), (2021, 1e6, "C", style.INK)],
    )
    points = 72 / ax.get_figure().dpi
    places = [ax.transData.transform((2021, label.xy[1]))[1] * points + label.xyann[1] for label in made]
    gaps = [b - a for a, b in itertools.pairwise(places)]
    assert min(gaps) >= 11 - 1e-9
    assert style.label_line_ends(ax, []) == []


@given(st.lists(st.floats(-1000, 1000), max_size=12), st.floats(0.1, 50))
def test_spread_keeps_order_and_distance(wanted, gap):
    placed = style.spread(wanted, gap)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    in_order = [placed[i] for i in order]
    assert all(b - a >= gap - 1e-6 for a, b in itertools.pairwise(in_order))
    assert sum(placed) == pytest.approx(sum(wanted), abs=1e-6)


def test_spread_leaves_what_fits():
    assert style.spread([0, 20, 40], 11) == [0, 20, 40]
    assert style.spread([10, 10], 10) == [5, 15]


def test_style_does_not_leak():
    import matplotlib

    before = dict(matplotlib.rcParams)
    with style.rc():
        assert matplotlib.rcParams["svg.fonttype"] == "none"
    assert dict(matplotlib.rcParams) == before
