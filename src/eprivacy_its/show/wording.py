"""Words around figures and tables: placeholder texts are refused; a style for viewers without the site's."""

from __future__ import annotations

import re

_PLACEHOLDERS = re.compile(
    r"^(figure|table|plot|chart|graph|image|picture|caption|alt|alt text|title|todo|tbd|fixme|xxx+|n/?a|none|"
    r"test|lorem ipsum.*|no description.*|\.+|…)[.!]?$",
    re.I,
)
CAPTION_MIN, ALT_MIN = 12, 40  # characters; shorter ones said nothing a reader could use


def _checked(text: str, what: str, where: str, least: int, advice: str) -> None:
    plain = " ".join(text.split())
    if not plain or _PLACEHOLDERS.match(plain) or "no description has been provided" in plain.lower():
        raise ValueError(f"{where}: {what} {plain!r} is empty or a placeholder; {advice}")
    if len(plain) < least:
        raise ValueError(f"{where}: {what} {plain!r} has {len(plain)} characters, at least {least}; {advice}")


def checked_caption(caption: str, where: str) -> None:
    """Raise ValueError when the caption says nothing."""
    _checked(caption, "caption", where, CAPTION_MIN, "state what it shows")


def checked_alt(alt: str, caption: str, where: str) -> None:
    """Raise ValueError when the alternative text says nothing, or only repeats the caption."""
    _checked(alt, "alt", where, ALT_MIN, "say what the picture shows, with numbers")
    if " ".join(alt.split()).lower() == " ".join(caption.split()).lower():
        raise ValueError(f"{where}: alt repeats the caption; say what the picture shows, with numbers")


# For JupyterLab and other viewers; the site takes it out and brings its own style sheet. The picture is set
# on white because its fallback colours are the light ones.
FALLBACK = (
    '<style class="its-fallback">'
    ".its-figure{container-type:inline-size;max-width:46rem;margin:1em 0;padding:.6em;"
    "background:#fff;color:#1f2328}"
    ".its-narrow{display:none}.its-figure svg{display:block;width:100%;height:auto}"
    "@container (max-width:30rem){.its-wide{display:none}.its-narrow{display:block}}"
    ".its-scroll{overflow:auto}.its-long{max-height:32rem}.its-caption{font-weight:600}"
    ".its-num{text-align:right!important;font-variant-numeric:tabular-nums}"
    ".its-short{white-space:nowrap}.its-words{min-width:15rem}.its-unit,.its-foot{font-weight:400;font-size:.85em;opacity:.8}.its-code{display:none}"
    "</style>"
)
