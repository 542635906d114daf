"""Fragments as data: a file or table becomes a study; each fault is one message that names its claim.

A file has ``title``, ``series``, ``claims`` and, as needed, ``parts``, ``assumptions``, ``targets``::

    series:      {unit: reports, geography: EU, first: 2019-01-01, last: 2021-12-31, resolution: day}
    parts:       {facebook: {of: whole, meaning: ...}}       # each at most what it lies in, day by day
    assumptions:
      smoothness:   {kappa: 0.2, breaks: [2020-12-21], kind: relative}   # largest move between weeks
      week_pattern: [0.5, 1.5]                               # a day against the mean day of its week
      christmas:    {first: 12-24, last: 01-01, share: [0.6, 1.0], around: 14}
    claims:
      - id: fall
        quantity: change        # total | mean rate | ratio | change
        unit: percent           # reports | reports a day, a week, a month | ratio | percent
        window: [2020-12-21, 2021-01-10]     # first and last day, both inclusive
        baseline: not stated                 # or [first, last]; of ratios and changes only
        candidates: [previous 3 weeks, same weeks a year before, mean of 2020]   # each tried
        value: -46
        rounding: 1             # the unit rounded to, 0 for exact; or interval: [low, high]
        part: whole             # or readings: [{name: ..., part: ...}, {name: ..., use: false}]
        source: an id
        checked: how
    targets:
      - {name: rate, quantity: mean rate, window: [2021-04-26, 2021-11-07]}
      # also total; ratio, change, shortfall (with baseline); level change, slope change (with at); with
      # sizes: [-20], the largest move between weeks is found at which the target is below or above each size
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its import yamlfile
from eprivacy_its.bounds import fields, tables
from eprivacy_its.bounds.claims import (
    QUANTITIES,
    WHOLE,
    Asked,
    Candidate,
    Claim,
    Part,
    Smoothness,
    Study,
    WeekPattern,
    Window,
)
from eprivacy_its.bounds.fields import Place, fault
from eprivacy_its.limits import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    import pandas as pd

_STUDY = {"title", "series", "parts", "assumptions", "claims", "targets", "note"}
_SERIES = {"unit", "geography", "first", "last", "resolution"}
_CLAIM = {
    "id", "quantity", "geography", "unit", "window", "baseline", "candidates", "value", "rounding",
    "interval", "part", "readings", "group", "source", "checked", "note",
}  # fmt: skip
_TARGET = {"name", "quantity", "window", "baseline", "part", "at", "sizes"}
TARGETS = ("total", "mean rate", "ratio", "change", "level change", "slope change", "shortfall")
NOT_STATED = "not stated"
#: Bounds of a study: each day is a variable of the programme, each claim a row; each combination of readings and each
#: target is solved by itself, in a twentieth to a tenth of a second.
MOST_DAYS, MOST_CLAIMS, MOST_READINGS, MOST_TARGETS = 14_610, 200, 256, 100
DEFAULT_CANDIDATES = (
    "previous 3 weeks",
    "previous 6 weeks",
    "previous 18 weeks",
    "same weeks a year before",
    "mean of {year}",
)


def read(file: str | Path) -> Study:
    """The study in a YAML file; `claims` may be a list or the path of a CSV beside the file.

    Raises
    ------
    InputError
        Unreadable file, unknown field or unit, a window that ends before it starts or lies outside the
        series, a negative rounding, and the like: file, claim, what was found, what was expected.

    Examples
    --------
    >>> bounds.read("claims of nobody.yml")
    Traceback (most recent call last):
    eprivacy_its.errors.InputError: claims of nobody.yml: no such file
    """
    path = Path(file)
    # Days stay text, so that one that no calendar has is told with its claim.
    return parse(yamlfile.read(path, dates=False), name=path.name, folder=path.parent)


def parse(content: Any, name: str = "study", folder: Path | None = None) -> Study:
    """The study that a mapping describes, as :func:`read` finds it in a file.

    Parameters
    ----------
    content : mapping
        Keys ``title``, ``series``, ``claims``; optional ``parts``, ``assumptions``, ``targets``, ``note``.
    name : str
        Named in messages.
    folder : Path, optional
        Where a CSV named under ``claims`` lies.

    Examples
    --------
    >>> days = {"first": "2021-01-04", "last": "2021-01-10"}
    >>> row = {"id": "all", "quantity": "total", "unit": "u", "window": [*days.values()], "value": 70, "rounding": 0}
    >>> bounds.parse({"title": "t", "series": {"unit": "u", **days}, "claims": [row]}).span.days
    7
    """
    place = Place(name, "the file")
    top = fields.mapping(content, place)
    fields.known(top, _STUDY, place)
    series = fields.mapping(top.get("series"), Place(name, "series"))
    fields.known(series, _SERIES, Place(name, "series"))
    span = _span(series, Place(name, "series"))
    parts = _parts(top.get("parts") or {}, name)
    unit = fields.text(series, "unit", Place(name, "series"))
    base = Study(
        title=fields.text(top, "title", place),
        unit=unit,
        span=span,
        claims=(),
        geography=str(series.get("geography", "")),
        resolution=fields.one_of(series, "resolution", ("day", "week"), Place(name, "series"), "day"),
        parts=parts,
        note=str(top.get("note", "")),
        **_assumptions(top.get("assumptions") or {}, name, span),
    )
    rows = tables.claim_rows(top.get("claims"), name, folder)
    if len(rows) > MOST_CLAIMS:
        raise fault(Place(name, "claims"), f"{len(rows):,} claims, more than the {MOST_CLAIMS} that are read")
    claims = tuple(_claim(row, number, base, name) for number, row in enumerate(rows, start=1))
    fields.unique([claim.id for claim in claims], "claim", name)
    _readings_agree(claims, name)
    _bounded_readings(claims, name)
    asked = fields.several(top.get("targets"), Place(name, "targets"), "targets")
    if len(asked) > MOST_TARGETS:
        raise fault(
            Place(name, "targets"),
            f"{len(asked):,} targets, more than the {MOST_TARGETS} that are solved for",
        )
    targets = tuple(_target(row, base, name) for row in asked)
    fields.unique([target.name for target in targets], "target", name)
    return Study(**{**vars(base), "claims": claims, "targets": targets})


def from_table(frame: pd.DataFrame, series: Mapping[str, Any], title: str = "claims", **more: Any) -> Study:
    """A study from a table, one row a claim.

    Parameters
    ----------
    frame : DataFrame
        Columns as the fields of a claim, with ``window_start``, ``window_end``, ``baseline_start``,
        ``baseline_end`` for the windows and ``low``, ``high`` for an interval; empty cells count as absent.
    series : mapping
        ``unit``, ``first``, ``last``, optional ``geography`` and ``resolution``.
    more
        ``parts``, ``assumptions``, ``targets`` as in a file.

    Examples
    --------
    >>> row = {"id": "all", "quantity": "total", "unit": "u", "value": 70, "rounding": 0}
    >>> row |= {"window_start": "2021-01-04", "window_end": "2021-01-10"}
    >>> bounds.from_table(pd.DataFrame([row]), {"unit": "u", "first": "2021-01-04", "last": "2021-01-10"}).claims[0].value
    70.0
    """
    rows = tables.rows(frame)
    return parse({"title": title, "series": dict(series), "claims": rows, **more}, name=title)


def _span(series: Mapping[str, Any], place: Place) -> Window:
    first, last = (fields.day(series.get(end), place, end) for end in ("first", "last"))
    if last < first:
        raise fault(place, f"ends on {last} before it starts on {first}")
    if first.year < FIRST_YEAR or last.year > LAST_YEAR:
        raise fault(place, f"runs from {first} to {last}, outside the years {FIRST_YEAR} to {LAST_YEAR}")
    made = Window(first, last)
    if made.days > MOST_DAYS:
        raise fault(
            place, f"has {made.days:,} days, more than the {MOST_DAYS:,} (40 years) that are solved for"
        )
    return made


def _parts(content: Any, name: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    for part, about in fields.mapping(content, Place(name, "parts")).items():
        place = Place(name, f"part {part}")
        about = fields.mapping(about or {}, place)
        fields.known(about, {"of", "meaning"}, place)
        within = str(about.get("of", WHOLE))
        if part == WHOLE or within not in {WHOLE, *(other.name for other in parts)}:
            raise fault(place, f"lies in {within!r}; expected {WHOLE!r} or a part named above it")
        parts.append(Part(str(part), within, str(about.get("meaning", ""))))
    return tuple(parts)


def _assumptions(content: Any, name: str, span: Window) -> dict[str, Any]:
    place = Place(name, "assumptions")
    given = fields.mapping(content, place)
    fields.known(given, {"smoothness", "week_pattern", "christmas"}, place)
    made: dict[str, Any] = {}
    if "smoothness" in given:
        at = Place(name, "assumption smoothness")
        smooth = fields.mapping(given["smoothness"], at)
        fields.known(smooth, {"kappa", "breaks", "kind"}, at)
        made["smoothness"] = Smoothness(
            kappa=fields.number(smooth.get("kappa", math.inf), at, "kappa", least=0.0),
            breaks=tuple(
                fields.day(value, at, "breaks")
                for value in fields.several(smooth.get("breaks"), at, "breaks")
            ),
            kind=fields.one_of(smooth, "kind", ("relative", "absolute"), at, "relative"),
        )
        outside = [day for day in made["smoothness"].breaks if not span.first < day <= span.last]
        if outside:
            raise fault(at, f"break {outside[0]} lies outside the series ({span})")
    if "week_pattern" in given:
        at = Place(name, "assumption week_pattern")
        low, high = fields.ends(given["week_pattern"], at, least=0.0)
        if not low <= 1 <= high:
            raise fault(
                at, f"found {low} to {high}; the mean of a week's days is 1, so expected low <= 1 <= high"
            )
        made["week_pattern"] = WeekPattern(low, high)
    if "christmas" in given:
        made["christmas"] = fields.christmas(given["christmas"], name)
    return made


def _claim(row: Any, number: int, study: Study, name: str) -> Claim:
    plain = fields.mapping(row, Place(name, f"claim {number}"))
    place = Place(name, f"claim {plain.get('id', f'number {number}')}")
    fields.known(plain, _CLAIM, place)
    id = fields.text(plain, "id", place)
    quantity = fields.one_of(plain, "quantity", QUANTITIES, place)
    unit, per = fields.unit(fields.text(plain, "unit", place), quantity, study.unit, place)
    window = fields.window(plain.get("window"), place, "window", study.span)
    if per == "month" and window.months is None:
        raise fault(place, f"a rate a month needs whole calendar months; the window is {window}")
    geography = str(plain.get("geography", study.geography))
    if geography != study.geography:
        raise fault(
            place,
            f"geography {geography!r}, but the series is about {study.geography!r}; "
            "leave the claim out or name a part of the series that it counts",
        )
    compared = quantity in {"ratio", "change"}
    if not compared and plain.get("baseline") is not None:
        raise fault(place, f"a {quantity} has no baseline; use ratio or change, or remove it")
    stated = plain.get("baseline", NOT_STATED) if compared else None
    baseline = None
    if compared and stated != NOT_STATED:
        baseline = fields.window(stated, place, "baseline", study.span)
    low, high, value = fields.value(plain, place, quantity)
    return Claim(
        id=id,
        quantity=quantity,
        window=window,
        low=low,
        high=high,
        value=value,
        unit=unit,
        baseline=baseline,
        per=per,
        part=_part(plain.get("part", WHOLE), study, place),
        geography=geography,
        source=str(plain.get("source", "")),
        checked=str(plain.get("checked", "")),
        group=str(plain.get("group", id)),
        candidates=_candidates(plain, window, compared and baseline is None, study, place),
        note=str(plain.get("note", "")),
    )


def _part(part: Any, study: Study, place: Place) -> str:
    names = [WHOLE, *(known.name for known in study.parts)]
    if part not in names:
        raise fault(place, f"part {part!r} is unknown; expected one of {', '.join(names)}")
    return str(part)


def _candidates(
    plain: Mapping[str, Any], window: Window, open_baseline: bool, study: Study, place: Place
) -> tuple[Candidate, ...]:
    entries = fields.several(plain.get("readings"), place, "readings")
    readings = tuple(_reading(entry, study, place) for entry in entries)
    if not open_baseline:
        if plain.get("candidates"):
            raise fault(place, "candidates are for a baseline that is not stated; this claim states one")
        return readings
    if readings:
        raise fault(place, "either readings or an open baseline, not both: give each reading its own claim")
    given = fields.several(plain.get("candidates"), place, "candidates")
    names = given or [text.format(year=window.first.year) for text in DEFAULT_CANDIDATES]
    made = []
    for text in names:
        baseline = fields.candidate(text, window, place)
        if baseline.within(study.span):
            made.append(Candidate(str(text), baseline))
        elif given:
            raise fault(
                place, f"candidate baseline {text!r} ({baseline}) lies outside the series ({study.span})"
            )
    if not made:
        raise fault(
            place, f"no baseline is stated and no usual candidate lies inside the series ({study.span})"
        )
    return tuple(made)


def _reading(entry: Any, study: Study, place: Place) -> Candidate:
    given = fields.mapping(entry, place)
    fields.known(given, {"name", "part", "use"}, place)
    part = _part(given["part"], study, place) if "part" in given else None
    return Candidate(
        fields.text(given, "name", place), part=part, use=fields.flag(given.get("use", True), place, "use")
    )


def _readings_agree(claims: tuple[Claim, ...], name: str) -> None:
    """Refuse a group whose claims list different readings."""
    groups: dict[str, Claim] = {}
    for claim in claims:
        if not claim.candidates:
            continue
        other = groups.setdefault(claim.group, claim)
        if [one.name for one in other.candidates] != [one.name for one in claim.candidates]:
            raise fault(
                Place(name, f"claim {claim.id}"),
                f"lists other readings than {other.id} of the same group {claim.group!r}; expected the same ones",
            )


def _bounded_readings(claims: Sequence[Claim], name: str) -> None:
    """Readings multiply: a dozen open claims of five readings each would be 244 million programmes."""
    open_groups = {claim.group: len(claim.candidates) for claim in claims if claim.candidates}
    count = math.prod(open_groups.values())
    if count > MOST_READINGS:
        raise fault(
            Place(name, "claims"),
            f"{count:,} combinations of readings of {', '.join(open_groups)}, more than the {MOST_READINGS:,} that are "
            "tried; state baselines, list fewer candidates, or give claims that are read alike one group",
        )


def _target(row: Any, study: Study, name: str) -> Asked:
    plain = fields.mapping(row, Place(name, "targets"))
    place = Place(name, f"target {plain.get('name', '?')}")
    fields.known(plain, _TARGET, place)
    quantity = fields.one_of(plain, "quantity", TARGETS, place)
    needs_baseline = quantity in {"ratio", "change", "shortfall"}
    if needs_baseline == (plain.get("baseline") is None):
        raise fault(place, f"a {quantity} {'needs a' if needs_baseline else 'has no'} baseline")
    if (quantity in {"level change", "slope change"}) == (plain.get("at") is None):
        raise fault(
            place, f"a {quantity}: `at` is the first day of the new regime, for level and slope changes"
        )
    baseline = plain.get("baseline")
    made = Asked(
        name=fields.text(plain, "name", place),
        quantity=quantity,
        window=fields.window(plain.get("window"), place, "window", study.span),
        baseline=None if baseline is None else fields.window(baseline, place, "baseline", study.span),
        part=_part(plain.get("part", WHOLE), study, place),
        at=None if plain.get("at") is None else fields.day(plain["at"], place, "at"),
        sizes=_sizes(plain.get("sizes"), place),
    )
    if made.at is not None:
        _regression_possible(made, study, place)
    return made


def _sizes(value: Any, place: Place) -> tuple[float, ...]:
    given = [value] if isinstance(value, (int, float)) else fields.several(value, place, "sizes")
    return tuple(fields.finite(size, place, "sizes") for size in given)


def _regression_possible(asked: Asked, study: Study, place: Place) -> None:
    """Refuse a segmented regression that its window or its date does not allow."""
    from eprivacy_its.bounds.grid import Grid
    from eprivacy_its.bounds.targets import segmented_weights

    assert asked.at is not None
    try:
        segmented_weights(Grid(study.span), asked.window.first, asked.window.last, asked.at)
    except ValueError as error:
        raise fault(place, str(error)) from None
