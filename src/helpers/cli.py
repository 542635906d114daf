"""The command line. Imports stay inside the commands, so that help and "nothing to do" answer at once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

DONE, FAILED, BAD_INPUT = 0, 1, 2


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
        try:
            with parallel.backend():
                pass
        except BaseException:
            del os.environ[parallel.VARIABLE]
            raise


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
    from helpers import options as known
    from helpers import remote
    from helpers.series import command

    given = {name: getattr(options, name) for name in known.READING}
    told = command.check(
        options.file, time=options.time, outcome=options.outcome, as_json=options.json, **given
    )
    remote.forget()  # a check leaves nothing behind
    print(told)
    return DONE


def _new(options: argparse.Namespace) -> int:
    from helpers import options as known
    from helpers.publish import scenario

    given = {name: getattr(options, name) for name in known.PARAMETERS}
    written, warning = scenario.new(
        options.name,
        data=options.data,
        time=options.time,
        outcome=options.outcome,
        interruptions=options.interruption,
        given={name: value for name, value in given.items() if value not in (None, [])},
    )
    shown = os.path.relpath(written)
    if warning:
        print(plain_lines(warning), file=sys.stderr)
    print(f"wrote {shown}; now: eprivacy-its run {shown}")
    return DONE


def _schema(options: argparse.Namespace) -> int:
    from helpers.publish import schemas

    print(schemas.json_schema(options.notebook))
    return DONE


def plain_lines(text: object) -> str:
    """Lines that a terminal can't take for orders, whatever a file, a column or a unit is called."""
    from helpers.written.faults import plain

    return "\n".join(map(plain, str(text).split("\n")))


def _results(options: argparse.Namespace) -> int:
    from helpers.publish import listing

    told = listing.text(options.format)
    print(plain_lines(told) if options.format == "table" else told, end="")
    return DONE


def _verify(options: argparse.Namespace) -> int:
    from helpers.publish import verify

    _cold(options)
    return verify.verify()


def _archive(options: argparse.Namespace) -> int:
    from helpers.publish import archive

    print(os.path.relpath(archive.archive(options.out)))
    return DONE


def _completion(options: argparse.Namespace) -> int:
    from helpers import completion

    print(completion.script(options.shell), end="")
    return DONE


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

    print(plain_lines(command.run(options.file, paths.build() / "claims")))
    return DONE


COMMANDS = {
    "build": _build,
    "run": _run,
    "check": _check,
    "new": _new,
    "schema": _schema,
    "results": _results,
    "verify": _verify,
    "archive": _archive,
    "accept": _accept,
    "expected": _expected,
    "claims": _claims,
    "completion": _completion,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of ``eprivacy-its``; returns the exit status."""
    from helpers import options as known
    from helpers import remote
    from helpers.errors import InputError

    options = known.parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except InputError as error:
        remote.forget()
        print(plain_lines(error), file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        return DONE
    except OSError as error:
        print(plain_lines(f"{error.filename or options.command}: {error.strerror or error}"), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted; the last finished site and results are as they were", file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
