"""Long tables: several series below one another, told apart by a column that repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eprivacy_its.written import forms
from eprivacy_its.written.faults import Faults, plain, quoted

#: Values of a repeating column that a message lists.
LISTED = 6


def text(cell: Any) -> str:
    """A cell as it is compared with the value of ``--where``."""
    cell = forms.simple(cell)
    return "" if cell is None else str(cell).strip()


def repeating(columns: Mapping[str, Sequence[Any]], periods: Sequence[int]) -> tuple[str, list[str]] | None:
    """The column that tells apart rows of one period, with its values; None where no single column does.

    A few periods that stand twice are slips; a quarter of all rows and more are series below one another.

    Parameters
    ----------
    columns : mapping of str to sequence
        Cells of all columns but time and numbers in use.
    periods : sequence of int
        Period of each row.
    """
    found: list[tuple[int, str, list[str]]] = []
    for name, cells in columns.items():
        values = [text(cell) for cell in cells]
        kinds = list(dict.fromkeys(values))
        pairs = set(zip(values, periods, strict=True))
        if 1 < len(kinds) <= len(values) / 3 and len(pairs) == len(values):
            found.append((len(kinds), name, kinds))
    doubled = len(periods) - len(set(periods))
    return min(found)[1:] if found and doubled >= len(periods) / 4 else None


def told(name: str, kinds: Sequence[str], periods: int) -> str:
    """A long table in one line."""
    shown = ", ".join(plain(kind) for kind in kinds[:LISTED]) + (" …" if len(kinds) > LISTED else "")
    value = plain(kinds[0])
    return (
        f"column {quoted(name)} repeats: {len(kinds):,} series below one another ({shown}), {periods:,} rows with a period "
        f"that another has; take one with --where {plain(name)}={value} (in a scenario: where), "
        f"all of them with --by {plain(name)} (with new and run), or add them up"
    )


def chosen(columns: Mapping[str, Sequence[Any]], where: Sequence[str], faults: Faults) -> list[int]:
    """Places of the rows that ``column=value`` keeps.

    Raises
    ------
    InputError
        No such column or value; the message lists what is there.
    """
    kept = list(range(len(next(iter(columns.values()), ()))))
    for pair in where:
        name, value = split(pair, list(columns), faults)
        cells = [text(cell) for cell in columns[name]]
        kept = [place for place in kept if cells[place] == value]
        if not kept:
            there = list(dict.fromkeys(cells))
            shown = ", ".join(map(plain, there[:20])) + (" …" if len(there) > 20 else "")
            faults.stop(f"no row has {quoted(value)}; there is: {shown}", column=name)
    return kept


def split(pair: str, names: Sequence[str], faults: Faults) -> tuple[str, str]:
    """``region=North`` as column and value."""
    name, equals, value = pair.partition("=")
    name, value = name.strip(), value.strip()
    if not equals or name not in names:
        listed = ", ".join(plain(one) for one in names[:20] if one)
        faults.stop(f"--where {plain(pair)}: expected COLUMN=VALUE with one of these columns: {listed}")
    return name, value
