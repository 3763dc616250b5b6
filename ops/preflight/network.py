"""What a region's Neutron has to have: the way out, the vRack, gateways of the size, quota."""

from collections import Counter
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import Any

from fleet.cloud import Connection
from fleet.inventory import labels_in
from fleet.quota import FLOATING_IPS, GROUPS, NETWORKS, PORTS, ROUTERS, RULES, SUBNETS, of_network
from ops.preflight import quota
from ops.preflight.line import Line, good, lacks, unknown
from ops.preflight.ours import is_ours
from settings.backbone import VrackBackbone
from settings.gateway import QOS_POLICY
from settings.stack import Settings


def network(region: str, stacks: Sequence[Settings], connection: Connection) -> list[Line]:
    """Ask Neutron."""
    asked = connection.network
    extensions = {one.alias for one in asked.extensions()}
    networks = list(asked.networks())
    lines = [
        *_external(region, stacks, networks),
        *_gateways(region, stacks, asked, extensions),
        *_backbone(region, stacks, extensions, networks),
        *_addresses(region, stacks, list(asked.subnets()), networks),
    ]
    needed: Counter[str] = sum((quota.of_network(one) for one in stacks), Counter())
    return [*lines, *quota.lines(region, needed, _have(asked, networks, stacks), of_network(connection))]


def in_the_way(region: str, stacks: Sequence[Settings], connection: Connection) -> list[Line] | None:
    """Others' networks that clash with what the environment plans; None where it has networks already."""
    networks = list(connection.network.networks())
    if any(is_environments(one, stacks) for one in networks):
        return None
    subnets = list(connection.network.subnets())
    return [*_vlan(region, stacks, networks), *_addresses(region, stacks, subnets, networks)]


def _external(region: str, stacks: Sequence[Settings], networks: Sequence[Any]) -> Iterator[Line]:
    for name in {one.external_network for one in stacks}:
        found = next((one for one in networks if one.name == name), None)
        if found and found.is_router_external:
            yield good(region, f"external_network: {name}")
        elif found:
            yield lacks(
                region, f"external_network = {name}: is not external", "name the one that leads to the Internet"
            )
        else:
            outer = ", ".join(sorted(one.name for one in networks if one.is_router_external)) or "none"
            yield lacks(region, f"external_network = {name}: no such network", f"external ones are: {outer}")


def _gateways(region: str, stacks: Sequence[Settings], asked: Any, extensions: set[str]) -> Iterator[Line]:  # noqa: ANN401
    """The policies that the routers are given: always one, also of the smallest size."""
    wanted = {one.gateway: QOS_POLICY[one.gateway] for one in stacks}
    if "qos" not in extensions:
        what = f"gateway = {', '.join(sorted(wanted))}: Neutron has no QoS policies here (extension qos)"
        yield lacks(region, what, "take a region that has them")
        return
    known = {one.name for one in asked.qos_policies()}
    for size, policy in wanted.items():
        if policy not in known:
            there = ", ".join(sorted(known)) or "none"
            yield lacks(
                region, f"gateway = {size}: no QoS policy {policy}", f"the region has {there}: take another size"
            )
    if set(wanted.values()) <= known:
        yield good(region, f"QoS policies {', '.join(sorted(wanted.values()))}")


def _backbone(region: str, stacks: Sequence[Settings], extensions: set[str], networks: Sequence[Any]) -> Iterator[Line]:
    backbone = stacks[0].env.backbone
    if "provider" not in extensions:
        what = "networks take no provider attributes here (extension provider), so no VLAN can be named"
        yield lacks(region, what, "attach a vRack to the project, or take a region that has it")
        return
    if taken := _vlan(region, stacks, networks):
        yield from taken
    elif isinstance(backbone, VrackBackbone):
        attached = any(one.provider_network_type == "vrack" for one in networks)
        seen = "" if attached else "whether the project has a vRack, and "
        look = "the API does not show it; look in the control panel, vRack"
        yield unknown(region, f"{seen}who else has VLAN {backbone.vlan} in it", look)


def _vlan(region: str, stacks: Sequence[Settings], networks: Sequence[Any]) -> list[Line]:
    """The first network of somebody else's on the backbone's VLAN, where VLANs are shown."""
    vlan = stacks[0].env.backbone.vlan
    for one in networks:
        if vlan and str(one.provider_segmentation_id or "") == str(vlan) and not is_environments(one, stacks):
            what = f"backbone.vlan = {vlan}: network {one.name} has it already"
            return [lacks(region, what, "make init ARGS='--vlan N' with one that nobody has")]
    return []


def _addresses(
    region: str, stacks: Sequence[Settings], subnets: Sequence[Any], networks: Sequence[Any]
) -> Iterator[Line]:
    """Others' networks with addresses of ours: where VLANs are not shown, these are what shows a clash.

    Of the sites' local networks all are held against each region's: their VLANs are of one vRack, and each region
    chooses them without asking the others.
    """
    env = stacks[0].env
    cidr, local = env.backbone.cidr, env.local_cidr
    planned = {f"backbone.cidr = {cidr}": ([cidr], "or make sure that its VLAN is another and remove it")}
    if isinstance(env.backbone, VrackBackbone):
        planned[f"local_cidr = {local}"] = (
            env.local_networks,
            "or remove it: the two may come to be on one VLAN of the vRack",
        )
    names = {one.id: one.name for one in networks if not is_environments(one, stacks)}
    for one in subnets:
        if one.ip_version != 4 or one.network_id not in names:
            continue
        for key, (cidrs, otherwise) in planned.items():
            if any(IPv4Network(one.cidr).overlaps(cidr) for cidr in cidrs):
                what = f"{key}: network {names[one.network_id]} has {one.cidr}"
                yield lacks(region, what, f"take other addresses, {otherwise}")


def is_environments(resource: Any, stacks: Sequence[Settings]) -> bool:  # noqa: ANN401 - the SDK has no types
    """Whether a network is one of the environment's own."""
    return labels_in(resource.description).get("environment") == stacks[0].environment


def _have(asked: Any, networks: Sequence[Any], stacks: Sequence[Settings]) -> Counter[str]:  # noqa: ANN401 - as above
    kinds = {
        FLOATING_IPS: asked.ips(),
        ROUTERS: asked.routers(),
        NETWORKS: networks,
        SUBNETS: asked.subnets(),
        PORTS: asked.ports(),
        GROUPS: (groups := list(asked.security_groups())),
    }
    have = Counter(
        {kind: sum(is_ours(labels_in(one.description), stacks) for one in found) for kind, found in kinds.items()}
    )
    mine = {one.id for one in groups if is_ours(labels_in(one.description), stacks)}
    have[RULES] = sum(one.security_group_id in mine for one in asked.security_group_rules()) if mine else 0
    return have
