"""Columns, codes and names of the DSA Transparency Database, as the daily dumps write them."""

from __future__ import annotations

import html
import re
from functools import lru_cache

#: Columns that are read. The dumps of schema V1 lack `content_id_ean`, which is not among them.
DAY, PLATFORM, CATEGORY, ADDITION = "created_at", "platform_name", "category", "category_addition"
KEYWORD, SCOPE, SOURCE = "category_specification", "territorial_scope", "source_type"
DETECTION, DECISION = "automated_detection", "automated_decision"
NEEDED = (DAY, PLATFORM, CATEGORY, ADDITION, KEYWORD, SCOPE, SOURCE, DETECTION, DECISION)
#: Light dumps have neither this column nor the long free texts.
NOT_IN_LIGHT = SCOPE
#: Columns of a cell, in the order of :data:`NEEDED`.
CELL = (
    "date",
    "platform",
    "category",
    "category_addition",
    "keywords",
    "territorial_scope",
    "source",
    "automated_detection",
    "automated_decision",
)
MINORS = "PROTECTION_OF_MINORS"
CSAM = frozenset({"CHILD_SEXUAL_ABUSE_MATERIAL", "CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE"})
GROOMING = "GROOMING_SEXUAL_ENTICEMENT_MINORS"

#: Codes of each column start with this; other text shows that the row was cut in the wrong places.
_PREFIX = {
    CATEGORY: "STATEMENT_CATEGORY_",
    ADDITION: "STATEMENT_CATEGORY_",
    KEYWORD: "KEYWORD_",
    SOURCE: "SOURCE_",
    DECISION: "AUTOMATED_DECISION_",
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CODE = re.compile(r"[A-Z0-9_]{1,100}")
_YES_NO = re.compile(r"yes|no")
_COUNTRY = re.compile(r"[A-Z]{2}")
_EU = [
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
_SCOPES = {
    frozenset(_EU): "EU",
    frozenset([*_EU, "IS", "LI", "NO"]): "EEA",
    frozenset([*_EU, "LI", "NO"]): "EEA without IS",
}
#: The database's names beside those of the committed daily table (which follow the package shantay 0.6.0).
_PLATFORMS = {
    "Discord Netherlands B.V.": "Discord",
    "Meetic SAS": "Meetic",
    "Microsoft Teams personal": "Microsoft Teams",
    "OTTO Market": "OTTO",
    "Quora Ireland Limited": "Quora",
    'SIA "JOOM"': "Joom",
    "WhatsApp Channels": "WhatsApp",
    "willhaben internet service GmbH & Co KG": "willhaben",
    "X (formerly Twitter)": "X",
}


class Unreadable(ValueError):
    """A value that no statement has: the file is damaged or its rows are cut in the wrong places."""


@lru_cache(maxsize=100_000)
def readable(column: str, value: bytes) -> str:
    """A cell's value as the tables hold it: names as committed, lists sorted and joined by a space.

    Parameters
    ----------
    column : str
        One of :data:`NEEDED`; `created_at` is cut to its ten first bytes.
    value : bytes

    Raises
    ------
    Unreadable
        The column can't hold such a value.
    """
    try:
        text = value.decode("utf-8")
        if column == PLATFORM:
            return _platform(text)
        if column == DAY:
            return _checked(text, _DAY)
        if not text:
            return ""
        if column == DETECTION:
            return _checked(text.lower(), _YES_NO)
        if column in (ADDITION, KEYWORD, SCOPE):
            return _listed(column, text)
        return _code(text, _PREFIX[column])
    except ValueError:
        raise Unreadable(f"column {column} holds {quoted(value.decode('utf-8', 'replace'))}") from None


def quoted(text: str) -> str:
    """Text of unknown origin for a message: short, in quotes, without control characters."""
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _checked(text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(text):
        raise ValueError
    return text


def _platform(text: str) -> str:
    name = html.unescape(text).strip()
    if not name or len(name) > 200 or not name.isprintable():
        raise ValueError
    return _PLATFORMS.get(name, name)


def _code(text: str, prefix: str) -> str:
    if not text.startswith(prefix):
        raise ValueError
    return _checked(text.removeprefix(prefix), _CODE)


def _listed(column: str, text: str) -> str:
    """A JSON array of codes, which hold no comma. Some days of 2024 have it without brackets or with quotes doubled."""
    items = {item.strip(' "\\[]') for item in text.split(",")} - {""}
    if column == SCOPE:
        codes = frozenset(_checked(item, _COUNTRY) for item in items)
        return _SCOPES.get(codes) or " ".join(sorted(codes))
    return " ".join(sorted(_code(item, _PREFIX[column]) for item in items))
