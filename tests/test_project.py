"""The project as a whole: dependencies in step, one direction of imports, notebooks in house style."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TRACKED = subprocess.run(
    ["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True
).stdout.split("\n")[:-1]


def _name(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower().replace("_", "-").replace(".", "-")


def test_lock_has_every_direct_dependency_with_hashes_and_no_index() -> None:
    locked = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK, flags=re.M))
    groups = PROJECT["dependency-groups"]
    direct = {_name(r) for r in [*PROJECT["project"]["dependencies"], *groups["build"], *groups["test"]]}
    assert direct <= set(locked)
    blocks = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.M)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"--(extra-)?index-url|--find-links|https?://", LOCK)


def test_locked_versions_satisfy_pyproject() -> None:
    from packaging.requirements import Requirement

    locked = {_name(n): v for n, v in re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", LOCK, flags=re.M)}
    for text in PROJECT["project"]["dependencies"]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(locked[_name(text)]), text


def test_conda_environment_is_in_step_with_pyproject() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["project"]["name"]
    assert "conda-forge" in environment["channels"]
    python = next(d for d in environment["dependencies"] if isinstance(d, str) and d.startswith("python"))
    reference = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    assert python == f"python={reference}"  # that of the reference build
    assert reference in PROJECT["project"]["requires-python"]
    pip = next(d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
    assert "-r requirements.lock" in pip


def test_versions_agree() -> None:
    import eprivacy_its

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert PROJECT["project"]["version"] == eprivacy_its.__version__ == citation["version"]


# Layers from the bottom up; a module imports from its own part or from lower layers only.
TOOL_LAYERS = [
    {"errors", "limits", "names", "parallel"},
    {"paths", "remote"},
    {"yamlfile", "written"},
    {"declaration"},
    {"show"},
    {"results"},
    {"packages", "plots"},
    {"its", "panel", "bounds"},
    {"simulate", "robustness", "examples", "schema"},
    {"series", "testing"},
    {"runs"},
    {"pages", "plans"},
    {"study"},
    {"cli", "options"},
]
STUDY_LAYERS = [
    {"data", "plots"},
    {"caseload", "claims", "countries", "moderation", "power", "providers", "validation"},
    {"findings"},
    {"pages", "schemas"},
]
# Names for the type checker alone do not count: plots name the results they draw.
LEVELS = {
    package: {part: level for level, parts in enumerate(layers) for part in parts}
    for package, layers in (("eprivacy_its", TOOL_LAYERS), ("helpers", STUDY_LAYERS))
}
MODULES = sorted(file for package in LEVELS for file in (ROOT / "src" / package).rglob("*.py"))


def _imports(file: Path) -> set[str]:
    """Dotted names of what a module of the project imports from the project."""
    found = set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}: relative import"
    return {name for name in found if name.partition(".")[0] in LEVELS}


def _shown(file: Path) -> str:
    return file.relative_to(ROOT / "src").as_posix()


@pytest.mark.parametrize("file", MODULES, ids=_shown)
def test_imports_point_one_way(file: Path) -> None:
    package, part, *_ = file.relative_to(ROOT / "src").with_suffix("").parts
    for name in _imports(file):
        other, used, *_ = [*name.split("."), ""]
        if other != package:
            assert package == "helpers", f"the tool imports the study: {name}"
        elif used not in ("", "__version__", part):
            assert part != "__init__", f"{package} itself imports {name}"
            assert LEVELS[package][used] <= LEVELS[package][part], (
                f"{part} imports {used}, which stands above it"
            )


#: Words of this study. A date in an example of a docstring is no knowledge.
OWN_WORDS = re.compile(
    r"NCMEC|CyberTip|ePrivacy|\bEU\b|(?i:\beu-?27\b)|Facebook|Instagram|Poland|[Cc]hild sexual"
)


@pytest.mark.parametrize("file", [f for f in MODULES if "eprivacy_its" in f.parts], ids=_shown)
def test_the_tool_has_no_word_of_the_study(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            assert not OWN_WORDS.search(node.value), f"line {node.lineno}: {node.value}"


@pytest.mark.parametrize("file", MODULES, ids=_shown)
def test_modules_hold_one_idea(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, "split it"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda f: f.stem)
class TestNotebookStyle:
    def cells(self, notebook: Path, kind: str) -> list[str]:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        return ["".join(c["source"]) for c in content["cells"] if c["cell_type"] == kind]

    def test_no_outputs(self, notebook: Path) -> None:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        code = [c for c in content["cells"] if c["cell_type"] == "code"]
        assert not any(c["outputs"] or c["execution_count"] for c in code)
        assert content["metadata"]["kernelspec"]["name"] == "python3"

    def test_opens_with_question_and_parameters(self, notebook: Path) -> None:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        first, second = content["cells"][:2]
        text = "".join(first["source"])
        assert text.startswith("# ")
        assert all(f"**{word}" in text for word in ("Question", "Data", "Method"))
        assert second["metadata"]["tags"] == ["parameters"]
        lines = [line for line in "".join(second["source"]).split("\n") if re.match(r"[a-z_]+ *=", line)]
        from eprivacy_its.runs import parameters

        read = parameters.read(notebook)
        assert lines
        assert all(p.comment for p in read.values()), [p.name for p in read.values() if not p.comment]

    def test_one_heading_of_the_first_level(self, notebook: Path) -> None:
        text = "\n".join(self.cells(notebook, "markdown"))
        assert len(re.findall(r"^# ", text, flags=re.M)) == 1

    def test_short_cells_without_definitions(self, notebook: Path) -> None:
        code = self.cells(notebook, "code")
        sizes = sorted(len([line for line in c.split("\n") if line.strip()]) for c in code)
        assert sizes[len(sizes) // 2] <= 4
        assert sizes[int(len(sizes) * 0.9)] <= 10
        for source in code:
            for node in ast.walk(ast.parse(source)):
                assert not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda))

    def test_prose_has_no_typed_estimate(self, notebook: Path) -> None:
        """Numbers in Markdown are dates, years, n of a method or names; a percentage or a count must be computed."""
        for text in self.cells(notebook, "markdown"):
            found = re.findall(r"[-−]?\d+(?:\.\d+)? ?(?:%|percent\b)|\d{1,3}(?:,\d{3})+", text)
            allowed = {
                "95 %",
                "95%",
                "80 %",
                "80%",
                "90 %",
                "5 %",
                "46 %",
                "−46 %",
                "-46 %",
                "58 %",
                "-58 %",
                "−58 %",
            }
            assert not set(found) - allowed, found


def test_every_notebook_is_in_the_graph() -> None:
    listed = yaml.safe_load((ROOT / "notebooks" / "graph.yml").read_text(encoding="utf-8"))
    assert sorted(set(listed) - {"study"}) == [n.stem for n in NOTEBOOKS]


def test_no_path_or_registry_of_a_machine_is_committed() -> None:
    for name in TRACKED:
        file = ROOT / name
        if not file.is_file() or file.suffix in {".png", ".ico"}:
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        assert not re.search(r"(?<![\w.])/(?:work|root|home)/\w", text), name
        if file.suffix not in {".md", ".py"}:
            assert not re.search(r"--(?:extra-)?index-url|registry *= *\"?https?:", text), name
    assert not {"uv.lock", "poetry.lock", "Pipfile.lock"} & {Path(n).name for n in TRACKED}


def test_readme_tree_matches_the_disk() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = re.search(r"<!-- tree -->\s*```\n(.*?)```", readme, flags=re.S)[1]
    named = [line.split()[0].rstrip("/") for line in tree.splitlines() if line and not line.startswith(" ")]
    missing = [name for name in named if name != "build" and not (ROOT / name).exists()]
    assert not missing
    top = {name.split("/")[0] for name in TRACKED} - {".gitignore"}
    assert not top - {n.split("/")[0] for n in named}, "the tree in README.md leaves something out"


def test_files_that_commands_and_texts_name_are_there() -> None:
    """A file that was moved is still named by its old path where no test runs: in a deep target, in a text."""
    texts = [
        ROOT / "Makefile",
        *ROOT.glob(".ci/*"),
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("tests/*.py"),
    ]
    gone = [
        f"{text.relative_to(ROOT)}: {name}"
        for text in texts
        if text.name not in ("CHANGELOG.md", "held.md", "mutants.py")
        for name in re.findall(
            r"\b(?:src|tests|benchmarks|notebooks|docs)/[\w./-]+\.(?:py|ipynb|md|yml|csv)\b", text.read_text()
        )
        if not (ROOT / name).exists()
    ]
    assert gone == []


def test_the_workflow_pins_what_it_runs_and_may_little() -> None:
    text = (ROOT / ".github/workflows/findings.yml").read_text(encoding="utf-8")
    flow = yaml.safe_load(text)
    used = re.findall(r"uses: *(\S+)", text)
    assert used
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", one) for one in used), used
    assert flow["permissions"] == {"contents": "read"}
    # Only the job that publishes the pages may write, and only that.
    extra = {name: job["permissions"] for name, job in flow["jobs"].items() if "permissions" in job}
    assert extra == {"pages": {"pages": "write", "id-token": "write"}}
    checkouts = [s for job in flow["jobs"].values() for s in job["steps"] if "checkout" in s.get("uses", "")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    assert "secrets." not in text
    reference = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    published = [s for s in flow["jobs"]["study"]["steps"] if "pages-artifact" in s.get("uses", "")]
    assert f"matrix.python == '{reference}'" in published[0]["if"]
    assert f"python={reference} " in (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert flow["concurrency"]
    assert "workflow_dispatch" in flow[True]  # YAML reads `on` as true
    assert flow["jobs"]["study"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    tried = {one["resolution"] for one in flow["jobs"]["dependencies"]["strategy"]["matrix"]["include"]}
    assert tried == {"lowest-direct", "highest"}
