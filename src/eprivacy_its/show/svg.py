"""Drawing to SVG that lives inside a page: theme colours, real text, own ids, the same bytes each time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from eprivacy_its.show import palette

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MplFigure

Draw = Callable[["MplFigure"], None]

# Plain black and white come from artists that ignore the style.
_ALIASES = {"#000000": "--c-ink"}


def draw_svg(draw: Draw, width: float, height: float) -> str:
    """What `draw` puts on a fresh figure, as matplotlib writes it.

    Parameters
    ----------
    draw : callable
        Takes a `matplotlib.figure.Figure`.
    width, height : float
        Inches.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    with palette.rc():
        target = io.StringIO()
        canvas = FigureCanvasSVG(_drawn(draw, width, height))
        canvas.print_svg(target, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return target.getvalue()


def draw_png(draw: Draw, width: float, height: float, dpi: int = 200) -> bytes:
    """The same as PNG on white, for slides and documents; equal bytes for equal drawings."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with palette.rc():
        target = io.BytesIO()
        figure = _drawn(draw, width, height)
        figure.set(facecolor=palette.PAPER, dpi=dpi)
        FigureCanvasAgg(figure).print_png(target, metadata={"Software": None})
    return target.getvalue()


def _drawn(draw: Draw, width: float, height: float) -> MplFigure:
    from matplotlib.figure import Figure as MplFigure

    figure = MplFigure(figsize=(width, height), layout="constrained")
    draw(figure)
    if not figure.axes and not figure.texts:
        raise ValueError("draw(fig) left the figure empty: add axes to the figure it is given")
    _fewer_dates(figure)
    return figure


def watermarked(draw: Draw) -> Draw:
    """The drawing with SIMULATED across it, as an outline: no text that a reader's software would take for a label."""

    def both(figure: MplFigure) -> None:
        from matplotlib.patches import PathPatch
        from matplotlib.textpath import TextPath
        from matplotlib.transforms import Affine2D

        draw(figure)
        width, height = figure.get_size_inches()
        outline = TextPath((0, 0), "SIMULATED", size=10)
        box = outline.get_extents()
        scale = 0.72 * width / box.width
        place = (
            Affine2D().translate(-box.x0 - box.width / 2, -box.y0 - box.height / 2).scale(scale).rotate_deg(18)
            .translate(width / 2, height / 2) + figure.dpi_scale_trans
        )  # fmt: skip
        figure.add_artist(
            PathPatch(
                outline, transform=place, facecolor=palette.LIGHT, alpha=0.3, linewidth=0, gid="simulated"
            )
        )

    return both


def _fewer_dates(figure: MplFigure) -> None:
    """Cap matplotlib's own choice of date ticks: a dozen labels don't fit on a phone."""
    from matplotlib.dates import AutoDateLocator

    # Months come in steps of six at the most: (most - 1) steps must hold any span below `least` years.
    least, most = (4, 10) if figure.get_figwidth() >= 5 else (2, 5)
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            locator = axis.get_major_locator()
            if isinstance(locator, AutoDateLocator):
                locator.minticks = least
                locator.maxticks = {unit: min(count, most) for unit, count in locator.maxticks.items()}


def _variables() -> dict[str, str]:
    own = {light: name for name, (light, _dark) in palette.VARIABLES.items()}
    return {**_ALIASES, **own}


def _themed(style: re.Match[str]) -> str:
    names = _variables()

    def variable(colour: re.Match[str]) -> str:
        name = names.get(colour[0].lower())
        return f"var({name},{colour[0]})" if name else colour[0]

    body = re.sub(r"#[0-9a-fA-F]{6}\b", variable, style[1])
    body = re.sub(r"font-family: [^;]*;? ?", "", body).rstrip("; ")
    return f'style="{body}"' if body else ""


def _slimmer(text: str) -> str:
    """Drop what draws nothing and digits below a hundredth of a point."""
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style[^>]*>.*?</style>", "", text, flags=re.S)
    text = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", text)
    text = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", text)

    def rounded(attribute: re.Match[str]) -> str:
        value = re.sub(r"(\.\d\d)\d+", r"\1", attribute[2])
        return f' {attribute[1]}="{" ".join(value.split())}"'

    text = re.sub(r' (d|x|y|x1|x2|y1|y2|width|height|transform)="([^"]*)"', rounded, text)
    text = re.sub(r">\s*\n\s*<", "><", text)
    before = ""
    while before != text:
        before, text = text, re.sub(r"<g>\s*</g>|<g/>|<defs>\s*</defs>", "", text)
    return text


def _own_ids(text: str, prefix: str) -> str:
    """Only ids that something in the picture refers to, each with the prefix."""
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text))
    kept = {first or second for first, second in used}
    text = re.sub(
        r' id="([^"]+)"', lambda found: f' id="{prefix}-{found[1]}"' if found[1] in kept else "", text
    )
    text = re.sub(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{prefix}-\1"', text)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)


def inline(svg: str, prefix: str) -> str:
    """The SVG as one element for HTML.

    No prolog, no fixed size, hidden from screen readers (the picture's container speaks for it), colours as
    CSS variables, and ids that no other picture of the page has.

    Parameters
    ----------
    svg : str
        As matplotlib writes it.
    prefix : str
        Put before each id.
    """
    start = svg.index("<svg")
    end = svg.index(">", start)
    box = re.search(r'viewBox="([^"]+)"', svg[start:end])
    if box is None:
        raise ValueError("the SVG has no viewBox")
    body = re.sub(r'style="([^"]*)"', _themed, _own_ids(_slimmer(svg[end + 1 :]), prefix))
    # matplotlib's own style sheet would reach every other picture of the page: its two rules are attributes
    # here. Black is left out by matplotlib as the default, so the default is ink.
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box[1]}" aria-hidden="true" focusable="false" '
        f'style="fill:var(--c-ink,{palette.INK});font-family:{palette.FONTS}" '
        'stroke-linejoin="round" stroke-linecap="butt">'
    )
    return _slimmer(opening + body.strip())


def alone(drawn: str, font: str = "") -> str:
    """A drawing of a page as a file of its own: on white, in the colours of light pages.

    Parameters
    ----------
    drawn : str
        As :func:`inline` gives it.
    font : str
        For its words, in place of the fonts of a reader's system.
    """
    opening, rest = drawn.split(">", 1)
    # A variable of the site's style sheet has no value here; its light colour stays.
    plain = re.sub(
        r"var\(--[a-z0-9-]+, ?(#[0-9a-fA-F]{3,6})\)",
        r"\1",
        f'{opening}><rect width="100%" height="100%" fill="#fff"/>{rest}',
    )
    return plain.replace(palette.FONTS, font) if font else plain
