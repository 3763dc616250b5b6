"""The rules that no change may break: kept by the program as it is, broken by what each of them is about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from fleet.preview.preview import FLOATING_IP, INSTANCE, PORT, RULE
from ops.review.policy import RULES, Violation, violations
from tests.unit.ops.review import recorded
from tests.unit.ops.review.comments import read

WORLD, SOURCES, GROUPS, KEPT, PLANNED, SECRETS = RULES
Digest = dict[str, Any]
EDGE, REDIS = "production-gra-edge-1", "production-gra-redis-1"
HTTPS = "production-gra-edge-public-tcp-443-from-0.0.0.0/0"
SESSIONS = "production-gra-redis-backbone-tcp-6379-from-10.17.1.5/32"
LOGIN = "production-gra-redis-backbone-tcp-22-from-10.17.0.4/32"
OFFICE = "production-gra-edge-public-tcp-22-from-198.51.100.0/28"


def _broken(digest: Digest, site: str = "gra") -> list[Violation]:
    return violations([read(site, digest)])


def _steps(digest: Digest, type_: str, name: str) -> Iterator[dict[str, Any]]:
    for step in digest["steps"]:
        if step["urn"].split("$")[-1].startswith(f"{type_}::") and step["urn"].endswith(f"::{name}"):
            yield step


def _set(type_: str, name: str, **inputs: object) -> Callable[[Digest], None]:
    """Give a resource other inputs; None takes one away."""

    def change(digest: Digest) -> None:
        (step,) = _steps(digest, type_, name)
        given = {**step["newState"]["inputs"], **inputs}
        step["newState"]["inputs"] = {key: value for key, value in given.items() if value is not None}

    return change


def _step(type_: str, name: str, **keys: object) -> Callable[[Digest], None]:
    """Change keys of a resource's step."""

    def change(digest: Digest) -> None:
        (step,) = _steps(digest, type_, name)
        step.update(keys)

    return change


def _state(type_: str, name: str, **keys: object) -> Callable[[Digest], None]:
    """Change keys of a resource as it will be."""

    def change(digest: Digest) -> None:
        (step,) = _steps(digest, type_, name)
        step["newState"] = {**step["newState"], **keys}

    return change


def _configure(key: str, value: str) -> Callable[[Digest], None]:
    def change(digest: Digest) -> None:
        digest["config"][f"multiparty-meeting:{key}"] = value

    return change


@dataclass(frozen=True)
class Row:
    """A change that breaks a rule: what it breaks, at which resource, and words of what is said."""

    rule: str
    change: Callable[[Digest], None]
    resource: str
    says: str


ROWS = {
    "another port": Row(
        WORLD, _set(RULE, HTTPS, portRangeMin=6379, portRangeMax=6379), HTTPS, "tcp 6379 of edge public"
    ),
    "a wider range": Row(
        WORLD, _set(RULE, HTTPS, portRangeMax=6379), HTTPS, "tcp 443-6379 of edge public to the world"
    ),
    "all ports": Row(WORLD, _set(RULE, HTTPS, portRangeMin=None, portRangeMax=None), HTTPS, "tcp all ports of edge"),
    "any protocol": Row(WORLD, _set(RULE, HTTPS, protocol=None), HTTPS, "any 443 of edge public to the world"),
    "IPv6": Row(WORLD, _set(RULE, SESSIONS, ethertype="IPv6", remoteIpPrefix="::/0"), SESSIONS, "to the world"),
    "no source": Row(
        WORLD, _set(RULE, SESSIONS, remoteIpPrefix=None), SESSIONS, "tcp 6379 of redis backbone to the world"
    ),
    "a group that nobody knows": Row(WORLD, _state(RULE, HTTPS, propertyDependencies={}), HTTPS, "opens tcp 443 of "),
    "half the world": Row(SOURCES, _set(RULE, HTTPS, remoteIpPrefix="128.0.0.0/1"), HTTPS, "to 128.0.0.0/1"),
    "the whole backbone": Row(
        SOURCES, _set(RULE, SESSIONS, remoteIpPrefix="10.17.0.0/22"), SESSIONS, "to 10.17.0.0/22"
    ),
    "everybody in a group": Row(
        SOURCES, _set(RULE, SESSIONS, remoteIpPrefix=None, remoteGroupId="g"), SESSIONS, "to group g"
    ),
    "a login from Redis": Row(
        SOURCES, _set(RULE, LOGIN, remoteIpPrefix="10.17.1.5/32"), LOGIN, "tcp 22 of redis backbone"
    ),
    "another office": Row(SOURCES, _set(RULE, OFFICE, remoteIpPrefix="203.0.113.0/24"), OFFICE, "to 203.0.113.0/24"),
    "a second group": Row(
        GROUPS,
        _set(PORT, f"{REDIS}-local", securityGroupIds=["own", "default"]),
        f"{REDIS}-local",
        "of redis public alone",
    ),
    "another server's group": Row(
        GROUPS,
        _state(PORT, f"{REDIS}-local", propertyDependencies={"securityGroupIds": ["x::production-gra-edge-public"]}),
        f"{REDIS}-local",
        "is not in the security group of redis public alone",
    ),
    "no group": Row(
        GROUPS, _set(PORT, f"{REDIS}-local", securityGroupIds=None), f"{REDIS}-local", "redis public alone"
    ),
    "groups off": Row(GROUPS, _set(PORT, f"{EDGE}-local", portSecurityEnabled=False), f"{EDGE}-local", "switched off"),
    "groups refused": Row(GROUPS, _set(PORT, f"{EDGE}-local", noSecurityGroups=True), f"{EDGE}-local", "switched off"),
    "an address replaced": Row(KEPT, _step(FLOATING_IP, EDGE, op="replace"), EDGE, "is replaced"),
    "an address given up": Row(KEPT, _step(FLOATING_IP, EDGE, op="delete", newState=None), EDGE, "its server stays"),
    "an address unprotected": Row(KEPT, _state(FLOATING_IP, EDGE, protect=False), EDGE, "is not protected"),
    "another backbone address": Row(
        PLANNED,
        _set(PORT, f"{REDIS}-backbone", fixedIps=[{"ipAddress": "10.17.0.6"}]),
        f"{REDIS}-backbone",
        "has 10.17.0.6, the plan 10.17.0.5",
    ),
    "no backbone address": Row(
        PLANNED, _set(PORT, f"{REDIS}-backbone", fixedIps=None), f"{REDIS}-backbone", "has no address, the plan"
    ),
    "a boot document": Row(SECRETS, _set(INSTANCE, REDIS, userData="#cloud-config\n"), REDIS, "holds a boot document"),
    "a private key": Row(
        SECRETS, _set(INSTANCE, REDIS, metadata={"key": "-----BEGIN EC PRIVATE KEY-----"}), REDIS, "or a private key"
    ),
    "a setting": Row(
        SECRETS, _configure("redis_password", "in-clear"), "redis_password", "is in the configuration in clear"
    ),
}


@pytest.mark.parametrize(
    "name", ["gra", "gra-first", "gra-replaced", "gra-node", "gra-pushed", "gra-larger", "gra-patient"]
)
def test_the_program_keeps_every_rule(name: str) -> None:
    """As it is, at its first deployment, and through changes that are meant."""
    assert _broken(recorded.whole(name)) == []


@pytest.mark.parametrize("name", ["witness", "witness-zone", "witness-flavor"])
def test_the_witness_keeps_every_rule(name: str) -> None:
    """With a delegated zone it has a public address, and 53 is open to the world."""
    assert _broken(recorded.whole(name), "witness") == []


@pytest.mark.parametrize("name", ROWS)
def test_a_rule_is_broken_by_this(name: str) -> None:
    """By nothing but the one resource, and by its name."""
    row = ROWS[name]
    digest = recorded.whole("gra")
    row.change(digest)
    found = [broken for broken in _broken(digest) if broken.rule == row.rule]
    assert [(broken.site, broken.resource) for broken in found] == [("gra", row.resource)]
    assert row.says in found[0].said


def test_every_rule_is_tried() -> None:
    assert {row.rule for row in ROWS.values()} == set(RULES)


def test_redis_opened_to_the_world_is_refused() -> None:
    """As the engine previews it, with or without what stays the same; the rule and the resource are named."""
    for load in (recorded.whole, recorded.changed):
        (broken,) = _broken(load("gra-opened"))
        assert broken == Violation(
            WORLD,
            "gra",
            "production-gra-redis-public-tcp-6379-from-0.0.0.0/0",
            "opens tcp 6379 of redis public to the world",
        )


def test_a_rule_that_goes_breaks_nothing() -> None:
    """What was open too wide may be closed."""
    digest = recorded.whole("gra-opened")
    (step,) = _steps(digest, RULE, "production-gra-redis-public-tcp-6379-from-0.0.0.0/0")
    step.update(op="delete", oldState=step["newState"], newState=None)
    assert _broken(digest) == []


def test_an_address_may_go_with_its_server() -> None:
    """A meeting server fewer is allowed, once its address is protected no more."""
    digest = recorded.whole("gra")
    name = "production-gra-meeting-1"
    for type_ in (INSTANCE, FLOATING_IP):
        _step(type_, name, op="delete", newState=None)(digest)
    assert _broken(digest) == []


def test_a_test_environment_may_give_its_addresses_up() -> None:
    """It is there to be torn down."""
    digest = recorded.whole("gra")
    key = "multiparty-meeting:environments"
    digest["config"][key] = digest["config"][key].replace('"kind":"production"', '"kind":"test"')
    _state(FLOATING_IP, EDGE, protect=False)(digest)
    assert _broken(digest) == []


def test_media_are_open_where_the_settings_put_them() -> None:
    """The range is the settings', and only that: they refuse one with a login port in it."""
    digest = recorded.whole("gra")
    key = "multiparty-meeting:environments"
    ports = '"meeting":{"rtc_ports":{"min":20000,"max":29999},'
    digest["config"][key] = digest["config"][key].replace('"meeting":{', ports, 1)
    found = _broken(digest)
    assert {broken.rule for broken in found} == {WORLD}
    assert {broken.said for broken in found} == {
        "opens tcp 40000-49999 of meeting public to the world",
        "opens udp 40000-49999 of meeting public to the world",
    }
