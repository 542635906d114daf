"""The register: one line a registration, which holds the plan, what it said of simulated data, and one hash of both.

Each line also names the hash of the line before it, so that an altered line, or one taken
out before another, shows. That the last lines were cut off or all written anew, only git shows.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from eprivacy_its import paths
from eprivacy_its.errors import InputError
from eprivacy_its.plans import simulation
from eprivacy_its.plans.plan import Plan, parse
from eprivacy_its.runs import provenance

ID_LENGTH = 12
#: Numbers of the probe may differ by this share: other processors round otherwise.
TOLERANCE = 1e-6


def folder() -> Path:
    """Where plans and their register stand."""
    return paths.root() / "scenarios" / "plans"


@dataclass(frozen=True)
class Entry:
    """One registration: `name` of the plan's file, its `content`, its `answers`, `commit` and whether files differed
    from it (`dirty`), and the hash of the line before."""

    name: str
    content: dict[str, Any]
    answers: simulation.Answers
    commit: str | None
    dirty: bool | None
    previous: str

    @property
    def hash(self) -> str:
        """Of plan, simulation and answers; not of the commit, which has no part in what is said."""
        return _hash([self.name, self.content, self.answers])

    @property
    def id(self) -> str:
        """The start of the hash, by which the registration is called."""
        return self.hash[:ID_LENGTH]

    @property
    def line_hash(self) -> str:
        """Of everything in the line."""
        return _hash(asdict(self))

    @cached_property
    def plan(self) -> Plan:
        """The plan as registered."""
        return parse(self.content, f"{self.name} as registered")


def _hash(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def entries() -> list[Entry]:
    """All registrations, oldest first.

    Raises
    ------
    InputError
        A line was altered, or one is gone.
    """
    file, found, before = folder() / "register.jsonl", [], ""
    try:
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
    except UnicodeDecodeError:
        raise InputError(
            f"{paths.in_project(file)}: not UTF-8 text; restore it from version control"
        ) from None
    if text and not text.endswith("\n"):
        raise InputError(
            f"{paths.in_project(file)}: its last line has no end; restore it from version control"
        )
    lines = text.split("\n")[:-1]  # a plan may hold other line separators
    for number, line in enumerate(lines, start=1):
        try:
            read = json.loads(line)
            said, entry = read.pop("hash"), Entry(**read)
        except (ValueError, LookupError, TypeError, AttributeError):
            raise InputError(
                f"{paths.in_project(file)}, line {number}: no registration; restore it"
            ) from None
        if said != entry.line_hash or entry.previous != before:
            raise InputError(
                f"{paths.in_project(file)}, line {number}: {entry.name} is not what was registered, or a line before it is gone; "
                "restore the register from version control"
            )
        before = entry.line_hash
        found.append(entry)
    return found


def latest() -> dict[str, Entry]:
    """The last registration of each plan, by name."""
    return {entry.name: entry for entry in entries()}


def find(wanted: str) -> Entry:
    """A registration by its id, or by the name of a plan that was registered once.

    Raises
    ------
    InputError
        There is none, or more than one.
    """
    known = entries()
    found = [one for one in known if wanted in (one.id, one.hash, one.name)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{one.id} ({one.name})" for one in found or known) or "none"
    how = "was registered more than once; name one of" if found else "is not registered; there are"
    raise InputError(f"run --registered: {wanted} {how} {listed}")


def add(name: str, content: dict[str, Any], answers: simulation.Answers) -> Entry:
    """Append a registration; one of the same plan with the same answers is given back as it stands."""
    known = entries()
    before = known[-1].line_hash if known else ""
    made = Entry(name, content, answers, **provenance.commit(), previous=before)
    for one in known:
        if one.hash == made.hash:
            return one
    line = json.dumps({**asdict(made), "hash": made.line_hash}, ensure_ascii=False)
    with (folder() / "register.jsonl").open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(line + "\n")
    return made


def differences(before: Any, now: Any, place: str = "plan", tolerance: float = 0.0) -> list[str]:
    """Every field in which two plans differ, each as one line; numbers by more than `tolerance`, a share."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        names = [*before, *(name for name in now if name not in before)]
        order = before.keys() == now.keys() and list(before) != list(now)  # the first analysis leads
        found = [f"{place}: registered in the order {', '.join(map(str, before))}"] if order else []
        for name in names:
            found += differences(before.get(name, ...), now.get(name, ...), f"{place}.{name}", tolerance)
        return found
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = enumerate(zip(before, now, strict=True))
        return [line for k, pair in pairs for line in differences(*pair, f"{place}.{k}", tolerance)]
    if tolerance and isinstance(before, (int, float)) and isinstance(now, (int, float)):
        same = math.isclose(before, now, rel_tol=tolerance)
    else:
        same = type(before) is type(now) and before == now
    if same:
        return []
    old, new = (
        "nothing" if value is ... else json.dumps(value, ensure_ascii=False) for value in (before, now)
    )
    return [f"{place}: registered {old}, now {new}"]


def moved(entry: Entry, whole: bool = True) -> list[str]:
    """How the present code answers otherwise than the code that the plan was registered with; none where it doesn't.

    Parameters
    ----------
    whole : bool
        False: only the results that were kept number by number.
    """
    now = simulation.answers(entry.plan) if whole else simulation.probe(entry.plan)
    return [
        f"code: simulated {name} {arm} the effect are not those that were registered"
        for arm in simulation.ARMS
        for name, value in now[arm].items()
        if differences(entry.answers[arm][name], value, tolerance=TOLERANCE)
    ]
