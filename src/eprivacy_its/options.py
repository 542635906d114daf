"""What may be written on the command line: commands, options, and the help with its examples."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

PROGRAM = "eprivacy-its"
SHELLS = ("bash", "zsh", "fish")
FILES = ("FILE", "SCENARIO", "FOLDER", "PLACE", "PLAN")  # what stands for a path in the help

EXAMPLES = {
    "": """  eprivacy-its build                          the whole site, what is out of date
  eprivacy-its check weekly.csv --time week --outcome reports
  eprivacy-its new hotline --data weekly.csv --time week --outcome reports --interruption 2021-05-17
  eprivacy-its run scenarios/hotline.yml --set estimator=ols
  eprivacy-its COMMAND --help                 options and examples of one command""",
    "init": "  eprivacy-its init my-study                  then: cd my-study && make findings",
    "build": """  eprivacy-its build                          run what is out of date, with all cores
  eprivacy-its build --jobs 1 --force         run everything, one notebook at a time
  eprivacy-its build --cluster tcp://10.0.0.1:8786   the Monte Carlo of 07_power on a dask cluster""",
    "run": """  eprivacy-its run scenarios/hotline.yml
  eprivacy-its run scenarios/hotline.yml --set estimator=ols --set level=0.9
  eprivacy-its run scenarios/hotline.yml --set 'estimator=[ols, reml]'     a sweep: both, and a comparison
  eprivacy-its run scenarios/hotline.yml --set 'interruptions=[[2021-05-17], [2021-10-18]]'
  eprivacy-its run scenarios/long.yml --by region     every region, and all of them pooled
  eprivacy-its run scenarios/many.yml --cluster tcp://10.0.0.1:8786 --out s3://bucket/many
  eprivacy-its run --registered hotline --data weekly.csv       a registered plan beside its result""",
    "register": "  eprivacy-its register scenarios/plans/hotline.yml",
    "check": """  eprivacy-its check weekly.csv               columns are proposed where there is no choice
  eprivacy-its check weekly.csv --time week --outcome reports
  eprivacy-its check daily.csv --dates day-first --decimal comma
  eprivacy-its check long.csv --where region=North
  eprivacy-its check book.xlsx --sheet Weekly --json
  eprivacy-its check s3://bucket/weekly.parquet""",
    "new": """  eprivacy-its new hotline --data weekly.csv --time week --outcome reports --interruption 2021-05-17
  eprivacy-its new gap --data weekly.csv --time week --outcome reports \\
      --interruption 2026-04-04 --interruption 2026-07-31
  eprivacy-its new north --data long.csv --time year,month --outcome n --interruption 2018-01 \\
      --where region=North --washout 2018-01:2018-03 --unit offences
  eprivacy-its new all --data long.csv --time month --outcome n --by region --interruption-column from""",
    "schema": """  eprivacy-its schema                         of 06_series, which scenarios of your own use
  eprivacy-its schema 07_power""",
    "results": """  eprivacy-its results
  eprivacy-its results --format csv > estimates.csv""",
    "verify": """  eprivacy-its verify                         every estimate again, elsewhere: the same?
  eprivacy-its verify --cold                  with ordinary kernels
  eprivacy-its verify --archive deposit.zip   is what I built what was published?""",
    "archive": """  eprivacy-its archive                        eprivacy-its-<version>.zip here
  eprivacy-its archive --out deposit.zip --scenario hotline""",
    "accept": """  eprivacy-its accept --show data/raw/ncmec/ncmec_reports_by_country.csv
  eprivacy-its accept data/raw/ncmec/ncmec_reports_by_country.csv""",
    "expected": """  eprivacy-its expected
  eprivacy-its expected --why                 was it data, code or a package?
  eprivacy-its expected --accept "Meta restated 2021Q1\"""",
    "claims": "  eprivacy-its claims scenarios/claims/eu_2020_2021.yml",
    "completion": """  eprivacy-its completion bash > ~/.local/share/bash-completion/completions/eprivacy-its
  eprivacy-its completion zsh > ~/.zfunc/_eprivacy-its     with fpath+=~/.zfunc before compinit
  eprivacy-its completion fish > ~/.config/fish/completions/eprivacy-its.fish""",
}
STATUS = "exit status: 0 done, 1 a notebook or a comparison failed, 2 bad input or usage"


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Interrupted time series, and studies that are made of them.",
        epilog=f"examples:\n{EXAMPLES['']}\n\n{STATUS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=text,
            description=text[:1].upper() + text[1:] + ".",
            epilog=f"examples:\n{EXAMPLES[name]}\n\n{STATUS}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    command("init", "make a small study of one's own to begin from").add_argument(
        "folder", type=Path, metavar="FOLDER"
    )
    _study(command("build", "run what is out of date and build the site"))
    _scenario(command("run", "run one scenario, or every combination of the lists in it"))
    register = command(
        "register", "fix a plan before its data: check it, try it on simulated data, record it"
    )
    register.add_argument("plan", type=Path, metavar="PLAN.yml")
    _check(command("check", "say what was understood of a series, or what is wrong with it"))
    _new(command("new", "write scenarios/NAME.yml for a series of your own"))
    schema = command("schema", "print the JSON schema of a notebook's parameters")
    schema.add_argument("notebook", nargs="?", default="06_series", metavar="NOTEBOOK")
    listed = command("results", "print every recorded estimate")
    listed.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: table")
    again = command("verify", "run all again elsewhere and compare with what is built")
    again.add_argument(
        "--archive",
        type=Path,
        metavar="FILE.zip",
        help="compare what is built with a published archive instead",
    )
    _outside(again)
    _cold(again)
    archive = command(
        "archive", "put the study and its last build into one zip that describes itself (RO-Crate)"
    )
    archive.add_argument(
        "--out", type=Path, default=Path(), metavar="FILE.zip", help="file or folder (default: here)"
    )
    archive.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="pack this scenario too, which git doesn't track; may be given again",
    )
    accept = command("accept", "accept a deliberate change of a raw figures file")
    accept.add_argument("file", type=Path, metavar="FILE")
    accept.add_argument("--show", action="store_true", help="list every changed past figure, accept nothing")
    expected = command("expected", "compare key estimates with the accepted ones in tests/expected")
    how = expected.add_mutually_exclusive_group()
    how.add_argument(
        "--accept", metavar="REASON", help="take the present ones; the reason goes into CHANGELOG.md"
    )
    how.add_argument(
        "--why",
        action="store_true",
        help="run what was accepted again with packages, data and code of today, one at a time; keep which moved what",
    )
    claims = command("claims", "say what a file of published fragments can and can't mean")
    claims.add_argument("file", type=Path, metavar="FILE.yml")
    completion = command("completion", "print a script that completes this command in a shell")
    completion.add_argument("shell", choices=SHELLS)
    return whole


def _study(build: argparse.ArgumentParser) -> None:
    _jobs(build, "worker processes (default: cores)")
    build.add_argument("--force", action="store_true", help="run every notebook, out of date or not")
    build.add_argument(
        "--cell-seconds",
        type=positive,
        metavar="S",
        help="a cell that takes longer counts as hanging (default: 900)",
    )
    _cluster(build)
    _outside(build)
    _cold(build)


def _scenario(run: argparse.ArgumentParser) -> None:
    what = run.add_mutually_exclusive_group(required=True)
    what.add_argument("scenario", type=Path, nargs="?", metavar="SCENARIO.yml")
    what.add_argument(
        "--registered", default="", metavar="ID", help="a registered plan instead, by id or name"
    )
    run.add_argument(
        "--data", type=Path, metavar="FILE.csv", help="its data (default: NAME.csv beside the plan)"
    )
    run.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change one parameter; may be given again",
    )
    _units(run)
    _jobs(run, "worker processes of a sweep (default: cores)")
    run.add_argument("--out", default="", metavar="PLACE", help="copy what was made to a folder or to s3://…")
    _cluster(run)
    _outside(run)


def _check(check: argparse.ArgumentParser) -> None:
    check.add_argument("file", metavar="FILE")
    check.add_argument("--time", metavar="COL", help="column of the period; year,month for parts of it")
    check.add_argument("--outcome", metavar="COL", help="column of the count or rate")
    check.add_argument("--json", action="store_true", help="what was understood, as JSON")
    _parameters(check, READING)


def _new(new: argparse.ArgumentParser) -> None:
    new.add_argument("name", metavar="NAME")
    new.add_argument("--data", required=True, metavar="FILE", help="CSV, .xlsx, Parquet or .dta; also s3://…")
    new.add_argument(
        "--time", required=True, metavar="COL", help="column of the period; year,month for parts of it"
    )
    new.add_argument("--outcome", required=True, metavar="COL", help="column of the count or rate")
    new.add_argument(
        "--interruption",
        action="append",
        default=[],
        metavar="DATE",
        help="first period of a new regime; may be given again",
    )
    _units(new)
    _parameters(new, PARAMETERS)


def _units(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--by",
        metavar="COL",
        help="column that tells the series of a long file apart: a page each, and one that pools them",
    )
    command.add_argument(
        "--interruption-column", metavar="COL", help="with --by: column of each series' own interruption"
    )


#: Parameters of 06_series with their options: what stands for the value, and the help. Metavars that end in … may be
#: given again. A test keeps them in step with `eprivacy_its.its.fit` and the notebook.
PARAMETERS: dict[str, tuple[str, str]] = {
    "estimator": ("NAME", "model (default: auto)"),
    "unit": ("WORDS", "what is counted or measured"),
    "geography": ("WORDS", "where the figures are from"),
    "source": ("NAME", "name of the source, lower case with hyphens"),
    "names": ("WORDS…", "what happened at each interruption; may be given again"),
    "slope_change": ("true|false", "whether slopes may change (default: true)"),
    "exposure": ("COL", "column of the population at risk"),
    "denominator": ("COL", "column of what the outcome is a part of: its share is modelled"),
    "weights": ("COL", "column of precision weights, for linear models"),
    "control": ("COL", "column that is 1 for the treated series and 0 for the control series"),
    "covariates": ("COL…", "a further column in the model; may be given again"),
    "harmonics": ("N", "pairs of sine and cosine for the season (default: chosen)"),
    "season": ("N…", "periods in a season; may be given again"),
    "holidays": ("true|false", "terms for year's end and Easter (default: chosen)"),
    "pulses": ("FIRST:LAST…", "a passing effect; may be given again"),
    "ramp": (
        "N…",
        "periods over which the level changes (default: at once); may be given again, one an interruption",
    ),
    "scan": ("FIRST:LAST", "dates between which one change is searched for, instead of --interruption"),
    "washout": ("FIRST:LAST…", "periods left out; may be given again"),
    "horizons": ("N…", "periods after the interruption at which the effect is told; may be given again"),
    "level": ("SHARE", "of all intervals (default: 0.95)"),
    "log": ("true|false", "model the logarithm of the outcome"),
    "trend": ("true|false", "whether there is a trend (default: true)"),
    "lags": ("N", "lags of newey-west"),
    "order": ("[p,d,q]", "of arima"),
    "seasonal_order": ("[P,D,Q,s]", "of arima"),
    "min_periods": ("N", "periods needed on each side of an interruption (default: 3)"),
    "where": ("COL=VALUE…", "rows of a long file that are read; may be given again"),
    "sheet": ("NAME", "sheet of a workbook"),
    "missing": ("model", "leave absent periods and values to the model"),
    "suppressed": ("low|high", "read <5 as 0 or as 4"),
    "dates": ("day-first|month-first", "how to read 03/04/2021"),
    "decimal": ("point|comma", "how to read 1.234 and 1,234"),
}
#: Those that say how a file is read.
READING = (
    "where", "sheet", "missing", "suppressed", "dates", "decimal", "washout", "exposure", "denominator", "weights", "control", "covariates",
)  # fmt: skip
_CHOICES = {
    "dates": ("day-first", "month-first"),
    "decimal": ("point", "comma"),
    "missing": ("refuse", "model"),
    "suppressed": ("low", "high"),
}


def _parameters(command: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Options for parameters of the notebook."""
    for name in names:
        shown, text = PARAMETERS[name]
        again = shown.endswith("…")
        command.add_argument(
            f"--{name.replace('_', '-')}",
            action="append" if again else "store",
            default=[] if again else None,
            metavar=None if name in _CHOICES else shown.rstrip("…"),
            choices=_CHOICES.get(name),
            help=text.replace("%", "%%"),
        )


def _jobs(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument("--jobs", type=positive, default=None, metavar="N", help=text)


def _cluster(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--cluster", default="", metavar="ADDRESS", help="dask scheduler to use, e.g. tcp://10.0.0.1:8786"
    )


def _outside(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--outside",
        action="store_true",
        help="let scenarios read files outside the project and their own folder",
    )


def _cold(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cold", action="store_true", help="ordinary kernels, each with its own imports")


def commands(whole: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    (made,) = (action for action in whole._actions if isinstance(action, argparse._SubParsersAction))
    return dict(made.choices)


def positive(text: str) -> int:
    """A whole number from 1, or a usage error."""
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1")
    return number
