"""The addresses that a zone is made of: those of the sites that are deployed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from settings.stack import Settings


@dataclass(frozen=True)
class Nameservers:
    """The nameservers' public addresses, by site; a site that nobody has deployed yet is not in it.

    Attributes:
        edges: the edges', which serve people and answer DNS queries; the primary's first.
        witness: the witness', which answers DNS queries.
        relays: the meeting nodes', by the name of the node's TURN server.
    """

    edges: dict[str, IPv4Address]
    witness: dict[str, IPv4Address]
    relays: Mapping[str, IPv4Address] = field(default_factory=dict)

    @property
    def all(self) -> dict[str, IPv4Address]:
        """Every nameserver's address, by site."""
        return self.edges | self.witness


def geographic(settings: Settings, known: Nameservers) -> bool:
    """Whether there are edges to choose between, and people are to get the nearest."""
    return settings.env.edge.routing == "geographic" and len(known.edges) > 1
