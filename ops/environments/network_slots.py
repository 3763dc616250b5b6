"""A VLAN and addresses for each test environment: picked by its name, moved on when somebody has them already.

Nothing is written down anywhere: the same name gives the same slot, and what is taken can be seen in the settings, in
the cloud, and by the names of the backend's stacks: of two environments that are made at the same time, and would begin
at the same slot, the one whose name comes later moves on.
"""

import re
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Network

from fleet.stacks import StackError
from settings.spare_networks import PREFIX, SpareNetworks

# Number n has the n-th VLAN and the n-th part of the CIDR: who sees one knows the other. Local networks are of the n-th
# part of the CIDR's second half, of which no backbone is.
_ANY = SpareNetworks()


@dataclass(frozen=True)
class Slot:
    """One layer 2 network of a test environment's own, the addresses on it, and those of its sites' local networks."""

    vlan: int
    cidr: IPv4Network
    local: IPv4Network

    def free(self, vlans: Collection[int], cidrs: Collection[IPv4Network]) -> bool:
        """Whether others have nothing of it."""
        return self.vlan not in vlans and not any(
            cidr.overlaps(own) for cidr in cidrs for own in (self.cidr, self.local)
        )


def choose(
    name: str,
    prefix: int,
    cidrs: Collection[IPv4Network],
    vlans: Collection[int],
    others: Collection[str] = (),
    *,
    spare: SpareNetworks = _ANY,
) -> Slot:
    """A slot that nobody has.

    Args:
        name: the environment's.
        prefix: the length of the CIDR's prefix.
        cidrs: addresses that others have.
        vlans: VLANs that others have.
        others: environments that have a stack; their networks may not be made yet.
        spare: the VLANs and addresses to choose from.

    Raises:
        StackError: all are taken.
    """
    step = 1 << max(0, PREFIX - prefix)
    places = spare.count // step
    if not places:
        raise StackError(f"NAME = {name!r}: test_environments has no /{prefix} for a backbone: name more of it")
    first = _first(name)
    before = {_first(other) % places * step for other in others if other < name}
    size, half = 1 << (32 - PREFIX), spare.cidr.num_addresses // 2
    for attempt in range(places):
        number = (first + attempt) % places * step
        cidr = IPv4Network((int(spare.cidr[0]) + number * size, prefix))
        local = IPv4Network((int(spare.cidr[0]) + half + number * size, PREFIX))
        slot = Slot(spare.first_vlan + number, cidr, local)
        if number not in before and slot.free(vlans, cidrs):
            return slot
    raise StackError(f"NAME = {name!r}: no VLAN and no /{prefix} is left: make env-sweep, or take one down")


def _first(name: str) -> int:
    """Where a name begins: a pull request's at its number, which is no other's."""
    numbered = re.fullmatch(r"pr-([0-9]+)", name)
    return int(numbered[1]) if numbered else zlib.crc32(name.encode())
