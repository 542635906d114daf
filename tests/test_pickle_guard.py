"""Nothing that could run code from a file is read: no pickle, in any of its disguises."""

from __future__ import annotations

import ast
import json
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Functions that unpickle, or do when asked to.
NAMES = {
    "read_pickle",
    "to_pickle",
    "allow_pickle",
    "pickle",
    "cPickle",
    "cloudpickle",
    "dill",
    "shelve",
    "marshal",
}
UNSAFE = {
    ("joblib", "load"),
    ("torch", "load"),
    ("yaml", "load"),
    ("yaml", "unsafe_load"),
    ("yaml", "full_load"),
}
# The bounded loader of settings: a subclass of yaml's safe one.
ALLOWED = {("src/eprivacy_its/yamlfile.py", "yaml.load")}


def sources() -> dict[str, str]:
    """Code of the package, the benchmarks and the notebooks, by path."""
    found = {}
    for folder in ("src", "benchmarks"):
        for file in (ROOT / folder).rglob("*.py"):
            found[file.relative_to(ROOT).as_posix()] = file.read_text(encoding="utf-8")
    for file in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
        found[file.relative_to(ROOT).as_posix()] = "\n".join(code)
    return found


def faults(name: str, source: str) -> list[str]:
    told = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = getattr(node, "module", None) or ""
            told += [m for m in [module, *(a.name for a in node.names)] if m.split(".")[0] in NAMES]
            told += [f"{module}.{a.name}" for a in node.names if (module, a.name) in UNSAFE]
        elif isinstance(node, ast.Attribute):
            base = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in NAMES or (base, node.attr) in UNSAFE:
                told.append(f"{base}.{node.attr}")
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            told.append("allow_pickle")
    return [one for one in told if (name, one) not in ALLOWED]


def test_no_pickle_is_read() -> None:
    found = {name: told for name, source in sources().items() if (told := faults(name, source))}
    assert found == {}


def test_the_guard_sees_what_it_is_for() -> None:
    for code in (
        "import pickle",
        "from joblib import load",
        "import dill",
        "pd.read_pickle('x')",
        "joblib.load('x')",
        "np.load('x', allow_pickle=True)",
        "yaml.load(text, Loader=yaml.Loader)",
    ):
        assert faults("x.py", code), code
