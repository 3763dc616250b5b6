"""What a project may have in a region, and what it has of it."""

from dataclasses import dataclass

from fleet.cloud import Connection

SERVERS, VCORES, MEMORY = "servers", "vCores", "MB of memory"
# One group has a site's meeting servers: they can be kept apart no further than it has members.
SERVER_GROUPS, MEMBERS = "server groups", "members of a server group"
FLOATING_IPS, ROUTERS, NETWORKS, SUBNETS = "floating IPs", "routers", "networks", "subnets"
PORTS, GROUPS, RULES = "ports", "security groups", "rules of security groups"
# openstack.network.v2.quota.QuotaDetails has them by these names.
_NETWORK_KEYS = {
    FLOATING_IPS: "floating_ips",
    ROUTERS: "routers",
    NETWORKS: "networks",
    SUBNETS: "subnets",
    PORTS: "ports",
    GROUPS: "security_groups",
    RULES: "security_group_rules",
}


@dataclass(frozen=True)
class Room:
    """What a project may have of a kind, and what it has; a limit of None is no limit."""

    limit: int | None
    used: int

    @property
    def free(self) -> int | None:
        """What may be added; None: as much as one likes."""
        return None if self.limit is None else self.limit - self.used


def of_compute(connection: Connection) -> dict[str, Room]:
    """What Nova tells, by kind."""
    limits = connection.compute.get_limits().absolute
    return {
        SERVERS: _room(limits.instances, limits.instances_used),
        VCORES: _room(limits.total_cores, limits.total_cores_used),
        MEMORY: _room(limits.total_ram, limits.total_ram_used),
        SERVER_GROUPS: _room(limits.server_groups, limits.server_groups_used),
        MEMBERS: _room(limits.server_group_members, 0),
    }


def of_network(connection: Connection) -> dict[str, Room]:
    """What Neutron tells, by kind; a kind that it does not count is left out."""
    details = connection.network.get_quota(str(connection.current_project_id), details=True)
    found = {kind: details[key] for kind, key in _NETWORK_KEYS.items()}
    return {kind: _room(one["limit"], one["used"]) for kind, one in found.items() if one}


def _room(limit: int | None, used: int | None) -> Room:
    """A limit below 0 is none; a Nova may not count everything."""
    return Room(None if limit is None or limit < 0 else limit, used or 0)
