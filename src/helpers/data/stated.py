"""Words beside a stated number, and the order of its days."""

from __future__ import annotations

import re

import pandas as pd

from eprivacy_its.errors import InputError

QUALIFIERS = {
    "over": "over",
    "more than": "over",
    "roughly": "roughly",
    "about": "roughly",
    "nearly": "nearly",
    "rounded": "rounded",
}


def split_unit(text: str, where: str) -> tuple[str, str]:
    """Unit and qualifier of a printed unit: `files (over)` gives (`files`, `over`).

    Without brackets the qualifier is "". InputError for a word that isn't in `QUALIFIERS`.
    """
    found = re.fullmatch(r"(.*?)(?: \(([^)]*)\))?", text)
    unit, word = (found[1], found[2] or "") if found else (text, "")
    if word and word not in QUALIFIERS:
        raise InputError(
            f'{where}, column unit: found "({word})", expected in brackets one of {", ".join(QUALIFIERS)}.'
        )
    return unit, QUALIFIERS.get(word, "")


def in_order(raw: pd.DataFrame, file: str, first: str, last: str) -> None:
    backwards = raw[raw[last] < raw[first]]
    if len(backwards):
        raise InputError(
            f"{file}, row {backwards.index[0]}, column {last}: found a day before {first}, expected that day "
            "or a later one. Correct the days."
        )
