"""What a stack takes of a region's quota, and whether the project has it left."""

from collections import Counter
from collections.abc import Iterator, Mapping

from fleet.quota import (
    FLOATING_IPS,
    GROUPS,
    MEMBERS,
    MEMORY,
    NETWORKS,
    PORTS,
    ROUTERS,
    RULES,
    SERVER_GROUPS,
    SERVERS,
    SUBNETS,
    VCORES,
    Room,
)
from ops.preflight.line import Line, good, lacks
from settings.addresses import Role
from settings.rules import groups, rules
from settings.stack import Settings

# Neutron gives each new group one for IPv4 and one for IPv6, outwards.
_RULES_OF_A_GROUP = 2
# Beside the servers': the router's interface, and DHCP's on the local network.
_PORTS_OF_A_SITE = 2


def servers(settings: Settings) -> Counter[Role]:
    """The stack's servers, by role."""
    return Counter({role: settings.here.meeting_nodes if role is Role.MEETING else 1 for role in settings.roles})


def of_compute(settings: Settings, flavors: Mapping[str, tuple[int, int]]) -> Counter[str]:
    """What Nova counts.

    Args:
        settings: the stack's.
        flavors: cores and MB by name; what is not among them is not counted.
    """
    needed: Counter[str] = Counter()
    for role, number in servers(settings).items():
        cores, memory = flavors.get(settings.flavors[role], (0, 0))
        needed += Counter({SERVERS: number, VCORES: number * cores, MEMORY: number * memory})
    if settings.here.role != "witness":
        needed += Counter({SERVER_GROUPS: 1})
    return needed


def of_network(settings: Settings) -> Counter[str]:
    """What Neutron counts."""
    count = servers(settings)
    public = count[Role.EDGE] + count[Role.MEETING] + (count[Role.WITNESS] if settings.env.witness_is_public else 0)
    named = len(groups(settings))
    return Counter(
        {
            FLOATING_IPS: public if settings.public_address == "floating-ip" else 0,
            ROUTERS: 1,
            NETWORKS: 2,
            SUBNETS: 2,
            PORTS: 2 * count.total() + _PORTS_OF_A_SITE,
            GROUPS: named,
            RULES: len(rules(settings)) + _RULES_OF_A_GROUP * named,
        }
    )


def lines(region: str, needed: Mapping[str, int], have: Mapping[str, int], rooms: Mapping[str, Room]) -> Iterator[Line]:
    """A line for each kind that there is too little of, or one for all of them.

    Args:
        region: where.
        needed: by kind.
        have: what the stacks have of it already.
        rooms: the project's, by kind; kinds that the region does not tell are left out.
    """
    short = False
    for kind, room in rooms.items():
        more = needed.get(kind, 0) - have.get(kind, 0)
        if more > 0 and room.free is not None and more > room.free:
            short = True
            seen = f"quota of {kind}: {more} more are needed, {max(0, room.free)} of {room.limit} are free"
            yield lacks(region, seen, "have it raised (OVH's control panel, Quota and Regions), or give some up")
    if not short:
        yield good(region, f"quota of {', '.join(rooms)}")


def members(region: str, settings: Settings, room: Room) -> Iterator[Line]:
    """Whether all meeting nodes of a site may be in one server group."""
    nodes = servers(settings)[Role.MEETING]
    if room.limit is not None and room.limit < nodes:
        seen = f"quota of {MEMBERS}: {room.limit}, and site {settings.site} has {nodes} meeting nodes"
        yield lacks(region, seen, "fewer and larger ones (flavors.meeting), or have it raised")
