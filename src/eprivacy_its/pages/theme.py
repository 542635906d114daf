"""Colours of the pages, light and dark, and the one style sheet."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from eprivacy_its.show.palette import VARIABLES as FIGURE_COLOURS

TEMPLATES = Path(__file__).parent / "templates"

# name of the CSS variable: (light, dark)
VARIABLES: dict[str, tuple[str, str]] = {
    **FIGURE_COLOURS,
    "--surface": ("#f6f5f1", "#1e2226"),
    "--rule": ("#dcdad3", "#3a4047"),
    "--muted": ("#5c636a", "#a9b0b8"),
    "--link": ("#14578a", "#8fcaf7"),
    "--good": ("#1b6640", "#8fdcb2"),
    "--good-back": ("#e3f1e9", "#17301f"),
    "--maybe": ("#764d00", "#f2cb7e"),
    "--maybe-back": ("#faf0d8", "#352a11"),
    "--open": ("#544f63", "#cfcadd"),
    "--open-back": ("#edebf2", "#2b2934"),
    "--bad": ("#98191c", "#ffb3ab"),
    "--bad-back": ("#fdecea", "#3b1815"),
    "--code-keyword": ("#8f2456", "#f4a3c8"),
    "--code-string": ("#25633a", "#9fd9ad"),
    "--code-number": ("#7f4500", "#f2bd80"),
    "--code-name": ("#17538a", "#93cbf8"),
}

# Words and the ground they stand on: each pair must reach 4.5:1 in both themes (a test computes it).
TEXT_PAIRS = (
    ("--c-ink", "--c-paper"),
    ("--c-ink", "--surface"),
    ("--muted", "--c-paper"),
    ("--muted", "--surface"),
    ("--link", "--c-paper"),
    ("--link", "--surface"),
    ("--c-accent", "--c-paper"),
    ("--good", "--good-back"),
    ("--maybe", "--maybe-back"),
    ("--open", "--open-back"),
    ("--bad", "--bad-back"),
    ("--code-keyword", "--surface"),
    ("--code-string", "--surface"),
    ("--code-number", "--surface"),
    ("--code-name", "--surface"),
)


def _block(theme: int) -> str:
    return "".join(f"{name}:{pair[theme]};" for name, pair in VARIABLES.items())


@cache
def css() -> str:
    """The style sheet that every page carries: the colours of both themes, then the file."""
    light, dark = _block(0), _block(1)
    sheet = (TEMPLATES / "site.css").read_text(encoding="utf-8")
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
        f"{sheet}"
        f"@media print{{:root:root:root{{color-scheme:light;{light}}}}}\n"
    )


def paper(title: str, site: str) -> str:
    """Running title and page numbers of a page that is printed."""

    def quoted(text: str) -> str:
        return '"' + re.sub(r'["\\<>\n]', lambda found: f"\\{ord(found[0]):x} ", text) + '"'

    small = "font:400 8pt system-ui,sans-serif;color:#5c636a"
    return (
        f"@page{{@top-left{{content:{quoted(title)};{small}}}"
        f"@top-right{{content:{quoted('' if title == site else site)};{small}}}"
        f'@bottom-right{{content:counter(page) " / " counter(pages);{small}}}}}\n'
    )


@cache
def script() -> str:
    """The script of the pages: the theme switch, folds that a link leads to, sorting of long tables."""
    return (TEMPLATES / "site.js").read_text(encoding="utf-8").strip()
