"""The columns of a design: what follows from time, covariates, holidays, and differences between two groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eprivacy_its.its import holidays as feasts
from eprivacy_its.its import periods
from eprivacy_its.its.errors import DesignError

Array = np.ndarray


def ramps(
    given: Any, starts: tuple[int, ...], ordinal: Array, calendar: periods.Calendar, min_periods: int
) -> tuple[int, ...]:
    """Periods over which each level change is reached, one an interruption; 1 is at once.

    Raises
    ------
    DesignError
        No whole number from 1, not one an interruption, or too few periods that have the whole change.
    """
    found = list(given) if isinstance(given, (tuple, list, np.ndarray)) else [given]
    if not all(isinstance(k, (int, np.integer)) and not isinstance(k, bool) and k >= 1 for k in found):
        raise DesignError(
            f"ramp is {given!r}: give a whole number of periods from 1, which is at once, or one for each interruption."
        )
    found = [int(k) for k in found or [1]]
    found = found * len(starts) if len(found) == 1 else found
    if len(found) != len(starts):
        raise DesignError(
            f"ramp is {given!r}: give one number, or one for each of the {len(starts)} interruptions, in order of time."
        )
    for k, start, end in zip(found, starts, (*starts, np.inf)[1:], strict=True):
        whole = len(np.unique(ordinal[(ordinal >= start + k - 1) & (ordinal < end)]))
        if k > 1 and whole < max(min_periods, 2):
            raise DesignError(
                f"Interruption {calendar.label(start)}: with a ramp of {k} {calendar.word}s, {whole} {calendar.word}(s) "
                f"{'after it' if end == np.inf else 'up to the next one'} have the whole change, at least "
                f"{max(min_periods, 2)} are needed. Give a shorter ramp, or add data."
            )
    return tuple(found)


def of_time(
    t: Array, since: list[float], ramp: Sequence[int], trend: bool, slope_change: bool
) -> dict[str, Array]:
    """Terms of one series that follow from the time alone.

    A level change over k periods is there to 1/k in its first and whole in its k-th; from that one on its slope counts.
    """
    columns = {"intercept": np.ones_like(t)}
    if trend:
        columns["trend"] = t
    for k, (start, length) in enumerate(zip(since, ramp, strict=True), 1):
        columns[f"level_{k}"] = np.clip((t - start + 1) / length, 0.0, 1.0)
        if slope_change:
            columns[f"slope_{k}"] = np.maximum(t - start - length + 1, 0.0)
    return columns


def seasonal(t: Array, seasons: tuple[tuple[float, int], ...]) -> dict[str, Array]:
    """``sin_j``, ``cos_j`` of the first season; those of further ones end in its periods: ``sin_1_365.25``."""
    columns = {}
    for place, (length, pairs) in enumerate(seasons):
        end = f"_{length:g}" if place else ""
        for j in range(1, pairs + 1):
            columns[f"sin_{j}{end}"] = np.sin(2 * np.pi * j * t / length)
            columns[f"cos_{j}{end}"] = np.cos(2 * np.pi * j * t / length)
    return columns


def holidays(
    wanted: bool | Sequence[str] | None, calendar: periods.Calendar, ordinal: Array
) -> dict[str, Array]:
    """Holiday terms: all that the series holds, or those named."""
    if wanted is None or wanted is False:
        return {}
    found = feasts.columns(calendar, ordinal)
    if isinstance(wanted, (tuple, list)) and set(wanted) <= set(found):
        return {name: found[name] for name in wanted}
    if wanted is not True:
        raise DesignError(f"holidays is {wanted!r}: give True, False or None (chosen under 'auto').")
    if not found:
        raise DesignError(
            f"holidays=True, but no {calendar.word} of the series lies at the year's end or at Easter (terms are for "
            "days and weeks). Leave holidays out."
        )
    return found


def with_covariates(terms: dict[str, Array], covariates: dict[str, Array]) -> dict[str, Array]:
    """All terms in the order of the contract: covariates stand before season and treated differences."""
    clash = [name for name in covariates if name in terms]
    if clash:
        raise DesignError(f"Covariate '{clash[0]}' has the name of a term: rename the column.")
    names = list(terms)
    later = (*feasts.NAMES, "treated")
    after = next((i for i, name in enumerate(names) if name in later or name.startswith("sin_")), len(names))
    return {
        **{name: terms[name] for name in names[:after]},
        **covariates,
        **{name: terms[name] for name in names[after:]},
    }


def treated_columns(columns: dict[str, Array], treated: Array, regimes: int) -> dict[str, Array]:
    """``treated``, and what differs in the treated rows: the trend and every term of an interruption or a pulse."""
    stems = ["trend"] + [f"{what}_{k}" for k in range(1, regimes + 1) for what in ("level", "slope")]
    stems += [name for name in columns if name.startswith("pulse_")]
    products = {f"treated:{name}": columns[name] * treated for name in stems if name in columns}
    return {"treated": treated} | products
