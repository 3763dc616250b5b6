"""The settings move the worst cases the right way: what a sum names makes it longer, and nothing shorter."""

from typing import Any

import pytest

from recovery.client import Given
from recovery.faults import worst_cases
from recovery.promise import Promise
from tests.configuration import settings
from tests.unit.boot.golden import CLUSTER, DNS, NEAREST, TWO_NODES
from tests.unit.settings.rule_table import NO_OBJECTIVE

# A key, a value, a higher one.
RAISED: dict[str, tuple[object, object]] = {
    "edge.room_table.check_interval": ("1s", "4s"),
    "edge.room_table.check_timeout": ("1s", "3s"),
    "edge.room_table.fall": (3, 4),
    "edge.health.interval": ("10s", "30s"),
    "edge.health.timeout": ("5s", "6s"),
    "edge.health.max_fails": (3, 4),
    "edge.dial_timeout": ("1s", "2s"),
    "edge.tls_timeout": ("1s", "2s"),
    "redis.down_after": ("2.5s", "6s"),
    "redis.failover_timeout": ("3s", "10s"),
    "redis.node_timeout": ("5s", "15s"),
    "dns.ttl": ("30s", "5m"),
    "dns.check.interval": ("3s", "10s"),
    "dns.check.timeout": ("1s", "2s"),
    "dns.check.down_thresh": (2, 10),
}
SENTINEL_ALONE = ("redis.down_after", "redis.failover_timeout")
# A patient /health is longer in finding a silent instance, and sooner right again after Redis was away.
AMBIVALENT = "edge.health.timeout"
VARIANTS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "geographic": DNS | NEAREST,
    "cluster": CLUSTER,
    "no affinity": {"env.edge.affinity": False},
    "proxy, two nodes": TWO_NODES | {"env.redis.access": "proxy"},
    "slow handshakes": {"env.edge.tls_timeout": "20s", "env.edge.dial_timeout": "20s"},
    "slow handshakes, no affinity": {
        "env.edge.affinity": False,
        "env.edge.tls_timeout": "20s",
        "env.edge.dial_timeout": "20s",
    },
}


def promises(changes: dict[str, Any]) -> dict[str, Promise]:
    """Every worst case, by fault and service."""
    cases = worst_cases(Given(settings("gra", {**changes, **NO_OBJECTIVE}).env))
    return {f"{fault}: {service}": p for fault, case in cases.items() for service, p in case.promises.items()}


def applies(key: str, changes: dict[str, Any]) -> bool:
    """Whether an environment has the key."""
    if key.startswith("dns."):
        return "env.dns" in changes
    clustered = "env.redis" in changes
    return clustered if key == "redis.node_timeout" else not (clustered and key in SENTINEL_ALONE)


@pytest.mark.parametrize("key", RAISED)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_higher_value_never_shortens_a_worst_case(variant: str, key: str) -> None:
    """And it makes those longer whose sum names it."""
    changes = VARIANTS[variant]
    if not applies(key, changes) or f"env.{key}" in changes:
        return
    low, high = RAISED[key]
    before, after = (promises({**changes, f"env.{key}": value}) for value in (low, high))
    for name, promise in before.items():
        assert (promise.seconds is None) == (after[name].seconds is None), name
        if promise.seconds is None or (key == AMBIVALENT and not name.startswith("meeting")):
            continue
        longer = (after[name].seconds or 0) - promise.seconds
        assert longer > 0 if key in promise.keys else longer >= 0, f"{name}: {promise}; {after[name]}"


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_sum_names_a_setting_that_is_not_tried_above(variant: str) -> None:
    """And each of them is named by one at least, in one environment or another."""
    named = {key for promise in promises(VARIANTS[variant]).values() for key in promise.keys}
    assert named <= RAISED.keys()


def test_every_setting_that_is_tried_is_named_somewhere() -> None:
    """A term that lost its source would go unnoticed otherwise."""
    named = {key for changes in VARIANTS.values() for promise in promises(changes).values() for key in promise.keys}
    assert named == RAISED.keys()
