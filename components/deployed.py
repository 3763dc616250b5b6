"""What this stack has from before, as its state says: asked before anything is registered."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

import pulumi

from settings import PROJECT
from settings.addresses import dhcp_pool
from settings.stack import Settings

# A function of the engine's own: it reads the state, and asks no cloud.
_READ_RESOURCES = "pulumi:pulumi:readStackResourceOutputs"

_SUBNET = "openstack:networking/subnet:Subnet"

# A resource's type and outputs, by its URN.
Deployed = Mapping[str, Mapping[str, Any]]


def deployed(settings: Settings) -> Deployed:
    """The resources that the stack's state holds; none before its first `up`."""
    return _held(pulumi.runtime.invoke(_READ_RESOURCES, _stack(settings)).value)


async def deployed_by_now(settings: Settings) -> Deployed:
    """The same, while resources are being registered."""
    return _held(await pulumi.runtime.invoke_async(_READ_RESOURCES, _stack(settings)))


def local_network(settings: Settings, before: Deployed) -> IPv4Network:
    """The site's network towards the Internet: as it is deployed, or as it is planned.

    A subnet whose ports and floating IPs are in use can be neither changed nor made anew: the site would have to be.
    """
    cidr = _subnet(settings, before, "local").get("cidr")
    return IPv4Network(cidr) if cidr else settings.env.local_network(settings.site)


def network_warnings(settings: Settings, before: Deployed) -> list[str]:
    """What differs between the networks that are deployed and those that the settings plan."""
    planned, has = settings.env.local_network(settings.site), local_network(settings, before)
    found = []
    if has != planned:
        found.append(
            f"local_cidr plans {planned} for site {settings.site}, which keeps {has} until it is made anew "
            "(docs/runbook.md#site-rebuilt); on one VLAN of the vRack two sites would take each other's addresses"
        )
    backbone = _subnet(settings, before, "backbone")
    wanted = (str(settings.env.backbone.cidr), str(dhcp_pool(settings.here.block)[0]))
    had = (backbone.get("cidr"), next((pool["start"] for pool in backbone.get("allocationPools", ())), None))
    if backbone and had != wanted:
        found.append(
            "another backbone.cidr or block replaces the site's servers, which then hear nothing of sites that have "
            "the one before: apply all stacks, one straight after the other, outside of meetings that matter"
        )
    return found


def _subnet(settings: Settings, before: Deployed, which: str) -> Mapping[str, Any]:
    """What the state has of one of the site's two subnets; nothing before it is made."""
    name = f"{settings.environment}-{settings.site}-{which}"
    return next(
        (
            resource["outputs"]
            for urn, resource in before.items()
            if resource["type"] == _SUBNET and urn.rpartition("::")[2] == name
        ),
        {},
    )


def _stack(settings: Settings) -> dict[str, str]:
    return {"stackName": f"{pulumi.get_organization()}/{PROJECT}/{settings.stack}"}


def _held(answer: Mapping[str, Any] | None) -> Deployed:
    held: Deployed = (answer or {}).get("outputs") or {}
    return held


def check_region(settings: Settings, before: Deployed) -> None:
    """Refuse another region than the one that the stack is deployed to.

    No resource is made of the region's name, so that the engine would take the change for none and leave everything
    where it is.

    Raises:
        pulumi.RunError: stack, key, value and the way to another region.
    """
    there = {
        region: urn.rpartition("::")[2]
        for urn, resource in before.items()
        if resource["type"].startswith("openstack:")
        and (region := (resource.get("outputs") or {}).get("region"))
        and region != settings.region
    }
    if there:
        said = "; ".join(f"{name} and more of this stack is in {region}" for region, name in sorted(there.items()))
        raise pulumi.RunError(
            f"stack {settings.stack}: region = {settings.region!r}: {said}, and stays there. Write {min(there)} again, "
            f"or make the site anew in {settings.region}: docs/runbook.md#region-changed"
        )
