"""Boot documents as they are meant to be, in `golden/`: whole for each role, the others as differences from those.

python -m tests.unit.boot.golden            write the files anew; then read the difference before committing it
python -m tests.unit.boot.golden --print    all documents on standard output
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from boot.document import BootDocument, render
from boot.edge.edge import edge, edge_bundles
from boot.edge.gdnsd import gdnsd_bundle
from boot.edge.nameservers import Nameservers
from boot.image.image import builder
from boot.live import Bundle
from boot.meeting.meeting import meeting_node
from boot.monitoring.watched import Watched
from boot.monitoring.witness import monitoring_bundles
from boot.redis.redis import redis_node, witness
from fleet.certificates import authority, issued
from settings.addresses import Role
from settings.stack import Settings
from tests.configuration import OPERATOR_KEY, settings
from tests.unit.boot.difference import difference

DIRECTORY = Path(__file__).parent / "golden"
ANNOUNCED_IP = IPv4Address("203.0.113.10")
MORE_SECRETS = {
    "edge_certificate": "-----BEGIN CERTIFICATE-----\nedge certificate of the tests\n-----END CERTIFICATE-----\n",
    "edge_key": "-----BEGIN PRIVATE KEY-----\nedge key of the tests\n-----END PRIVATE KEY-----\n",
    "turn_credential": "turn-credential-of-the-tests",
    "registry_password": "registry-password-of-the-tests",
    "meeting_config": '{"auth": {"oidc": {"clientOptions": {\n"client_secret": "client-secret-of-the-tests"\n}}}}',
    "meeting_config_file": "module.exports = { userMapping() {} }; // own-file-of-the-tests\n",
}
OPERATORS = {"env.operators": {"cidrs": ["198.51.100.0/28"], "ssh_public_key": OPERATOR_KEY}}
PROVIDED = {
    "env.edge.certificate": {"type": "provided"},
    "edge_certificate": MORE_SECRETS["edge_certificate"],
    "edge_key": MORE_SECRETS["edge_key"],
}
PRIVATE_AUTHORITY = {
    "env.edge.certificate.directory": "https://ca.organisation.fr/directory",
    "env.edge.certificate.trusted_roots": "-----BEGIN CERTIFICATE-----\nroot of the tests\n-----END CERTIFICATE-----\n",
}
TWO_NODES = {"env.sites.gra.meeting_nodes": 2, "env.sites.sbg.meeting_nodes": 2}
ARCHIVE = {
    "env.meeting.delivery": {"type": "archive", "url": "https://organisation.fr/meeting.tar.gz", "sha256": "cd" * 32}
}
TURN_AND_REGISTRY = {
    "env.meeting.turn": [{"urls": ["turn:turn.organisation.fr:3478?transport=udp"], "username": "meeting"}],
    "env.meeting.delivery.registry_user": "reader",
    "turn_credential": MORE_SECRETS["turn_credential"],
    "registry_password": MORE_SECRETS["registry_password"],
}
# What only the cloud knows: the public addresses of all sites, and that of the server's own first network card.
NAMESERVERS = Nameservers(
    edges={"gra": IPv4Address("203.0.113.11"), "sbg": IPv4Address("203.0.113.21")},
    witness={"witness": IPv4Address("203.0.113.31")},
)
OWN_CARD = IPv4Address("192.168.64.7")
DNS = OPERATORS | {"env.edge.routing": "dns", "env.dns": {"zone": "ha.organisation.fr"}}
NEAREST = {
    "env.edge.routing": "geographic",
    "env.dns.map": {
        "gra": {"networks": ["198.18.0.0/16"]},
        "sbg": {"networks": ["198.19.0.0/16", "198.18.7.0/24"]},
    },
}
COUNTRIES = {
    "env.dns.map": {"gra": {"continents": ["NA"]}, "sbg": {"continents": ["AS"], "countries": ["DE", "PL"]}},
    "env.dns.geoip2": {"url": "https://organisation.fr/country.mmdb", "sha256": "ef" * 32},
}
RELAY = DNS | {"env.meeting.relay": {}}
RELAY_NAMES = {
    "env.meeting.relay": {"names": {"gra": ["turn-gra.organisation.fr"], "sbg": ["turn-sbg.organisation.fr"]}}
}
CLUSTER = {"env.redis": {"mode": "cluster"}}
TLS = {"env.redis.tls": True}
MONITORED = OPERATORS | {
    "env.deployed": ["gra", "sbg"],
    "env.monitoring": {
        "mail": {
            "smarthost": "smtp.organisation.fr:587",
            "sender": "monitoring@organisation.fr",
            "to": ["on-call@organisation.fr", "admin@organisation.fr"],
            "user": "monitoring",
        },
        "webhook": True,
        "slack": True,
        "dead_mans_switch": True,
    },
    "smtp_password": "smtp-password-of-monitoring",
    "alert_webhook_url": "https://chat.organisation.fr/hooks/webhook-of-monitoring",
    "alert_slack_url": "https://chat.organisation.fr/hooks/slack-of-monitoring",
    "dead_mans_switch_url": "https://watch.organisation.fr/switch-of-monitoring",
}
MBIT = {"gra": 200, "sbg": 500}
HOLDS = {"gra": 10, "sbg": 100}
IMAGE_DATES = {"gra": 1795789920, "sbg": 1795789920, "witness": 1793543400}
PASSED_THROUGH = {"env.meeting.config": {"title": "Réunions", "mediasoup": {"worker": {"logLevel": "warn"}}}}


WEB = {
    "env.meeting.delivery.web_files": {"url": "https://organisation.fr/web.tar.gz", "sha256": "cd" * 32},
    "env.meeting.web_config": {"title": "Réunions"},
}
OWN_SECRETS = {
    "env.meeting.config": {"auth": {"strategy": "oidc"}},
    "env.meeting.delivery.environment": {"TZ": "Europe/Paris"},
    "env.meeting.delivery.capabilities": ["CAP_CHOWN"],
    "env.meeting.delivery.read_only": False,
    "meeting_config": MORE_SECRETS["meeting_config"],
    "meeting_config_file": MORE_SECRETS["meeting_config_file"],
}


BAKED = {
    "image.baked": {"date": "2026-11-27T14:32Z", "release": "sha256:0123456789ab", "stock": "Debian 12"},
}


def relay_provided() -> dict[str, Any]:
    """A certificate of the operator's own for the relays, made anew each time."""
    pair = issued(authority("authority of the tests"), "*.organisation.fr")
    own = {"relay_certificate": pair.certificate, "relay_key": pair.key}
    return {"env.meeting.relay.certificate": "provided", **own}


def _of(server: str) -> dict[str, Any]:
    """Upstream's release, by the way to Redis that it knows."""
    return {"env.meeting.server": server, "env.redis.access": "proxy"}


def _meeting(given: Settings) -> BootDocument:
    return meeting_node(given, given.here.meeting_nodes, ANNOUNCED_IP)


def _builder(given: Settings) -> BootDocument:
    return builder(given, f"builder-{given.stack}")


@dataclass(frozen=True)
class Case:
    """One boot document.

    Attributes:
        document: whose.
        stack: where.
        changes: what differs from the shipped configuration.
        near: the cases that it is written as a difference from: each text from the first that has it, whole where none
            has.
    """

    document: Callable[[Settings], BootDocument]
    stack: str = "gra"
    changes: Mapping[str, Any] = field(default_factory=dict)
    near: tuple[str, ...] = ()

    @property
    def settings(self) -> Settings:
        """The case's configuration."""
        return settings(self.stack, self.changes)

    def text(self) -> str:
        """The boot document as a server gets it."""
        return render(self.document(self.settings))

    def bundles(self) -> tuple[Bundle, ...]:
        """The configuration of the server's daemons, whichever way it takes."""
        given = self.settings
        found = edge_bundles(given) if self.document is edge else ()
        if given.env.dns and self.document in (edge, witness):
            role = Role.EDGE if self.document is edge else Role.WITNESS
            found += (gdnsd_bundle(given, given.env.dns, role, NAMESERVERS, OWN_CARD),)
        if given.env.monitoring and self.document is witness:
            known = (NAMESERVERS.edges, OWN_CARD, MBIT, HOLDS, IMAGE_DATES)
            found += monitoring_bundles(Watched(given, given.env.monitoring, *known))
        return found

    def pushed(self) -> tuple[Bundle, ...]:
        """What the server gets pushed once it is up."""
        return self.bundles() if self.settings.pushes else ()


EDGE, OPERATED, ZONED = ("gra-edge",), ("gra-edge-operators",), ("sbg-edge-dns",)
MEETING, REDIS, WITNESS = ("gra-meeting-container",), ("gra-redis",), ("witness",)
CASES = {
    "gra-edge": Case(edge),
    "gra-edge-provided-certificate": Case(edge, changes=PROVIDED, near=EDGE),
    "gra-edge-two-nodes": Case(edge, changes=TWO_NODES, near=EDGE),
    "gra-edge-operators": Case(edge, changes=OPERATORS, near=EDGE),
    "gra-edge-no-affinity": Case(edge, changes={"env.edge.affinity": False}, near=EDGE),
    "gra-edge-private-authority": Case(edge, changes=PRIVATE_AUTHORITY, near=EDGE),
    "sbg-edge": Case(edge, "sbg", near=EDGE),
    "sbg-edge-dns": Case(edge, "sbg", DNS, near=OPERATED),
    "sbg-edge-geographic": Case(edge, "sbg", DNS | NEAREST | TWO_NODES | {"public_address": "external-port"}, ZONED),
    "sbg-edge-relay": Case(edge, "sbg", RELAY | TWO_NODES, ZONED),
    "gra-edge-countries": Case(edge, changes=DNS | NEAREST | COUNTRIES, near=ZONED),
    "gra-edge-monitored": Case(edge, changes=MONITORED, near=OPERATED),
    "gra-meeting-container": Case(_meeting),
    "gra-meeting-archive": Case(_meeting, changes=ARCHIVE, near=MEETING),
    "gra-meeting-plain": Case(_meeting, changes={"env.redis.access": "plain"}, near=MEETING),
    "gra-meeting-proxy": Case(_meeting, changes={"env.redis.access": "proxy"}, near=MEETING),
    "gra-meeting-proxy-tls": Case(_meeting, changes={"env.redis.access": "proxy"} | TLS, near=("gra-meeting-proxy",)),
    "gra-meeting-edumeet-3.4": Case(_meeting, changes=_of("edumeet-3.4"), near=("gra-meeting-proxy",)),
    "gra-meeting-edumeet-3.5": Case(_meeting, changes=_of("edumeet-3.5") | WEB, near=("gra-meeting-proxy",)),
    "gra-meeting-own-secrets": Case(_meeting, changes=OWN_SECRETS, near=MEETING),
    "sbg-meeting-second": Case(_meeting, "sbg", TWO_NODES, MEETING),
    "gra-meeting-everything": Case(_meeting, changes=OPERATORS | TURN_AND_REGISTRY | PASSED_THROUGH, near=MEETING),
    "gra-meeting-relay": Case(_meeting, changes=MONITORED | RELAY, near=("gra-meeting-monitored",)),
    "gra-meeting-relay-archive": Case(
        _meeting, changes=RELAY | ARCHIVE | {"public_address": "external-port"}, near=("gra-meeting-archive",)
    ),
    "gra-meeting-cluster": Case(_meeting, changes=CLUSTER, near=MEETING),
    "gra-meeting-monitored": Case(_meeting, changes=MONITORED, near=MEETING),
    "gra-redis": Case(redis_node),
    "gra-redis-two-voters": Case(redis_node, changes={"env.sites.witness": None}, near=REDIS),
    "gra-redis-baked": Case(redis_node, changes=BAKED, near=REDIS),
    "sbg-redis": Case(redis_node, "sbg", near=REDIS),
    "gra-redis-monitored": Case(redis_node, changes=MONITORED, near=REDIS),
    "gra-redis-tls": Case(redis_node, changes=TLS, near=REDIS),
    "gra-redis-cluster": Case(redis_node, changes=CLUSTER),
    "witness": Case(witness, "witness"),
    "witness-cluster": Case(witness, "witness", CLUSTER, ("gra-redis-cluster",)),
    "witness-dns": Case(witness, "witness", DNS, WITNESS),
    "witness-monitored": Case(witness, "witness", MONITORED, WITNESS),
    "witness-monitored-tls": Case(witness, "witness", MONITORED | TLS, ("witness-monitored",)),
    "witness-monitored-dns": Case(witness, "witness", DNS | PROVIDED | MONITORED, ("witness-monitored", "witness-dns")),
    "witness-monitored-cluster": Case(
        witness, "witness", CLUSTER | MONITORED, ("witness-cluster", "witness-monitored")
    ),
}


# No server of the fleet's: the one whose disk becomes their image.
BUILDER = Case(_builder, changes=TURN_AND_REGISTRY)


@cache
def texts(name: str) -> dict[str, str]:
    """All that a case's server gets: the boot document by no name, what is pushed by its own."""
    case = CASES[name]
    return {"": case.text(), **{bundle.name: bundle.text() for bundle in case.pushed()}}


def near(name: str, what: str) -> str | None:
    """The case that a text of a case is a difference from; None when it is whole."""
    return next((other for other in CASES[name].near if what in texts(other)), None)


def files_of(name: str) -> dict[Path, str]:
    """A case's files: what is whole, and the differences of all the rest in one."""
    files: dict[Path, str] = {}
    differences: list[str] = []
    for what, text in texts(name).items():
        if other := near(name, what):
            differences.append(f"=== {what or 'boot document'}, from {other}\n{difference(texts(other)[what], text)}")
        else:
            files[DIRECTORY / f"{name}{what and f'.{what}'}.yaml"] = text
    return {**files, DIRECTORY / f"{name}.diff": "".join(differences)} if differences else files


def main() -> None:
    """Write or print all documents."""
    if "--print" in sys.argv:
        for name in sorted(CASES):
            print(f"=== {name}\n{CASES[name].text()}", end="")
        return
    files = {path: text for name in CASES for path, text in files_of(name).items()}
    for stale in set(DIRECTORY.iterdir()) - files.keys():
        stale.unlink()
    for path, text in files.items():
        path.write_text(text)


if __name__ == "__main__":
    main()
