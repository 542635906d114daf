"""What machines read about the pages: schema.org as JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import helpers

AUTHORS = {"@type": "Organization", "name": "The eprivacy-its contributors"}
LICENSE = "https://spdx.org/licenses/MIT.html"


def _json(content: dict[str, Any]) -> str:
    # In a script element only "<" could end the element.
    return json.dumps({"@context": "https://schema.org", **content}, ensure_ascii=False).replace(
        "<", "\\u003c"
    )


def article(title: str, abstract: str, commit: str) -> str:
    """The findings page as a ScholarlyArticle."""
    return _json(
        {
            "@type": "ScholarlyArticle",
            "headline": title,
            "abstract": abstract,
            "author": AUTHORS,
            "inLanguage": "en",
            "license": LICENSE,
            "version": f"{helpers.__version__}, commit {commit}" if commit else helpers.__version__,
            "isBasedOn": "data.html",
        }
    )


def dataset(files: Sequence[str]) -> str:
    """The tidy tables as a Dataset, its files relative to the page."""
    return _json(
        {
            "@type": "Dataset",
            "name": "eprivacy-its: tidy tables",
            "description": "Published counts of reports of online child sexual exploitation, as tidy tables; "
            "the figures keep the terms of their sources.",
            "creator": AUTHORS,
            "inLanguage": "en",
            "version": helpers.__version__,
            "distribution": [
                {
                    "@type": "DataDownload",
                    "encodingFormat": "text/csv",
                    "contentUrl": f"downloads/tidy/{name}",
                }
                for name in files
            ],
        }
    )
