"""Mutation testing: small faults are put into the code, and the tests must notice.

    .venv/bin/python tests/mutants.py [--each 80] [--seed 20261126] [--jobs 2] [--only effects.py] [package ...]

A mutant changes one comparison, operator, number or condition. A sample of all of them is drawn in each package; each
is tried by the tests that call the function it stands in, quickest first, until one fails. Modules that only word or
draw are left out. Every process is forked from one that has imported the heavy libraries. Writes build/mutants.json,
but not with --only, which draws from some files to see what their tests let through.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import json
import math
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import held

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
#: Folders of code, each with the folder of tests of the same name.
PACKAGES = {
    "its": "eprivacy_its/its",
    "bounds": "eprivacy_its/bounds",
    "panel": "eprivacy_its/panel",
    "plans": "eprivacy_its/plans",
    "series": "eprivacy_its/series",
    "robustness": "eprivacy_its/robustness",
    "simulate": "eprivacy_its/simulate",
    "runs": "eprivacy_its/runs",
    "countries": "helpers/countries",
    "claims": "helpers/claims",
    "providers": "helpers/providers",
    "findings": "helpers/findings",
}
#: Words, drawings and tables of published figures: what they say is checked on pages and by eye.
LEFT_OUT = {"summary.py", "drawing.py", "published.py", "command.py", "__init__.py"}
#: A mutant that makes the tests run this long has been noticed.
SECONDS = 240
COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.MatMult: ast.Add,
}  # fmt: skip


class Spots(ast.NodeVisitor):
    """Places of a module that can be mutated: (path to the node, what is done)."""

    def __init__(self) -> None:
        self.found: list[
            tuple[int, str, int]
        ] = []  # number of the node, what, line of its function (0: module)
        self.numbers: dict[int, int] = {}
        self.function = [0]

    def visit(self, node: ast.AST) -> None:
        # Parsed trees share one node for each context and operator: it keeps its first number, and none has two.
        self.numbers.setdefault(id(node), len(self.numbers))
        for what in mutations(node):
            self.found.append((self.numbers[id(node)], what, self.function[-1]))
        if isinstance(node, ast.FunctionDef):
            decorated = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            self.function.append(decorated)
            for part in [*node.body, node.args]:
                self.visit(part)
            self.function.pop()
            return
        if isinstance(node, (ast.Raise, ast.AnnAssign, ast.Assert)) or _is_text(node):
            # Messages, types and what is only for the type checker; the value of a typed assignment counts.
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                self.visit(node.value)
            return
        if isinstance(node, ast.arguments):
            for default in [*node.defaults, *node.kw_defaults]:
                if default is not None:
                    self.visit(default)
            return
        self.generic_visit(node)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )


def mutations(node: ast.AST) -> list[str]:
    """What can be done to a node."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
        return ["compare"]
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in ARITHMETIC:
        return [] if isinstance(node, ast.BinOp) and _about_text(node) else ["operator"]
    if isinstance(node, ast.BoolOp):
        return ["and/or"]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        return ["drop sign"]
    if isinstance(node, (ast.If, ast.IfExp)) and ast.unparse(node.test) != "TYPE_CHECKING":
        return ["negate condition"]
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        return ["number"]
    return []


def _about_text(node: ast.BinOp) -> bool:
    """Unions of types and sums of texts."""
    parts = [node.left, node.right]
    return any(
        isinstance(p, ast.JoinedStr)
        or (isinstance(p, ast.Constant) and isinstance(p.value, (str, type(None))))
        for p in parts
    )


def mutate(tree: ast.Module, number: int, what: str) -> tuple[str, int]:
    """Change the node of this number in place; returns before and after, as text, and its line."""
    spots = Spots()
    spots.visit(tree)
    node: Any = next(n for n in ast.walk(tree) if spots.numbers.get(id(n)) == number)
    before = ast.unparse(node.test if what == "negate condition" else node)
    if what == "compare":
        node.ops[0] = COMPARE[type(node.ops[0])]()
    elif what == "operator":
        node.op = ARITHMETIC[type(node.op)]()
    elif what == "and/or":
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif what == "drop sign":
        node.op = ast.UAdd() if isinstance(node.op, ast.USub) else node.op
        if isinstance(node.op, ast.Not):
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif what == "negate condition":
        node.test = ast.UnaryOp(ast.Not(), node.test)
    else:
        value = node.value
        node.value = (
            not value
            if isinstance(value, bool)
            else value + 1
            if isinstance(value, int)
            else value * 1.5 + 0.1 * (value == 0)
        )
    after = ast.unparse(node.test if what == "negate condition" else node)
    ast.fix_missing_locations(tree)
    return f"{before} -> {after}", getattr(node, "lineno", 0)


class Mutant(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Gives one module from a tree instead of its file."""

    def __init__(self, name: str, file: Path, tree: ast.Module) -> None:
        self.name, self.file, self.code = name, file, compile(tree, str(file), "exec")

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.file, loader=self)

    def get_source(self, fullname: str) -> None:
        return None

    def get_code(self, fullname: str) -> Any:
        return self.code


class Calls:
    """A plugin of pytest: which tests call which functions, and how long each test takes."""

    def __init__(self) -> None:
        self.called: dict[str, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = {}

    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> None:
        self.seen: set[Any] = set()
        sys.setprofile(lambda frame, event, _: self.seen.add(frame.f_code) if event == "call" else None)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.when == "teardown":
            sys.setprofile(None)
            for code in self.seen:
                if code.co_filename.startswith(str(SOURCE)):
                    self.called[f"{code.co_filename}:{code.co_firstlineno}"].add(report.nodeid)


def heavy() -> None:
    import hypothesis  # noqa: F401
    import matplotlib.figure  # noqa: F401
    import pandas  # noqa: F401
    import pytest  # noqa: F401
    import scipy.optimize
    import scipy.stats  # noqa: F401
    import statsmodels.api  # noqa: F401


def forked(act: Any, out: Path, seconds: float) -> int | None:
    """Exit status of `act` in a process of its own, its words in a file; None when it took too long."""
    child = os.fork()
    if child == 0:
        os.setsid()
        with out.open("w") as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        try:
            os._exit(int(act()))
        finally:
            os._exit(70)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


OPTIONS = ["-q", "-x", "-p", "no:cacheprovider", "--no-header", "-m", "not build and not browser"]


def run_tests(tests: list[str], plugins: tuple[Any, ...] = ()) -> int:
    import pytest
    from hypothesis import settings

    # What a mutant meets must not depend on chance.
    settings.register_profile("mutants", derandomize=True, database=None, deadline=None, print_blob=False)
    settings.load_profile("mutants")
    return int(pytest.main([*OPTIONS, "--rootdir", str(ROOT), *tests], plugins=list(plugins)))


def trace(package: str, folder: Path) -> tuple[dict[str, list[str]], dict[str, float]]:
    """Tests by the function that they call, from one run of all tests of a package."""
    made = folder / f"{package}.json"

    def act() -> int:
        calls = Calls()
        status = run_tests([f"tests/{package}"], (calls,))
        made.write_text(json.dumps([{k: sorted(v) for k, v in calls.called.items()}, calls.seconds]))
        return status

    status = forked(act, folder / "trace.txt", 3600)
    if status != 0:
        sys.exit(
            f"the tests of {package} don't pass as they are:\n{(folder / 'trace.txt').read_text()[-2000:]}"
        )
    called, seconds = json.loads(made.read_text())
    return called, seconds


def candidates(package: str) -> list[tuple[Path, int, str, int]]:
    found = []
    for file in sorted((SOURCE / PACKAGES[package]).rglob("*.py")):
        if file.name not in LEFT_OUT:
            spots = Spots()
            spots.visit(ast.parse(file.read_text(encoding="utf-8")))
            found += [(file, *spot) for spot in spots.found]
    return found


def attempt(
    one: tuple[Path, int, str, int], called: dict[str, list[str]], seconds: dict[str, float], folder: Path
) -> dict[str, Any]:
    """Try one mutant; says whether a test noticed."""
    file, number, what, line = one
    tree = ast.parse(file.read_text(encoding="utf-8"))
    change, at = mutate(tree, number, what)
    name = ".".join(file.relative_to(SOURCE).with_suffix("").parts)
    # Code of a module itself runs when it is imported: every test may notice.
    tests = called.get(f"{file}:{line}", []) if line else sorted(seconds)
    tests = sorted(tests, key=lambda test: seconds.get(test, 0.0))
    told = {
        "file": file.relative_to(ROOT).as_posix(),
        "line": at,
        "what": what,
        "change": change,
        "tests": len(tests),
    }
    if not tests:
        return {**told, "outcome": "not reached"}

    def act() -> int:
        sys.meta_path.insert(0, Mutant(name, file, tree))
        return run_tests(tests)

    status = forked(act, folder / f"{file.stem}-{number}.txt", SECONDS)
    return {**told, "outcome": {0: "survived", None: "killed, too slow"}.get(status, "killed")}


def study(package: str, each: int, seed: int, jobs: int, only: set[str], folder: Path) -> dict[str, Any]:
    called, seconds = trace(package, folder)
    every = [one for one in candidates(package) if not only or one[0].name in only]
    if not every:
        sys.exit(f"{package}: none of {', '.join(sorted(only))} can be changed")
    chosen = random.Random(f"{seed} {package}").sample(every, min(each, len(every)))
    with ThreadPoolExecutor(jobs) as pool:
        tried = list(pool.map(lambda one: attempt(one, called, seconds, folder), chosen))
    outcomes = Counter(one["outcome"].partition(",")[0] for one in tried)
    share = outcomes["killed"] / len(tried)
    error = math.sqrt(share * (1 - share) / len(tried) * (1 - len(tried) / len(every)))
    return {
        "package": package, "commit": held.commit(), "possible": len(every), "tried": len(tried), "killed": outcomes["killed"],
        "share": round(share, 4), "standard error": round(error, 4),
        "survivors": [one for one in tried if not one["outcome"].startswith("killed")],
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packages", nargs="*", default=["its", "bounds", "panel"])
    parser.add_argument("--each", type=int, default=80, help="mutants of each package")
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--only", action="append", default=[], help="name of a file; may be repeated", metavar="FILE"
    )
    options = parser.parse_args()
    os.chdir(ROOT)
    heavy()
    file = ROOT / "build" / "mutants.json"
    with tempfile.TemporaryDirectory() as temporary:
        for package in options.packages:
            made = study(
                package, options.each, options.seed, options.jobs, set(options.only), Path(temporary)
            )
            kept = json.loads(file.read_text()) if file.exists() else {}
            kept[package] = made
            print(
                f"{package}: {made['killed']} of {made['tried']} killed ({made['share']:.0%} ± {made['standard error']:.0%})"
            )
            for one in made["survivors"]:
                print(
                    f"  {one['file']}:{one['line']} {one['outcome']}: {one['change']} ({one['tests']} tests)"
                )
            sys.stdout.flush()
            if options.only:
                continue
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(kept, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
