"""Single fields of the language: read, checked, and refused with one message."""

from __future__ import annotations

import datetime
import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from eprivacy_its.bounds.claims import Christmas, Window
from eprivacy_its.errors import InputError


class Place(NamedTuple):
    """Where a field stands: the file and the claim or section."""

    file: str
    what: str


def fault(place: Place, message: str) -> InputError:
    """The error for a fault at `place`."""
    return InputError(f"{place.file}: {place.what}: {message}")


def mapping(value: Any, place: Place) -> dict[str, Any]:
    """A mapping with text keys."""
    if not isinstance(value, Mapping):
        raise fault(place, f"found {value!r}, expected fields (name: value)")
    return {str(key): content for key, content in value.items()}


def known(given: Mapping[str, Any], allowed: set[str], place: Place) -> None:
    """Refuse a field that nothing reads: misspelt, it would be ignored in silence."""
    for key in given:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = (
                f"; did you mean {near[0]!r}?" if near else f"; expected among {', '.join(sorted(allowed))}"
            )
            raise fault(place, f"unknown field {key!r}{hint}")


def unique(names: Iterable[str], what: str, file: str) -> None:
    """Refuse a name that stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise fault(Place(file, f"{what} {name}"), "stands twice; give each its own name")
        seen.add(name)


def text(given: Mapping[str, Any], key: str, place: Place) -> str:
    """A field that must be there and not empty."""
    value = given.get(key)
    if value is None or not str(value).strip():
        raise fault(place, f"{key} is missing")
    return str(value).strip()


def one_of(
    given: Mapping[str, Any], key: str, allowed: Sequence[str], place: Place, default: str | None = None
) -> str:
    """A field with listed values."""
    value = given.get(key, default)
    if value not in allowed:
        raise fault(place, f"{key} {value!r}, expected one of {', '.join(allowed)}")
    return str(value)


def number(value: Any, place: Place, key: str, least: float = -math.inf) -> float:
    """A number, not NaN, at least `least`."""
    try:
        real = float(value)
    except (TypeError, ValueError, OverflowError):
        raise fault(place, f"{key} {value!r} is not a number") from None
    if isinstance(value, bool) or math.isnan(real):
        raise fault(place, f"{key} {value!r} is not a number")
    if real < least:
        raise fault(place, f"{key} is {value}; expected at least {least:g}")
    return real


def ends(value: Any, place: Place, least: float) -> tuple[float, float]:
    """A pair [low, high]; an end that is empty is open."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise fault(place, f"found {value!r}, expected two ends [low, high]")
    low = -math.inf if value[0] is None else number(value[0], place, "the lower end", least)
    high = math.inf if value[1] is None else number(value[1], place, "the upper end", least)
    if low == math.inf:
        raise fault(place, "the lower end is infinite; expected a number, or nothing for an open end")
    if high < low:
        raise fault(place, f"the interval ends at {value[1]} before it starts at {value[0]}")
    return max(low, least), high


def finite(value: Any, place: Place, key: str, least: float = -math.inf) -> float:
    """A number that is not infinite."""
    real = number(value, place, key, least)
    if math.isinf(real):
        raise fault(place, f"{key} is infinite; expected a number")
    return real


def whole(value: Any, place: Place, key: str, least: int) -> int:
    """A whole number, at least `least`."""
    real = finite(value, place, key, least)
    if real != int(real):
        raise fault(place, f"{key} is {value}; expected a whole number")
    return int(real)


def flag(value: Any, place: Place, key: str) -> bool:
    """true or false; the text "no" is neither."""
    if not isinstance(value, bool):
        raise fault(place, f"{key} is {value!r}; expected true or false")
    return value


def several(value: Any, place: Place, key: str) -> list[Any]:
    """A list; absent is an empty one, and a text is split at semicolons, as a cell of a table needs."""
    if value is None:
        return []
    if isinstance(value, str):
        return [item.strip() for item in value.split(";") if item.strip()]
    if not isinstance(value, (list, tuple)):
        raise fault(place, f"{key} is {value!r}; expected a list, e.g. [a, b]")
    return list(value)


def day(value: Any, place: Place, key: str) -> datetime.date:
    """An ISO date of the calendar."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)):
            raise ValueError
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        raise fault(
            place, f"{key} {value!r} is not a date; expected year-month-day, e.g. 2021-05-17"
        ) from None


def month_day(value: Any, place: Place) -> tuple[int, int]:
    """Month and day, written ``12-24``."""
    found = re.fullmatch(r"(\d{1,2})-(\d{1,2})", str(value))
    try:
        if found:
            # No leap year: the day must be one of every year.
            datetime.date(2021, int(found[1]), int(found[2]))
            return int(found[1]), int(found[2])
    except ValueError:
        pass
    raise fault(place, f"{value!r} is not a month and day of every year; expected e.g. 12-24")


def window(value: Any, place: Place, key: str, span: Window) -> Window:
    """Two inclusive days in order, inside the series."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        shown = "is missing" if value is None else f"{str(value)!r}"
        raise fault(place, f"{key} {shown}, expected its first and last day, e.g. [2021-05-17, 2021-06-06]")
    first, last = day(value[0], place, f"{key} start"), day(value[1], place, f"{key} end")
    if last < first:
        raise fault(place, f"the {key} ends on {last} before it starts on {first}")
    made = Window(first, last)
    if not made.within(span):
        raise fault(place, f"the {key} {made} lies outside the series ({span})")
    return made


def unit(stated: str, quantity: str, series_unit: str, place: Place) -> tuple[str, str]:
    """The unit as stated and the period of a rate; another unit than the series' is refused."""
    allowed = {
        "total": {series_unit: "day"},
        "mean rate": {f"{series_unit} a {per}": per for per in ("day", "week", "month")},
        "ratio": {"ratio": "day"},
        "change": {"percent": "day"},
    }[quantity]
    if stated not in allowed:
        expected = " or ".join(repr(name) for name in allowed)
        raise fault(
            place,
            f"unknown unit {stated!r} for a {quantity} of a series in {series_unit!r}; expected {expected}. "
            "A claim in another unit (files, users) says nothing about this series unless a part or a factor "
            "links the two",
        )
    return stated, allowed[stated]


def value(given: Mapping[str, Any], place: Place, quantity: str) -> tuple[float, float, float]:
    """Interval and published value of a claim: `value` with `rounding` (0: exact), or `interval`."""
    floor = {"ratio": 0.0, "change": -100.0}.get(quantity, 0.0)
    if ("rounding" in given) == ("interval" in given):
        raise fault(place, "state either rounding (the unit rounded to; 0 for exact) or interval [low, high]")
    if "interval" in given:
        low, high = ends(given["interval"], place, floor)
        middle = low if math.isinf(high) else (low + high) / 2
        published = finite(given["value"], place, "value", floor) if "value" in given else middle
        if not low <= published <= high:
            raise fault(place, f"value {published:g} lies outside its interval {low:g} to {high:g}")
        return low, high, published
    if given.get("value") is None:
        raise fault(place, "value is missing")
    published = finite(given["value"], place, "value", floor)
    rounding = number(given["rounding"], place, "rounding")
    if rounding < 0 or math.isinf(rounding):
        raise fault(place, f"rounding is {given['rounding']}; expected the unit rounded to, 0 or more")
    return max(published - rounding / 2, floor), published + rounding / 2, published


def candidate(text: Any, window: Window, place: Place) -> Window:
    """The baseline that a candidate names, relative to the claim's window.

    ``previous N weeks``: the 7N days that end the day before the window; ``same weeks a year before``: 364
    days earlier, so that weekdays agree; ``mean of YYYY``: the calendar year; or two dates.
    """
    if isinstance(text, (list, tuple)) and len(text) == 2:
        made = Window(day(text[0], place, "candidate start"), day(text[1], place, "candidate end"))
        if made.last < made.first:
            raise fault(place, f"candidate baseline ends on {made.last} before it starts on {made.first}")
        return made
    # At most four digits, from 1: what no calendar has is no candidate.
    weeks = re.fullmatch(r"previous ([1-9]\d{0,3}) weeks?", str(text))
    year = re.fullmatch(r"mean of ([1-9]\d{3})", str(text))
    one = datetime.timedelta(days=1)
    if weeks:
        return Window(window.first - int(weeks[1]) * 7 * one, window.first - one)
    if year:
        return Window(datetime.date(int(year[1]), 1, 1), datetime.date(int(year[1]), 12, 31))
    if text == "same weeks a year before":
        return Window(window.first - 364 * one, window.last - 364 * one)
    raise fault(
        place,
        f"candidate baseline {text!r} is unknown; expected 'previous N weeks', 'same weeks a year before', "
        "'mean of YYYY' or two dates",
    )


def christmas(content: Any, name: str) -> Christmas:
    """The pattern of the days around Christmas, from its mapping."""
    place = Place(name, "assumption christmas")
    given = mapping(content, place)
    known(given, {"first", "last", "share", "around"}, place)
    low, high = ends(given.get("share"), place, least=0.0)
    return Christmas(
        first=month_day(given.get("first", "12-24"), place),
        last=month_day(given.get("last", "01-01"), place),
        low=low,
        high=high,
        around=whole(given.get("around", 14), place, "around", least=1),
    )
