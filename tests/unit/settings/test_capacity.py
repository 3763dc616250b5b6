"""How many people a site holds alone, and what the preview says where that is fewer than are planned for."""

from typing import Any

import pytest

from settings.capacity import SiteSize
from settings.capacity_table import capacity_table
from settings.capacity_warning import capacity_warning
from settings.gateway import GatewaySize
from settings.prices import prices
from tests.configuration import settings

EXTERNAL = {"public_address": "external-port"}


@pytest.mark.parametrize(
    ("changes", "people", "what"),
    [
        ({}, 50, "gateway s of 200 Mbit/s, 4 a person"),
        ({"gateway": "m"}, 100, "1 b3-8 of 2 vCores, 50 people each (rooms of 6)"),
        (EXTERNAL, 100, "1 b3-8 of 2 vCores"),
        (EXTERNAL | {"env.participant_mbit": 6}, 83, "1 b3-8 of 500 Mbit/s, 6 a person"),
        (EXTERNAL | {"env.sites.gra.meeting_nodes": 3}, 300, "3 b3-8 of 2 vCores"),
        (EXTERNAL | {"flavors.meeting": "b3-16"}, 200, "1 b3-16 of 4 vCores"),
        (EXTERNAL | {"env.meeting.rtc_ports": {"min": 40_000, "max": 40_099}}, 50, "100 WebRTC ports a node"),
        # Nobody knows that flavor's processors: what is known counts.
        ({"flavors.meeting": "z9-1"}, 50, "gateway s"),
        (EXTERNAL | {"flavors.meeting": "z9-1"}, 5000, "10,000 WebRTC ports a node"),
    ],
)
def test_the_least_of_the_limits_counts(changes: dict[str, Any], people: int, what: str) -> None:
    least = SiteSize.of(settings("gra", changes)).least
    assert least.people == people
    assert least.what.startswith(what)


def test_no_more_people_than_were_ever_shown_on_two_vcores() -> None:
    """Published figures are 50 to 120 people a core: a port count said 1,250 on two."""
    site = settings("gra", EXTERNAL)
    assert SiteSize.of(site).least.people <= 2 * max(kind.per_core for kind in capacity_table().rooms.values())
    assert capacity_table().plan.per_core == min(kind.per_core for kind in capacity_table().rooms.values())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"env.participants": 51},
            ["about 50 of participants 51: gateway s of 200 Mbit/s", "gateway: m (EUR +6.06"],
        ),
        (
            {"env.participants": 300, "gateway": "l"},
            [
                "holds about 100 of participants 300: 1 b3-8 of 2 vCores",
                "1 b3-8 of 500 Mbit/s",
                "meeting_nodes: 3 (EUR +78.40 a month, list prices of 2026-09-05)",
                "flavors.meeting: b3-32 (EUR +111.98",
            ],
        ),
        ({"env.participants": 300}, ["meeting_nodes: 3, gateway: l (EUR", "flavors.meeting: b3-32, gateway: l (EUR"]),
        (
            {"env.participants": 300, "flavors.meeting": "z9-1"},
            ["holds about 50", "gateway: l (its price is not known)"],
        ),
        # No gateway carries them, and an address on the external network has no price in the list.
        (
            {"env.participants": 2600},
            ["meeting_nodes: 26, public_address: external-port (its price is not known)"],
        ),
        ({"env.participants": 100_000}, ["What would do: nothing that the tables know"]),
    ],
)
def test_too_many_people_draw_a_warning_with_what_would_do(changes: dict[str, Any], words: list[str]) -> None:
    said = capacity_warning(settings("gra", changes))
    assert said
    assert [word for word in words if word not in said] == [], said


@pytest.mark.parametrize(
    ("stack", "changes"),
    [
        ("gra", {}),
        ("gra", {"env.participants": 51, "gateway": "m"}),
        ("gra", {"env.participants": 51} | EXTERNAL),
        ("witness", {"env.participants": 5100}),
    ],
)
def test_enough_draws_none(stack: str, changes: dict[str, Any]) -> None:
    """A larger gateway, one that media do not pass, and the witness, which carries none."""
    assert capacity_warning(settings(stack, changes)) is None


def test_the_tables_know_the_same_flavors_and_gateways() -> None:
    """What has a price and processors has a bandwidth, and every size of a gateway both."""
    table, list_ = capacity_table(), prices()
    assert set(table.bandwidth.flavors) == set(list_.servers.flavors)
    assert set(table.bandwidth.gateways) == set(list_.network.gateways) == set(GatewaySize.__args__)  # type: ignore[attr-defined]
    assert table.planned in table.rooms
