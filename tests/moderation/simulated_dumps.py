"""Simulated daily dumps of the DSA Transparency Database, with known counts. Nothing in them is data.

    python tests/moderation/simulated_dumps.py FOLDER --day 2025-07-02 --statements 1000000 [--schema 1] [--light] [--hostile]

Names, columns, quoting (PHP's `fputcsv`), parts of 100,000 rows and ten parts to an inner zip are those of the
Commission's files; platforms and codes are real, counts and texts are made up. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

COLUMNS = [
    "uuid",
    "decision_visibility",
    "decision_visibility_other",
    "end_date_visibility_restriction",
    "decision_monetary",
    "decision_monetary_other",
    "end_date_monetary_restriction",
    "decision_provision",
    "end_date_service_restriction",
    "decision_account",
    "end_date_account_restriction",
    "account_type",
    "decision_ground",
    "decision_ground_reference_url",
    "illegal_content_legal_ground",
    "illegal_content_explanation",
    "incompatible_content_ground",
    "incompatible_content_explanation",
    "incompatible_content_illegal",
    "category",
    "category_addition",
    "category_specification",
    "category_specification_other",
    "content_type",
    "content_type_other",
    "content_language",
    "content_date",
    "content_id_ean",
    "territorial_scope",
    "application_date",
    "decision_facts",
    "source_type",
    "source_identity",
    "automated_detection",
    "automated_decision",
    "platform_name",
    "platform_uid",
    "created_at",
]
NOT_IN_V1 = ("content_id_ean",)
NOT_IN_LIGHT = (
    "illegal_content_explanation",
    "incompatible_content_explanation",
    "decision_facts",
    "territorial_scope",
)
#: As the database writes it, as the tables have it.
PLATFORMS = (
    ("Facebook", "Facebook"),
    ("Snapchat", "Snapchat"),
    ("TikTok", "TikTok"),
    ("X (formerly Twitter)", "X"),
    ("Discord Netherlands B.V.", "Discord"),
    ("WhatsApp Channels", "WhatsApp"),
    ("Google Shopping", "Google Shopping"),
    ("SIA &quot;JOOM&quot;", "Joom"),
)
CATEGORIES = {
    1: (
        "PROTECTION_OF_MINORS",
        "PORNOGRAPHY_OR_SEXUALIZED_CONTENT",
        "SCAMS_AND_FRAUD",
        "SCOPE_OF_PLATFORM_SERVICE",
    ),
    2: ("PROTECTION_OF_MINORS", "CYBER_VIOLENCE", "SCAMS_AND_FRAUD", "OTHER_VIOLATION_TC"),
}
KEYWORDS = {
    1: ((), ("CHILD_SEXUAL_ABUSE_MATERIAL",), ("GROOMING_SEXUAL_ENTICEMENT_MINORS",)),
    2: (
        (),
        ("CHILD_SEXUAL_ABUSE_MATERIAL",),
        ("CHILD_SEXUAL_ABUSE_MATERIAL", "CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE"),
        ("CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE",),
        ("GROOMING_SEXUAL_ENTICEMENT_MINORS", "CHILD_SEXUAL_ABUSE_MATERIAL"),
    ),
}
EU = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
]
SCOPES = (
    (EU, "EU"),
    (sorted([*EU, "IS", "LI", "NO"]), "EEA"),
    (sorted([*EU, "LI", "NO"]), "EEA without IS"),
    (["DE"], "DE"),
    (["FR", "AT", "PL"], "AT FR PL"),
)
SOURCES = (
    "SOURCE_VOLUNTARY",
    "SOURCE_ARTICLE_16",
    "SOURCE_TRUSTED_FLAGGER",
    "SOURCE_TYPE_OTHER_NOTIFICATION",
)
DECISIONS = ("FULLY", "PARTIALLY", "NOT_AUTOMATED")
PLAIN = (
    "Simulated: the content was found by the provider's own investigation and is not in line with the terms.",
    'Simulated: the account holder called it "satire", and the reviewers didn\'t agree.',
    "Simulated: section 4.2 of the terms, paragraph (b); a notice was sent\nto the account holder on the same day.",
)
HOSTILE = (
    'a quote ", a comma, and\r\na line break, then ""two quotes""',
    '=HYPERLINK("http://example.invalid","click") +1-1 @SUM(A1)|\' /C calc\'!A0',
    "nul \x00 bell \x07 escape \x1b[31m",
    "line separators \u2028 \u2029 \x85 \x0b \x0c, and a mark \ufeff",
    "right to left \u202e, combined e\u0301, face \U0001f600, bad \ufffd",
    'a backslash before a quote \\", with a comma, and an end',
    'a backslash before a quote \\"\nand a line break, with a comma',
    'a backslash, a quote and a comma at once \\",", and more',
    "ends with a backslash \\",
    ',STATEMENT_CATEGORY_PROTECTION_OF_MINORS,,"[""KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL""]",,"2025-01-01 00:00:00"\n',
    "x" * 20_000,
    "'; DROP TABLE statements; -- <script>alert(1)</script>",
)
Cell = tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """A simulated dump and what must be counted in it, by the columns of the table of cells."""

    file: Path
    cells: Counter[Cell]

    def rows(self) -> dict[tuple[str, str], tuple[int, int, int, int]]:
        """The counts of the daily table by platform and day."""
        found: dict[tuple[str, str], list[int]] = {}
        for (date, platform, category, _, keywords, *_), number in self.cells.items():
            row = found.setdefault((platform, date), [0, 0, 0, 0])
            row[0] += number
            row[1] += number * (category == "PROTECTION_OF_MINORS")
            row[2] += number * ("CHILD_SEXUAL_ABUSE" in keywords)  # the keyword of deepfakes begins so too
            row[3] += number * ("GROOMING" in keywords)
        return {key: (row[0], row[1], row[2], row[3]) for key, row in found.items()}


def write(
    folder: Path,
    day: str,
    statements: int,
    schema: int = 2,
    light: bool = False,
    hostile: bool = False,
    seed: int = 1,
    part_rows: int = 100_000,
    outer: int = zipfile.ZIP_STORED,
    checksum: bool = True,
) -> Made:
    """Write `sor-global-DAY-full.zip` (or -light) and its `.sha1` into a folder.

    Parameters
    ----------
    statements : int
        0 or more; an empty day has one part with a header alone.
    part_rows : int
        Rows of a CSV part; ten parts make an inner zip.
    outer : int
        How inner zips are kept in the outer one: ``zipfile.ZIP_STORED`` or ``zipfile.ZIP_DEFLATED``.
    """
    kind = "light" if light else "full"
    header = [
        c for c in COLUMNS if not (schema == 1 and c in NOT_IN_V1) and not (light and c in NOT_IN_LIGHT)
    ]
    bodies, cells = _templates(header, day, schema, light, hostile, seed)
    stem, counted = f"sor-global-{day}-{kind}", np.zeros(len(bodies), dtype=np.int64)
    file = folder / f"{stem}.zip"
    folder.mkdir(parents=True, exist_ok=True)
    sizes = [min(part_rows, statements - at) for at in range(0, max(statements, 1), part_rows)]
    with zipfile.ZipFile(file, "w", outer) as archive:
        for first in range(0, len(sizes), 10):
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as parts:
                for number, size in enumerate(sizes[first : first + 10]):
                    rng = np.random.default_rng(
                        [seed, dt.date.fromisoformat(day).toordinal(), first + number]
                    )
                    picks = rng.integers(len(bodies), size=size)
                    counted += np.bincount(picks, minlength=len(bodies))
                    text = _php(header) + "".join(_rows(rng, picks.tolist(), bodies, day))
                    name = f"{stem}-{first // 10:05}-{number:05}.csv"
                    parts.writestr(_info(name, zipfile.ZIP_DEFLATED), text.encode(), compresslevel=1)
            archive.writestr(_info(f"{stem}-{first // 10:05}.csv.zip", outer), inner.getvalue())
    if checksum:
        digest = hashlib.sha1(file.read_bytes()).hexdigest()
        (folder / f"{file.name}.sha1").write_text(f"{digest}  {file.name}\n")
    total: Counter[Cell] = Counter()
    for cell, number in zip(cells, counted.tolist(), strict=True):
        if number:
            total[cell] += number
    return Made(file, total)


def _info(name: str, how: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0))
    info.compress_type = how
    return info


def _rows(rng: np.random.Generator, picks: Sequence[int], bodies: Sequence[str], day: str) -> Iterator[str]:
    seconds = np.sort(rng.integers(86_400, size=len(picks))).tolist()
    hexed = rng.bytes(16 * len(picks)).hex()
    for at, (pick, second) in enumerate(zip(picks, seconds, strict=True)):
        u = hexed[32 * at : 32 * at + 32]
        yield (
            f"{u[:8]}-{u[8:12]}-{u[12:16]}-{u[16:20]}-{u[20:]}{bodies[pick]}{u},"
            f'"{day} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"\n'
        )


def _php(fields: Sequence[str]) -> str:
    """A row as PHP's fputcsv writes it: a quote that follows a backslash is not doubled."""
    out = []
    for text in fields:
        if not any(character in text for character in ' ,"\\\n\r\t'):
            out.append(text)
            continue
        written, escaped = [], False
        for character in text:
            if character == '"' and not escaped:
                written.append('"')
            escaped = character == "\\"
            written.append(character)
        out.append(f'"{"".join(written)}"')
    return ",".join(out) + "\n"


def _templates(
    header: Sequence[str], day: str, schema: int, light: bool, hostile: bool, seed: int, number: int = 1500
) -> tuple[list[str], list[Cell]]:
    """Rows without uuid, platform_uid and created_at, and the cell of each."""
    rng = np.random.default_rng([seed, schema, light, hostile])
    bodies, cells = [], []
    for at in range(number):
        raw, platform = PLATFORMS[rng.integers(len(PLATFORMS))]
        category = CATEGORIES[schema][rng.integers(len(CATEGORIES[schema]))]
        addition = "PROTECTION_OF_MINORS" if at % 20 == 0 and category != "PROTECTION_OF_MINORS" else ""
        minors = category == "PROTECTION_OF_MINORS"
        keywords = KEYWORDS[schema][rng.integers(len(KEYWORDS[schema]))] if minors else ()
        codes, scope = SCOPES[rng.integers(len(SCOPES))]
        source = SOURCES[rng.integers(len(SOURCES))]
        detection = ("Yes", "No")[rng.integers(2)]
        decision = DECISIONS[rng.integers(len(DECISIONS))]
        text = HOSTILE[at % len(HOSTILE)] if hostile else PLAIN[at % len(PLAIN)]
        given = {
            "decision_visibility": '["DECISION_VISIBILITY_CONTENT_REMOVED"]',
            "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
            "incompatible_content_ground": f"Simulated ground {at}",
            "incompatible_content_explanation": text if hostile else f"{text} Case {at}. {PLAIN[0] * 3}",
            "incompatible_content_illegal": ("Yes", "No", "")[at % 3],
            "category": f"STATEMENT_CATEGORY_{category}",
            "category_addition": _array([f"STATEMENT_CATEGORY_{addition}"] if addition else ()),
            "category_specification": _array([f"KEYWORD_{keyword}" for keyword in keywords]),
            "content_type": '["CONTENT_TYPE_IMAGE","CONTENT_TYPE_TEXT"]',
            "content_language": ("", "DE", "FR")[at % 3],
            "content_date": f"{day} 00:00:00",
            "territorial_scope": _array(codes),
            "application_date": f"{day} 00:00:00",
            "decision_facts": f"Simulated facts of case {at}. {PLAIN[at % len(PLAIN)]}",
            "source_type": source,
            "automated_detection": detection,
            "automated_decision": f"AUTOMATED_DECISION_{decision}",
            "platform_name": raw,
        }
        fields = [given.get(column, "") for column in header[1:-2]]
        bodies.append("," + _php(fields).removesuffix("\n") + ",")
        cells.append(
            (
                day,
                platform,
                category,
                addition,
                " ".join(sorted(keywords)),
                "" if light else scope,
                source.removeprefix("SOURCE_"),
                detection.lower(),
                decision,
            )
        )
    return bodies, cells


def _array(items: Sequence[str]) -> str:
    return json.dumps(list(items), separators=(",", ":")) if items else ""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--day", default="2025-07-02")
    parser.add_argument("--statements", type=int, default=100_000)
    parser.add_argument("--schema", type=int, choices=(1, 2), default=2)
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    made = write(
        given.folder, given.day, given.statements, given.schema, given.light, given.hostile, given.seed
    )
    print(f"{made.file}: {sum(made.cells.values()):,} simulated statements")


if __name__ == "__main__":
    main()
