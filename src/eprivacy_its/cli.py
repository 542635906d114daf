"""The command line. Imports stay inside the commands, so that help and "nothing to do" answer at once."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import threading
from collections.abc import Sequence

DONE, FAILED, BAD_INPUT = 0, 1, 2


def _cold(options: argparse.Namespace) -> None:
    from eprivacy_its.runs import execute

    if options.cold:
        os.environ[execute.COLD] = "1"
    _outside(options)


def _outside(options: argparse.Namespace) -> None:
    from eprivacy_its.runs import file_access

    if options.outside:
        os.environ[file_access.OUTSIDE] = "1"


def _jobs(options: argparse.Namespace) -> int:
    from eprivacy_its import parallel

    return int(options.jobs or parallel.cores())


def _cluster(options: argparse.Namespace) -> None:
    """Kernels inherit the address; the scheduler must answer before anything starts."""
    from eprivacy_its import parallel

    if options.cluster:
        os.environ[parallel.VARIABLE] = options.cluster
        try:
            with parallel.backend():
                pass
        except BaseException:
            del os.environ[parallel.VARIABLE]
            raise


def _init(options: argparse.Namespace) -> int:
    from eprivacy_its.study import init

    print(init.init(options.folder))
    return DONE


def _build(options: argparse.Namespace) -> int:
    from eprivacy_its.study import build

    _cold(options)

    if options.cell_seconds:
        os.environ["EPRIVACY_ITS_CELL_SECONDS"] = str(options.cell_seconds)
    _cluster(options)
    return build.build(jobs=_jobs(options), force=options.force)


def _run(options: argparse.Namespace) -> int:
    import json

    from eprivacy_its.errors import InputError

    if options.data and not options.registered:
        raise InputError("run: --data FILE is for --registered ID; a scenario names its own file")
    if options.registered:
        for name in ("by", "interruption_column", "out", "cluster", "jobs", "outside"):
            if getattr(options, name):
                raise InputError(
                    f"run --registered: --{name.replace('_', '-')} is for a scenario; leave it out"
                )
        from eprivacy_its.plans import command

        told, status = command.run(options.registered, options.data, options.set)
        print(plain_lines(told))
        return status
    from eprivacy_its.runs import graph
    from eprivacy_its.study import scenario

    _outside(options)
    _cluster(options)
    given = [
        f"{name}={json.dumps(value, ensure_ascii=False)}"
        for name in graph.UNITS
        if (value := getattr(options, name))
    ]
    return scenario.run(options.scenario, [*options.set, *given], jobs=_jobs(options), out=options.out)


def _register(options: argparse.Namespace) -> int:
    from eprivacy_its.plans import command

    print(plain_lines(command.registered(options.plan)))
    return DONE


def _check(options: argparse.Namespace) -> int:
    from eprivacy_its import options as known
    from eprivacy_its import remote
    from eprivacy_its.series import command

    given = {name: getattr(options, name) for name in known.READING}
    told = command.check(
        options.file, time=options.time, outcome=options.outcome, as_json=options.json, **given
    )
    remote.forget()  # a check leaves nothing behind
    print(told)
    return DONE


def _new(options: argparse.Namespace) -> int:
    from eprivacy_its import options as known
    from eprivacy_its.study import scenario

    given = {name: getattr(options, name) for name in known.PARAMETERS}
    written, warning = scenario.new(
        options.name,
        data=options.data,
        time=options.time,
        outcome=options.outcome,
        interruptions=options.interruption,
        given={name: value for name, value in given.items() if value not in (None, [])},
        by=options.by or "",
        own_dates=options.interruption_column or "",
    )
    shown = os.path.relpath(written)
    if warning:
        print(plain_lines(warning), file=sys.stderr)
    print(f"wrote {shown}; now: eprivacy-its run {shown}")
    return DONE


def _schema(options: argparse.Namespace) -> int:
    from eprivacy_its.runs import schemas

    print(schemas.json_schema(options.notebook))
    return DONE


def plain_lines(text: object) -> str:
    """Lines that a terminal can't take for orders, whatever a file, a column or a unit is called."""
    from eprivacy_its.written.faults import plain

    return "\n".join(map(plain, str(text).split("\n")))


def _results(options: argparse.Namespace) -> int:
    from eprivacy_its.study import listing

    told = listing.text(options.format)
    print(plain_lines(told) if options.format == "table" else told, end="")
    return DONE


def _verify(options: argparse.Namespace) -> int:
    from eprivacy_its.study import verify

    _cold(options)
    return verify.with_archive(options.archive) if options.archive else verify.verify()


def _archive(options: argparse.Namespace) -> int:
    from eprivacy_its.study import archive

    made, places = archive.archive(options.out, options.scenario)
    print("\n".join(places), file=sys.stderr)
    print(os.path.relpath(made))
    return DONE


def _completion(options: argparse.Namespace) -> int:
    import shtab

    from eprivacy_its import options as known

    whole = known.parser()
    for command in known.commands(whole).values():
        for action in command._actions:
            if str(action.metavar).startswith(known.FILES):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(whole, options.shell))
    return DONE


def _accept(options: argparse.Namespace) -> int:
    from eprivacy_its.packages import checksums

    print(plain_lines(checksums.accept(options.file, options.show)))
    return DONE


def _expected(options: argparse.Namespace) -> int:
    from eprivacy_its.study import expected, why

    return why.command() if options.why else expected.command(options.accept)


def _claims(options: argparse.Namespace) -> int:
    from eprivacy_its import names, paths
    from eprivacy_its.bounds import command

    names.run(options.file.stem, str(options.file))
    print(plain_lines(command.run(options.file, paths.build() / "claims")))
    return DONE


def _need_study(command: str) -> None:
    from eprivacy_its import paths
    from eprivacy_its.errors import InputError

    if not paths.is_study():
        raise InputError(
            f"{command} needs a study, a folder with notebooks/{paths.GRAPH}; go to one, name it in "
            f"{paths.ROOT_VARIABLE}, or make one with eprivacy-its init FOLDER"
        )


#: Commands that work on a whole study; the others work anywhere.
OF_STUDY = {"build", "verify", "expected", "results", "archive", "accept"}
COMMANDS = {
    "init": _init,
    "build": _build,
    "run": _run,
    "register": _register,
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


def _interrupted(*_: object) -> None:
    """Once is enough: another Ctrl-C must not stop the clearing up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of ``eprivacy-its``; returns the exit status."""
    from eprivacy_its import options as known
    from eprivacy_its import remote
    from eprivacy_its.errors import InputError

    options = known.parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None when closed
            stream.reconfigure(errors="backslashreplace")  # where the terminal knows ASCII alone
    main_thread = threading.current_thread() is threading.main_thread()
    if main_thread and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupted)
    try:
        if options.command in OF_STUDY:
            _need_study(options.command)
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
