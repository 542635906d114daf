"""What the tests of the dumps share: counting by the command, reading back what it leaves."""

from __future__ import annotations

import csv
import gzip
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
pytest.importorskip("pyarrow")

from simulated_dumps import Cell, Made

from helpers.moderation import __main__, tables


def run(*arguments: object) -> int:
    """The command's exit status."""
    return __main__.main([str(one) for one in arguments])


def counted(out: Path) -> Counter[Cell]:
    """The cells beside a daily table."""
    with gzip.open(tables.cells_file(out), "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    found: Counter[Cell] = Counter()
    for *cell, number in rows:
        assert tuple(cell) not in found, "each cell stands once"
        found[tuple(cell)] = int(number)
    return found


def holds(out: Path, dumps: Iterable[Made]) -> bool:
    """Whether both tables hold exactly what the dumps hold."""
    cells: Counter[Cell] = Counter()
    rows: dict[tuple[str, str], tuple[int, ...]] = {}
    for made in dumps:
        cells += made.cells
        rows |= made.rows()
    return counted(out) == cells and tables.read(out)[0] == rows
