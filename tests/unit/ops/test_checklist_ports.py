"""The WebRTC ports on the checklist: asked for real on loopback, and looked up in rules as the SDK has them."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, cast

import pytest
from openstack.connection import Connection
from openstack.exceptions import SDKException
from openstack.network.v2.floating_ip import FloatingIP
from openstack.network.v2.port import Port
from openstack.network.v2.security_group_rule import SecurityGroupRule

from ops.checklist.ports import Reach, port_findings, reach, sample
from settings.meeting import RtcPorts
from tests.unit.deployed import PUBLIC, deployed

# The SDK says it of a method of its own, at every resource that is made.
pytestmark = pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning")

GRA = deployed("gra")
PORTS = RtcPorts()


def _cloud(rules: list[dict[str, Any]], *, floating: bool = True, fails: bool = False) -> Callable[[str], Connection]:
    """A region whose only server has two ports with a group each, the public one with these rules."""
    ports = [
        Port(id="public", fixed_ips=[{"ip_address": "192.168.64.9"}], security_groups=["public"]),
        Port(id="backbone", fixed_ips=[{"ip_address": "10.17.0.64"}], security_groups=["backbone"]),
    ]
    if not floating:
        ports[0] = Port(id="public", fixed_ips=[{"ip_address": PUBLIC["gra-meeting"]}], security_groups=["public"])
    everything = [SecurityGroupRule(direction="ingress", ethertype="IPv4", protocol=None)]
    groups = {"public": [SecurityGroupRule(**rule) for rule in rules], "backbone": everything}

    def ips(floating_ip_address: str) -> list[FloatingIP]:
        assert floating_ip_address == PUBLIC["gra-meeting"]
        return [FloatingIP(port_id="public", floating_ip_address=floating_ip_address)] if floating else []

    def device_ports(device_id: str) -> list[Port]:
        if fails:
            raise SDKException("429 Too Many Requests")
        return ports if device_id == "id-gra-meeting" else []

    def group_rules(security_group_id: str, direction: str) -> list[SecurityGroupRule]:
        return [rule for rule in groups[security_group_id] if rule.direction == direction]

    network = SimpleNamespace(ips=ips, ports=device_ports, security_group_rules=group_rules)
    regions = {"GRA": SimpleNamespace(network=network)}
    return lambda region: cast("Connection", regions[region])


def _rule(protocol: str | None, first: int | None = 40000, last: int | None = 49999, **more: object) -> dict[str, Any]:
    opened = {"protocol": protocol, "port_range_min": first, "port_range_max": last, "remote_ip_prefix": "0.0.0.0/0"}
    return {"direction": "ingress", "ethertype": "IPv4", **opened, **more}


def _refused(_: str, __: int) -> Reach:
    return "refused"


OPEN = [_rule("udp"), _rule("tcp")]


@pytest.mark.parametrize("floating", [True, False])
@pytest.mark.parametrize(
    "rules",
    [OPEN, [_rule(None, None, None)], [_rule("udp", 1, 65535), _rule("tcp", None, None, remote_ip_prefix=None)]],
)
def test_ports_that_everybody_reaches_are_ticked(rules: list[dict[str, Any]], floating: bool) -> None:
    """By the rules of the public port's groups, wherever the address is: the backbone's group opens nothing here."""
    findings = port_findings(GRA, PORTS, _refused, _cloud(rules, floating=floating))
    assert [(f.what.removeprefix("production-gra-meeting-1 "), f.good) for f in findings] == [
        ("TCP", True),
        ("UDP rules", True),
        ("TCP rules", True),
    ]
    assert findings[0].said == "8 of 40000-49999 asked from here, 0 in use, the others let through"


@pytest.mark.parametrize(
    ("tcp", "why"),
    [
        (_rule("tcp", 40000, 40099), "too few"),
        (_rule("tcp", 40001, 49999), "one less"),
        (_rule("tcp", remote_ip_prefix="198.51.100.0/28"), "for some"),
        (_rule("tcp", remote_ip_prefix=None, remote_group_id="group"), "for a group"),
        (_rule("tcp", direction="egress"), "the other way"),
        (_rule("tcp", ethertype="IPv6"), "for others"),
        (_rule("udp"), "the other protocol"),
    ],
)
def test_a_rule_that_opens_less_is_no_good(tcp: dict[str, Any], why: str) -> None:
    _, udp, rules = port_findings(GRA, PORTS, _refused, _cloud([_rule("udp"), tcp]))
    assert (udp.good, rules.good) == (True, False), why
    assert rules.said == "no rule opens 40000-49999 to all"


def test_silent_ports_are_named_whatever_the_rules_say() -> None:
    """One of them is enough; those in use are open as well."""
    answers: dict[int, Reach] = {40000: "open", 49999: "filtered"}
    tcp, *rules = port_findings(GRA, PORTS, lambda _, port: answers.get(port, "refused"), _cloud(OPEN))
    assert (tcp.good, all(rule.good for rule in rules)) == (False, True)
    assert tcp.said == "8 of 40000-49999 asked from here, 1 in use; no answer from 49999: filtered"


def test_an_api_that_refuses_is_a_finding() -> None:
    tcp, rules = port_findings(GRA, PORTS, _refused, _cloud(OPEN, fails=True))
    assert (tcp.good, rules.good) == (True, False)
    assert "429" in rules.said


def test_the_sample_has_both_ends() -> None:
    assert sample(PORTS)[0] == 40000
    assert sample(PORTS)[-1] == 49999
    assert len(sample(PORTS)) == 8
    assert sample(RtcPorts(min=50000, max=50001)) == [50000, 50001]


@pytest.fixture
def full() -> Iterator[int]:
    """A port whose server takes no more connections: the kernel drops what comes, as a filter does."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = server.getsockname()[1]
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


def test_refused_is_told_from_filtered(full: int) -> None:
    """On real sockets: a server, nobody, and a port that swallows packets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert reach("127.0.0.1", port) == "open"
    assert reach("127.0.0.1", port) == "refused"
    assert reach("127.0.0.1", full, patience=0.5) == "filtered"
