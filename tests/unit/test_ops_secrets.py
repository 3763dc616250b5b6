"""The fleet's secrets are made once, are the same in every stack, and stay."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from boot.fleet import FLEET_NAME
from ops.secrets import SHARED, spread
from ops.stacks import Stack, StackError
from tests.unit.x509 import common_name


@dataclass
class FakeStack:
    """A stack without the CLI: its secrets are a dictionary, and its writes are counted."""

    name: str
    held: dict[str, str] = field(default_factory=dict)
    writes: int = 0

    def secrets(self) -> dict[str, str]:
        return dict(self.held)

    def set_secret(self, key: str, value: str) -> None:
        self.held[key] = value
        self.writes += 1


def _fleet(*held: dict[str, str]) -> list[FakeStack]:
    return [FakeStack(name, dict(secrets)) for name, secrets in zip(("gra", "sbg", "witness"), held, strict=True)]


def _spread(fleet: list[FakeStack], *rotate: str) -> dict[str, list[str]]:
    return spread(cast("list[Stack]", fleet), frozenset(rotate))


@pytest.fixture
def fleet() -> list[FakeStack]:
    """Three stacks after the first run."""
    stacks = _fleet({}, {}, {})
    _spread(stacks)
    for stack in stacks:
        stack.writes = 0
    return stacks


def test_the_first_run_writes_all_to_all() -> None:
    """Every shared secret, with one value over the fleet; random ones have 256 bits."""
    stacks = _fleet({}, {}, {})
    written = _spread(stacks)
    assert written == {stack.name: list(SHARED) for stack in stacks}
    assert stacks[0].held == stacks[1].held == stacks[2].held
    assert {len(stacks[0].held[key]) for key in ("cookie_secret", "redis_password")} == {64}
    assert stacks[0].held["cookie_secret"] != stacks[0].held["redis_password"]
    assert common_name(stacks[0].held["fleet_certificate"]) == FLEET_NAME


def test_the_second_run_writes_nothing(fleet: list[FakeStack]) -> None:
    """Not even the same values again: encrypting anew would change the files."""
    assert _spread(fleet) == {}
    assert [stack.writes for stack in fleet] == [0, 0, 0]


def test_two_fleets_have_nothing_in_common(fleet: list[FakeStack]) -> None:
    other = _fleet({}, {}, {})
    _spread(other)
    assert not set(fleet[0].held.values()) & set(other[0].held.values())


def test_a_stack_that_lacks_some_gets_the_others(fleet: list[FakeStack]) -> None:
    """A stack made later, and one that lost a secret."""
    before = dict(fleet[0].held)
    fleet[1].held.pop("redis_password")
    fleet[2].held.clear()
    assert _spread(fleet) == {"sbg": ["redis_password"], "witness": list(SHARED)}
    assert fleet[0].held == fleet[1].held == fleet[2].held == before


def test_a_disagreement_is_refused_and_nothing_is_written(fleet: list[FakeStack]) -> None:
    """Neither value is right by itself; the message names the stacks and what to do, and shows neither value."""
    fleet[1].held["cookie_secret"] = "another"
    fleet[2].held.pop("redis_password")
    with pytest.raises(StackError) as refused:
        _spread(fleet)
    assert str(refused.value) == "cookie_secret differs between gra, sbg, witness; --rotate makes a new one for all"
    assert [stack.writes for stack in fleet] == [0, 0, 0]


@pytest.mark.parametrize(
    ("what", "keys"),
    [
        ("cookie_secret", ["cookie_secret"]),
        ("redis_password", ["redis_password"]),
        ("fleet", ["fleet_certificate", "fleet_key"]),
    ],
)
def test_rotation_renews_what_it_names_everywhere(fleet: list[FakeStack], what: str, keys: list[str]) -> None:
    """And settles a disagreement about it; the rest stays."""
    before = dict(fleet[0].held)
    fleet[1].held[keys[0]] = "another"
    assert _spread(fleet, what) == {stack.name: keys for stack in fleet}
    assert fleet[0].held == fleet[1].held == fleet[2].held
    assert {key for key in SHARED if fleet[0].held[key] != before[key]} == set(keys)


@pytest.mark.parametrize("alone", ["fleet_certificate", "fleet_key"])
def test_half_a_pair_is_refused(fleet: list[FakeStack], alone: str) -> None:
    """A certificate without its key, or the key alone, in all stacks: a new half would not fit."""
    for stack in fleet:
        stack.held.pop("fleet_key" if alone == "fleet_certificate" else "fleet_certificate")
    with pytest.raises(StackError, match="belong together, and only one is there: --rotate fleet"):
        _spread(fleet)
    assert _spread(fleet, "fleet") == {stack.name: ["fleet_certificate", "fleet_key"] for stack in fleet}
