"""The meeting servers as an edge sees them, in the order in which it takes them."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from settings.addresses import Role
from settings.stack import Settings
from settings.types import SiteName


@dataclass(frozen=True)
class Instance:
    """One meeting node.

    Attributes:
        site: where it is.
        ordinal: its number among the site's nodes, from 1.
        number: its number among all, the same at every edge; a node more at either site changes no other's.
        address: its planned backbone address.
        preferred: whether new rooms go to its site first, seen from this edge.
    """

    site: SiteName
    ordinal: int
    number: int
    address: IPv4Address
    preferred: bool

    @property
    def name(self) -> str:
        """A name for it, the same at every edge."""
        return f"{self.site}-{self.ordinal}"

    @property
    def host(self) -> str:
        """What to dial: the first of a site has a fixed name in /etc/hosts, the others their address."""
        return f"{self.site}-instance" if self.ordinal == 1 else str(self.address)


def instances(settings: Settings) -> tuple[Instance, ...]:
    """All instances, those of the site that this edge takes first before the others, by number inside a site."""
    env = settings.env
    sites = env.service_sites
    first = env.primary if env.edge.routing == "failover" else settings.site
    return tuple(
        Instance(
            site=site,
            ordinal=ordinal,
            number=10 * ordinal + sites.index(site),
            address=settings.backbone_address(Role.MEETING, ordinal, site),
            preferred=site == first,
        )
        for site in sorted(sites, key=lambda site: site != first)
        for ordinal in range(1, env.sites[site].meeting_nodes + 1)
    )
