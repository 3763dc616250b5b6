"""Who may talk to whom: one table, from which the security groups, the documentation and the policy checks are made."""

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from settings import addresses
from settings.addresses import Role
from settings.edge import PEERS_PORT, Acme
from settings.meeting import EXPORTER_PORT, LOAD_PORT
from settings.monitoring import CADDY_PORT, HAPROXY_PORT, NODE_PORT
from settings.redis import BUS, GUEST_PORT, PORT, SENTINEL_PORT, Cluster
from settings.relay import CERTIFICATES_PORT, CHALLENGE_PORT, TLS_PORT, UDP_PORT
from settings.stack import Settings
from settings.status_page import PORT as STATUS_PAGE_PORT

Nic = Literal["public", "backbone"]
Protocol = Literal["tcp", "udp"]

WORLD = IPv4Network("0.0.0.0/0")
_DNS_PROTOCOLS: tuple[Protocol, ...] = ("udp", "tcp")  # long answers come over TCP


@dataclass(frozen=True)
class Rule:
    """Packets from `source` may reach a server of role `role` on its `nic`: `protocol`, `first` to `last` port."""

    role: Role
    nic: Nic
    source: IPv4Network
    protocol: Protocol
    first: int
    last: int
    why: str

    @property
    def ports(self) -> str:
        """The ports in words: "443" or "40000-49999"."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def rules(settings: Settings) -> list[Rule]:
    """The rules of this stack's servers, in the table's order; what is not named here stays closed."""
    table = [*_public(settings), *_backbone(settings), *(_status_page(settings) if settings.env.status_page else ())]
    return [rule for rule in table if rule.role in settings.roles]


def groups(settings: Settings) -> list[tuple[Role, Nic]]:
    """The security groups of this stack: one for each role and network card, also where nothing may come in."""
    return [(role, nic) for role in settings.roles for nic in ("public", "backbone")]


def _public(settings: Settings) -> list[Rule]:
    env = settings.env
    rtc = env.meeting.rtc_ports
    table = [
        Rule(Role.EDGE, "public", WORLD, "tcp", 80, 80, "redirect to HTTPS, ACME challenges"),
        Rule(Role.EDGE, "public", WORLD, "tcp", 443, 443, "HTTPS"),
        Rule(Role.EDGE, "public", WORLD, "udp", 443, 443, "HTTP/3"),
        Rule(Role.MEETING, "public", WORLD, "udp", rtc.min, rtc.max, "WebRTC media"),
        Rule(Role.MEETING, "public", WORLD, "tcp", rtc.min, rtc.max, "WebRTC media where UDP is blocked"),
    ]
    port = env.meeting.listening_port
    if env.meeting.relay:
        table += [
            Rule(Role.MEETING, "public", WORLD, "tcp", TLS_PORT, TLS_PORT, "TURN over TLS, where only 443 is let out"),
            Rule(Role.MEETING, "public", WORLD, "udp", UDP_PORT, UDP_PORT, "TURN"),
        ]
        if env.meeting.relay.certificate == "acme":
            why = "ACME challenges of the relay's name, led to the edge"
            table.append(Rule(Role.MEETING, "public", WORLD, "tcp", CHALLENGE_PORT, CHALLENGE_PORT, why))
    if env.dns:
        table += [
            Rule(role, "public", WORLD, protocol, 53, 53, "DNS: the delegated zone")
            for role in (Role.EDGE, Role.WITNESS)
            for protocol in _DNS_PROTOCOLS
        ]
    if env.witness_is_public:
        table += [
            Rule(Role.WITNESS, "public", cidr, "tcp", 22, 22, "operators' login, and what is pushed")
            for cidr in env.operators.cidrs
        ]
    for cidr in env.operators.cidrs:
        table += [
            Rule(Role.EDGE, "public", cidr, "tcp", 22, 22, "operators' login, and the way to inner servers"),
            Rule(Role.MEETING, "public", cidr, "tcp", port, port, "operators look at one instance"),
        ]
    return table


def _backbone(settings: Settings) -> list[Rule]:
    env = settings.env
    edges = [_one(settings, Role.EDGE, site) for site in env.service_sites]
    meetings = [addresses.meeting_range(env.sites[site].block) for site in env.service_sites]
    voters = [IPv4Network(address) for address in settings.redis_addresses.values()]
    port = env.meeting.listening_port
    table = [Rule(Role.MEETING, "backbone", edge, "tcp", port, port, "pages and signalling") for edge in edges]
    if isinstance(env.edge.certificate, Acme):
        table += [
            Rule(Role.EDGE, "backbone", edge, "tcp", each, each, why)
            for edge in edges
            if edge != _one(settings, Role.EDGE, settings.site)
            for each, why in (
                (443, "ACME challenges that the other edge passes on"),
                (80, "the same, from an edge of a version that passed them on in clear"),
                (CERTIFICATES_PORT, "certificates, for an edge that is made anew"),
            )
        ]
    if env.meeting.relay:
        table += _relay(settings, acme=env.meeting.relay.certificate == "acme")
    if env.edge.affinity:
        table += [
            Rule(Role.EDGE, "backbone", edge, "tcp", PEERS_PORT, PEERS_PORT, "the room table, told by the other edge")
            for edge in edges
            if edge != _one(settings, Role.EDGE, settings.site)
        ]
        why = "whether a node takes new rooms"
        table += [Rule(Role.MEETING, "backbone", edge, "tcp", LOAD_PORT, LOAD_PORT, why) for edge in edges]
    for role in (Role.REDIS, Role.WITNESS):
        own = _one(settings, role, settings.site)
        peers = [voter for voter in voters if voter != own]
        if isinstance(env.redis, Cluster):
            everybody = [*peers, *meetings]
            table += [
                Rule(role, "backbone", c, "tcp", PORT, GUEST_PORT, "Redis: replication, sessions") for c in everybody
            ]
            table += [
                Rule(role, "backbone", p, "tcp", PORT + BUS, GUEST_PORT + BUS, "Redis Cluster: its bus, votes")
                for p in peers
            ]
            continue
        # The witness is never master: meeting nodes have no business with its Redis.
        clients = peers if role is Role.WITNESS else [*peers, *meetings]
        table += [Rule(role, "backbone", c, "tcp", PORT, PORT, "Redis: replication, sessions") for c in clients]
        table += [
            Rule(role, "backbone", c, "tcp", SENTINEL_PORT, SENTINEL_PORT, "Sentinel: votes, who is master")
            for c in [*peers, *meetings]
        ]
    if env.monitoring and env.witness:
        watcher = _one(settings, Role.WITNESS, env.witness)
        watched = [(role, NODE_PORT) for role in (Role.EDGE, Role.MEETING, Role.REDIS)]
        watched += [(Role.MEETING, env.meeting.listening_port), (Role.MEETING, EXPORTER_PORT)]
        watched += [(Role.EDGE, CADDY_PORT), *([(Role.EDGE, HAPROXY_PORT)] if env.edge.affinity else [])]
        table += [
            Rule(role, "backbone", watcher, "tcp", p, p, "monitoring asks from the witness") for role, p in watched
        ]
    if env.operators.cidrs:
        inner = (Role.MEETING, Role.REDIS, Role.WITNESS)
        table += [
            Rule(r, "backbone", e, "tcp", 22, 22, "operators' login through an edge") for r in inner for e in edges
        ]
    return table


def _relay(settings: Settings, *, acme: bool) -> list[Rule]:
    nodes = addresses.meeting_range(settings.here.block)
    ports = {CERTIFICATES_PORT: "the relays' certificates, for who has the fleet's key"}
    ports |= {CHALLENGE_PORT: "ACME challenges of the relays' names, led here by the nodes"} if acme else {}
    return [Rule(Role.EDGE, "backbone", nodes, "tcp", port, port, why) for port, why in ports.items()]


def _status_page(settings: Settings) -> list[Rule]:
    port, why = STATUS_PAGE_PORT, "the status page, for the edges' copies"
    edges = [_one(settings, Role.EDGE, site) for site in settings.env.service_sites]
    return [Rule(Role.WITNESS, "backbone", edge, "tcp", port, port, why) for edge in edges]


def _one(settings: Settings, role: Role, site: str) -> IPv4Network:
    return IPv4Network(settings.backbone_address(role, site=site))
