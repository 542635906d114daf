"""What `make check-deep` tried, as a table of the documentation: docs/held.md, with the commit it was tried at."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# What was tried on it

Made by `make check-deep` (`tests/held.py`); don't edit. `make test` tries the same in small.

"""


#: What `make check-deep` counts; what it has not tried yet is said.
COUNTED = (
    "builds compared byte for byte", "kills of a build survived", "kills of a sweep survived", "files read or refused",
    "sequences of kills, edits and damage survived", "key estimates compared with another Python",
    "series fitted or refused", "studies read or refused", "scenarios read or refused", "texts read as YAML or refused",
)  # fmt: skip


def commit() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    dirty = git(
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        "src",
        "tests",
        "notebooks",
        "requirements.lock",
    )
    return git("rev-parse", "--short=12", "HEAD") + (" with changes" if dirty else "")


def table(rows: list[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def mutants(found: dict[str, dict[str, Any]]) -> str:
    """Shares killed, and each survivor with why it survives, as tests/survivors.csv says."""
    with (ROOT / "tests" / "survivors.csv").open(encoding="utf-8", newline="") as stream:
        why = {(row["file"], row["change"]): row["why"] for row in csv.DictReader(stream)}
    rows = [("part", "possible", "drawn", "killed", "share killed", "at commit"), ("---",) * 6]
    rows += [
        (
            f"`{name}`", f"{one['possible']:,}", str(one["tried"]), str(one["killed"]),
            f"{one['share']:.0%} (standard error {one['standard error']:.0%})", one["commit"],
        )
        for name, one in sorted(found.items())
    ]  # fmt: skip
    possible = sum(one["possible"] for one in found.values())
    if found:
        # Each package counts as much as it holds mutants, however many of them were drawn.
        share = sum(one["possible"] * one["share"] for one in found.values()) / possible
        error = math.hypot(*(one["possible"] * one["standard error"] for one in found.values())) / possible
        tried, killed = (str(sum(one[name] for one in found.values())) for name in ("tried", "killed"))
        rows.append(
            ("all", f"{possible:,}", tried, killed, f"{share:.0%} (standard error {error:.0%})", "as above")
        )
    left = [("file", "change", "why no test fails"), ("---",) * 3]
    for one in found.values():
        for mutant in one["survivors"]:
            reason = why.get((mutant["file"], mutant["change"]), "not explained yet")
            left.append((f"`{mutant['file']}`", f"`{mutant['change']}`".replace("|", "\\|"), reason))
    return (
        "## Mutants\n\nSmall faults put into the code (`tests/mutants.py`): a comparison, an operator, a number, a "
        "condition. A sample of all that are possible, drawn with a fixed seed, each tried by the tests that call the "
        f"function it stands in.\n\n{table(rows)}\n### Survivors\n\n{table(left)}"
    )


def _read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def main() -> int:
    tried, found = (_read(ROOT / "build" / name) for name in ("deep.json", "mutants.json"))
    at = tried.pop("commit", "none")
    names = [*COUNTED, *sorted(set(tried) - set(COUNTED))]
    counts = [(name, f"{tried[name]:,}" if name in tried else "not run yet") for name in names]
    rows = [("what", "how many"), ("---", "---:"), *counts]
    text = f"{HEAD}At commit {at}, Python {sys.version.split()[0]}.\n\n{table(rows)}\n{mutants(found)}"
    (ROOT / "docs/held.md").write_text(text, encoding="utf-8", newline="\n")
    print("docs/held.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
