"""`python -m ops` and `python -m lab`: each command is there, with help for each of its parameters."""

import re
from pathlib import Path
from pkgutil import resolve_name
from typing import get_type_hints

import pytest

from fleet.command_line import Argument, Command, run
from lab.__main__ import COMMANDS as LAB_COMMANDS
from ops.__main__ import COMMANDS, main
from tests.configuration import ROOT

TABLES = {"ops": COMMANDS, "lab": LAB_COMMANDS}
CALLERS = (
    *(
        ROOT / name
        for name in (
            "Makefile",
            "README.md",
            "CONTRIBUTING.md",
            "docs/runbook.md",
            "docs/fr/runbook.md",
            "lab/README.md",
        )
    ),
    *sorted((ROOT / ".github" / "workflows").iterdir()),
)


@pytest.mark.parametrize(
    ("program", "name", "command"),
    [(program, name, command) for program, table in TABLES.items() for name, command in table.items()],
    ids=str,
)
def test_every_command_explains_itself(
    program: str, name: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its module says what it does, and each of its parameters has some words."""
    with pytest.raises(SystemExit) as left:
        run(f"python -m {program}", "", {name: command}, [name, "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m {program} {name} ")
    hints = get_type_hints(resolve_name(command.function), include_extras=True)
    assert hints.pop("return") is int
    for parameter, hint in hints.items():
        (words,) = hint.__metadata__
        assert words.text if isinstance(words, Argument) else words, parameter


@pytest.mark.parametrize("file", CALLERS, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_command_that_is_named_is_there(file: Path) -> None:
    """And no module beside the two is called as a program, but a test's."""
    text = re.sub(r"\$\(OPS\)|\$\(ENVIRONMENTS\)", "-m ops", file.read_text())
    assert set(re.findall(r"-m (\w+)\.", text)) <= {"tests"}
    for program, table in TABLES.items():
        assert set(re.findall(rf"-m {program} ([a-z][a-z-]*)", text)) <= table.keys()


@pytest.mark.parametrize("program", TABLES)
def test_help_names_them_all(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(program, "", TABLES[program], ["--help"])
    assert set(TABLES[program]) <= set(capsys.readouterr().out.split())


def test_a_stack_that_is_not_there_is_refused_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["status", "gra", "sgb"]) == 1
    error = capsys.readouterr().err
    assert error == "error: no such stack file: Pulumi.sgb.yaml; the stacks with one: gra, sbg, witness\n"
