"""A VLAN and a CIDR for each test environment: picked by its name, moved on when somebody has them already.

Nothing is written down anywhere: the same name gives the same slot, and what is taken can be seen in the settings and
in the cloud.
"""

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from fleet.stacks import StackError

# Number n has VLAN 3000 + n and the n-th /22 from here on: who sees one knows the other.
FIRST_VLAN, FIRST_ADDRESS = 3000, IPv4Address("10.128.0.0")
SLOTS, PREFIX = 1000, 22


@dataclass(frozen=True)
class Slot:
    """One layer 2 network of a test environment's own, and the addresses on it."""

    vlan: int
    cidr: IPv4Network


def choose(name: str, prefix: int, cidrs: Collection[IPv4Network], vlans: Collection[int]) -> Slot:
    """A slot that nobody has.

    Args:
        name: the environment's.
        prefix: the length of the CIDR's prefix.
        cidrs: addresses that others have.
        vlans: VLANs that others have.

    Raises:
        StackError: all are taken.
    """
    step = 1 << max(0, PREFIX - prefix)
    places = SLOTS // step
    first = zlib.crc32(name.encode())
    for attempt in range(places):
        number = (first + attempt) % places * step
        cidr = IPv4Network((int(FIRST_ADDRESS) + number * (1 << (32 - PREFIX)), prefix))
        if FIRST_VLAN + number not in vlans and not any(cidr.overlaps(taken) for taken in cidrs):
            return Slot(FIRST_VLAN + number, cidr)
    raise StackError(f"NAME = {name!r}: no VLAN and no /{prefix} is left: make env-sweep, or take one down")
