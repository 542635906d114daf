"""Many dumps into one table, on this machine's cores or on a cluster, going on where an earlier run ended."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from eprivacy_its import parallel, remote
from eprivacy_its.errors import InputError
from helpers.moderation import days, tables
from helpers.moderation.days import Day, Dump


def count(addresses: Sequence[str], out: Path, jobs: int) -> int:
    """Count dumps and write the daily table `out` and the table of cells beside it.

    What is found in each dump is kept in the folder `out`.days, so that the same command goes on after a kill.

    Parameters
    ----------
    addresses : sequence of str
        Files of this machine or addresses that fsspec opens, one a day.
    out : Path
    jobs : int
        Processes on this machine; a cluster uses all its workers.

    Returns
    -------
    int
        0: all was counted. 1: a member or a file was damaged, and the rest was counted.

    Raises
    ------
    InputError
        A file is no dump; no table is written.
    """
    dumps = _dumps(addresses, out)
    folder = out.with_name(f"{out.name}.days")
    waiting = [dump for dump in dumps if days.kept(folder, dump) is None]
    if len(waiting) < len(dumps):
        _say(f"{len(dumps) - len(waiting)} of {len(dumps)} dumps were counted before.")
    refused: set[str] = set()
    for day in _counted(waiting, jobs):
        if day.no_dump:
            raise InputError(f"{remote.without_secrets(day.dump.address)}: {day.refused}")
        if day.refused:
            refused.add(day.dump.name)
            _say(f"{day.dump.name}: not counted: {day.refused}")
        else:
            days.keep(folder, day)
            _say(f"{day.dump.name}: {day.statements:,} statements")
    return _write([dump for dump in dumps if dump.name not in refused], folder, out, bool(refused))


def _counted(waiting: list[Dump], jobs: int) -> Iterator[Day]:
    """Each dump, as it is ready; fewer dumps than processes are cut into shares."""
    number = 1 if os.environ.get(parallel.VARIABLE) else max(1, jobs // max(1, len(waiting)))
    ready: dict[str, list[Day]] = {}
    items = [share for dump in waiting for share in dump.shares(number)]
    for day in parallel.as_ready(days.count, items, jobs, _lost):
        shares = ready.setdefault(day.dump.name, [])
        shares.append(day)
        if len(shares) == number:
            yield days.joined(ready.pop(day.dump.name))


def _dumps(addresses: Sequence[str], out: Path) -> list[Dump]:
    if importlib.util.find_spec("pyarrow") is None:
        raise InputError(
            "counting needs the package pyarrow; install the extra: pip install 'eprivacy-its[tables]'"
        )
    if out.is_dir():
        raise InputError(f"--out {out}: is a folder; expected a file such as statements.csv")
    seen: dict[str, str] = {}
    dumps = [days.dump(address) for address in addresses]
    for dump in dumps:
        if dump.day in seen:
            raise InputError(
                f"{seen[dump.day]} and {remote.without_secrets(dump.address)} are both of {dump.day}: each statement "
                "would count twice; give one of them"
            )
        seen[dump.day] = remote.without_secrets(dump.address)
    return sorted(dumps, key=lambda dump: dump.day)


def _lost(dump: Dump, error: Exception) -> Day:
    return Day(
        dump, refused=f"its process died each time ({type(error).__name__}), for want of memory perhaps"
    )


def _write(dumps: list[Dump], folder: Path, out: Path, failed: bool) -> int:
    """Both tables, from what was kept; one dump in memory at a time."""
    daily = tables.Daily()
    for dump in dumps:
        day = _again(folder, dump)
        daily.add(day)
        for member in day.damaged:
            failed = True
            _say(f"{dump.name}: damaged, left out: {member}")
    if dumps:
        tables.write_cells(out, (_again(folder, dump) for dump in dumps))
        daily.write(out)
    return int(failed)


def _again(folder: Path, dump: Dump) -> Day:
    day = days.kept(folder, dump)
    if day is None:
        raise InputError(f"{folder}: what was counted of {dump.name} is gone; run the command again")
    return day


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
