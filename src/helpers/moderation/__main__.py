"""Count the Commission's daily dumps of statements of reasons, and set the counts against another vintage.

    python -m helpers.moderation count sor-global-*-full.zip --out statements.csv
    python -m helpers.moderation compare statements.csv COMMITTED.csv
    python -m helpers.moderation merge statements.csv COMMITTED.csv --out MERGED.csv --accept

Exit status: 0 done, 1 something is damaged or differs, 2 bad input.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from eprivacy_its import parallel
from eprivacy_its.errors import InputError
from helpers.moderation import counting, vintages


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m helpers.moderation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    count = commands.add_parser(
        "count", help="dumps into a daily table; the same command goes on after a kill"
    )
    count.add_argument(
        "files", nargs="+", metavar="FILE", help="sor-global-YYYY-MM-DD-full.zip or -light.zip, one a day"
    )
    count.add_argument("--out", required=True, type=Path, metavar="TABLE", help="daily table to write (CSV)")
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    count.add_argument("--jobs", type=int, default=processors, metavar="N", help="processes")
    count.add_argument("--cluster", metavar="ADDRESS", help="a dask scheduler whose workers count instead")
    for name, purpose in (
        ("compare", "show every cell that differs"),
        ("merge", "one table of two vintages"),
    ):
        other = commands.add_parser(name, help=purpose)
        other.add_argument("new", type=Path, metavar="NEW", help="what count wrote")
        other.add_argument("committed", type=Path, metavar="COMMITTED", help="table of the same layout")
        other.add_argument(
            "--new-platforms", action="store_true", help="take platforms that COMMITTED never has"
        )
        if name == "merge":
            other.add_argument(
                "--out", required=True, type=Path, metavar="TABLE", help="table to write (CSV)"
            )
            other.add_argument("--accept", action="store_true", help="take the new value where cells differ")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; see the top of this module."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        if given.command == "count":
            if given.jobs < 1:
                parser.error(f"--jobs {given.jobs}: expected 1 or more")
            if given.cluster:
                os.environ[parallel.VARIABLE] = given.cluster
            return counting.count(given.files, given.out, given.jobs)
        if given.command == "merge":
            return vintages.merge(given.new, given.committed, given.out, given.accept, given.new_platforms)
        found = vintages.compare(given.new, given.committed, given.new_platforms)
        vintages.show(found)
        return int(bool(found.differing))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        return 130
    except parallel.ClusterLost as error:
        print(f"{error}; what came back is kept: the same command goes on", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
