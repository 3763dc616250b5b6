"""How many people a site holds: the least of its processors, its servers' bandwidth, its gateway and its ports."""

from dataclasses import dataclass
from typing import NamedTuple, Self

from settings.addresses import Role
from settings.capacity_table import capacity_table
from settings.prices import prices
from settings.stack import Settings
from settings.types import FlavorName, GatewaySize


class Limit(NamedTuple):
    """How many people something lets in, and what it is."""

    people: int
    what: str


@dataclass(frozen=True)
class SiteSize:
    """What a site's media go through.

    Attributes:
        flavor: of its meeting nodes.
        nodes: how many there are.
        gateway: the size of its gateway; None where media do not pass one.
        mbit: what a person takes, Mbit/s.
        ports: WebRTC ports of a node.
    """

    flavor: FlavorName
    nodes: int
    gateway: GatewaySize | None
    mbit: int
    ports: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """That of a service site, as its settings have it."""
        behind = settings.public_address == "floating-ip"
        return cls(
            settings.flavors[Role.MEETING],
            settings.here.meeting_nodes,
            settings.gateway if behind else None,
            settings.env.participant_mbit,
            settings.env.meeting.rtc_ports.count,
        )

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What lets in how many, as far as the tables know it; the least first."""
        table, known = capacity_table(), prices().servers.flavors.get(self.flavor)
        found = [Limit(self.nodes * (self.ports // table.ports), f"{self.ports:,} WebRTC ports a node")]
        if known:
            people = self.nodes * known.vcores * table.plan.per_core
            count = f"{self.nodes} {self.flavor} of {known.vcores} vCores"
            found.append(Limit(people, f"{count}, {table.plan.per_core} people each ({table.planned})"))
        if card := table.bandwidth.flavors.get(self.flavor):
            people = self.nodes * (card // self.mbit)
            found.append(Limit(people, f"{self.nodes} {self.flavor} of {card} Mbit/s, {self.mbit} a person"))
        if self.gateway:
            cap = table.bandwidth.gateways[self.gateway]
            found.append(Limit(cap // self.mbit, f"gateway {self.gateway} of {cap} Mbit/s, {self.mbit} a person"))
        return tuple(sorted(found))

    @property
    def least(self) -> Limit:
        """How many people it holds, and what the limit is."""
        return self.limits[0]
