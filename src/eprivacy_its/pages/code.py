"""Where the code behind a cell stands: the notebook and the functions of the package, at the commit of the page."""

from __future__ import annotations

import ast
import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from eprivacy_its import declaration

FOLDER = "code"  # among the downloads of a site
SHOW = "eprivacy_its.show"  # it only lays out; a link to it would tell nothing about a number


@cache
def address(name: str) -> str:
    """An address of the project by its name in pyproject.toml (``Repository``, ``Homepage``); empty without one."""
    try:
        entries = importlib.metadata.metadata("eprivacy-its").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        return ""
    named = dict(one.split(", ", 1) for one in entries)
    return str(named.get(name, "")).rstrip("/")


def aliases(sources: Iterable[str]) -> dict[str, str]:
    """Names that a notebook's cells import from the package, each with the dotted name it stands for."""
    found: dict[str, str] = {}
    for source in sources:
        for node in ast.walk(_parsed(source)):
            if (
                isinstance(node, ast.ImportFrom)
                and (node.module or "").partition(".")[0] in declaration.packages()
            ):
                found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return found


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:  # a magic, or the cell that fails
        return ast.Module([], [])


def called(source: str, names: Mapping[str, str]) -> list[tuple[str, Path, int]]:
    """Functions and classes of the package that a cell uses: name as written, file, line; each once.

    Parameters
    ----------
    source : str
        Of the cell.
    names : mapping
        From :func:`aliases`.
    """
    found: dict[str, tuple[str, Path, int]] = {}
    for node in ast.walk(_parsed(source)):
        dotted = _dotted(node)
        base, _, rest = dotted.partition(".")
        if base not in names or names[base] == SHOW:
            continue
        place = _defined(f"{names[base]}.{rest}" if rest else names[base])
        if place:
            found.setdefault(dotted, (dotted, *place))
    return list(found.values())


def _dotted(node: ast.AST) -> str:
    """``a.b`` of an attribute of a name, ``a`` of a name that is called."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


@cache
def _defined(dotted: str) -> tuple[Path, int] | None:
    """File and line (from 1) of the definition of ``package.module.name``."""
    package, *parts, name = dotted.split(".")
    base = declaration.packages()[package].joinpath(*parts)
    files = sorted(base.glob("*.py")) if base.is_dir() else [base.with_suffix(".py")]
    for file in files:
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            start = re.search(rf"^(?:def|class) {re.escape(name)}\b", text, re.M)
            if start:
                return file, text.count("\n", 0, start.start()) + 1
    return None


def where(source: str, names: Mapping[str, str], provenance: Mapping[str, Any], page: str) -> str:
    """A line beneath the code: the notebook and the functions it calls, linked at the commit of the page.

    Parameters
    ----------
    source : str
        Of the cell.
    names : mapping
        From :func:`aliases`.
    provenance : mapping
        Of the page: notebook, commit.
    page : str
        Name of the run, which names the executed notebook among the downloads; empty outside a site, where
        nothing is linked unless the repository has an address.
    """
    commit, notebook = str(provenance.get("commit") or ""), str(provenance.get("notebook") or "")
    repository = address("Repository")

    def linked(label: str, path: str, here: str, line: int = 0) -> str:
        href = here + (f"#L{line}" if line else "") if page else ""
        if repository and commit:
            href = f"{repository}/blob/{commit}/{path}" + (f"#L{line}" if line else "")
        text = f"<code>{escape(label)}</code>"
        return f'<a href="{escape(href)}">{text}</a>' if href else text

    parts = [linked(notebook, notebook, f"downloads/notebooks/{page}.ipynb")] if notebook else []
    for name, file, line in called(source, names):
        inside = _inside(file)
        text = linked(name, f"src/{inside}", f"{FOLDER}/{inside}.html", line)
        parts.append(f"{text} (<code>{escape(inside)}</code>, line {line})")
    at = f" at commit <code>{escape(commit[:10])}</code>" if commit else ""
    return f'<p class="its-where">{", ".join(parts)}{at}</p>' if parts else ""


def _inside(file: Path) -> str:
    """Path of a module from the folder that holds its package."""
    top = next(folder for folder in declaration.packages().values() if file.is_relative_to(folder))
    return file.relative_to(top.parent).as_posix()


def files() -> dict[str, Path]:
    """Modules of the tool and of the study by their place among the downloads, in order."""
    return {
        name.replace("src/", f"{FOLDER}/", 1): file
        for name, file in declaration.code_files()
        if file.suffix == ".py"
    }
