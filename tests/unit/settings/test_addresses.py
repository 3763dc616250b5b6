"""The address plan: a pure function whose results are unique, clear of the DHCP pools, and nobody else's business."""

import itertools
from ipaddress import IPv4Address, IPv4Network

import pytest

from settings.addresses import SMALLEST_BLOCK, Role, address, dhcp_pool, meeting_places, meeting_range
from tests.configuration import settings

SINGLES = (Role.EDGE, Role.REDIS, Role.WITNESS)
BACKBONES = [
    [IPv4Network(f"10.17.{third}.0/24") for third in range(4)],
    [IPv4Network(f"172.31.255.{last}/26") for last in (0, 64, 128, 192)],
    [IPv4Network("10.0.0.0/16"), IPv4Network("10.1.0.0/26"), IPv4Network("10.1.0.64/26"), IPv4Network("10.1.1.0/25")],
]
each_backbone = pytest.mark.parametrize("blocks", BACKBONES, ids=str)


def _plan(block: IPv4Network, most: int = 300) -> list[IPv4Address]:
    """Every address that a site may give out, up to `most` meeting nodes."""
    nodes = range(1, min(meeting_places(block), most) + 1)
    return [*(address(block, role) for role in SINGLES), *(address(block, Role.MEETING, node) for node in nodes)]


def _pool(block: IPv4Network) -> set[IPv4Address]:
    first, last = dhcp_pool(block)
    return {IPv4Address(number) for number in range(int(first), int(last) + 1)}


@each_backbone
def test_no_two_servers_have_the_same_address(blocks: list[IPv4Network]) -> None:
    """Over all sites, roles and ordinals that fit."""
    planned = [place for block in blocks for place in _plan(block)]
    assert len(planned) == len(set(planned)) > 4 * (len(SINGLES) + 15)


@each_backbone
def test_addresses_are_hosts_of_their_block(blocks: list[IPv4Network]) -> None:
    """Never a network's or broadcast address of the block, nor its first three, which are left to gateways."""
    for block in blocks:
        assert all(block[3] < place < block[-1] for place in _plan(block))


@each_backbone
def test_dhcp_pools_are_disjoint_and_hold_no_planned_address(blocks: list[IPv4Network]) -> None:
    """One layer 2 network, several regions' DHCP servers: what one hands out is nobody else's."""
    pools = [_pool(block) for block in blocks]
    planned = {place for block in blocks for place in _plan(block)}
    assert all(len(pool) >= 15 and pool < set(block) for pool, block in zip(pools, blocks, strict=True))
    assert not [pair for pair in itertools.combinations(pools, 2) if pair[0] & pair[1]]
    assert not [pool & planned for pool in pools if pool & planned]


@each_backbone
def test_one_range_holds_the_meeting_nodes_and_nothing_else(blocks: list[IPv4Network]) -> None:
    """So a rule of a security group may name the range, whatever the number of nodes."""
    for block in blocks:
        span = meeting_range(block)
        assert all(address(block, Role.MEETING, node) in span for node in (1, 2, meeting_places(block)))
        assert not [role for role in SINGLES if address(block, role) in span]
        assert not [place for place in dhcp_pool(block) if place in span]


def test_a_place_that_does_not_exist_is_refused() -> None:
    """No silent wrap into the neighbour's quarter."""
    block = IPv4Network(f"10.17.0.0/{SMALLEST_BLOCK}")
    assert meeting_places(block) == 16
    for role, ordinal in ((Role.MEETING, 0), (Role.MEETING, 17), (Role.EDGE, 2), (Role.REDIS, 0)):
        with pytest.raises(ValueError, match=str(ordinal)):
            address(block, role, ordinal)


def test_the_plan_of_the_shipped_environment() -> None:
    """Deployed servers keep these: a change here would move every user's peers."""
    gra, witness = settings("gra"), settings("witness")
    assert str(gra.backbone_address(Role.EDGE)) == "10.17.0.4"
    assert str(gra.backbone_address(Role.REDIS)) == "10.17.0.5"
    assert str(gra.backbone_address(Role.MEETING)) == "10.17.0.64"
    assert str(gra.backbone_address(Role.MEETING, 2)) == "10.17.0.65"
    assert str(gra.backbone_address(Role.REDIS, site="sbg")) == "10.17.1.5"
    assert str(witness.backbone_address(Role.WITNESS)) == "10.17.2.6"


@pytest.mark.parametrize(
    "change",
    [
        {"env.sites.gra.meeting_nodes": 5},
        {"env.sites.sbg.meeting_nodes": 64},
        {"env.sites.witness": None},
        {"env.domain": "other.organisation.fr"},
        {"region": "GRA9"},
        {"public_address": "external-port"},
    ],
    ids=str,
)
def test_nothing_else_moves_a_server(change: dict[str, object]) -> None:
    """More nodes at either site, no witness, another region: every server of before stays where it was."""
    servers = [
        (Role.EDGE, "gra"),
        (Role.MEETING, "gra"),
        (Role.REDIS, "gra"),
        (Role.MEETING, "sbg"),
        (Role.REDIS, "sbg"),
    ]
    before, after = settings("gra"), settings("gra", change)
    assert [before.backbone_address(role, site=site) for role, site in servers] == [
        after.backbone_address(role, site=site) for role, site in servers
    ]
