"""A test environment's settings, from those of another: pure.

What a test shows has to hold for production, so everything stays as it is but for what would collide with production,
cost as much, or be asked of a public authority too often.
"""

import copy
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from ops.environments.network_slots import Slot
from settings.edge import LETS_ENCRYPT, LETS_ENCRYPT_STAGING

# The smallest of OVH's flavors that a role boots and serves a few people on.
SMALL_FLAVORS = {"edge": "d2-4", "meeting": "d2-4", "redis": "d2-2", "witness": "d2-2"}


def environment(base: Mapping[str, Any], name: str, *, expires: str, slot: Slot, operators: bool) -> dict[str, Any]:
    """The settings that the sites of a test environment share.

    Args:
        base: the environment that it is made from.
        name: its name.
        expires: when it is to be taken down.
        slot: its networks.
        operators: whether the base's operators may log in; a zone cannot be pushed without.
    """
    derived = copy.deepcopy(dict(base))
    derived |= {
        "kind": "test",
        "expires": expires,
        "domain": beside(base["domain"], name),
        "backbone": _backbone(base["backbone"], slot),
        "local_cidr": str(slot.local),
        "sites": {site: _moved(facts, base["backbone"], slot) for site, facts in base["sites"].items()},
    }
    derived.pop("deployed", None)
    derived.pop("protect", None)
    # It would call production's operators, with secrets that are production's: nobody waits for a test.
    derived.pop("monitoring", None)
    certificate = derived["edge"]["certificate"]
    if certificate["type"] == "acme" and certificate.get("directory", LETS_ENCRYPT) == LETS_ENCRYPT:
        certificate["directory"] = LETS_ENCRYPT_STAGING
    if not operators:
        derived.pop("operators", None)
        derived["edge"].pop("routing", None)  # other than failover needs a zone
        derived.pop("dns", None)
    if derived.get("dns"):
        derived |= _zone(base, name)
    relay = derived["meeting"].get("relay") or {}
    if relay.get("names") or relay.get("certificate") == "provided" or not derived.get("dns"):
        # Its names lead to the base's nodes, as its certificate is for them; or there is no zone to have others in.
        derived["meeting"].pop("relay", None)
    return derived


def beside(domain: str, name: str) -> str:
    """A name beside another, not below it: what a page there sets is never sent to the other.

    One of two labels has none beside it that is its owner's: then below.
    """
    first, _, rest = domain.partition(".")
    return f"{first}-{name}.{rest}" if "." in rest else f"{name}.{domain}"


def stack(base: Mapping[str, Any], name: str, shared: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that a stack's file has in the place of its base's.

    Args:
        base: the configuration of the base's stack of the same site, without its namespace.
        name: the environment's name.
        shared: what its sites share.
    """
    return {
        "environments": {name: dict(shared)},
        "environment": name,
        "flavors": {role: SMALL_FLAVORS.get(role, flavor) for role, flavor in base["flavors"].items()},
        "gateway": "s",
    }


def _backbone(base: Mapping[str, Any], slot: Slot) -> dict[str, Any]:
    """A VLAN of the same wire; a flat one has room for others beside it as tagged ones."""
    own = {**base, "vlan": slot.vlan, "cidr": str(slot.cidr)}
    return own | ({"network_type": "vlan"} if base["type"] == "provider" else {})


def _moved(site: Mapping[str, Any], backbone: Mapping[str, Any], slot: Slot) -> dict[str, Any]:
    """A site's block, as far into the new CIDR as it was in the old one."""
    block, cidr = IPv4Network(site["block"]), IPv4Network(backbone["cidr"])
    first = int(slot.cidr[0]) + int(block[0]) - int(cidr[0])
    return {**site, "block": str(IPv4Network((first, block.prefixlen)))}


def _zone(base: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A zone beside the base's; a domain that the base's zone holds is held by the new one."""
    zone, domain = beside(base["dns"]["zone"], name), base["domain"]
    moved = {"dns": {**base["dns"], "zone": zone}}
    if domain.endswith(f".{base['dns']['zone']}"):
        return {**moved, "domain": f"{domain.partition('.')[0]}.{zone}"}
    return moved
