"""A value of a YAML text written, or taken out, in place: every other byte stays as it is, comments too."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import yaml

from fleet.command_line import CommandError

_INDENT = 2


def written(text: str, path: Sequence[str], value: object) -> str:
    """The text with a value in the place of what is there, or behind what its section has.

    Args:
        text: YAML; the top is a mapping.
        path: the keys that lead to the value.
        value: what YAML's safe types hold.

    Raises:
        CommandError: the text is no YAML, or has something else than a section on the way.
    """
    section, missing = _walk(text, path)
    if not missing:
        node = _pairs(section)[path[-1]][1]
        begin, end = node.start_mark.index, _end(node)
        space = " " if begin == end else ""  # a key without a value
        return text[:begin] + space + _line(value, inside=bool(section.flow_style)) + text[end:]
    if section.flow_style:
        nested = value
        for key in reversed(missing[1:]):
            nested = {key: nested}
        begin = section.end_mark.index - 1
        kept = text[:begin].rstrip()
        comma = ", " if section.value else " "
        return f"{kept}{comma}{missing[0]}: {_line(nested, inside=True)} {text[begin:]}"
    column = section.value[0][0].start_mark.column
    lines = [f"{' ' * (column + _INDENT * depth)}{key}:" for depth, key in enumerate(missing)]
    place = _line_end(text, _end(section))
    added = "\n".join(lines) + f" {_line(value, inside=False)}"
    return f"{text[:place]}\n{added}{text[place:]}"


def removed(text: str, path: Sequence[str]) -> str:
    """The text without the lines of a key; as it is where there is none.

    Raises:
        CommandError: as `written`; or the key stands on a line with others.
    """
    section, missing = _walk(text, path)
    if missing:
        return text
    if section.flow_style:
        raise CommandError(f"{'.'.join(path)}: take it out of its line by hand")
    key, value = _pairs(section)[path[-1]]
    begin = text.rfind("\n", 0, key.start_mark.index) + 1
    return text[:begin] + text[_line_end(text, max(_end(value), key.end_mark.index)) + 1 :]


@lru_cache(maxsize=16)  # the same few texts, for each of their values
def parsed(text: str) -> dict[str, Any]:
    """What the text says; not to be changed.

    Raises:
        CommandError: it is no YAML, or no mapping.
    """
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CommandError(f"is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise CommandError("is no mapping of keys")
    return found


def _walk(text: str, path: Sequence[str]) -> tuple[yaml.MappingNode, Sequence[str]]:
    """The innermost section on the way that is there, and the keys that it lacks."""
    parsed(text)
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    for depth, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            raise CommandError(f"{'.'.join(path[:depth])}: must be a section that holds {key}")
        pair = _pairs(node).get(key)
        if pair is None:
            return node, path[depth:]
        if depth == len(path) - 1:
            return node, ()
        node = pair[1]
    raise CommandError("no key is named")


def _pairs(section: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    return {key.value: (key, value) for key, value in section.value}


def _end(node: yaml.Node) -> int:
    """Where the last thing of a node ends; the parser takes what follows, comments and all, into a block."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        key, value = node.value[-1]
        return max(_end(value), int(key.end_mark.index) + 1)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _end(node.value[-1])
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.index) - 1
    return int(node.end_mark.index)


def _line_end(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found


def _line(value: object, *, inside: bool) -> str:
    """A value on one line; inside of brackets more has to be quoted."""
    shown = [value] if inside else value
    text = yaml.safe_dump(shown, default_flow_style=True, width=math.inf, allow_unicode=True).strip()
    return text[1:-1] if inside else text.removesuffix("\n...")
