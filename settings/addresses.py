"""The address plan: a pure function from site, role and ordinal to a backbone address.

No stack needs another one to know its peers, and a replaced server comes back where they expect it. A site's block is
cut into quarters by the same offsets everywhere:

    first quarter    one-of-a-kind servers: edge, redis, witness
    second quarter   meeting nodes, from its first address on: one CIDR holds them all
    third quarter    free
    last quarter     the DHCP pool of the region (Neutron's own ports)
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network

# A /26 leaves a first quarter of 16 addresses and room for 16 meeting nodes.
SMALLEST_BLOCK = 26
# A quarter of it, a site's network towards the Internet, has 32 addresses.
SMALLEST_LOCAL = 25


class Role(StrEnum):
    """What a server is for."""

    EDGE = "edge"
    MEETING = "meeting"
    REDIS = "redis"
    WITNESS = "witness"


# Offsets from the block's first address; the first ones are left to gateways.
_FIXED = {Role.EDGE: 4, Role.REDIS: 5, Role.WITNESS: 6}


def address(block: IPv4Network, role: Role, ordinal: int = 1) -> IPv4Address:
    """The backbone address of a server.

    Args:
        block: the site's address block, /26 or larger.
        role: what the server is for.
        ordinal: 1 for the first server of its role; only meeting nodes have more.

    Raises:
        ValueError: the block has no such place.
    """
    if role is Role.MEETING:
        if not 1 <= ordinal <= meeting_places(block):
            raise ValueError(f"{block} has places for {meeting_places(block)} meeting nodes, not for number {ordinal}")
        return meeting_range(block)[ordinal - 1]
    if ordinal != 1:
        raise ValueError(f"a site has one {role}, not a number {ordinal}")
    return block[_FIXED[role]]


def meeting_range(block: IPv4Network) -> IPv4Network:
    """The CIDR that holds the site's meeting nodes and nothing else."""
    return list(block.subnets(prefixlen_diff=2))[1]


def meeting_places(block: IPv4Network) -> int:
    """How many meeting nodes the block has places for."""
    return meeting_range(block).num_addresses


def dhcp_pool(block: IPv4Network) -> tuple[IPv4Address, IPv4Address]:
    """First and last address that the region's Neutron may hand out; disjoint between sites as their blocks are."""
    quarter = list(block.subnets(prefixlen_diff=2))[3]
    return quarter[0], quarter[-2]
