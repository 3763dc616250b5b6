"""Command lines made from functions: a parameter is an argument or an option, with its type, its default and its words.

    def main(stack: Stacks, *, site: Annotated[str, "the one to roll"], undo: Undone = False) -> int

A parameter with a name only is an option; the others are arguments, a sequence takes several. What `Annotated` adds is
the help, or an `Argument` when there is more to say. A function is imported when it is the one that is asked for.
"""

import argparse
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pkgutil import resolve_name
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints


class CommandError(Exception):
    """A command cannot do what it is asked to; the message is for whoever asked."""


class Command(NamedTuple):
    """A command.

    Attributes:
        function: `module:function`; it returns the exit status. The module's text is the command's long help.
        text: what it does, in a few words.
    """

    function: str
    text: str


@dataclass(frozen=True)
class Argument:
    """What a parameter's type does not say.

    Attributes:
        text: its help.
        parse: makes a value of a word; `ArgumentTypeError` has the reason when it cannot. The type does it otherwise.
        metavar: what stands for a value in the help.
    """

    text: str
    parse: Callable[[str], object] | None = None
    metavar: str | None = None


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of a module's text, and gives a name its space."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=100)


class _Once(argparse.Action):
    """An option with one value: of several the last would count, and nobody would hear of the others."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, said: str | None = None
    ) -> None:
        given = vars(namespace).setdefault("_given", set())
        if self.dest in given:
            parser.error(f"argument {said}: is given twice; it takes one")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


def one_of(values: Iterable[object]) -> Callable[[str], object]:
    """A parser that takes these, by what they are written as."""
    by_word = {str(value): value for value in values}

    def parse(word: str) -> object:
        if word not in by_word:
            raise argparse.ArgumentTypeError(f"{word!r}: must be one of {', '.join(by_word)}")
        return by_word[word]

    return parse


def run(program: str, about: str, commands: Mapping[str, Command], words: Sequence[str]) -> int:
    """Run the command that the words name.

    Args:
        program: how it is called.
        about: what all of it is for.
        commands: by name.
        words: the command line after the program.

    Returns:
        The command's exit status; 1 with the reason when it cannot, 130 when it was interrupted.

    Raises:
        SystemExit: 2 for a word that is not allowed, with what is; 0 for `--help`.
    """
    parser = argparse.ArgumentParser(prog=program, description=about, allow_abbrev=False, formatter_class=_Formatter)
    named = parser.add_subparsers(dest=argparse.SUPPRESS, metavar="COMMAND", required=True, title="commands")
    for name, command in commands.items():
        added = named.add_parser(name, help=command.text, allow_abbrev=False, formatter_class=_Formatter)
        if name in words[:1]:
            function = resolve_name(command.function)
            added.description = sys.modules[function.__module__].__doc__
            _describe(added, function)
    given = vars(parser.parse_args(words))
    given.pop("_given", None)
    try:
        status: int = function(**given)
    except CommandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _describe(parser: argparse.ArgumentParser, function: Callable[..., int]) -> None:
    """Add an argument for each parameter."""
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, more = _apart(hints[name])
        option = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        needed = parameter.default is inspect.Parameter.empty
        several = get_origin(kind) is Sequence
        settings: dict[str, Any] = {"help": more.text}
        if not needed:
            settings["default"] = list(parameter.default) if several else parameter.default
        if kind is bool:
            settings["action"] = "store_true"
        else:
            settings |= {"type": more.parse or _parser(get_args(kind)[0] if several else kind), "metavar": more.metavar}
            if option:
                settings["action"] = "append" if several else _Once
            elif not option and (several or not needed):
                settings["nargs"] = "+" if needed else "*" if several else "?"
        if option:
            parser.add_argument(f"--{name.rstrip('_').replace('_', '-')}", dest=name, required=needed, **settings)
        else:
            parser.add_argument(name, **settings)


def _apart(hint: object) -> tuple[Any, Argument]:
    """A parameter's type without `None`, and what is said of it."""
    kind, more = get_args(hint)[:2] if get_origin(hint) is Annotated else (hint, "")
    alternatives = [one for one in get_args(kind) if one is not type(None)]
    if type(None) in get_args(kind):
        (kind,) = alternatives
    return kind, more if isinstance(more, Argument) else Argument(more)


def _parser(kind: Any) -> Callable[[str], object]:  # noqa: ANN401 - a type, or a form such as Literal["a", "b"]
    """What makes a value of a word."""
    if get_origin(kind) is Literal or issubclass(kind, Enum):
        return one_of(get_args(kind) or kind)
    made: Callable[[str], object] = kind
    return made
