"""The drawing of the explorer as a Vega specification; its values come from the page."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def chart() -> dict[str, Any]:
    """The Vega specification: path over the years above, all specifications of a year beneath, then their options."""
    import altair as alt
    import vl_convert

    accent, ink, light, band = (f"var(--c-{name})" for name in ("accent", "ink", "light", "band"))
    scale = alt.Scale(type="log", nice=False, padding=6)
    ticks = alt.Axis(values=[0.125, 0.25, 0.5, 1, 2, 4, 8], format="~g")
    ratio = alt.Y("ratio:Q", scale=scale, title="ratio to other places", axis=ticks)
    even = alt.Chart().mark_rule(color=ink, strokeDash=[4, 3]).encode(y=alt.datum(1, type="quantitative"))
    path = alt.Chart(alt.NamedData(name="path"))
    year = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
    ends = {"y": alt.Y("low:Q", scale=scale, title="ratio to other places", axis=ticks), "y2": "high:Q"}
    over_years = alt.layer(
        even,
        path.mark_line(color=accent, strokeWidth=2).encode(x=year, y=ratio),
        path.mark_rule(color=accent, strokeWidth=2).encode(x=year, **ends),
        path.mark_point(color=accent, fill="var(--c-paper)", filled=False, size=60, opacity=1).encode(
            x=year, y=ratio
        ),
        path.transform_filter("datum.now")
        .mark_point(color=accent, filled=True, size=90, opacity=1)
        .encode(x=year, y=ratio),
    ).properties(width=100, height=240, title="Chosen specification, by year")
    every = alt.Chart(alt.NamedData(name="all"))
    rank = alt.X(
        "rank:Q",
        title="specifications, lowest first",
        axis=alt.Axis(tickCount=4),
        scale=alt.Scale(nice=False, zero=False),
    )
    now = alt.Chart(alt.NamedData(name="now"))
    curve = alt.layer(
        every.mark_area(color=band, clip=True).encode(x=rank, **ends),
        every.mark_line(color=light, strokeWidth=2).encode(x=rank, y=ratio),
        even,
        now.mark_rule(color=accent, strokeWidth=2).encode(x=rank, **ends),
        now.mark_point(color=accent, filled=True, size=90, opacity=1).encode(x=rank, y=ratio),
    ).properties(width=100, height=200, title="All specifications of the chosen year")
    select = every.mark_rule(opacity=0, strokeWidth=3).encode(
        x=rank,
        y=alt.value(0),
        y2=alt.value(200),
        tooltip=[alt.Tooltip(f"{name}:Q", format=".2f") for name in ("ratio", "low", "high")]
        + ["rank:Q", "words:N"],
    )
    curve = curve + select
    along = alt.Chart(alt.NamedData(name="strip"))
    row = alt.Y("row:O", axis=None)
    options = alt.layer(
        along.mark_rect(height=9, yOffset=6).encode(
            x=alt.X("from:Q", axis=None, scale=alt.Scale(nice=False, zero=False)),
            x2="to:Q",
            y=row,
            color=alt.condition("datum.now", alt.value(accent), alt.value(ink)),
            opacity=alt.Opacity("share:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.04, 1])),
            tooltip=["words:N", alt.Tooltip("share:Q", format=".0%"), "from:Q", "to:Q"],
        ),
        along.transform_filter("datum.from === 1")
        .mark_text(align="left", fontSize=11, yOffset=-6, color=ink)
        .encode(x=alt.value(0), y=row, text="words:N"),
    ).properties(width=100, height=alt.Step(26), title="Which options they have")
    text = {"labelColor": ink, "titleColor": ink, "labelFontSize": 12, "titleFontSize": 12}
    whole = (
        alt.vconcat(over_years, curve, options, spacing=66, bounds="flush")
        .configure(background="transparent", font="system-ui, sans-serif", autosize="pad")
        .configure_axis(
            gridColor="var(--c-grid)", domainColor=light, tickColor=light, titleFontWeight="normal", **text
        )
        .configure_title(color=ink, anchor="start", fontSize=13)
        .configure_view(stroke=None)
    )
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(whole.to_dict(validate=True))
    return vega
