"""Where everything is: regions, addresses, ports and names of the lab. Pure tables, nothing is touched here."""

from dataclasses import dataclass
from pathlib import Path

from fleet.command_line import CommandError

# The state directory's place inside the lab's mount namespace. One fixed path keeps unix sockets short and makes
# configuration and databases independent of where a user's state directory is, so that they can be cached.
HOME = Path("/run/lab")
CONF = HOME / "conf"
LOG = HOME / "log"
WWW = HOME / "www"
DNS_HOSTS = HOME / "dns.hosts"
DNS_FORWARDS = HOME / "dns.forwards"
MYSQL_SOCKET = HOME / "mysql.sock"

MANAGEMENT = "10.20.0.1"  # the services themselves
PUBLIC = "10.20.0.2"  # the same ports behind the proxy that counts calls and injects faults
SERVICES_HOST = "198.51.100.2"  # web root and name server, as guests see them
ALERTS_PORT = 8899  # there, whoever wants to hear what monitoring says listens
ACME_NAME = "acme.lab.example"  # the lab's certificate authority, at the same address
AUTH_URL = f"http://{MANAGEMENT}:5000/v3"
PUBLIC_AUTH_URL = f"http://{PUBLIC}:5000/v3"
KEYSTONE_PORT = 5000

SERVICE_PASSWORD = "svc"  # noqa: S105 -- the lab is reachable from its own network namespace only
PASSWORDS = {"admin": "admin", "demo": "demo", "svc": SERVICE_PASSWORD}
PROJECTS = {"admin": "admin", "demo": "demo", "svc": "service"}

STOCK_IMAGE = "Debian 12"
BAKED_IMAGE = "Debian 12 multiparty-meeting"


@dataclass(frozen=True)
class Flavor:
    """A flavor under OVH's name, with memory that several guests on one machine can afford."""

    name: str
    ram: int
    disk: int
    vcpus: int = 1


FLAVORS = (
    Flavor("d2-2", 512, 6),
    Flavor("d2-4", 768, 6),
    Flavor("b3-8", 768, 6),
    Flavor("b3-16", 1024, 6),
    Flavor("unplaceable", 1_000_000_000, 6),  # more memory than any host: a server in ERROR, "no valid host"
)

# Neutron's shared QoS policies under OVH's names, and what a router may send with each, kbit/s. Nothing enforces it.
ROUTER_POLICIES = {
    "small_router": 200_000,
    "medium_router": 500_000,
    "large_router": 2_000_000,
    "XL_router": 4_000_000,
    "2XL_router": 10_000_000,
}

# API services behind the catalogue: their type, name, base port and the path of their endpoint.
SERVICES = {
    "compute": ("nova", 8774, "/v2.1"),
    "network": ("neutron", 9696, ""),
    "image": ("glance", 9292, ""),
    "placement": ("placement", 8778, ""),
}
METADATA_PORT = 8775


@dataclass(frozen=True)
class Region:
    """One OpenStack region: Nova, Neutron, Glance and Placement of its own, and one compute node."""

    index: int
    name: str
    external: str  # first three octets of Ext-Net

    @property
    def slug(self) -> str:
        """The name in files, databases, hosts and devices; also the compute node's name."""
        return self.name.lower()

    @property
    def node_address(self) -> str:
        """The compute node on the management bridge."""
        return f"10.20.0.{11 + self.index}"

    def port(self, service: str) -> int:
        """The port of an API service, the same on both sides of the proxy."""
        base = METADATA_PORT if service == "metadata" else SERVICES[service][1]
        return base + 10000 * self.index

    def endpoint(self, service: str, *, public: bool = False) -> str:
        """The URL that the catalogue has for a service."""
        host = PUBLIC if public else MANAGEMENT
        return f"http://{host}:{self.port(service)}{SERVICES[service][2]}"

    def device(self, network: str) -> str:
        """The lab's end of the compute node's cable into a bridge: `vrack` of GRA11 is `v-gra11`."""
        return f"{network[0]}-{self.slug}"


def far_end(network: str) -> str:
    """The compute node's end of that cable, in the region's network."""
    return f"{network}0"


ALL_REGIONS = (Region(0, "GRA11", "198.51.100"), Region(1, "SBG7", "198.18.0"), Region(2, "DE1", "198.18.1"))
BRIDGES = ("mgmt", "vrack", "external")


def regions(names: tuple[str, ...] | None = None) -> tuple[Region, ...]:
    """The regions of these names, in the lab's order; all of them without names.

    Raises:
        CommandError: a name that the lab does not have.
    """
    if names is None:
        return ALL_REGIONS
    known = {region.name for region in ALL_REGIONS}
    if unknown := sorted(set(names) - known):
        raise CommandError(f"no such region: {', '.join(unknown)}; the lab has {', '.join(sorted(known))}")
    return tuple(region for region in ALL_REGIONS if region.name in names)


def openrc(region: str, user: str = "demo") -> dict[str, str]:
    """The `OS_*` variables of a user in a region."""
    (found,) = regions((region,))
    return {
        "OS_AUTH_URL": PUBLIC_AUTH_URL,
        "OS_USERNAME": user,
        "OS_PASSWORD": PASSWORDS[user],
        "OS_PROJECT_NAME": PROJECTS[user],
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_IDENTITY_API_VERSION": "3",
        "OS_REGION_NAME": found.name,
    }
