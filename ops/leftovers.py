"""What a `pulumi up` that was cut off has made and its state does not hold: it would be made a second time.

    python -m ops leftovers gra
    python -m ops leftovers gra --yes

Only what carries the stack's labels and is of a kind that was being created is taken for one; a state that was lost
knows of no creation, and then nothing is.
"""

import json
import sys
from collections.abc import Mapping
from typing import Annotated

from fleet.arguments import HERE, Directory
from fleet.inventory import Resource, of_stack
from fleet.preview import preview
from fleet.stacks import Stack, StackError, stacks
from ops.environments.backend import StackState, read
from ops.environments.cloud import Cloud

# The kinds of `fleet.inventory` by the engine's types.
_KINDS: Mapping[str, str] = {
    preview.INSTANCE: "servers",
    preview.FLOATING_IP: "floating IPs",
    preview.PORT: "ports",
    preview.ROUTER: "routers",
    preview.NETWORK: "networks",
    preview.GROUP: "security groups",
    "openstack:networking/subnet:Subnet": "subnets",
    "openstack:compute/serverGroup:ServerGroup": "server groups",
}
ADVICE = "an earlier `pulumi up` was cut off: pulumi cancel, then make leftovers (docs/runbook.md#up-interrupted)"


def state(stack: Stack) -> StackState:
    """What the stack's state holds, and what was being created when it was written."""
    return read(json.loads(stack.pulumi("stack", "export")))


def leftovers(stack: Stack, cloud: Cloud, held: StackState) -> list[Resource]:
    """The resources of a stack that its state does not hold, of the kinds that were being created.

    Raises:
        StackError: the region's API does not answer.
    """
    raw = stack.raw()
    kinds = {_KINDS[type_] for type_ in held.pending if type_ in _KINDS}
    reached, silent = cloud.reachable()
    if silent:
        raise StackError(f"not looked for: {'; '.join(silent.values())}")
    found = of_stack(reached, stack.name, raw["environment"], raw["site"])
    return [resource for resource in found if resource.id not in held.ids and resource.kind in kinds]


def main(
    stack: Annotated[str, "the stack whose update was cut off"],
    *,
    yes: Annotated[bool, "and remove it"] = False,
    directory: Directory = HERE,
) -> int:
    """The command: 1 while something is left, or cannot be asked."""
    (one,) = stacks([stack], directory)
    held, raw = state(one), one.raw()
    cloud = Cloud([raw["region"]], [raw["site"]])
    found = leftovers(one, cloud, held) if held.busy else []
    refused = cloud.remove(found) if yes else {}
    for resource in found:
        print(f"leftover  {resource.kind}: {resource.name} ({resource.region}, {resource.id})")
    for what, why in refused.items():
        print(f"BAD  {what}: {why}", file=sys.stderr)
    if not found:
        text = "nothing is left of it" if held.busy else "no update of it was cut off"
        print(f"{stack}: {text}: pulumi up --stack {stack}")
    elif yes and not refused:
        print(f"all of it is removed: pulumi up --stack {stack}")
    else:
        print(f"make leftovers STACK={stack} YES=1 removes it")
    return 1 if refused or (found and not yes) else 0
