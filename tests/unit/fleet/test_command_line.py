"""What a function's parameters are on a command line, and how words that are not allowed are refused."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from fleet.command_line import Argument, Command, CommandError, run


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


given: dict[str, Any] = {}


def paint(
    house: Annotated[Sequence[str], "the houses"],
    *,
    colour: Annotated[Colour, "of the doors"],
    layer: Annotated[Sequence[Literal["primer", "coat"]], "one of the layers"] = (),
    pause: Annotated[float | None, "seconds between two layers"] = None,
    place: Annotated[Path, "where the paint is"] = Path("cellar"),
    dry_run: Annotated[bool, "only say what would be done"] = False,
    list_: Annotated[bool, "the colours"] = False,
) -> int:
    given.update(locals())
    return 3


def sell(house: Annotated[str, Argument("the house", str.title)], price: Annotated[int, "in euros"] = 1) -> int:
    given.update(locals())
    if price < 0:
        raise CommandError(f"price = {price}: must be 0 or more")
    if price == 0:
        raise KeyboardInterrupt
    return 0


COMMANDS = {
    "paint": Command(f"{__name__}:paint", "put colour on doors"),
    "sell": Command(f"{__name__}:sell", "give a house away"),
}


def said(*words: str) -> int:
    given.clear()
    return run("houses", "What one does with houses.", COMMANDS, words)


def test_defaults_are_the_functions_own() -> None:
    """And what it returns is the exit status."""
    assert said("paint", "one", "--colour", "red") == 3
    assert given == {
        "house": ["one"],
        "colour": Colour.RED,
        "layer": [],
        "pause": None,
        "place": Path("cellar"),
        "dry_run": False,
        "list_": False,
    }


def test_words_become_values_of_the_parameters_types() -> None:
    words = ["--layer", "primer", "--layer", "coat", "--pause", "1.5", "--place", "/tmp", "--dry-run", "--list"]
    said("paint", "one", "two", "--colour", "green", *words)
    assert given == {
        "house": ["one", "two"],
        "colour": Colour.GREEN,
        "layer": ["primer", "coat"],
        "pause": 1.5,
        "place": Path("/tmp"),
        "dry_run": True,
        "list_": True,
    }


def test_a_parser_of_ones_own_makes_the_value() -> None:
    said("sell", "old mill", "12")
    assert given == {"house": "Old Mill", "price": 12}
    said("sell", "old mill")
    assert given["price"] == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "required: COMMAND"),
        (["burn"], "invalid choice: 'burn' (choose from 'paint', 'sell')"),
        (["paint", "--colour", "red"], "required: house"),
        (["paint", "one"], "required: --colour"),
        (["paint", "one", "--colour", "blue"], "argument --colour: 'blue': must be one of red, green"),
        (
            ["paint", "one", "--colour", "red", "--layer", "gold"],
            "argument --layer: 'gold': must be one of primer, coat",
        ),
        (["paint", "one", "--colour", "red", "--pause", "long"], "argument --pause: invalid float value: 'long'"),
        (["paint", "one", "--col", "red"], "required: --colour"),
        (["sell", "one", "--price", "3"], "unrecognized arguments: --price"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        said(*words)
    assert left.value.code == 2
    assert says in capsys.readouterr().err


def test_what_a_command_cannot_do_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert said("sell", "one", "--", "-1") == 1
    assert capsys.readouterr().err == "error: price = -1: must be 0 or more\n"


def test_an_interrupted_command_has_the_shells_status() -> None:
    assert said("sell", "one", "0") == 130


def test_help_lists_all_commands_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    commands = {**COMMANDS, "gone": Command("no.such.module:main", "is not there")}
    with pytest.raises(SystemExit) as left:
        run("houses", "What one does with houses.", commands, ["--help"])
    shown = capsys.readouterr().out
    assert left.value.code == 0
    assert all(name in shown and command.text in shown for name, command in commands.items())


def test_an_option_of_one_value_is_not_given_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """`make drain SITE="gra sbg"` would drain one of them, and say nothing of the other."""
    with pytest.raises(SystemExit) as refused:
        said("paint", "villa", "--colour", "red", "--pause", "1", "--pause", "2")
    assert refused.value.code == 2
    assert "argument --pause: is given twice; it takes one" in capsys.readouterr().err
    assert said("paint", "villa", "--colour", "red", "--layer", "primer", "--layer", "coat", "--pause", "1") == 3
