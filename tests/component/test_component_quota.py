"""What `make preflight` counts of the quota is what a stack makes."""

from collections import Counter
from typing import Any

import pytest

from fleet.quota import FLOATING_IPS, GROUPS, NETWORKS, PORTS, ROUTERS, RULES, SERVER_GROUPS, SERVERS, SUBNETS
from ops.preflight import quota
from tests.component.cloud import (
    FLOATING_IP,
    GROUP,
    INSTANCE,
    INTERFACE,
    NETWORK,
    PORT,
    ROUTER,
    RULE,
    SERVER_GROUP,
    SUBNET,
    deploy,
)
from tests.configuration import OPERATOR_KEY, settings

_KINDS = {
    FLOATING_IPS: FLOATING_IP,
    ROUTERS: ROUTER,
    NETWORKS: NETWORK,
    SUBNETS: SUBNET,
    GROUPS: GROUP,
    SERVERS: INSTANCE,
    SERVER_GROUPS: SERVER_GROUP,
}
_OPERATORS = {"env.operators": {"cidrs": ["198.51.100.0/28"], "ssh_public_key": OPERATOR_KEY}}


@pytest.mark.parametrize("stack", ["gra", "witness"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        _OPERATORS | {"env.dns": {"zone": "ha.organisation.fr"}},
        {"public_address": "external-port"},
        {"env.sites.gra.meeting_nodes": 3, "env.redis": {"mode": "cluster"}},
    ],
    ids=lambda changes: ",".join(changes) or "shipped",
)
def test_what_is_counted_is_what_is_made(stack: str, changes: dict[str, Any]) -> None:
    """Neutron's own beside it: two rules of each group, ports of the router and of DHCP."""
    given = settings(stack, changes)
    made = Counter(resource.type for resource in deploy(stack, changes).registered)
    counted = quota.of_network(given) + quota.of_compute(given, {})
    assert made[INSTANCE]
    for kind, type_ in _KINDS.items():
        assert counted[kind] == made[type_], kind
    assert counted[RULES] == made[RULE] + 2 * made[GROUP]
    assert counted[PORTS] == made[PORT] + made[INTERFACE] + 1
