"""Sentences whose numbers are recorded estimates: ``{claims/eu27-change-2021|fall}``.

A sentence names the id and how to say it; nothing is typed. What can be said:

==========  =================================================================================
count       the estimate as a whole number
rate        the estimate as a whole number, for rates
fall        minus the percent change, one decimal: a fall of 46.9 %
change      the percent change with its sign
ratio       two decimals
below       100 × (1 - ratio) as a percentage: how far below 1
interval    the interval on the estimate's own scale
apart       the interval of a ratio as percentages: 48 % below to 16 % below
set         the same, for an identified set
size        minus the percent change, no decimals
few         a count up to five in words
n           observations
estimator   the estimator's name
share       a share of 0 to 1 as a percentage
value       one decimal
growth      a ratio as a percent change with its sign
p           as a p-value
==========  =================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from eprivacy_its import results, show
from eprivacy_its.results import Estimate

_FEW = dict(enumerate(("none", "one", "two", "three", "four", "five")))
_FIELD = re.compile(r"\{([^{}|]+)\|([a-z]+)\}")


def _need(value: float | None, id: str) -> float:
    if value is None:
        raise ValueError(f"{id}: a sentence quotes a number that was recorded as none")
    return value


def _ends(one: Estimate) -> str:
    low, high = _need(one.ci_low, one.id), _need(one.ci_high, one.id)
    if one.scale == "percent change":
        return show.interval(low, high, 0, "%")
    return show.interval(low, high, 0 if one.scale == "count" else 2)


def _apart(one: Estimate) -> str:
    def end(ratio: float) -> str:
        return f"{show.percent(100 * abs(ratio - 1), 0)} {'below' if ratio < 1 else 'above'}"

    return f"{end(_need(one.ci_low, one.id))} to {end(_need(one.ci_high, one.id))}"


SAY: dict[str, Callable[[Estimate], str]] = {
    "count": lambda one: show.number(_need(one.estimate, one.id)),
    "rate": lambda one: show.number(_need(one.estimate, one.id)),
    "fall": lambda one: show.percent(-_need(one.estimate, one.id), 1),
    "size": lambda one: show.percent(-_need(one.estimate, one.id), 0),
    "change": lambda one: show.percent(_need(one.estimate, one.id), 0, signed=True),
    "ratio": lambda one: show.number(_need(one.estimate, one.id), 2),
    "below": lambda one: show.percent(100 * (1 - _need(one.estimate, one.id)), 0),
    "share": lambda one: show.percent(100 * _need(one.estimate, one.id), 0),
    "value": lambda one: show.number(_need(one.estimate, one.id), 1),
    "growth": lambda one: show.percent(100 * (_need(one.estimate, one.id) - 1), 0, signed=True),
    "few": lambda one: _FEW.get(int(_need(one.estimate, one.id)), show.number(_need(one.estimate, one.id))),
    "p": lambda one: show.p_value(_need(one.estimate, one.id)),
    "interval": _ends,
    "apart": _apart,
    "set": _ends,
    "n": lambda one: show.number(one.n),
    "estimator": lambda one: one.estimator,
}


def ids(sentence: str) -> list[str]:
    """Ids that a sentence quotes, in order, each once."""
    return list(dict.fromkeys(id for id, _how in _FIELD.findall(sentence)))


def filled(sentence: str, estimates: Mapping[str, Estimate], homes: Mapping[str, str] | None = None) -> str:
    """The sentence with its numbers; where `homes` are given each leads, as Markdown, to its estimate.

    Parameters
    ----------
    sentence : str
        With fields ``{id|how}``.
    estimates : mapping of id to Estimate
    homes : mapping of id to notebook stem, optional

    Raises
    ------
    KeyError
        An id that nothing recorded, or a way of saying that does not exist.
    """

    def said(found: re.Match[str]) -> str:
        id, how = found[1], found[2]
        if id not in estimates:
            raise KeyError(f"no estimate {id!r} was recorded, which the findings quote")
        if how not in SAY:
            raise KeyError(f"{{{id}|{how}}}: expected one of {', '.join(SAY)}")
        words = SAY[how](estimates[id])
        return words if homes is None else f"[{words}]({homes[id]}.html#{results.anchor(id)})"

    return _FIELD.sub(said, sentence)
