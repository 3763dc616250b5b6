"""A secret is rotated in three rounds: accepted, used, the old one refused; and one that was cut off goes on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import pytest

from fleet.stacks import Stack, StackError
from ops.rotation import rounds
from ops.secrets import SHARED, check_taken, spread, unfinished
from settings.secrets import Secrets
from tests.unit.ops.secret_stacks import FakeStack, after_the_first_run, new_stacks, spread_all
from tests.unit.x509 import public_key


@pytest.fixture
def fleet() -> list[FakeStack]:
    """Three stacks after the first run."""
    return after_the_first_run()


@pytest.mark.parametrize("what", ["cookie_secret", "redis_password", "redis_fleet_password"])
def test_a_secret_is_rotated_in_three_rounds(fleet: list[FakeStack], what: str) -> None:
    """Accepted, used, the old one refused: at each round whoever has the round before takes what is used now."""
    accepted = [_accepted(fleet, what)]
    (old,) = accepted[0]
    for keys in ([f"{what}_next"], [what, f"{what}_next", f"{what}_previous"], [f"{what}_previous"]):
        assert spread_all(fleet, what) == {stack.name: keys for stack in fleet}
        assert spread_all(fleet) == {}
        accepted.append(_accepted(fleet, what))
    new = accepted[-1][0]
    assert accepted == [(old,), (old, new), (new, old), (new,)]
    assert len(new) == 64 and new != old
    for before, after in pairwise(accepted):
        assert before[0] in after and after[0] in before
    assert spread_all(fleet, what) == {stack.name: [f"{what}_next"] for stack in fleet}


def _accepted(fleet: list[FakeStack], what: str) -> tuple[str, ...]:
    """The secrets that the program makes of the stacks'; all stacks have the same."""
    assert fleet[0].held == fleet[1].held == fleet[2].held
    found = Secrets.model_validate(fleet[0].held)
    return {
        "cookie_secret": found.cookie_secrets,
        "redis_password": found.redis_passwords,
        "redis_fleet_password": found.redis_fleet_passwords,
    }[what]


def test_a_fleet_certificate_is_rotated_with_its_key(fleet: list[FakeStack]) -> None:
    """Edges take both certificates before an instance has the new one, and its key always fits."""
    first = dict(fleet[0].held)
    spread_all(fleet, "fleet")
    second = dict(fleet[0].held)
    spread_all(fleet, "fleet")
    third = dict(fleet[0].held)
    spread_all(fleet, "fleet")
    for held, own in ((first, first["fleet_key"]), (second, first["fleet_key"]), (third, second["fleet_key_next"])):
        assert held["fleet_key"] == own
        assert public_key(held["fleet_certificate"]) == public_key(held["fleet_key"])
    new = third["fleet_certificate"]
    assert Secrets.model_validate(second).fleet_certificates == (first["fleet_certificate"], new)
    assert Secrets.model_validate(third).fleet_certificates == (new, first["fleet_certificate"])
    assert Secrets.model_validate(fleet[0].held).fleet_certificates == (new,)
    assert set(fleet[0].held) == set(SHARED)


def test_the_round_is_told(fleet: list[FakeStack]) -> None:
    """Until the rotation is through."""
    told = []
    for _ in range(3):
        spread_all(fleet, "cookie_secret")
        told.append(" ".join(rounds(fleet[0].held)))
    assert [text.rpartition("(")[2] for text in told] == ["1 of 3)", "2 of 3)", ""]


def test_an_interrupted_round_is_mended(fleet: list[FakeStack]) -> None:
    """A stack that was not reached gets the next secret; what one has lost already is removed from the others."""
    spread_all(fleet, "cookie_secret")
    del fleet[2].held["cookie_secret_next"]
    assert spread_all(fleet) == {"witness": ["cookie_secret_next"]}
    spread_all(fleet, "cookie_secret")
    del fleet[0].held["cookie_secret_previous"]
    assert spread_all(fleet) == {"sbg": ["cookie_secret_previous"], "witness": ["cookie_secret_previous"]}


def test_at_once_ends_a_rotation_that_is_under_way(fleet: list[FakeStack]) -> None:
    """A secret that leaked: neither it nor what was to follow it is accepted any more."""
    spread_all(fleet, "cookie_secret")
    leaked = Secrets.model_validate(fleet[0].held).cookie_secrets
    spread_all(fleet, "cookie_secret", at_once=True)
    assert set(fleet[0].held) == set(SHARED)
    assert fleet[0].held["cookie_secret"] not in leaked


class CutOffError(Exception):
    """The machine that ran the command is gone."""


def _cut_off_after(fleet: list[FakeStack], what: str, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation's round of which the first steps are done: keys written or removed, over all stacks."""
    left = [steps]

    def counted(do: Callable[..., None]) -> Callable[..., None]:
        def step(self: FakeStack, *words: str) -> None:
            if not left[0]:
                raise CutOffError
            left[0] -= 1
            do(self, *words)

        return step

    with monkeypatch.context() as patched:
        patched.setattr(FakeStack, "set_secret", counted(FakeStack.set_secret))
        patched.setattr(FakeStack, "remove", counted(FakeStack.remove))
        with pytest.raises(CutOffError):
            spread_all(fleet, what)


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("what", ["cookie_secret", "redis_password", "redis_fleet_password", "fleet"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_round_that_was_cut_off_goes_on_where_it_was(
    what: str, number: int, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever that was, between two stacks or two keys: said again, the command finishes that round and begins no
    other; what it leaves is what an uninterrupted round would have left.
    """
    steps = 0
    while True:
        stacks = new_stacks()
        spread_all(stacks)
        if first:  # as an environment of before
            for stack in stacks:
                del stack.held["redis_fleet_password"]
        for _ in range(number - 1):
            spread_all(stacks, what)
        before = dict(stacks[0].held)
        steps += 1
        try:
            _cut_off_after(stacks, what, steps, monkeypatch)
        except pytest.fail.Exception:
            break  # the whole round takes no more steps
        accepted = {value for stack in stacks for value in stack.held.values()}
        assert {value for key, value in before.items() if key != "fleet_key"} <= accepted
        assert unfinished(cast("list[Stack]", stacks)) == [what]
        spread_all(stacks, what)
        assert stacks[0].held == stacks[1].held == stacks[2].held
        assert [said.rpartition("(")[2] for said in rounds(stacks[0].held)] == [f"{number} of 3)"] * (number < 3)
        assert unfinished(cast("list[Stack]", stacks)) == []
    assert steps >= len(stacks)


@pytest.fixture
def of_before(fleet: list[FakeStack]) -> list[FakeStack]:
    """Stacks whose Redis servers say what meeting servers say."""
    for stack in fleet:
        del stack.held["redis_fleet_password"]
    return fleet


def test_servers_get_a_password_of_their_own_by_a_rotation_alone(of_before: list[FakeStack]) -> None:
    """At once it would be one that the servers which run do not know."""
    assert spread_all(of_before) == {}
    shared = of_before[0].held["redis_password"]
    accepted = [_accepted(of_before, "redis_fleet_password")]
    for _ in range(3):
        spread_all(of_before, "redis_fleet_password")
        assert spread_all(of_before) == {}
        accepted.append(_accepted(of_before, "redis_fleet_password"))
    own = of_before[0].held["redis_fleet_password"]
    assert accepted == [(shared,), (shared, own), (own, shared), (own,)]
    assert of_before[0].held["redis_password"] == shared
    assert set(of_before[0].held) == set(SHARED)


@pytest.mark.parametrize("done", [0, 1, 2])
def test_both_passwords_of_redis_do_not_change_together_while_they_are_one(
    of_before: list[FakeStack], done: int
) -> None:
    """Who has which rights hangs on whether they are the same."""
    for _ in range(done):
        spread_all(of_before, "redis_fleet_password")
    both = ("redis_password",) if done else ("redis_password", "redis_fleet_password")
    with pytest.raises(StackError, match="cannot change together: finish one of them first"):
        spread_all(of_before, *both)
    spread_all(_own(of_before), "redis_password")


def _own(stacks: list[FakeStack]) -> list[FakeStack]:
    while "redis_fleet_password" not in stacks[0].held or len(stacks[0].held) > len(SHARED):
        spread_all(stacks, "redis_fleet_password")
    return stacks


def test_a_new_stack_begins_with_what_the_others_have(of_before: list[FakeStack]) -> None:
    """In the midst of the rotation that brings the servers their own."""
    for _ in range(3):
        spread_all(of_before, "redis_fleet_password")
        before = dict(of_before[0].held)
        of_before[2].held.clear()
        spread_all(of_before)
        assert of_before[2].held == of_before[0].held == before


@dataclass
class DeployedStack(FakeStack):
    """One whose servers have taken secrets; by an older version, which did not say so: nothing."""

    taken: dict[str, str] = field(default_factory=dict)

    def deployed_secrets(self) -> dict[str, str]:
        return self.taken

    def up(self) -> None:
        self.taken = Secrets.model_validate(self.held).fingerprints


def test_a_round_waits_until_every_site_has_taken_the_one_before() -> None:
    """Of the secret that is named; what another one waits for is no matter."""
    stacks = [DeployedStack(name) for name in ("gra", "sbg", "witness")]
    deployed = cast("list[Stack]", stacks)
    spread_all(cast("list[FakeStack]", stacks))
    check_taken(deployed, frozenset({"redis_password"}))  # nobody is deployed yet
    for number in range(3):
        for stack in stacks:
            stack.up()
        check_taken(deployed, frozenset({"redis_password"}))
        spread(deployed, frozenset({"redis_password"}))
        stacks[0].up()
        with pytest.raises(StackError) as refused:
            check_taken(deployed, frozenset({"redis_password"}))
        assert str(refused.value).startswith("redis_password: the servers of sbg, witness have not taken"), number
        check_taken(deployed, frozenset({"cookie_secret", "fleet"}))
