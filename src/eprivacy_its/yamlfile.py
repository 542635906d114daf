"""YAML that people write, read safely: plain values only, of bounded size and depth, and no word about itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from eprivacy_its.errors import InputError
from eprivacy_its.remote import regular

#: A page of settings or a list of claims; more than this is neither.
BYTES = 100_000
#: Mappings and lists inside one another. The files of the project need five.
DEPTH = 20


def read(file: Path, dates: bool = True) -> Any:
    """The content of a file.

    Parameters
    ----------
    file : Path
    dates : bool
        False: days stay text, for a caller that says more about a day that is none than its line.

    Raises
    ------
    InputError
        No such file, or whatever is wrong with it: file, line, what was found.
    """
    try:
        data = regular(file, BYTES)
        if len(data) > BYTES:
            raise InputError(f"{file.name}: larger than {BYTES:,} bytes; expected a short list of settings")
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None
    except OSError as error:
        raise InputError(f"{file}: can't be read ({error.strerror})") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file.name}, line {line}: not UTF-8 text; save the file as UTF-8") from None
    return parse(text, file.name, dates)


def parse(text: str, where: str, dates: bool = True) -> Any:
    """The value that a text describes.

    Parameters
    ----------
    text : str
        YAML of plain values: no tags, no aliases (a few lines of them unfold to more than any memory holds), no key
        twice.
    where : str
        Starts the message.
    dates : bool
        False: days stay text.

    Raises
    ------
    InputError
        Not such a text: the line, what was found, what was expected.
    """
    import yaml

    try:
        return yaml.load(text, Loader=_loader(dates))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InputError(f"{where}{line}: not readable as YAML: {problem}") from None
    except (ValueError, OverflowError) as error:  # a date or a number that is none, e.g. 2020-13-45
        raise InputError(f"{where}: not readable as YAML: {error}; put text in quotes") from None


@cache
def _loader(dates: bool) -> Any:
    """yaml's safe loader with bounds; made once, since yaml itself is only imported when needed."""
    import yaml

    class Loader(yaml.SafeLoader):
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            event = self.peek_event()
            mark: Any = event.start_mark
            if isinstance(event, yaml.AliasEvent):
                raise yaml.composer.ComposerError(
                    None,
                    None,
                    f"the alias *{event.anchor} is not taken; write the value out",
                    mark,
                )
            if self.depth >= DEPTH:
                raise yaml.composer.ComposerError(
                    None, None, f"more than {DEPTH} levels inside one another", mark
                )
            self.depth += 1
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen = set()
            for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f'the key "{key.value}" stands twice', key.start_mark
                    )
                seen.add(key.value)
            return super().construct_mapping(node, deep)

    if not dates:
        Loader.yaml_implicit_resolvers = {
            start: [pair for pair in pairs if not pair[0].endswith(":timestamp")]
            for start, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }
    return Loader
