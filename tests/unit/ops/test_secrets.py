"""The fleet's secrets are made once, are the same in every stack, and stay."""

import pytest

from fleet.stacks import StackError
from ops.secrets import GIVEN, SHARED
from settings.secrets import FLEET_NAME
from tests.unit.ops.secret_stacks import FakeStack, after_the_first_run, new_stacks, spread_all
from tests.unit.x509 import common_name


@pytest.fixture
def fleet() -> list[FakeStack]:
    """Three stacks after the first run."""
    return after_the_first_run()


def test_the_first_run_writes_all_to_all() -> None:
    """Every shared secret, with one value over the fleet; random ones have 256 bits."""
    stacks = new_stacks()
    written = spread_all(stacks)
    assert written == {stack.name: list(SHARED) for stack in stacks}
    assert stacks[0].held == stacks[1].held == stacks[2].held
    assert {len(stacks[0].held[key]) for key in SHARED if "fleet_c" not in key and "fleet_k" not in key} == {64}
    assert stacks[0].held["cookie_secret"] != stacks[0].held["redis_password"]
    assert common_name(stacks[0].held["fleet_certificate"]) == FLEET_NAME


def test_the_second_run_writes_nothing(fleet: list[FakeStack]) -> None:
    """Not even the same values again: encrypting anew would change the files."""
    assert spread_all(fleet) == {}
    assert [stack.writes for stack in fleet] == [0, 0, 0]


def test_two_fleets_have_nothing_in_common(fleet: list[FakeStack]) -> None:
    other = new_stacks()
    spread_all(other)
    assert not set(fleet[0].held.values()) & set(other[0].held.values())


def test_a_stack_that_lacks_some_gets_the_others(fleet: list[FakeStack]) -> None:
    """A stack made later, and one that lost a secret."""
    before = dict(fleet[0].held)
    fleet[1].held.pop("redis_password")
    fleet[2].held.clear()
    assert spread_all(fleet) == {"sbg": ["redis_password"], "witness": list(SHARED)}
    assert fleet[0].held == fleet[1].held == fleet[2].held == before


def test_a_disagreement_is_refused_and_nothing_is_written(fleet: list[FakeStack]) -> None:
    """Neither value is right by itself; the message names the stacks and what to do, and shows neither value."""
    fleet[1].held["cookie_secret"] = "another"
    fleet[2].held.pop("redis_password")
    with pytest.raises(StackError) as refused:
        spread_all(fleet)
    assert str(refused.value) == (
        "cookie_secret differs between gra, sbg, witness; --rotate with --at-once makes a new one for all"
    )
    assert [stack.writes for stack in fleet] == [0, 0, 0]


@pytest.mark.parametrize(
    ("what", "keys"),
    [
        ("cookie_secret", ["cookie_secret"]),
        ("redis_password", ["redis_password"]),
        ("fleet", ["fleet_certificate", "fleet_key"]),
    ],
)
def test_a_rotation_at_once_renews_what_it_names_everywhere(fleet: list[FakeStack], what: str, keys: list[str]) -> None:
    """And settles a disagreement about it; the rest stays."""
    before = dict(fleet[0].held)
    fleet[1].held[keys[0]] = "another"
    assert spread_all(fleet, what, at_once=True) == {stack.name: keys for stack in fleet}
    assert fleet[0].held == fleet[1].held == fleet[2].held
    assert {key for key in SHARED if fleet[0].held[key] != before[key]} == set(keys)


@pytest.mark.parametrize("alone", ["fleet_certificate", "fleet_key"])
def test_half_a_pair_is_refused(fleet: list[FakeStack], alone: str) -> None:
    """A certificate without its key, or the key alone, in all stacks: a new half would not fit."""
    for stack in fleet:
        stack.held.pop("fleet_key" if alone == "fleet_certificate" else "fleet_certificate")
    with pytest.raises(StackError, match="belong together, and only one is there: --rotate fleet --at-once"):
        spread_all(fleet)
    assert spread_all(fleet, "fleet", at_once=True) == {
        stack.name: ["fleet_certificate", "fleet_key"] for stack in fleet
    }


@pytest.mark.parametrize("key", GIVEN)
def test_the_servers_own_secrets_are_set_at_one_stack_andspread_all(key: str, fleet: list[FakeStack]) -> None:
    """Of what an operator set at one, nothing is made; two that differ are for a person to decide."""
    fleet[1].held[key] = "{}"
    assert spread_all(fleet) == {"gra": [key], "witness": [key]}
    assert spread_all(fleet) == {}
    fleet[0].held[key] = '{"other": "confidential"}'
    with pytest.raises(StackError, match=f"^{key}: gra and sbg and witness disagree") as refused:
        spread_all(fleet)
    assert "confidential" not in str(refused.value)
