"""What two environments of one Pulumi.yaml must not share."""

from collections import Counter
from collections.abc import Mapping
from ipaddress import IPv4Network

from settings.backbone import VrackBackbone
from settings.environment import Environment
from settings.section import Refusal
from settings.types import EnvironmentName


def apart_rules(environments: Mapping[EnvironmentName, Environment]) -> list[Refusal]:
    """One refusal for each backbone and each local network that two environments would have.

    Args:
        environments: all of them, by name.
    """
    return [*_wire_rules(environments), *_local_rules(environments)]


def _wire_rules(environments: Mapping[EnvironmentName, Environment]) -> list[Refusal]:
    """No two environments on one wire: their planned addresses would double each other's Redis."""
    wires = Counter(env.backbone.wire for env in environments.values())
    return [
        Refusal(
            ("environments", name, "backbone"),
            env.backbone.wire,
            "is used by another environment: planned addresses would double its Redis; take a VLAN of its own",
        )
        for name, env in environments.items()
        if wires[env.backbone.wire] > 1
    ]


def _local_rules(environments: Mapping[EnvironmentName, Environment]) -> list[Refusal]:
    """No two environments of a vRack with one local network: its regions choose VLANs without asking each other."""
    taken: list[tuple[EnvironmentName, IPv4Network]] = []
    refusals = []
    for name, env in environments.items():
        if not isinstance(env.backbone, VrackBackbone):
            continue
        parts = env.local_networks
        if other := next((other for other, part in taken if any(map(part.overlaps, parts))), None):
            allowed = (
                f"overlaps the local networks of {other}, and the two may come to be on one VLAN of the vRack: "
                "take other addresses; a site that is deployed keeps its own"
            )
            refusals.append(Refusal(("environments", name, "local_cidr"), str(env.local_cidr), allowed))
        taken += [(name, part) for part in parts]
    return refusals
