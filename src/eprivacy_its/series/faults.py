"""Faults of a file, gathered so that one message names them all."""

from __future__ import annotations

from typing import NoReturn

from eprivacy_its.errors import InputError

#: Faults told one by one; the rest are counted, since a wrong separator can make a million of them.
MOST = 20
#: Characters of a cell that a message repeats.
SHOWN = 40


def quoted(value: object) -> str:
    """A cell as messages show it: in quotes, one line, shortened."""
    text = " ".join(str(value).split())
    return f'"{text[: SHOWN - 1]}…"' if len(text) > SHOWN else f'"{text}"'


class Faults:
    """What is wrong with one file.

    Parameters
    ----------
    file : str
        Name that starts each line.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.count = 0
        self._kept: list[tuple[int, str]] = []

    def add(self, what: str, *, row: int | None = None, column: str | None = None) -> None:
        """Note one fault.

        Parameters
        ----------
        what : str
            Found, expected and how to fix, in one line.
        row : int, optional
            Line of the file, or row of the sheet; the header is row 1.
        column : str, optional
        """
        self.count += 1
        if len(self._kept) < MOST:
            place = [self.file]
            place += [f"row {row}"] if row is not None else []
            place += [f"column {quoted(column)}"] if column is not None else []
            self._kept.append((row or 0, f"{', '.join(place)}: {what}"))

    def stop(self, what: str, *, row: int | None = None, column: str | None = None) -> NoReturn:
        """Note a fault after which nothing more can be read."""
        self.add(what, row=row, column=column)
        raise self.error()

    def error(self) -> InputError:
        """All faults as one error, one line each, in the order of the rows."""
        lines = [text for _, text in sorted(self._kept, key=lambda entry: entry[0])]
        rest = self.count - len(lines)
        if rest:
            lines.append(f"{self.file}: and {rest:,} more fault{'s' if rest > 1 else ''} like these")
        return InputError("\n".join(lines))

    def raise_any(self) -> None:
        """Raise the error if there is any fault."""
        if self.count:
            raise self.error()
