from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

grammar = pytest.mark.skipif(
    find_spec("rfc3987_syntax") is None, reason="this version of jsonschema has no grammar to leave out"
)


def _fresh(code: str) -> dict[str, object]:
    """What code prints as JSON in a new interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@grammar
def test_the_grammar_is_not_loaded_and_can_be_afterwards() -> None:
    found = _fresh(
        "import json, sys\n"
        "from eprivacy_its.runs.prefork import fast_import\n"
        "module = fast_import.papermill()\n"
        "loaded = sorted({'rfc3987_syntax', 'lark'} & set(sys.modules))\n"
        "import rfc3987_syntax\n"
        "valid = rfc3987_syntax.is_valid_syntax('iri', 'https://example.org/é')\n"
        "print(json.dumps({'name': module.__name__, 'loaded': loaded, 'valid': valid}))"
    )
    assert found == {"name": "papermill", "loaded": [], "valid": True}


@grammar
def test_only_the_check_of_iris_goes() -> None:
    code = (
        "import json, sys\n"
        "{}"
        "from jsonschema import Draft202012Validator as V\n"
        "print(json.dumps({{'formats': sorted(V.FORMAT_CHECKER.checkers)}}))"
    )
    usual = set(_fresh(code.format(""))["formats"])
    light = set(
        _fresh(code.format("from eprivacy_its.runs.prefork import fast_import; fast_import.papermill()\n"))[
            "formats"
        ]
    )
    assert usual - light == {"iri", "iri-reference"}
    assert light <= usual


@grammar
def test_jsonschema_loaded_before_is_left_alone() -> None:
    found = _fresh(
        "import json, sys, jsonschema\n"
        "from eprivacy_its.runs.prefork import fast_import\n"
        "fast_import.papermill()\n"
        "formats = jsonschema.Draft202012Validator.FORMAT_CHECKER.checkers\n"
        "print(json.dumps({'iri': 'iri' in formats, 'module': sys.modules['rfc3987_syntax'] is not None}))"
    )
    assert found == {"iri": True, "module": True}


def test_the_package_itself_is_light() -> None:
    found = _fresh(
        "import json, sys\n"
        "from eprivacy_its.runs import prefork\n"
        "heavy = {'papermill', 'jupyter_client', 'zmq', 'nbformat', 'numpy', 'asyncio'}\n"
        "print(json.dumps({'loaded': sorted(heavy & set(sys.modules))}))"
    )
    assert found == {"loaded": []}
