"""The WebRTC ports of each meeting server: asked from outside, and looked up in the cloud's rules.

TCP says from outside whether packets arrive: a port that is let through and not in use refuses, one that is not let
through stays silent. UDP is silent either way: there the rules have to do.
"""

import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from fleet import bounded
from fleet.at_once import at_once
from fleet.bounded import AskingError, NoAnswer
from fleet.cloud import ASK_SECONDS, Connection, refusal
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet
from settings.meeting import RtcPorts

Reach = Literal["open", "refused", "filtered"]
# Three SYNs (after 0, 1 and 3 s): a lost packet is not taken for a closed port.
PATIENCE = 5.0
ASKED = 8  # ports of each server, the first and the last among them
_EVERYBODY = (None, "", "0.0.0.0/0")


def reach(address: str, port: int, *, patience: float = PATIENCE) -> Reach:
    """What becomes of a TCP connection from here: taken, refused by the server itself, or nothing within `patience`."""
    try:
        socket.create_connection((address, port), timeout=patience).close()
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "filtered"
    return "open"


def sample(ports: RtcPorts) -> list[int]:
    """Some ports of a range, evenly spaced, the first and the last among them."""
    return sorted({ports.min + (ports.count - 1) * n // (ASKED - 1) for n in range(ASKED)})


def port_findings(
    deployed: Fleet, ports: RtcPorts, ask: Callable[[str, int], Reach], connect: Callable[[str], Connection]
) -> list[Finding]:
    """Whether each meeting server's ports are open to everybody.

    Args:
        deployed: the fleet.
        ports: the range.
        ask: tries a port of an address.
        connect: connects to a region's API.
    """
    servers = deployed.of("meeting")

    def looked_up(server: DeployedServer) -> list[Finding]:
        try:
            return _by_the_rules(server, ports, connect(server.region))
        except (ClientException, SDKException) as error:
            raise AskingError(refusal(error)) from error

    rules = bounded.ask({server.name: partial(looked_up, server) for server in servers}, ASK_SECONDS)
    findings = []
    for server in servers:
        findings.append(_from_outside(server, ports, ask))
        found = rules[server.name]
        if isinstance(found, NoAnswer):
            findings.append(Finding(f"{server.name} rules", False, f"cannot be looked up: {found.why}"))
        else:
            findings += found
    return findings


def _from_outside(server: DeployedServer, ports: RtcPorts, ask: Callable[[str, int], Reach]) -> Finding:
    seen = at_once(partial(ask, str(server.public_address)), sample(ports))
    silent = [str(port) for port, reached in seen.items() if reached == "filtered"]
    in_use = sum(reached == "open" for reached in seen.values())
    said = f"{len(seen)} of {ports.min}-{ports.max} asked from here, {in_use} in use"
    said += f"; no answer from {', '.join(silent)}: filtered" if silent else ", the others let through"
    return Finding(f"{server.name} TCP", not silent, said)


def _by_the_rules(server: DeployedServer, ports: RtcPorts, connection: Connection) -> list[Finding]:
    rules = _rules(server, connection)
    findings = []
    for protocol in ("udp", "tcp"):
        good = any(_covers(rule, protocol, ports) for rule in rules)
        said = f"{ports.min}-{ports.max} open to everybody" if good else f"no rule opens {ports.min}-{ports.max} to all"
        findings.append(Finding(f"{server.name} {protocol.upper()} rules", good, said))
    return findings


def _rules(server: DeployedServer, connection: Connection) -> list[Any]:
    """The rules for what comes in at the server's public address."""
    network = connection.network
    address = server.public_address
    behind = {ip.port_id for ip in network.ips(floating_ip_address=address)}
    public = [
        port
        for port in network.ports(device_id=server.id)
        if port.id in behind or any(fixed["ip_address"] == address for fixed in port.fixed_ips)
    ]
    groups = sorted({group for port in public for group in port.security_group_ids})
    return [
        rule for group in groups for rule in network.security_group_rules(security_group_id=group, direction="ingress")
    ]


def _covers(rule: Any, protocol: str, ports: RtcPorts) -> bool:  # noqa: ANN401 - the SDK ships no types
    return (
        rule.protocol in (None, protocol)
        and rule.ether_type == "IPv4"
        and rule.remote_ip_prefix in _EVERYBODY
        and not rule.remote_group_id
        and (rule.port_range_min or 0) <= ports.min
        and ports.max <= (rule.port_range_max or 65535)
    )
