"""Shell completion, written from the parser itself so that it can't fall behind."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from eprivacy_its import options

_FUNCTION = "_" + options.PROGRAM.replace("-", "_")


@dataclass(frozen=True)
class Option:
    """A long option of a command, or a positional argument with choices (`name` is then empty)."""

    name: str
    help: str
    choices: tuple[str, ...]
    takes_value: bool


def commands() -> dict[str, tuple[str, list[Option]]]:
    """Each command with its help and its options."""
    whole = options.parser()
    (made,) = (a for a in whole._actions if isinstance(a, argparse._SubParsersAction))
    texts = {choice.dest: choice.help or "" for choice in made._choices_actions}
    return {name: (texts[name], list(_options(one))) for name, one in made.choices.items()}


def _options(parser: argparse.ArgumentParser) -> Iterator[Option]:
    for action in parser._actions:
        choices = tuple(str(choice) for choice in action.choices or ())
        names = [name for name in action.option_strings if name.startswith("--")]
        if names or choices:
            yield Option(names[0] if names else "", action.help or "", choices, action.nargs != 0)


def script(shell: str) -> str:
    """The script that completes ``eprivacy-its`` in a shell.

    Parameters
    ----------
    shell : {"bash", "zsh", "fish"}
    """
    if shell == "fish":
        return "".join(f"{line}\n" for line in _fish())
    head = (
        f"#compdef {options.PROGRAM}\nautoload -U +X bashcompinit && bashcompinit\n" if shell == "zsh" else ""
    )
    return head + _bash()


def _bash() -> str:
    known = commands()
    values, words = [], []
    for name, (_help, found) in known.items():
        values += [
            f"    {shlex.quote(f'{name} {one.name}')}) words={shlex.quote(' '.join(one.choices))} ;;"
            for one in found
            if one.name and one.choices
        ]
        offered = [one.name for one in found if one.name] + [
            c for one in found if not one.name for c in one.choices
        ]
        words.append(f"    {name}) words={shlex.quote(' '.join(offered))} ;;")
    newline = "\n"
    return f"""{_FUNCTION}() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=( $(compgen -W {shlex.quote(" ".join(known))} -- "$current") )
    return
  fi
  case "${{COMP_WORDS[1]}} $before" in
{newline.join(values)}
  esac
  if [ -n "$words" ]; then
    COMPREPLY=( $(compgen -W "$words" -- "$current") )
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{newline.join(words)}
  esac
  case "$current" in
    -*) COMPREPLY=( $(compgen -W "$words" -- "$current") ) ;;
    *) COMPREPLY=( $(compgen -W "$(printf '%s\\n' $words | grep -v '^-')" -- "$current") $(compgen -f -- "$current") ) ;;
  esac
}}
complete -o filenames -F {_FUNCTION} {options.PROGRAM}
"""


def _fish() -> Iterator[str]:
    start = f"complete -c {options.PROGRAM}"
    for name, (text, found) in commands().items():
        yield f"{start} -f -n __fish_use_subcommand -a {name} -d {_fish_quoted(text)}"
        inside = f'{start} -n "__fish_seen_subcommand_from {name}"'
        for one in found:
            values = f" -x -a {_fish_quoted(' '.join(one.choices))}" if one.choices else ""
            if not one.name:
                yield f"{inside} -f -a {_fish_quoted(' '.join(one.choices))}"
                continue
            needs = values or (" -r" if one.takes_value else "")
            yield f"{inside} -l {one.name.removeprefix('--')}{needs} -d {_fish_quoted(one.help)}"


def _fish_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
