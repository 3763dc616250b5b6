"""What a relay's node and its edge are given: the form that each kind of server reads, mounts, names, the guard."""

import json
import subprocess
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from boot.edge.handed_certificates import handed_certificates
from boot.edge.zone import zone
from boot.meeting.config_js import config_js
from boot.meeting.meeting import meeting_node
from boot.size import check_sizes
from fleet.certificates import self_signed
from settings.environment import relay_line
from settings.secrets import FLEET_NAME
from tests.configuration import settings
from tests.unit.boot.golden import (
    ANNOUNCED_IP,
    ARCHIVE,
    MONITORED,
    NAMESERVERS,
    RELAY,
    RELAY_NAMES,
    TURN_AND_REGISTRY,
    TWO_NODES,
    _of,
)
from tests.unit.disk import program

KINDS = ("multiparty-meeting", "edumeet-3.4", "edumeet-3.5")
_OWN = {
    "urls": ["turn:turn.organisation.fr:3478?transport=udp"],
    "username": "meeting",
    "credential": "turn-credential-of-the-tests",
}
# As each kind reads it: 3.5 copies the keys onto its own, 3.4 asks whether the key is there; both make JSON of it.
_READ = """
const config = Object.assign({}, require('./config.js'));
console.log(JSON.stringify({ there: 'backupTurnServers' in config, servers: config.backupTurnServers }));
console.log(JSON.stringify([...config.backupTurnServers].map((server) => ({ ...server }))));
"""


def _of_kind(kind: str) -> dict[str, Any]:
    return RELAY | ({} if kind == "multiparty-meeting" else _of(kind))


def _read(directory: Path, changes: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a person is told while no relay answers, and what would be told else."""
    (directory / "config.js").write_text(config_js(settings(changes=changes), 1, ANNOUNCED_IP))
    (directory / "relay.secret").write_text("secret-of-the-tests\n")
    command = [program("node", "nodejs"), "-e", _READ]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True, timeout=20)
    told, whole = map(json.loads, done.stdout.splitlines())
    return told, whole


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_told_of_a_relay_that_does_not_answer(kind: str, tmp_path: Path) -> None:
    """As none answers here; the operator's own server is told of all the same."""
    assert _read(tmp_path, _of_kind(kind))[0] == {"there": True, "servers": None}
    assert _read(tmp_path, _of_kind(kind) | TURN_AND_REGISTRY)[0] == {"there": True, "servers": [_OWN]}


@pytest.mark.parametrize("kind", KINDS)
def test_each_person_has_a_name_that_ends(kind: str, tmp_path: Path) -> None:
    """Of the node's own relay alone, by both of its ways; never the same name twice."""
    names = set()
    for _ in range(2):
        (server,) = _read(tmp_path, _of_kind(kind))[1]
        name = "turn-gra-1.ha.organisation.fr"
        assert server["urls"] == [f"turn:{name}:3478?transport=udp", f"turns:{name}:443?transport=tcp"]
        assert len(server["credential"]) == 28  # SHA-1 in base64
        names.add(server["username"])
    assert len(names) == 2


def test_a_container_reads_the_secret_beside_its_config() -> None:
    for kind in KINDS[1:]:
        given = settings(changes=_of_kind(kind))
        (service,) = [
            file.content for file in meeting_node(given, 1, ANNOUNCED_IP).files if file.path.endswith("meeting.service")
        ]
        directory = given.env.meeting.kind.config_dir
        assert f"--volume /etc/multiparty-meeting/container/relay.secret:{directory}/relay.secret:ro" in service


def test_a_node_behind_a_gateway_has_its_public_address_on_loopback() -> None:
    """One with the address on its card does not need it there; the guard knows the media's ports in both cases."""
    for address, there in (("floating-ip", True), ("external-port", False)):
        changes = RELAY | {"public_address": address, "env.meeting.rtc_ports": {"min": 20000, "max": 29999}}
        files = {file.path: file.content for file in meeting_node(settings(changes=changes), 1, ANNOUNCED_IP).files}
        unit = files["/etc/systemd/system/coturn.service"]
        assert (f"ip address replace {ANNOUNCED_IP}/32 dev lo" in unit) == there
        assert f"ip daddr {ANNOUNCED_IP} udp dport 20000-29999 accept" in files["/etc/multiparty/relay/guard.nft"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_documents_are_short_enough_with_everything_on(kind: str) -> None:
    """With certificates as long as those that `make secrets` makes."""
    pair = self_signed(FLEET_NAME)
    own = {"fleet_certificate": pair.certificate, "fleet_key": pair.key}
    check_sizes(settings(changes=_of_kind(kind) | MONITORED | own))


def test_the_zone_has_the_nodes_that_are_known() -> None:
    given = settings(changes=RELAY)
    assert given.env.dns
    relays = {"turn-gra-1.ha.organisation.fr": IPv4Address("203.0.113.12")}
    text = zone(given, given.env.dns, replace(NAMESERVERS, relays=relays))
    assert "\nturn-gra-1.ha.organisation.fr. 30 A 203.0.113.12\n" in text
    assert "turn-" not in zone(given, given.env.dns, NAMESERVERS)


def test_an_edge_hands_out_its_own_sites_certificates_alone() -> None:
    given = settings(changes=RELAY | TWO_NODES)
    text = handed_certificates(given, None)
    storage = "/var/lib/caddy/.local/share/caddy/certificates/acme-v02.api.letsencrypt.org-directory"
    assert f"root * {storage}\n" in text
    assert "turn-gra-1." in text and "turn-gra-2." in text
    assert "turn-sbg" not in text


def test_the_preview_says_what_relay_there_is() -> None:
    assert "relay: off; whose network lets nothing out but 443" in relay_line(settings().env)
    assert relay_line(settings(changes=TURN_AND_REGISTRY).env) == (
        "relay: off; people are told of the TURN servers at meeting.turn"
    )
    assert relay_line(settings(changes=RELAY_NAMES | ARCHIVE).env) == (
        "relay: TURN at 443 of turn-gra.organisation.fr, turn-sbg.organisation.fr"
    )
