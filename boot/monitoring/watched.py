"""What the witness watches: the deployed sites, and the addresses that only the cloud knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import NamedTuple

from settings.addresses import Role
from settings.environment import Environment
from settings.monitoring import Monitoring
from settings.stack import Settings
from settings.types import SiteName


class Place(NamedTuple):
    """A server: its site, its name, its role and its backbone address."""

    site: SiteName
    server: str
    role: Role
    address: IPv4Address


@dataclass(frozen=True)
class Watched:
    """An environment as far as it is deployed.

    Attributes:
        settings: the witness' stack.
        monitoring: the environment's.
        edges: the public addresses of the deployed sites' edges; the primary's first.
        card: the address of the witness' first network card, where its nameserver listens.
        mbit: what a site's gateway carries, where the site has one.
        holds: how many people a site holds, by `settings/capacity.yaml`.
        image_dates: when the oldest image that a site's servers boot was current at the latest, in Unix time.
    """

    settings: Settings
    monitoring: Monitoring
    edges: Mapping[SiteName, IPv4Address]
    card: IPv4Address
    mbit: Mapping[SiteName, int] = field(default_factory=dict)
    holds: Mapping[SiteName, int] = field(default_factory=dict)
    image_dates: Mapping[SiteName, int] = field(default_factory=dict)

    @property
    def env(self) -> Environment:
        """The environment."""
        return self.settings.env

    @property
    def meeting_path(self) -> str:
        """Where meeting servers count rooms and people."""
        return self.monitoring.meeting_path or self.env.meeting.kind.metrics

    @property
    def window(self) -> str:
        """What a rate is taken over: four looks, of which one may have failed."""
        return f"{self.window_seconds}s"

    @property
    def window_seconds(self) -> int:
        """The same in seconds."""
        return 4 * self.monitoring.interval

    @property
    def sites(self) -> tuple[SiteName, ...]:
        """The service sites that are watched."""
        return tuple(site for site in self.env.service_sites if site in self.edges)

    @property
    def edge_servers(self) -> tuple[Place, ...]:
        """The edges."""
        return tuple(self._place(site, Role.EDGE) for site in self.sites)

    @property
    def instances(self) -> tuple[Place, ...]:
        """The meeting nodes."""
        return tuple(
            self._place(site, Role.MEETING, ordinal)
            for site in self.sites
            for ordinal in range(1, self.env.sites[site].meeting_nodes + 1)
        )

    @property
    def redis_servers(self) -> tuple[Place, ...]:
        """The Redis servers, the witness among them."""
        return (*(self._place(site, Role.REDIS) for site in self.sites), self.witness)

    @property
    def witness(self) -> Place:
        """The witness itself."""
        return self._place(self.settings.site, Role.WITNESS)

    @property
    def servers(self) -> tuple[Place, ...]:
        """All of them."""
        return (*self.edge_servers, *self.instances, *self.redis_servers)

    def _place(self, site: SiteName, role: Role, ordinal: int = 1) -> Place:
        name = self.settings.server_name(role, ordinal, site)
        return Place(site, name, role, self.settings.backbone_address(role, ordinal, site))
