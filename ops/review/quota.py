"""The quota that a change needs of a region, against what the region has."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fleet.cloud import Connection, told
from fleet.preview import preview
from fleet.preview.preview import ResourceState
from ops.review.site import ReviewedSite
from settings.prices import Prices

SERVERS, VCORES, MEMORY = "servers", "vCores", "GB of memory"
_KINDS = {
    preview.INSTANCE: SERVERS,
    preview.FLOATING_IP: "floating IPs",
    preview.ROUTER: "routers",
    preview.NETWORK: "networks",
    preview.PORT: "ports",
    preview.GROUP: "security groups",
    preview.RULE: "rules of security groups",
}
KINDS = (SERVERS, VCORES, MEMORY, *(kind for kind in _KINDS.values() if kind != SERVERS))
# openstack.network.v2.quota.QuotaDetails has them by these names.
_NETWORK_QUOTAS = {
    "floating IPs": "floating_ips",
    "routers": "routers",
    "networks": "networks",
    "ports": "ports",
    "security groups": "security_groups",
    "rules of security groups": "security_group_rules",
}


@dataclass(frozen=True)
class Room:
    """What a project may have in a region, and what it has; a limit of None is no limit."""

    limit: int | None
    used: int

    @property
    def free(self) -> int | None:
        """What may be added; None: as much as one likes."""
        return None if self.limit is None else self.limit - self.used


@dataclass(frozen=True)
class Need:
    """What the site has of a kind before and after; None where a flavor is not in the price list."""

    kind: str
    before: int | None
    after: int | None

    @property
    def more(self) -> int | None:
        """What the change adds."""
        return None if self.before is None or self.after is None else self.after - self.before

    def fits(self, room: Room) -> bool:
        """Whether it is in the quota, as far as that is known; less always is."""
        return self.more is None or self.more <= 0 or room.free is None or self.more <= room.free


def needs(site: ReviewedSite, prices: Prices) -> list[Need]:
    """What a site needs, kind by kind; of what changes alone where the preview shows nothing else."""
    before = _counted((state for type_ in _KINDS for state in site.preview.before(type_)), prices)
    after = _counted((state for type_ in _KINDS for state in site.preview.after(type_)), prices)
    return [Need(kind, before[kind], after[kind]) for kind in KINDS]


def room(region: str) -> dict[str, Room]:
    """Ask a region, with the credentials of the environment, for the quota of its project.

    Raises:
        AskingError: there are no credentials, or the region does not say.
    """

    def ask(connection: Connection) -> dict[str, Room]:
        limits = connection.compute.get_limits().absolute
        quota = connection.network.get_quota(str(connection.current_project_id), details=True)
        return {
            SERVERS: _room(limits.instances, limits.instances_used),
            VCORES: _room(limits.total_cores, limits.total_cores_used),
            MEMORY: _room(_gb(limits.total_ram), _gb(limits.total_ram_used)),
            **{kind: _detailed(getattr(quota, key)) for kind, key in _NETWORK_QUOTAS.items()},
        }

    return told(region, ask)


def _counted(states: Iterable[ResourceState], prices: Prices) -> dict[str, int | None]:
    found = list(states)
    counts: Counter[str] = Counter(_KINDS[state.type] for state in found)
    names = [str(state.inputs.get("flavorName")) for state in found if state.type == preview.INSTANCE]
    flavors = [prices.servers.flavors.get(name) for name in names]
    known = [flavor for flavor in flavors if flavor]
    every = len(known) == len(flavors)
    sizes = {
        VCORES: sum(flavor.vcores for flavor in known) if every else None,
        MEMORY: sum(flavor.gb for flavor in known) if every else None,
    }
    return {kind: counts[kind] for kind in _KINDS.values()} | sizes


def _gb(megabytes: int) -> int:
    return megabytes if megabytes < 0 else megabytes // 1000  # OVH counts a flavor's GB as 1000 MB


def _detailed(quota: dict[str, Any]) -> Room:
    return _room(quota["limit"], quota["used"])


def _room(limit: int, used: int) -> Room:
    return Room(None if limit < 0 else limit, used)
