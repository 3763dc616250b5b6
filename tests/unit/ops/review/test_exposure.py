"""What may be open to the world is said twice, and alike: by the table, and by the rules that no change may break."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ops.review.exposure import _may_be_open
from ops.review.ports import Opening
from ops.review.site import ReviewedSite
from settings.rules import WORLD, rules
from tests.configuration import settings
from tests.unit.boot.golden import DNS, PROVIDED, RELAY, RELAY_NAMES, relay_provided

OWN = RELAY_NAMES | PROVIDED | relay_provided()


def _open(stack: str, changes: dict[str, Any]) -> dict[Opening, bool]:
    """What the table opens to the world, and whether it may."""
    given = settings(stack, changes)
    site = cast("ReviewedSite", SimpleNamespace(settings=given))
    opened = [
        Opening(f"{rule.role} {rule.nic}", rule.protocol, rule.first, rule.last, str(rule.source))
        for rule in rules(given)
        if rule.source == WORLD
    ]
    return {one: _may_be_open(site, one) for one in opened}


@pytest.mark.parametrize("stack", ["gra", "witness"])
@pytest.mark.parametrize("changes", [{}, DNS, RELAY, OWN], ids=["shipped", "zone", "relay", "own relay"])
def test_what_the_table_opens_may_be_open(stack: str, changes: dict[str, Any]) -> None:
    found = _open(stack, changes)
    assert found or stack == "witness"
    assert set(found.values()) <= {True}


@pytest.mark.parametrize(("changes", "ports"), [({}, {80, 443, 3478}), (OWN, {80})], ids=["no relay", "own relay"])
def test_a_nodes_ports_may_be_open_for_a_relay_alone(changes: dict[str, Any], ports: set[int]) -> None:
    site = cast("ReviewedSite", SimpleNamespace(settings=settings(changes=changes)))
    relay = [one for one in _open("gra", RELAY) if one.card == "meeting public" and one.first in (80, 443, 3478)]
    assert {one.first for one in relay if not _may_be_open(site, one)} == ports
