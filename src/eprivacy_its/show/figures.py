"""Figures for pages: one drawing at two widths, caption, alternative text, and the data behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from eprivacy_its.show import stage
from eprivacy_its.show.numbers import number
from eprivacy_its.show.prose import METADATA
from eprivacy_its.show.wording import FALLBACK, checked_alt, checked_caption

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.show.svg import Draw

WIDE, NARROW = 7.2, 3.9  # inches: the reading width of a page, and of a phone


@dataclass(frozen=True)
class Figure:
    """A figure for a page; made by :func:`figure`.

    Attributes
    ----------
    svg, svg_narrow : str
        The drawing at `WIDE` and `NARROW` inches, ready to stand in HTML.
    data : DataFrame
        What is drawn.
    """

    name: str
    caption: str
    alt: str
    data: pd.DataFrame
    svg: str = field(repr=False)
    svg_narrow: str = field(repr=False)
    html: str = field(repr=False)

    @property
    def csv(self) -> str:
        """The data as CSV."""
        return stage.csv_text(self.data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        return (
            {"text/html": FALLBACK + self.html, "text/plain": f"[Figure] {self.caption}\n{self.alt}"},
            {METADATA: {"role": "figure", "name": self.name}},
        )


def figure(
    draw: Draw,
    *,
    name: str,
    caption: str,
    alt: str,
    data: pd.DataFrame,
    height: float = 4.2,
    narrow_height: float | None = None,
    units: Mapping[str, str] | None = None,
    decimals: Mapping[str, int | None] | None = None,
    note: str = "",
    simulated: bool = False,
) -> Figure:
    """Draw a figure at both widths, at once, so that an error in the drawing fails the cell.

    Parameters
    ----------
    draw : callable
        Takes a `matplotlib.figure.Figure` (7.2 in, then 3.9 in wide) with the house style active and puts the
        picture on it; ask ``fig.get_figwidth() < 5`` to draw fewer ticks. No pyplot.
    name : str
        Lower case with hyphens, used once in a notebook; HTML id ``figure-<name>`` and file name.
    caption : str
        The finding.
    alt : str
        What the picture shows, with numbers, for who can't see it.
    data : DataFrame
        What is drawn, one column a quantity; shown as a table and given as CSV.
    height, narrow_height : float
        Inches; the narrow one defaults to `height`.
    units, decimals : mapping, optional
        For the data table, as in :func:`eprivacy_its.show.table`.
    note : str
        Printed small under the caption.
    simulated : bool
        What is drawn was made by a computer: the drawing says so across itself. So do all figures of a run that called
        :func:`eprivacy_its.show.stage.mark_simulated`.

    Raises
    ------
    ValueError
        Empty or placeholder caption or alt, no data, name taken, nothing drawn.
    """
    from eprivacy_its.show import svg
    from eprivacy_its.show.svg import inline

    where = f"figure {name!r}"
    checked_caption(caption, where)
    checked_alt(alt, caption, where)
    if data.empty:
        raise ValueError(f"{where}: data has no rows; give the tidy data that is drawn")
    stage.take_name("figure", name)
    shown = data.reset_index(drop=True)
    shown.columns = [str(column) for column in shown.columns]  # type: ignore[assignment]
    marked = simulated or stage.is_simulated()
    drawn = svg.watermarked(draw) if marked else draw
    raw = svg.draw_svg(drawn, WIDE, height)
    wide = inline(raw, f"figure-{name}-w")
    narrow = inline(svg.draw_svg(drawn, NARROW, narrow_height or height), f"figure-{name}-n")
    csv = stage.csv_text(shown)
    stage.leave("figures", f"{name}.csv", csv)
    stage.leave("figures", f"{name}.svg", raw)
    stage.leave_bytes("figures", f"{name}.png", lambda: svg.draw_png(drawn, WIDE, height))
    html = _html(name, caption, alt, (wide, narrow), _data_html(name, shown, csv, units, decimals), note)
    return Figure(name, caption, alt, shown, wide, narrow, html)


def _data_html(
    name: str,
    data: pd.DataFrame,
    csv: str,
    units: Mapping[str, str] | None,
    decimals: Mapping[str, int | None] | None,
) -> str:
    from eprivacy_its.show.tables import SHOWN, body_html

    grid = body_html(data, units or {}, decimals or {})
    more = f" The first {SHOWN} of {number(len(data))} rows; the CSV holds all." if len(data) > SHOWN else ""
    label = f"Data of the figure {name.replace('-', ' ')}"
    return (
        f'<details class="its-data"><summary>Data</summary>'
        f'<div class="its-scroll its-long" role="group" tabindex="0" aria-label="{escape(label)}">'
        f'<table aria-label="{escape(label)}">{grid}</table></div>{more}</details>'
        f"{stage.csv_link(csv, name)}{stage.CODE_HERE}"
    )


def _html(name: str, caption: str, alt: str, svgs: tuple[str, str], data: str, note: str) -> str:
    # One picture for a screen reader: the container has the role and the text, both drawings are hidden.
    small = f'<p class="its-note">{escape(note)}</p>' if note else ""
    return (
        f'<figure class="its-figure" id="figure-{name}">'
        f"<figcaption>{escape(caption)}</figcaption>"
        f'<div role="img" aria-label="{escape(alt)}">'
        f'<div class="its-wide">{svgs[0]}</div><div class="its-narrow">{svgs[1]}</div></div>'
        f'{small}<div class="its-behind">{data}</div></figure>'
    )
