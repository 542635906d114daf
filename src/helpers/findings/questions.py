"""Ten questions that a stranger asks, each with the place where the first two screens answer it."""

from __future__ import annotations

#: Question and place; tests/site/test_front.py holds the words that answer each and looks for them there.
QUESTIONS = (
    ("Who counts these reports?", "index.html"),
    ("Did the 46 % last?", "02_claims.html"),
    ("What about Poland?", "04_countries.html#poland-and-others-of-its-shape"),
    ("Which company stopped?", "03_platforms.html"),
    ("What can't be known?", "index.html#limits"),
    ("Did it recover?", "04_countries.html"),
    ("How sure is it?", "05_sensitivity.html"),
    ("Who says otherwise?", "index.html#both-sides-best-arguments"),
    ("Where is the raw table?", "raw/ncmec/ncmec_reports_by_country.html"),
    ("How do I cite this?", "changes.html"),
)


def listed() -> str:
    """The questions as a Markdown list of links."""
    return "\n".join(f"- [{question}]({place})" for question, place in QUESTIONS)
