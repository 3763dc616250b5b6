"""Cost, quota and recovery times of a change."""

from decimal import Decimal

import pytest
import yaml

from fleet.quota import MEMBERS, Room
from ops.review.cost import Bill, Item, bills
from ops.review.quota import Need, needs
from ops.review.recovery import Figures, Recovery, rows
from settings.capacity_table import capacity_table
from settings.prices import prices
from tests.configuration import ROOT
from tests.unit.ops.review import recorded
from tests.unit.ops.review.comments import read


def test_a_site_costs_what_its_parts_cost() -> None:
    """By the list: d2-4, b3-8, d2-2, a gateway S and two floating IPs, 730 hours."""
    listed = prices()
    flavors = listed.servers.flavors
    hour = sum((flavors[name].hour for name in ("d2-4", "b3-8", "d2-2")), Decimal())
    hour += listed.network.gateways["s"] + 2 * listed.network.floating_ip
    before, after = bills(read("gra", recorded.whole("gra")), listed)
    assert before.month == after.month == hour * 730
    assert after.more_than(before) == 0


def test_a_larger_flavor_and_gateway_cost_their_difference() -> None:
    """The gateway's former size is an output of the stack: no resource has it."""
    listed = prices()
    before, after = bills(read("gra", recorded.whole("gra-larger")), listed)
    flavors, gateways = listed.servers.flavors, listed.network.gateways
    more = flavors["b3-16"].hour - flavors["b3-8"].hour + gateways["m"] - gateways["s"]
    assert after.more_than(before) == more * 730


def test_what_has_no_price_makes_no_sum() -> None:
    """An unknown flavor is named, and the difference is not known; one that stays unknown changes nothing."""
    before, after = bills(read("witness", recorded.whole("witness-flavor")), prices())
    assert [item.what for item in after.unknown] == ["z9-1"]
    assert after.more_than(before) is None
    assert before.more_than(after) is None
    same = Bill((*after.items, Item("Floating IP", 1, Decimal("0.5"))))
    assert same.more_than(after) == 365


def test_a_gateway_of_unknown_size_has_no_price() -> None:
    """Of a stack that was deployed before its size was an output."""
    digest = recorded.whole("gra")
    (root,) = [step for step in digest["steps"] if "pulumi:pulumi:Stack" in step["urn"]]
    del root["oldState"]["outputs"]["gateway"]
    before, after = bills(read("gra", digest), prices())
    assert [item.what for item in before.unknown] == ["Gateway of unknown size"]
    assert after.unknown == ()


def test_the_list_says_where_and_when_it_was_read_and_has_what_is_shipped() -> None:
    """Every flavor and gateway of the stacks' files, and those that their comments name."""
    listed = prices()
    assert listed.source.startswith("https://api.ovh.com/")
    assert listed.servers.read
    assert listed.network.read
    for site in ("gra", "sbg", "witness"):
        config = yaml.safe_load((ROOT / f"Pulumi.{site}.yaml").read_text())["config"]
        assert set(config["multiparty-meeting:flavors"].values()) <= listed.servers.flavors.keys()
    assert {"b3-8", "b3-16", "d2-2", "d2-4", "d2-8", "c3-4"} <= listed.servers.flavors.keys()
    assert listed.network.gateways.keys() == capacity_table().bandwidth.gateways.keys()


def test_one_more_meeting_server_needs_this() -> None:
    """Two vCores and 8 GB of b3-8, an address, two network cards."""
    found = {need.kind: need.more for need in needs(read("gra", recorded.whole("gra-node")), prices())}
    assert {kind: more for kind, more in found.items() if more} == {
        "servers": 1,
        "vCores": 2,
        "GB of memory": 8,
        "floating IPs": 1,
        "ports": 2,
        "members of a server group": 1,
    }


def test_a_server_group_has_room_by_its_members_whatever_other_groups_have() -> None:
    """OVHcloud's are ten."""
    room = Room(limit=10, used=0)
    assert Need(MEMBERS, 9, 10).fits(room)
    assert not Need(MEMBERS, 10, 11).fits(room)


def test_what_changes_is_needed_whether_the_rest_is_shown_or_not() -> None:
    """A difference needs no more than what differs."""
    for name in ("gra-node", "gra-larger", "gra-opened"):
        whole, partial = (
            [need.more for need in needs(read("gra", load(name)), prices())]
            for load in (recorded.whole, recorded.changed)
        )
        assert whole == partial
        assert any(whole)


def test_an_unknown_flavor_makes_cores_unknown_and_nothing_else() -> None:
    found = {need.kind: need.after for need in needs(read("witness", recorded.whole("witness-flavor")), prices())}
    assert (found["servers"], found["vCores"], found["GB of memory"]) == (1, None, None)


@pytest.mark.parametrize(
    ("before", "after", "limit", "used", "fits"),
    [
        (2, 3, 10, 9, True),
        (2, 3, 10, 10, False),
        (2, 5, 10, 8, False),
        (3, 3, 10, 12, True),  # a quota may be lowered below what is used
        (3, 2, 10, 12, True),
        (2, 3, None, 10, True),
        (None, 3, 10, 10, True),
    ],
)
def test_what_fits_is_what_is_free(
    before: int | None, after: int | None, limit: int | None, used: int, *, fits: bool
) -> None:
    assert Need("servers", before, after).fits(Room(limit, used)) is fits


def test_recovery_shows_what_moves_and_what_misses() -> None:
    """Figures that stay and are kept are left out; words are no numbers to be held against an objective."""
    before: Figures = {"a": {"page": 5.0, "write": 70.0}, "b": {"page": "-"}, "gone": {"page": 1.0}}
    after: Figures = {"a": {"page": 6.0, "write": 70.0}, "b": {"page": "none"}, "new": {"page": 2.0}}
    found = rows(Recovery(before, after, objective=60))
    assert [(row.fault, row.service, row.before, row.after, row.missed) for row in found] == [
        ("a", "page", 5.0, 6.0, False),
        ("a", "write", 70.0, 70.0, True),
        ("b", "page", "-", "none", False),
        ("new", "page", None, 2.0, False),
        ("gone", "page", 1.0, None, False),
    ]


def test_recovery_has_nothing_to_compare_at_first() -> None:
    """Then only what misses the objective is worth a row; without an objective nothing is."""
    after: Figures = {"a": {"page": 61.0, "write": 60.0}}
    assert [row.service for row in rows(Recovery({}, after, objective=60))] == ["page"]
    assert rows(Recovery({}, after, objective=None)) == []
