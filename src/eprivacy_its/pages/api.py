"""The page of functions: what `its`, `panel` and `bounds` offer, from their docstrings, and every estimator's facts."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from html import escape
from importlib import import_module
from types import ModuleType
from typing import Any

from eprivacy_its.pages import fragment_cache, outputs
from eprivacy_its.pages.layout import Content

HREF, TITLE = "functions.html", "Functions"
LEAD = "What Python code can call: interrupted time series, panels and published fragments, each with an example."
_HOW = """
The examples take these as imported: `from eprivacy_its import bounds, examples, its`, numpy as `np`, pandas as `pd`, and
modules of a package, as `panel.event`, by their own name. What `examples` gives is simulated.
"""
_FACTS = ("Estimator", "What it is", "Link", "t distribution", "Takes neighbours as independent")


def content() -> Content:
    """The page."""
    note = "<p>Made from the code by the build.</p>"
    lead = f'<div class="its-answer"><p>{escape(LEAD)}</p></div>'
    return Content(TITLE, fragment_cache.text("api", "", _body), lead=lead, footer=note, description=LEAD)


def public(package: ModuleType) -> Iterator[tuple[str, Any]]:
    """What a package exports, and what the modules of one that exports little define, by the name that code uses."""
    short = package.__name__.partition(".")[2]
    for name in package.__all__:
        yield f"{short}.{name}", getattr(package, name)
    if len(package.__all__) > 2:
        return
    for one in pkgutil.iter_modules(package.__path__):
        module = import_module(f"{package.__name__}.{one.name}")
        for name, value in vars(module).items():
            own = getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
            if own and getattr(package, name, None) is not value:
                yield f"{short}.{one.name}.{name}", value


def _body() -> str:
    from eprivacy_its import bounds, its, panel

    parts = [outputs.markdown(_HOW)]
    for package in (its, panel, bounds):
        said = (inspect.getdoc(package) or "").partition("\n")[0]
        parts.append(f"<h2>{escape(package.__name__)}</h2><p>{escape(said)}</p>")
        parts += [_entry(name, value) for name, value in public(package) if callable(value)]
        if package is its:
            parts.append(_estimators())
    return "".join(parts)


def _entry(name: str, value: Any) -> str:
    """A function or a class with its own methods."""
    error = inspect.isclass(value) and issubclass(value, Exception)
    arguments = "" if error else inspect.signature(value)
    text = f"{name.rpartition('.')[2]}{arguments}\n\n{inspect.getdoc(value) or ''}"
    parts = [f"<h3><code>{escape(name)}</code></h3>", f'<pre class="its-doc">{escape(text)}</pre>']
    if inspect.isclass(value):
        for inner, one in vars(value).items():
            said = inspect.getdoc(one) if not inner.startswith("_") and not isinstance(one, type) else None
            if said and (callable(one) or hasattr(one, "__get__")):
                parts.append(f'<pre class="its-doc">.{escape(inner)}\n\n{escape(said)}</pre>')
    return "".join(parts)


def _estimators() -> str:
    from eprivacy_its.its import ESTIMATORS
    from eprivacy_its.show.tables import as_cards

    rows = "".join(
        f'<tr><th scope="row"><code>{escape(one.name)}</code></th><td class="its-words">{escape(one.title)}</td>'
        f"<td>{one.link}</td><td>{escape(one.df)}</td><td>{'yes' if one.independent else 'no'}</td></tr>"
        for one in ESTIMATORS.values()
    )
    head = "".join(f'<th scope="col">{column}</th>' for column in _FACTS)
    grid = as_cards(f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>", _FACTS)
    return (
        '<h3>Estimators</h3><div class="its-cards"><div class="its-scroll" role="group" tabindex="0" '
        f'aria-label="Estimators"><table role="table">{grid}</table></div></div>'
    )
