"""The quota that a change needs of a region, against what the region has."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from fleet import quota
from fleet.cloud import Connection, told
from fleet.preview import preview
from fleet.preview.preview import ResourceState
from fleet.quota import Room
from ops.review.site import ReviewedSite
from settings.prices import Prices

MEMORY = "GB of memory"
_KINDS = {
    preview.INSTANCE: quota.SERVERS,
    preview.FLOATING_IP: quota.FLOATING_IPS,
    preview.ROUTER: quota.ROUTERS,
    preview.NETWORK: quota.NETWORKS,
    preview.PORT: quota.PORTS,
    preview.GROUP: quota.GROUPS,
    preview.RULE: quota.RULES,
    preview.SERVER_GROUP: quota.SERVER_GROUPS,
}
KINDS = (
    quota.SERVERS,
    quota.VCORES,
    MEMORY,
    *(kind for kind in _KINDS.values() if kind != quota.SERVERS),
    quota.MEMBERS,
)


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
        if self.kind == quota.MEMBERS:  # of one group, whatever others have
            return self.after is None or room.limit is None or self.after <= room.limit
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
        rooms = quota.of_compute(connection) | quota.of_network(connection)
        memory = rooms[quota.MEMORY]
        # OVH counts a flavor's GB as 1000 MB.
        in_gb = Room(None if memory.limit is None else memory.limit // 1000, memory.used // 1000)
        return rooms | {MEMORY: in_gb}

    return told(region, ask)


def _counted(states: Iterable[ResourceState], prices: Prices) -> dict[str, int | None]:
    found = list(states)
    counts: Counter[str] = Counter(_KINDS[state.type] for state in found)
    names = [str(state.inputs.get("flavorName")) for state in found if state.type == preview.INSTANCE]
    flavors = [prices.servers.flavors.get(name) for name in names]
    known = [flavor for flavor in flavors if flavor]
    every = len(known) == len(flavors)
    sizes = {
        quota.VCORES: sum(flavor.vcores for flavor in known) if every else None,
        MEMORY: sum(flavor.gb for flavor in known) if every else None,
    }
    members = sum(state.type == preview.INSTANCE and bool(state.inputs.get("schedulerHints")) for state in found)
    return {kind: counts[kind] for kind in _KINDS.values()} | sizes | {quota.MEMBERS: members}
