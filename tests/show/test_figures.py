import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest

from eprivacy_its import show
from eprivacy_its.plots import style
from eprivacy_its.show import stage

DATA = pd.DataFrame({"year": [2019, 2020, 2021], "reports": [725232, 1046349, 555834]})
GOOD = {
    "name": "fall",
    "caption": "Reports about the EU fell in 2021",
    "alt": "A line of reports a year: 725,232 in 2019, 1,046,349 in 2020 and 555,834 in 2021.",
    "data": DATA,
}


def draw(fig):
    ax = fig.add_subplot()
    ax.plot(DATA["year"], DATA["reports"], color=style.ACCENT, marker="o")
    ax.text(2019, 0, "costs $5 and $6 <b>", color="black")


@pytest.fixture(autouse=True)
def _no_stage(monkeypatch):
    monkeypatch.delenv("EPRIVACY_ITS_STAGE", raising=False)


@pytest.fixture(scope="module")
def made():
    return show.figure(draw, **GOOD)


def test_both_drawings_are_well_formed_svg(made):
    wide, narrow = (ElementTree.fromstring(svg) for svg in (made.svg, made.svg_narrow))
    assert wide.attrib["viewBox"].split()[2] == "518.4"
    assert narrow.attrib["viewBox"].split()[2] == "280.8"
    assert "width" not in wide.attrib


def test_a_screen_reader_hears_the_picture_once(made):
    assert made.html.count('role="img"') == 1
    assert made.html.count(GOOD["alt"]) == 1
    assert made.html.count('aria-hidden="true"') == 2
    assert made.html.count("<svg") == 2


def test_colours_are_variables_with_the_light_value_as_fallback(made):
    assert f"var(--c-accent,{style.ACCENT})" in made.svg
    bare = re.sub(r"var\([^)]*\)", "", made.svg)
    assert style.ACCENT not in bare
    assert "#000000" not in bare


def test_text_stays_text(made):
    assert "<text" in made.svg
    assert "costs $5 and $6 &lt;b&gt;" in made.svg
    assert "DejaVu" not in made.svg


def test_ids_are_the_figures_own(made):
    ids = re.findall(r' id="([^"]+)"', made.html)
    assert ids
    assert len(ids) == len(set(ids))
    assert all(one.startswith("figure-fall") for one in ids)
    targets = re.findall(r'(?<!code" )href="#([^"]+)"|url\(#([^)]+)\)', made.svg)
    assert {a or b for a, b in targets} <= set(ids)


def test_the_same_bytes_each_time(made):
    assert show.figure(draw, **GOOD).html == made.html


def test_data_and_csv_are_behind_it(made):
    assert "<details" in made.html
    assert "1,046,349" in made.html
    assert made.csv == "year,reports\n2019,725232\n2020,1046349\n2021,555834\n"
    assert 'download="fall.csv"' in made.html


def test_outside_the_site_it_brings_a_style(made):
    data, metadata = made._repr_mimebundle_()
    assert data["text/html"].startswith('<style class="its-fallback">')
    assert GOOD["alt"] in data["text/plain"]
    assert metadata["eprivacy_its"] == {"role": "figure", "name": "fall"}


def test_draw_is_called_once_a_width():
    widths = []

    def note(fig):
        widths.append((fig.get_figwidth(), fig.get_figheight(), style.is_narrow(fig)))
        draw(fig)

    show.figure(note, **GOOD, height=3, narrow_height=5)
    assert widths == [(7.2, 3, False), (3.9, 5, True)]


@pytest.mark.parametrize(
    "alt", ["", "  ", "figure", "TODO", "No description has been provided for this image", "short"]
)
def test_placeholder_alt_is_refused(alt):
    with pytest.raises(ValueError, match="figure 'fall': alt"):
        show.figure(draw, **{**GOOD, "alt": alt})


@pytest.mark.parametrize("caption", ["", "Figure", "Chart.", "tbd", "..."])
def test_placeholder_caption_is_refused(caption):
    with pytest.raises(ValueError, match="figure 'fall': caption"):
        show.figure(draw, **{**GOOD, "caption": caption})


def test_alt_that_repeats_the_caption_is_refused():
    with pytest.raises(ValueError, match="alt repeats the caption"):
        show.figure(draw, **{**GOOD, "caption": GOOD["alt"]})


def test_a_figure_needs_data_and_a_drawing():
    with pytest.raises(ValueError, match="data has no rows"):
        show.figure(draw, **{**GOOD, "data": DATA.head(0)})
    with pytest.raises(ValueError, match="left the figure empty"):
        show.figure(lambda fig: None, **GOOD)


def test_an_error_in_the_drawing_fails_the_cell():
    def broken(fig):
        raise KeyError("reports")

    with pytest.raises(KeyError, match="reports"):
        show.figure(broken, **GOOD)


@pytest.mark.parametrize("months", [1, 5, 14, 23, 25, 33, 47, 49, 59, 90])
@pytest.mark.filterwarnings("error")
def test_dates_do_not_collide_on_a_phone(months):
    days = pd.date_range("2018-07-05", periods=months + 1, freq="MS")

    def dated(fig):
        fig.add_subplot().plot(days, range(len(days)))

    made = show.figure(dated, **GOOD)
    for svg, most in ((made.svg, 11), (made.svg_narrow, 6)):
        labels = re.findall(r"<text[^>]*text-anchor: middle[^>]*>([^<]+)</text>", svg)
        assert 2 <= len(labels) <= most, labels


def test_matplotlib_keeps_its_own_settings():
    import matplotlib

    before = dict(matplotlib.rcParams)
    show.figure(draw, **GOOD)
    assert dict(matplotlib.rcParams) == before


def test_a_build_keeps_data_and_drawing(tmp_path, monkeypatch):
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    show.figure(draw, **GOOD)
    assert (tmp_path / "figures" / "fall.csv").read_text().startswith("year,reports\n")
    ElementTree.parse(tmp_path / "figures" / "fall.svg")
    assert (tmp_path / "figures" / "fall.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="'fall' is taken"):
        show.figure(draw, **GOOD)


def test_the_same_drawing_gives_the_same_png():
    from eprivacy_its.show import svg

    assert svg.draw_png(draw, 4, 3) == svg.draw_png(draw, 4, 3)


def test_a_simulated_drawing_says_so_across_itself(tmp_path, monkeypatch):
    """On the page and in each file; as an outline, so that no screen reader and no search meets it as a label."""
    plain = show.figure(draw, **GOOD)
    marked = show.figure(draw, **GOOD, simulated=True)
    for drawing in (marked.svg, marked.svg_narrow):
        assert "opacity: 0.3" in drawing
    assert "opacity: 0.3" not in plain.svg
    assert "SIMULATED" not in marked.svg
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    stage.mark_simulated()
    assert "opacity: 0.3" in show.figure(draw, **GOOD).svg


def test_show_is_light():
    code = (
        "import sys, eprivacy_its.show as s; print([m for m in ('matplotlib', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
