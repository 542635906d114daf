"""One cell against its declared field: what is wrong with it, and its value."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

INTEGER = re.compile(r"-?[0-9]+")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Beyond it numbers are not whole in floating point.
LARGEST = 2**53


def expected(field: dict[str, Any]) -> str:
    """What a field may hold, in words: `a whole number from 0 on`."""
    rules = field.get("constraints", {})
    words = {
        "integer": "a whole number",
        "number": "a number",
        "date": "a day as YYYY-MM-DD",
        "boolean": "true or false",
        "string": "text",
    }[field["type"]]
    low, high = rules.get("minimum"), rules.get("maximum")
    if low is not None and high is not None:
        words += f" from {low} to {high}"
    elif low is not None:
        words += f" ≥ {low}"
    elif high is not None:
        words += f" ≤ {high}"
    if "enum" in rules:
        words = "one of " + ", ".join(str(item) for item in rules["enum"])
    elif "pattern" in rules:
        words = f"text of the form {rules['pattern']}"
    return words if rules.get("required") else f"{words}, or an empty cell for missing"


def parse(text: str, field: dict[str, Any]) -> Any:
    """Value of a cell that is not missing.

    Raises
    ------
    ValueError
        The text isn't of the declared type.
    """
    kind = field["type"]
    if kind == "integer":
        if not INTEGER.fullmatch(text):
            raise ValueError(text)
        return int(text)
    if kind == "number":
        if not NUMBER.fullmatch(text):
            raise ValueError(text)
        return float(text)
    if kind == "date":
        if not DAY.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    if text != text.strip():
        raise ValueError(text)
    return text


def fault(text: str, field: dict[str, Any]) -> str | None:
    """What is wrong with a cell, as `found …, expected … . How to fix`; None if nothing is."""
    rules = field.get("constraints", {})
    if text in field.get("missingValues", []):
        return None
    if text == "":
        return f"found an empty cell, expected {_asked(field)}. Fill it in from the source."
    try:
        value = parse(text, field)
    except ValueError:
        return f"{_wrong(text, field)} {_advice(text, field)}"
    if field["type"] in ("integer", "number") and abs(value) > LARGEST:
        return f"{_wrong(text, field)} No figure is larger than {LARGEST:,}. Compare with the source."
    low, high = rules.get("minimum"), rules.get("maximum")
    if (low is not None and value < low) or (high is not None and value > high):
        return f"{_wrong(text, field)} Compare with the source."
    if "enum" in rules and value not in rules["enum"]:
        return f"{_wrong(text, field)} Use one of these."
    if "pattern" in rules and not re.fullmatch(rules["pattern"], text):
        return f"{_wrong(text, field)} Write it in this form."
    return None


def _wrong(text: str, field: dict[str, Any]) -> str:
    return f'found "{text[:60]}", expected {_asked(field)}.'


def _asked(field: dict[str, Any]) -> str:
    """As :func:`expected`, of a raw table, which says itself what stands for missing."""
    rules = {**field.get("constraints", {}), "required": "" not in field.get("missingValues", [])}
    return expected({**field, "constraints": rules})


def _advice(text: str, field: dict[str, Any]) -> str:
    if text != text.strip():
        return "Remove the spaces around it."
    if field["type"] in ("integer", "number") and re.fullmatch(r"[-0-9.,' ]+", text):
        return "Write digits only, without separators."
    if field["type"] in ("integer", "number"):
        return "Write digits only."
    if field["type"] == "date":
        return "Write a day of the calendar, for example 2021-05-17."
    return "Compare with the source."
