"""The command line. Imports stay inside the commands, so that help and "nothing to do" answer at once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

DONE, FAILED, BAD_INPUT = 0, 1, 2

EXAMPLES = """examples:
  eprivacy-its build                          the whole site, what is out of date
  eprivacy-its check weekly.csv --time week --outcome reports
  eprivacy-its new hotline --data weekly.csv --time week --outcome reports --interruption 2020-12-21
  eprivacy-its run scenarios/hotline.yml --set estimator=ols
  eprivacy-its results --format csv
  eprivacy-its verify

exit status: 0 done, 1 a notebook or a comparison failed, 2 bad input or usage"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="eprivacy-its",
        description="Interrupted-time-series study of reports about the EU around 21 December 2020.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="run what is out of date and build the site")
    build.add_argument(
        "--jobs", type=_positive, default=None, metavar="N", help="worker processes (default: cores)"
    )
    build.add_argument("--force", action="store_true", help="run every notebook, out of date or not")
    build.add_argument(
        "--cell-seconds",
        type=_positive,
        metavar="S",
        help="a cell that takes longer counts as hanging (default: 900)",
    )

    run = commands.add_parser("run", help="run one scenario, or all combinations of its lists")
    run.add_argument("scenario", type=Path, metavar="SCENARIO.yml")
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change one parameter")
    run.add_argument("--out", default="", metavar="PLACE", help="copy what was made to a folder or to s3://…")
    for command in (build, run):
        command.add_argument(
            "--cluster", default="", metavar="ADDRESS", help="dask scheduler, e.g. tcp://10.0.0.1:8786"
        )
    run.add_argument(
        "--jobs",
        type=_positive,
        default=None,
        metavar="N",
        help="worker processes of a sweep (default: cores)",
    )

    check = commands.add_parser(
        "check", help="say what was understood of a CSV series, or what is wrong with it"
    )
    check.add_argument("file", type=Path, metavar="FILE.csv")
    check.add_argument("--time", metavar="COL", help="column of the period")
    check.add_argument("--outcome", metavar="COL", help="column of the count or rate")
    _ambiguities(check)

    new = commands.add_parser("new", help="write scenarios/NAME.yml for a series of your own")
    new.add_argument("name", metavar="NAME")
    new.add_argument("--data", type=Path, required=True, metavar="FILE.csv")
    new.add_argument("--time", required=True, metavar="COL")
    new.add_argument("--outcome", required=True, metavar="COL")
    new.add_argument(
        "--interruption", action="append", required=True, metavar="DATE", help="may be given again"
    )
    _ambiguities(new)

    listed = commands.add_parser("results", help="print every recorded estimate")
    listed.add_argument("--format", choices=("table", "json", "csv"), default="table")

    verify = commands.add_parser("verify", help="run all again elsewhere and compare with build/results")
    for command in (build, run, verify):
        command.add_argument(
            "--outside",
            action="store_true",
            help="let scenarios read files outside the project and their own folder",
        )
    for command in (build, verify):
        command.add_argument(
            "--cold", action="store_true", help="ordinary kernels, each with its own imports"
        )

    accept = commands.add_parser("accept", help="accept a deliberate change of a raw figures file")
    accept.add_argument("file", type=Path, metavar="FILE")

    expected = commands.add_parser(
        "expected", help="compare key estimates with the accepted ones in tests/expected"
    )
    expected.add_argument(
        "--accept", metavar="REASON", help="take the present ones; the reason goes into CHANGELOG.md"
    )

    claims = commands.add_parser("claims", help="what a file of published fragments can and can't mean")
    claims.add_argument("file", type=Path, metavar="FILE.yml")
    return parser


def _ambiguities(command: argparse.ArgumentParser) -> None:
    """Options that settle what a file leaves open."""
    command.add_argument("--dates", choices=("day-first", "month-first"), help="how to read 03/04/2021")
    command.add_argument("--decimal", choices=("point", "comma"), help="how to read 1.234 and 1,234")


def _positive(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1")
    return number


def _cold(options: argparse.Namespace) -> None:
    from helpers.publish import execute

    if options.cold:
        os.environ[execute.COLD] = "1"
    _outside(options)


def _outside(options: argparse.Namespace) -> None:
    from helpers.publish import confined

    if options.outside:
        os.environ[confined.OUTSIDE] = "1"


def _jobs(options: argparse.Namespace) -> int:
    if options.jobs:
        return int(options.jobs)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2


def _cluster(options: argparse.Namespace) -> None:
    """Kernels inherit the address; the scheduler must answer before anything starts."""
    from helpers import parallel

    if options.cluster:
        os.environ[parallel.VARIABLE] = options.cluster
        with parallel.backend():
            pass


def _build(options: argparse.Namespace) -> int:
    from helpers.publish import build

    _cold(options)

    if options.cell_seconds:
        os.environ["EPRIVACY_ITS_CELL_SECONDS"] = str(options.cell_seconds)
    _cluster(options)
    return build.build(jobs=_jobs(options), force=options.force)


def _run(options: argparse.Namespace) -> int:
    from helpers.publish import scenario

    _outside(options)
    _cluster(options)
    return scenario.run(options.scenario, options.set, jobs=_jobs(options), out=options.out)


def _check(options: argparse.Namespace) -> int:
    from helpers.series import command

    print(
        command.check(
            options.file,
            time=options.time,
            outcome=options.outcome,
            dates=options.dates,
            decimal=options.decimal,
        )
    )
    return DONE


def _new(options: argparse.Namespace) -> int:
    from helpers.publish import scenario

    written = scenario.new(
        options.name,
        data=options.data,
        time=options.time,
        outcome=options.outcome,
        interruptions=options.interruption,
        dates=options.dates,
        decimal=options.decimal,
    )
    shown = os.path.relpath(written)
    print(f"wrote {shown}; now: eprivacy-its run {shown}")
    return DONE


def _results(options: argparse.Namespace) -> int:
    from helpers.publish import listing

    print(listing.text(options.format), end="")
    return DONE


def _verify(options: argparse.Namespace) -> int:
    from helpers.publish import verify

    _cold(options)
    return verify.verify()


def _accept(options: argparse.Namespace) -> int:
    from helpers.figures import checksums

    print(checksums.accept(options.file))
    return DONE


def _expected(options: argparse.Namespace) -> int:
    from helpers.publish import expected

    return expected.command(options.accept)


def _claims(options: argparse.Namespace) -> int:
    from helpers import paths
    from helpers.bounds import command

    print(command.run(options.file, paths.build() / "claims"))
    return DONE


COMMANDS = {
    "build": _build,
    "run": _run,
    "check": _check,
    "new": _new,
    "results": _results,
    "verify": _verify,
    "accept": _accept,
    "expected": _expected,
    "claims": _claims,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of ``eprivacy-its``; returns the exit status."""
    from helpers import remote
    from helpers.errors import InputError

    options = _parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except InputError as error:
        remote.forget()
        print(error, file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"{error.filename or options.command}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted; the last finished site and results are as they were", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        return DONE


if __name__ == "__main__":
    sys.exit(main())
