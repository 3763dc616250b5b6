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
    return _held(pulumi.runtime.invoke(_READ_RESOURCES, _stack(settings)).value)


async def deployed_by_now(settings: Settings) -> Deployed:
    """The same, while resources are being registered."""
    return _held(await pulumi.runtime.invoke_async(_READ_RESOURCES, _stack(settings)))


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
