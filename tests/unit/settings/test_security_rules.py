"""Who may talk to whom: the whole table, and the promises that it must keep whatever the configuration."""

from ipaddress import IPv4Network
from typing import Any

import pytest

from settings.addresses import Role
from settings.rules import WORLD, groups, rules
from settings.stack import Settings
from tests.configuration import OPERATOR_KEY, settings
from tests.unit.boot import golden

OFFICE = "198.51.100.0/28"
OPERATORS = {"env.operators": {"cidrs": [OFFICE], "ssh_public_key": OPERATOR_KEY}}
WITH_ZONE = OPERATORS | {"env.edge.routing": "dns", "env.dns": {"zone": "ha.organisation.fr"}}
PROVIDED = {"env.edge.certificate": {"type": "provided"}, "edge_certificate": "PEM", "edge_key": "PEM"}
NO_AFFINITY = {"env.edge.affinity": False}
TWO_VOTERS = {"env.sites.witness": None}
MANY_NODES = {"env.sites.gra.meeting_nodes": 3, "env.sites.sbg.meeting_nodes": 2}

GRA_EDGE, SBG_EDGE = "10.17.0.4/32", "10.17.1.4/32"
GRA_REDIS, SBG_REDIS, WITNESS = "10.17.0.5/32", "10.17.1.5/32", "10.17.2.6/32"
GRA_MEETING, SBG_MEETING = "10.17.0.64/26", "10.17.1.64/26"

Open = set[tuple[str, str, str]]


def _open(given: Settings) -> dict[str, Open]:
    """What is open, by "role nic": (source, protocol, ports); cards with nothing open are there too."""
    found: dict[str, Open] = {f"{role} {nic}": set() for role, nic in groups(given)}
    for rule in rules(given):
        found[f"{rule.role} {rule.nic}"].add((str(rule.source), rule.protocol, rule.ports))
    return found


def _from(ports: str, *sources: str) -> Open:
    return {(source, "tcp", ports) for source in sources}


EDGE_PUBLIC = {("0.0.0.0/0", "tcp", "80"), ("0.0.0.0/0", "tcp", "443"), ("0.0.0.0/0", "udp", "443")}
DNS = {("0.0.0.0/0", "udp", "53"), ("0.0.0.0/0", "tcp", "53")}
MEDIA = {("0.0.0.0/0", "udp", "40000-49999"), ("0.0.0.0/0", "tcp", "40000-49999")}
PAGES = _from("3443", GRA_EDGE, SBG_EDGE)
LOADS = _from("8890", GRA_EDGE, SBG_EDGE)
RELAY = {rule for port in ("80", "443", "8443") for rule in _from(port, SBG_EDGE)}
LOGIN = _from("22", GRA_EDGE, SBG_EDGE)
GRA_CLIENTS = (SBG_REDIS, WITNESS, GRA_MEETING, SBG_MEETING)
GRA_REDIS_OPEN = _from("6379", *GRA_CLIENTS) | _from("26379", *GRA_CLIENTS)
WITNESS_OPEN = _from("6379", GRA_REDIS, SBG_REDIS) | _from("26379", GRA_REDIS, SBG_REDIS, GRA_MEETING, SBG_MEETING)
SERVICE = {
    "edge public": EDGE_PUBLIC,
    "edge backbone": RELAY | _from("1024", SBG_EDGE),
    "meeting public": MEDIA,
    "meeting backbone": PAGES | LOADS,
    "redis public": set(),
    "redis backbone": GRA_REDIS_OPEN,
}
WITH_OPERATORS = SERVICE | {
    "edge public": EDGE_PUBLIC | _from("22", OFFICE),
    "meeting public": MEDIA | _from("3443", OFFICE),
    "meeting backbone": PAGES | LOADS | LOGIN,
    "redis backbone": GRA_REDIS_OPEN | LOGIN,
}
WITHOUT_WITNESS = SERVICE | {
    "redis backbone": {rule for port in ("6379", "26379") for rule in _from(port, SBG_REDIS, GRA_MEETING, SBG_MEETING)}
}
CLUSTER = {"env.redis": {"mode": "cluster"}}
RELAYED = WITH_ZONE | {"env.meeting.relay": {}}
OWN_RELAY = OPERATORS | golden.RELAY_NAMES | PROVIDED | golden.relay_provided()
RELAY_OPEN = {("0.0.0.0/0", "tcp", "443"), ("0.0.0.0/0", "udp", "3478")}
BUS = "16379-16380"
GRA_CLUSTER_OPEN = _from("6379-6380", *GRA_CLIENTS) | _from(BUS, SBG_REDIS, WITNESS)
WITNESS_CLUSTER_OPEN = _from("6379-6380", GRA_REDIS, SBG_REDIS, GRA_MEETING, SBG_MEETING) | _from(
    BUS, GRA_REDIS, SBG_REDIS
)
CASES = [
    ("gra", {}, SERVICE),
    ("gra", MANY_NODES, SERVICE),
    ("gra", PROVIDED, SERVICE | {"edge backbone": _from("1024", SBG_EDGE)}),
    ("gra", NO_AFFINITY, SERVICE | {"edge backbone": RELAY, "meeting backbone": PAGES}),
    ("gra", PROVIDED | NO_AFFINITY, SERVICE | {"edge backbone": set(), "meeting backbone": PAGES}),
    ("gra", TWO_VOTERS, WITHOUT_WITNESS),
    ("gra", CLUSTER, SERVICE | {"redis backbone": GRA_CLUSTER_OPEN}),
    ("witness", CLUSTER, {"witness public": set(), "witness backbone": WITNESS_CLUSTER_OPEN}),
    ("gra", OPERATORS, WITH_OPERATORS),
    ("witness", {}, {"witness public": set(), "witness backbone": WITNESS_OPEN}),
    ("witness", OPERATORS, {"witness public": set(), "witness backbone": WITNESS_OPEN | LOGIN}),
    ("gra", WITH_ZONE, WITH_OPERATORS | {"edge public": EDGE_PUBLIC | _from("22", OFFICE) | DNS}),
    (
        "gra",
        RELAYED,
        WITH_OPERATORS
        | {
            "edge public": EDGE_PUBLIC | _from("22", OFFICE) | DNS,
            "edge backbone": SERVICE["edge backbone"] | _from("8443", GRA_MEETING) | _from("80", GRA_MEETING),
            "meeting public": WITH_OPERATORS["meeting public"] | RELAY_OPEN | _from("80", "0.0.0.0/0"),
        },
    ),
    (
        "gra",
        OWN_RELAY,
        WITH_OPERATORS
        | {
            "edge backbone": _from("1024", SBG_EDGE) | _from("8443", GRA_MEETING),
            "meeting public": WITH_OPERATORS["meeting public"] | RELAY_OPEN,
        },
    ),
    ("witness", WITH_ZONE, {"witness public": DNS | _from("22", OFFICE), "witness backbone": WITNESS_OPEN | LOGIN}),
]
each_case = pytest.mark.parametrize(
    ("stack", "changes", "expected"), CASES, ids=[f"{stack}-{str(changes)[:40]}" for stack, changes, _ in CASES]
)


@each_case
def test_exactly_this_is_open(stack: str, changes: dict[str, Any], expected: dict[str, Open]) -> None:
    """For every role and network card the whole set: one port more is a failure as one port less is."""
    assert _open(settings(stack, changes)) == expected


def test_the_other_site_has_the_mirror_image() -> None:
    """Strasbourg opens to Gravelines what Gravelines opens to Strasbourg."""
    found = _open(settings("sbg"))
    clients = (GRA_REDIS, WITNESS, GRA_MEETING, SBG_MEETING)
    assert found["edge backbone"] == {rule for port in ("80", "443", "1024", "8443") for rule in _from(port, GRA_EDGE)}
    assert found["meeting backbone"] == PAGES | LOADS
    assert found["redis backbone"] == _from("6379", *clients) | _from("26379", *clients)


@each_case
def test_the_world_reaches_media_web_and_nameservers_only(
    stack: str, changes: dict[str, Any], expected: dict[str, Open]
) -> None:
    """Open to everybody: 80 and 443 of edges, media of meeting nodes, 53 with a zone, TURN with a relay; publicly."""
    world = {(rule.role, rule.nic, rule.ports) for rule in rules(settings(stack, changes)) if rule.source == WORLD}
    allowed = {(Role.EDGE, "public", "80"), (Role.EDGE, "public", "443"), (Role.MEETING, "public", "40000-49999")}
    allowed = {entry for entry in allowed if f"{entry[0]} {entry[1]}" in expected}
    if {"env.meeting.relay", "env.meeting.relay.certificate"} & changes.keys():
        allowed |= {(Role.MEETING, "public", port) for port in ("443", "3478")}
        allowed |= {(Role.MEETING, "public", "80")} if "env.meeting.relay.certificate" not in changes else set()
    nameserver = {(Role.WITNESS if stack == "witness" else Role.EDGE, "public", "53")}
    assert world == allowed | (nameserver if "env.dns" in changes else set())


@each_case
def test_only_planned_servers_and_operators_are_named(
    stack: str, changes: dict[str, Any], expected: dict[str, Open]
) -> None:
    """On the backbone no source is wider than one server or one site's meeting nodes."""
    assert expected
    given = settings(stack, changes)
    for rule in rules(given):
        if rule.nic == "backbone":
            assert rule.source.subnet_of(given.env.backbone.cidr)
            assert rule.source.prefixlen == 32 or str(rule.source) in (GRA_MEETING, SBG_MEETING)
        else:
            assert rule.source in (WORLD, IPv4Network(OFFICE))


@pytest.mark.parametrize("stack", ["gra", "sbg", "witness"])
def test_login_is_closed_without_operators_and_two_steps_long_with_them(stack: str) -> None:
    """From the operators' networks to edges, from edges to the inner servers; nobody else reaches 22."""
    assert not [rule for rule in rules(settings(stack)) if rule.first <= 22 <= rule.last]
    logins = [rule for rule in rules(settings(stack, OPERATORS)) if rule.first <= 22 <= rule.last]
    for rule in logins:
        sources = {OFFICE} if rule.role is Role.EDGE else {GRA_EDGE, SBG_EDGE}
        assert str(rule.source) in sources
        assert rule.nic == ("public" if rule.role is Role.EDGE else "backbone")
    assert {rule.role for rule in logins} == set(settings(stack).roles)


@pytest.mark.parametrize(("stack", "changes"), [(stack, changes) for stack, changes, _ in CASES])
def test_every_rule_has_a_reason_and_stands_once(stack: str, changes: dict[str, Any]) -> None:
    """Neutron refuses a rule that is there already."""
    table = rules(settings(stack, changes))
    keys = [(r.role, r.nic, r.source, r.protocol, r.first, r.last) for r in table]
    assert len(keys) == len(set(keys))
    assert all(rule.why for rule in table)


def test_other_ports_open_in_their_place() -> None:
    """The table follows the configured ports; the requirements' are nowhere else."""
    table = _open(
        settings(
            changes={
                "env.meeting.listening_port": 8443,
                "env.meeting.rtc_ports": {"min": 20000, "max": 29999},
            }
            | OPERATORS
        )
    )
    assert {ports for _, _, ports in table["edge backbone"]} == {"80", "443", "1024", "8443"}
    assert {ports for _, _, ports in table["meeting public"]} == {"20000-29999", "8443"}
    assert {ports for _, _, ports in table["meeting backbone"]} == {"8443", "8890", "22"}
