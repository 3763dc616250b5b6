"""The rooms of the house: the table of docs/architecture.md is the one that the contract holds, and both are true."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

from tests.configuration import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LINTER = PROJECT["tool"]["importlinter"]
ROOMS: list[str] = LINTER["root_packages"]


def table() -> dict[str, set[str]]:
    """The rooms as the document lists them, from top to bottom, each with those that it says it knows."""
    text = (ROOT / "docs/architecture.md").read_text()
    rows = re.findall(r"^\| `(\w+)/` \|.*\| ([^|]*) \|$", text, re.MULTILINE)
    return {room: set(re.findall(r"`(\w+)`", knows)) for room, knows in rows}


def lint(root: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=60)


def test_every_folder_of_the_program_is_a_room() -> None:
    """And mypy looks into each."""
    folders = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    assert folders == set(ROOMS) == set(table())
    assert set(PROJECT["tool"]["mypy"]["files"]) == {"__main__.py", *ROOMS, "tests"}


def test_the_table_has_the_contracts_order() -> None:
    (layers,) = [contract["layers"] for contract in LINTER["contracts"] if contract["id"] == "rooms"]
    places = {room: place for place, layer in enumerate(layers) for room in re.findall(r"\w+", layer)}
    order = [places[room] for room in table()]
    assert order == sorted(order)


def test_a_room_knows_those_that_the_table_says() -> None:
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    known: dict[str, set[str]] = {room: set() for room in ROOMS}
    for module in graph.modules:
        room = module.split(".")[0]
        known[room] |= {other.split(".")[0] for other in graph.find_modules_directly_imported_by(module)} - {room}
    assert table() == known


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("settings/types.py", "import ops.status"),
        ("drill/lanes.py", "from lab import demo"),
        ("boot/document.py", "from boot.redis import redis_unit"),
        ("settings/edge.py", "from settings import environment"),
    ],
    ids=["upwards", "the drill knows the lab", "a server's into what all have", "a circle"],
)
def test_the_contract_is_broken_by(file: str, line: str, tmp_path: Path) -> None:
    """One more import, in a copy of the program that kept the contract before."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=lambda _, names: [n for n in names if n == "__pycache__"])
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    before = lint(tmp_path)
    assert before.returncode == 0, before.stdout + before.stderr
    with (tmp_path / file).open("a") as module:
        module.write(f"{line}\n")
    assert "BROKEN" in lint(tmp_path).stdout
