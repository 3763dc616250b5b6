"""How a change of each setting reaches servers that run: what the settings' reference says, held against the resources.

The mocks give every resource the id of its name, so what is replaced because something below it is replaced does not
show: a network that is made anew takes the servers on it along, and stands here as "networks".
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from components.monitoring import HOLDS, PUBLIC_MBIT
from settings.effects import IDENTITY, NONE, effect, plain
from settings.keys import keys
from tests.component.changed_keys import CHANGED, Changes
from tests.component.cloud import (
    FLOATING_IP,
    INSTANCE,
    NETWORK,
    PORT,
    REMOTE_COMMAND,
    RULE,
    SUBNET,
    deploy,
)
from tests.unit.boot.golden import OPERATORS

SITES = ("gra", "sbg", "witness")
PATHS = [key.path for key in keys()]
ROLES = {"edge": "edges", "meeting": "meeting nodes", "redis": "Redis servers", "witness": "the witness"}
STACKS = {
    f"organization/multiparty-meeting/{site}": {name: f"203.0.113.{number}", PUBLIC_MBIT: 200, HOLDS: 50}
    for number, (site, name) in enumerate(
        (("gra", "edge_address"), ("sbg", "edge_address"), ("witness", "nameserver_address")), 61
    )
}
# The same ones whatever is made first.
ADDRESSES = {
    name: f"203.0.113.{number}"
    for number, name in enumerate(
        (
            "production-gra-edge-1",
            "production-gra-meeting-1",
            "production-gra-meeting-2",
            "production-sbg-edge-1",
            "production-sbg-meeting-1",
            "production-sbg-meeting-2",
            "production-witness-witness-1",
        ),
        1,
    )
}
Resources = Mapping[tuple[str, str], dict[str, Any]]


@cache
def _resources(stack: str, frozen: str, before: str | None) -> Resources:
    subnets = {
        f"urn:pulumi:{stack}::multiparty-meeting::{type_}::{name}": {"type": type_, "outputs": inputs}
        for (type_, name), inputs in (_resources(stack, before, None) if before else {}).items()
        if type_ == SUBNET
    }
    deployed = deploy(stack, _CHANGES[frozen], STACKS, addresses=ADDRESSES, state=subnets)
    return {(resource.type, resource.name): resource.inputs for resource in deployed.registered}


_CHANGES: dict[str, Changes] = {}


def _of(stack: str, changes: Changes, before: Changes | None = None) -> Resources:
    """What is registered, on what is deployed; kept, as many keys begin with the same settings."""
    _CHANGES[repr(changes)] = changes
    return _resources(stack, repr(changes), repr(before) if before is not None else None)


def _moved(before: Resources, after: Resources) -> Iterator[tuple[str, str]]:
    """What differs between two sites, each with whose it is."""
    for type_, name in sorted(before.keys() | after.keys()):
        old, new = before.get((type_, name)), after.get((type_, name))
        inputs = {key for key in {**(old or {}), **(new or {})} if (old or {}).get(key) != (new or {}).get(key)}
        if not inputs:
            continue
        role = next((role for role in ROLES if f"-{role}-" in name), "")
        if inputs <= {"description", "metadata"} and old and new:
            yield "labels", ""
        elif type_ == INSTANCE:
            yield ("replaces", role) if old and new else ("adds or takes away servers", "")
        elif type_ == REMOTE_COMMAND and "stdin" in inputs:
            yield "pushed to", role
        elif type_ == RULE:
            yield "rules", ""
        elif type_ in (NETWORK, SUBNET) or (type_ == PORT and old and new):
            yield "networks", ""
        elif type_ == FLOATING_IP and not _of_new_server(name, before, after):
            yield "public addresses", ""


def _of_new_server(name: str, before: Resources, after: Resources) -> bool:
    return ((INSTANCE, name) in before) != ((INSTANCE, name) in after)


def _words(before: Changes, after: Changes) -> str:
    """What a change does at the sites, in the words of the table."""
    moved = {found for stack in SITES for found in _moved(_of(stack, before), _of(stack, {**before, **after}, before))}
    said = []
    for verb in ("replaces", "pushed to"):
        roles = [word for role, word in ROLES.items() if (verb, role) in moved]
        if roles:
            said.append(f"{verb} {'every server' if len(roles) == len(ROLES) else ', '.join(roles)}")
    for word in ("rules", "networks", "public addresses", "adds or takes away servers"):
        said += [word] if (word, "") in moved else []
    return "; ".join(said) or ("labels" if ("labels", "") in moved else NONE)


def test_every_key_is_changed_below() -> None:
    """But for those that make another deployment of it."""
    assert {path for path in PATHS if effect(path) != IDENTITY} == CHANGED.keys()


@pytest.mark.parametrize("path", CHANGED)
def test_a_change_does_what_the_reference_says(path: str) -> None:
    """At a site of each kind, with operators who may log in."""
    assert _words(*CHANGED[path]) == effect(path)


@pytest.mark.parametrize(
    "path",
    [path for path, (before, _) in CHANGED.items() if effect(path) == "pushed to edges" and before == OPERATORS],
)
def test_without_operators_an_edge_is_replaced_instead(path: str) -> None:
    """Nobody may log in: the files come with the boot document."""
    assert _words({}, CHANGED[path][1]) == "replaces edges"


def test_a_network_takes_its_servers_along() -> None:
    """What the mocks cannot show: every server stands on the network that a change of the backbone makes anew."""
    for stack in ("gra", "witness"):
        found = _of(stack, {})
        (backbone,) = [name for type_, name in found if type_ == NETWORK and name.endswith("-backbone")]
        ports = {inputs["networkId"] for (type_, name), inputs in found.items() if type_ == PORT and "backbone" in name}
        assert ports == {f"{backbone}-id"}


def test_the_table_names_no_key_that_is_none() -> None:
    """A row that belongs to nothing would be believed."""
    from settings.effects import _EFFECTS  # noqa: PLC0415

    written = [plain(path) for path in PATHS]
    assert not [key for key in _EFFECTS if not any(path == key or path.startswith(f"{key}.") for path in written)]
