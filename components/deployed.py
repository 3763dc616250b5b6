"""What this stack has from before, as its state says: asked before anything is registered."""

from collections.abc import Mapping
from typing import Any

import pulumi

from settings import PROJECT
from settings.stack import Settings

# A function of the engine's own: it reads the state, and asks no cloud.
_READ_RESOURCES = "pulumi:pulumi:readStackResourceOutputs"

# A resource's type and outputs, by its URN.
Deployed = Mapping[str, Mapping[str, Any]]


def deployed(settings: Settings) -> Deployed:
    """The resources that the stack's state holds; none before its first `up`."""
    name = f"{pulumi.get_organization()}/{PROJECT}/{settings.stack}"
    found = pulumi.runtime.invoke(_READ_RESOURCES, {"stackName": name}).value or {}
    resources: Deployed = found.get("outputs") or {}
    return resources


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
