"""Help with examples that work, and completion in real shells."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess

import pytest
import shtab

from eprivacy_its import cli, options

COMMANDS = list(cli.COMMANDS)


def test_every_command_is_offered_and_done() -> None:
    assert list(options.commands(options.parser())) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples_that_are_accepted(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main([command, "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert "examples:" in shown
    assert "exit status: 0 done" in shown
    text = re.sub(r"\s*\\\n\s*", " ", options.EXAMPLES[command])
    lines = [line.strip() for line in text.splitlines()]
    assert lines
    for line in lines:
        plain = re.split(r"\s{3,}| > ", line)[0]
        words = shlex.split(plain)
        assert words[:2] == ["eprivacy-its", command]
        assert options.parser().parse_args(words[1:]).command == command


def completed(shell: str, words: list[str]) -> list[str]:
    """What bash would offer for the last word."""
    array = " ".join(shlex.quote(word) for word in words)
    script = shtab.complete(options.parser(), "bash") + (
        f"\ncompopt() {{ :; }}; COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; "
        "_shtab_eprivacy_its; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    done = subprocess.run([shell, "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["r"], ["run", "register", "results"]),
        (["results", "--f"], ["--format"]),
        (["results", "--format", ""], ["table", "json", "csv"]),
        (["check", "x.csv", "--dates", "m"], ["month-first"]),
        (["run", "--cl"], ["--cluster"]),
        (["completion", "f"], ["fish"]),
    ],
)
def test_bash_completes(words: list[str], offered: list[str]) -> None:
    assert completed("bash", ["eprivacy-its", *words]) == offered


@pytest.mark.parametrize("shell", options.SHELLS)
def test_a_script_names_every_command_and_option(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for name, command in options.commands(options.parser()).items():
        assert re.search(rf"\b{name}\b", script)
        for action in command._actions:
            assert all(option.lstrip("-") in script for option in action.option_strings)
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)
