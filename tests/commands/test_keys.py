"""Operators come and go: running servers let in those whom the settings name, and no server is replaced for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.deployment import Deployment, deployment
from tests.commands.persons import name_persons
from tests.commands.stacks import server

ALL = ("gra", "sbg", "witness")
KEYS = ("ops", "keys", *ALL, "--identity", "alice")


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    """All is well; servers know the key that they were made with."""
    with deployment(tmp_path, dns=False) as found:
        yield found


def let_in(found: Deployment) -> dict[str, list[str]]:
    """Whom each server lets in, by the comments of their keys."""
    files = sorted(found.fleet.glob("*.keys"))
    return {file.stem: [line.split()[-1] for line in file.read_text().splitlines()] for file in files}


def test_who_is_named_is_let_in_and_nobody_else(deployed: Deployment) -> None:
    """Also when somebody leaves: every server, whatever its role."""
    name_persons(deployed, "alice", "bob")
    said = deployed.run("ops", "status", *ALL, "--authority", "authority.pem")
    assert (
        "BAD  production-gra-redis-1 keys: 1 more and 2 less than the settings name may log in: make keys" in said.out
    )
    ended = deployed.run(*KEYS)
    assert ended.status == 0, ended.out
    assert list(let_in(deployed).values()) == [["alice", "bob"]] * 7
    name_persons(deployed, "alice")
    ended = deployed.run(*KEYS)
    assert ended.status == 0, ended.out
    assert list(let_in(deployed).values()) == [["alice"]] * 7
    said = deployed.run("ops", "status", *ALL, "--authority", "authority.pem")
    assert "ok   production-gra-redis-1 keys: 1 may log in" in said.out


def test_who_cannot_be_told_is_named(deployed: Deployment) -> None:
    """And the others are told all the same: a key that leaked is out wherever it can be."""
    name_persons(deployed, "alice")
    deployed.dead.append(server("gra", "edge"))
    ended = deployed.run(*KEYS)
    assert ended.status == 1
    assert f"BAD  {server('gra', 'edge')} keys: cannot be asked" in ended.out
    assert len(let_in(deployed)) == 6


def test_nobody_locks_themselves_out(deployed: Deployment) -> None:
    name_persons(deployed, "alice")
    name_persons(deployed, "bob")
    ended = deployed.run(*KEYS)
    assert ended.status == 1
    assert "operators.ssh_public_keys has none of yours" in ended.out
    assert let_in(deployed) == {}
