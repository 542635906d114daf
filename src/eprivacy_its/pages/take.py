"""What a reader takes along from under a figure: files, a link, how to cite it, and on which terms."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape, unescape

from eprivacy_its.pages import metadata

_FIGURE = re.compile(
    r'(<figure class="its-figure" id="figure-([a-z0-9-]+)"><figcaption>(.*?)</figcaption>.*?)(</div></figure>)',
    re.S,
)
TERMS = (
    "The drawing may be reused under the MIT licence, with this citation; the figures in it keep the terms of their "
    '<a href="sources.html">sources</a>.'
)


def along(body: str, page: str, href: str, commit: str, files: Collection[str]) -> str:
    """The HTML with links beneath each figure.

    Parameters
    ----------
    body : str
        Part of a page.
    page, href : str
        Name of the run, which its downloads stand under, and file name of its page.
    commit : str
    files : collection of str
        Files of figures that the run left, by name; only these are offered.
    """

    def with_links(found: re.Match[str]) -> str:
        figure, name, caption, end = found.groups()
        place = f"{href}#figure-{name}"
        offered = "".join(
            f'<a class="its-csv" href="downloads/figures/{escape(page)}/{name}.{kind}" download>{kind.upper()}</a>'
            for kind in ("svg", "png")
            if f"{name}.{kind}" in files
        )
        words = unescape(re.sub(r"<[^>]+>", "", caption)).strip()
        cite = (
            f'<details class="its-cite"><summary>Cite</summary><p>{metadata.reference(words, commit)}</p>'
            f'<pre class="its-text" tabindex="0">{escape(metadata.bibtex(words, commit, place))}</pre><p>{TERMS}</p></details>'
        )
        return f'{figure}{offered}<a class="its-csv" href="#figure-{name}">Link</a>{cite}{end}'

    return _FIGURE.sub(with_links, body)
