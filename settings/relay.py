"""TURN on every meeting node: for people whose network lets nothing out but 443."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from pydantic import Field

from settings.dns import Dns, public_names
from settings.edge import Edge
from settings.section import ADVANCED, Refusal, Section
from settings.types import Fqdn, Port, SiteName

# Where nodes listen: `turns:` over TCP, as HTTPS, which every network lets out; `turn:` over UDP, IANA's port for it.
TLS_PORT, UDP_PORT = 443, 3478
# Where an authority asks a node whether a name is its own; the node leads the question to its site's edge (HTTP-01).
CHALLENGE_PORT = 80
# Where an edge hands certificates to the nodes of its site, on the backbone.
CERTIFICATES_PORT = 8443
UNPRIVILEGED = 1024
# The nodes' names in a delegated zone, before site and number.
LABEL = "turn"


class RelayPorts(Section):
    """The ports that media are relayed from; on the node itself alone, no firewall opens them."""

    min: Port = Field(default=50000, description="The first port that media are relayed from.")
    max: Port = Field(
        default=59999, description="The last one: a participant takes up to eight, and no more are relayed than ports."
    )

    @property
    def count(self) -> int:
        """How many ports the range has."""
        return self.max - self.min + 1


class Relay(Section):
    """TURN on every meeting node, which relays to its own instance alone; None in its place: none."""

    names: dict[SiteName, tuple[Fqdn, ...]] = Field(
        default_factory=dict,
        description="The nodes' names in a DNS of your own, by site, one a node in their order; each leads to its "
        "node's public address. None: those of the delegated zone, `turn-<site>-<number>`.",
    )
    certificate: Literal["acme", "provided"] = Field(
        default="acme",
        description="The names' certificates. `acme`: of the edges' authority; `provided`: your own, the secrets "
        "`relay_certificate` and `relay_key` of each site.",
    )
    ports: RelayPorts = Field(default=RelayPorts(), json_schema_extra=ADVANCED)


def relay_name(relay: Relay, dns: Dns | None, site: SiteName, ordinal: int) -> Fqdn:
    """The name of a meeting node's TURN server, which its certificate has.

    Args:
        relay: the section.
        dns: the delegated zone, where there is one.
        site: the node's.
        ordinal: its number on the site, from 1.
    """
    if relay.names:
        return relay.names[site][ordinal - 1]
    assert dns  # noqa: S101 - relay_rules
    return f"{LABEL}-{site}-{ordinal}.{dns.zone}"


def relay_rules(
    relay: Relay | None,
    *,
    domain: Fqdn,
    nodes: Mapping[SiteName, int],
    dns: Dns | None,
    edge: Edge,
    taken: Mapping[str, tuple[int, int]],
) -> list[Refusal]:
    """Rules of an environment's relay beside its other settings.

    Args:
        relay: the section, where there is one.
        domain: the environment's.
        nodes: how many meeting nodes its service sites have.
        dns: its delegated zone, where there is one.
        edge: its edges.
        taken: the ports that a meeting node has for something else, first and last, by what for.
    """
    if relay is None:
        return []
    return [
        *_name_rules(relay, domain, nodes, dns),
        *_port_rules(relay.ports, taken),
        *_certificate_rules(relay, edge),
    ]


def _name_rules(relay: Relay, domain: Fqdn, nodes: Mapping[SiteName, int], dns: Dns | None) -> list[Refusal]:
    key = ("meeting", "relay", "names")
    if not relay.names:
        if dns is None:
            allowed = "are needed: browsers ask a TURN server for its certificate; set dns, or one name for each node"
            return [Refusal(key, None, allowed)]
        label = domain.split(".")[0]
        ours = {f"{LABEL}-{site}-{ordinal}" for site, count in nodes.items() for ordinal in range(1, count + 1)}
        allowed = f"must not begin with {label} with meeting.relay: so is a node's TURN server called"
        return [Refusal(("domain",), domain, allowed)] if label in ours else []
    refusals = []
    for site, count in nodes.items():
        given = relay.names.get(site, ())
        if len(given) != count:
            allowed = f"must be one a node: site {site} has {count}"
            refusals.append(Refusal((*key, site), ", ".join(given) or "none", allowed))
    allowed = f"must be a site with meeting nodes: {', '.join(nodes)}"
    refusals += [Refusal((*key, site), site, allowed) for site in relay.names if site not in nodes]
    return [*refusals, *_foreign(key, relay.names, public_names(domain, list(nodes)), dns)]


def _foreign(
    key: tuple[str, ...], names: Mapping[SiteName, Sequence[Fqdn]], edges: Collection[Fqdn], dns: Dns | None
) -> list[Refusal]:
    """Names that lead, or are led, to another address than the node's."""
    refusals = []
    every = [name for given in names.values() for name in given]
    for site, given in names.items():
        for name in given:
            if every.count(name) > 1:
                refusals.append(Refusal((*key, site), name, "is named twice: each node has an address of its own"))
            if name in edges:
                refusals.append(Refusal((*key, site), name, "leads to an edge, and not to the node"))
            if dns and (name == dns.zone or name.endswith(f".{dns.zone}")):
                allowed = f"is of the zone {dns.zone}, which names the nodes itself: leave names out"
                refusals.append(Refusal((*key, site), name, allowed))
    return refusals


def _port_rules(ports: RelayPorts, taken: Mapping[str, tuple[int, int]]) -> list[Refusal]:
    key, given = ("meeting", "relay", "ports"), f"{ports.min}-{ports.max}"
    if ports.min >= ports.max:
        return [Refusal(key, given, "min must be below max")]
    refusals = []
    if ports.min < UNPRIVILEGED:
        refusals.append(Refusal((*key, "min"), ports.min, f"must be {UNPRIVILEGED} or more"))
    refusals += [
        Refusal(key, given, f"must lie beside {first if first == last else f'{first}-{last}'}, {what}")
        for what, (first, last) in {**taken, "the relay's own port": (UDP_PORT, UDP_PORT)}.items()
        if first <= ports.max and ports.min <= last
    ]
    return refusals + [
        Refusal(("meeting", "relay"), f"{what} {first}", f"must differ from {port}, the relay's")
        for what, (first, last) in taken.items()
        for port in (TLS_PORT, UDP_PORT, CHALLENGE_PORT)
        if first <= port <= last
    ]


def _certificate_rules(relay: Relay, edge: Edge) -> list[Refusal]:
    if relay.certificate == "acme" and edge.certificate.type != "acme":
        allowed = "is of the authority at edge.certificate, which is of type provided: take provided"
        return [Refusal(("meeting", "relay", "certificate"), relay.certificate, allowed)]
    return []
