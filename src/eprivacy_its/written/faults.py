"""Faults of a table, gathered so that one message names them all, each kind once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

from eprivacy_its.errors import InputError

#: Kinds of fault that are told; the rest are counted.
MOST = 20
#: Faults of one kind told one by one; more of them are one line with their count.
ALIKE = 3
#: Characters of a cell that a message repeats.
SHOWN = 40
#: What differs between two faults of a kind: what is quoted, and numbers.
VARIES = re.compile(r'"[^"]*"|[\d][\w.:-]*')


def plain(text: object) -> str:
    """Text that a terminal can't take for orders: control and formatting characters are written as escapes."""
    return "".join(
        c if c.isprintable() or c in "\u00a0\u2009\u202f" else c.encode("unicode_escape").decode()
        for c in str(text)
    )


def quoted(value: object) -> str:
    """A cell as messages show it: in quotes, one line, shortened."""
    text = plain(" ".join(str(value).split()))
    return f'"{text[: SHOWN - 1]}…"' if len(text) > SHOWN else f'"{text}"'


class Faults:
    """What is wrong with one table.

    Parameters
    ----------
    file : str
        Name that starts each line; empty for a frame.
    error : type
        The exception to raise, an `InputError`.
    labels : mapping of int to object, optional
        What stands beside a row's number: the period of a row in a frame.
    """

    def __init__(
        self,
        file: str = "",
        error: type[InputError] = InputError,
        labels: Mapping[int, object] | None = None,
    ) -> None:
        self.file = plain(file)
        self._labels = labels or {}
        self.kind = error
        self.count = 0
        self._kinds: dict[object, list[tuple[int, str]]] = {}

    def add(
        self, what: str, *, row: int | None = None, column: str | None = None, kind: object = None
    ) -> None:
        """Note one fault.

        Parameters
        ----------
        what : str
            Found, expected and how to fix, in one line.
        row : int, optional
            Line of the file, or row of the sheet (the header is row 1); row of a frame, counted from 1.
        column : str, optional
        kind : object, optional
            Faults of one kind are told together; default: those that differ in what is quoted and in numbers.
        """
        self.count += 1
        kind = (column, kind or VARIES.sub("#", what))
        if kind not in self._kinds and len(self._kinds) >= MOST:
            return
        kept = self._kinds.setdefault(kind, [])
        place = [self.file] if self.file else []
        if row is not None:
            place.append(f"row {row}" + (f" ({plain(self._labels[row])})" if row in self._labels else ""))
        place += [f"column {quoted(column)}"] if column is not None else []
        line = f"{', '.join(place)}: {what}" if place else what
        kept.append((row or 0, line if len(kept) < ALIKE else ""))

    def stop(self, what: str, *, row: int | None = None, column: str | None = None) -> NoReturn:
        """Note a fault after which nothing more can be read."""
        self.add(what, row=row, column=column)
        raise self.error()

    def error(self) -> InputError:
        """All faults as one error, in the order of the rows: each kind once, with its count."""
        lines: list[tuple[int, str]] = []
        for found in self._kinds.values():
            if len(found) <= ALIKE:
                lines += found
                continue
            first, text = min(entry for entry in found if entry[1])
            rows = sorted(row for row, _ in found)
            listed = ", ".join(map(str, rows[:ALIKE]))
            lines.append((first, f"{text} ({len(rows):,} rows like this: {listed} … {rows[-1]})"))
        texts = [text for _, text in sorted(lines, key=lambda entry: entry[0])]
        rest = self.count - sum(map(len, self._kinds.values()))
        if rest:
            start = f"{self.file}: " if self.file else ""
            texts.append(f"{start}and {rest:,} more fault{'s' if rest > 1 else ''} of other kinds")
        return self.kind("\n".join(texts))

    def raise_any(self) -> None:
        """Raise the error if there is any fault."""
        if self.count:
            raise self.error()
