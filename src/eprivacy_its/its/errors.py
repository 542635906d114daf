"""The one error that the ITS estimators raise for input that can't be fitted."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from eprivacy_its.errors import InputError


class DesignError(InputError):
    """A series or a design that can't be fitted; a ``ValueError``.

    The message names the column, the period or the term, says what was found, and what to do.
    """


class NotConverged(DesignError):
    """An estimator that found no answer for a series that others can fit."""


def unknown(what: str, given: object, known: Iterable[object]) -> DesignError:
    """Error for a name that isn't there, with the nearest names that are."""
    names = [str(name) for name in known]
    near = get_close_matches(str(given), names, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return DesignError(f"{what} '{given}' is unknown.{hint} There is: {', '.join(names) or 'nothing'}.")
