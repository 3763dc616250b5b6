"""What a `pulumi up` that was cut off has made and its state does not hold: it would be made a second time.

    python -m ops leftovers gra
    python -m ops leftovers gra --yes
    python -m ops leftovers gra --unanswered

The API goes on with a request whose sender was killed: what was being created and is not there is looked for again.
Only what carries the stack's labels and is of a kind that was being created is taken for one, and what has no labels, a
group's rule or a router's interface, when it is just what was being created; a state that was lost knows of no
creation, and then nothing is.

An API that breaks a connection off may have made what it was asked for, too; the engine takes that for an error, and
knows of no creation any more. Told so, all kinds with the stack's labels are looked for.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Collection, Mapping
from functools import partial
from typing import Annotated, Any

from fleet.arguments import HERE, Directory
from fleet.cloud import Connection
from fleet.inventory import Resource, of_stack
from fleet.preview import preview
from fleet.progress import say
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
    preview.SUBNET: "subnets",
    preview.SERVER_GROUP: "server groups",
    preview.RULE: "rules",
    preview.INTERFACE: "router interfaces",
}
# For a request whose sender is gone: a busy Neutron took some seconds for a port.
UNDER_WAY_SECONDS = 30.0
_PAUSE = 2.0
ADVICE = "an earlier `pulumi up` was cut off: pulumi cancel, then make leftovers (docs/runbook.md#up-interrupted)"


def state(stack: Stack) -> StackState:
    """What the stack's state holds, and what was being created when it was written."""
    return read(json.loads(stack.pulumi("stack", "export")))


def leftovers(stack: Stack, cloud: Cloud, held: StackState, *, unanswered: bool = False) -> list[Resource]:
    """The resources of a stack that its state does not hold, of the kinds that were being created or of all.

    Looks until there is one for each creation, or `UNDER_WAY_SECONDS` after the state was last written.

    Raises:
        StackError: the region's API does not answer.
    """
    begun = Counter(_KINDS[one["type"]] for one in held.begun if one["type"] in _KINDS)
    written = held.written.timestamp() if held.written else time.time()
    while True:
        found = _look(stack, cloud, held, {*_KINDS} if unanswered else held.pending)
        missing = begun - Counter(resource.kind for resource in found)
        left = written + UNDER_WAY_SECONDS - time.time()
        if not missing or left <= 0:
            return found
        what = ", ".join(f"{count} of the {kind}" for kind, count in missing.items())
        say(f"{what} may still be under way: looked for again, {left:.0f} s more at most")
        time.sleep(min(_PAUSE, left))


def _look(stack: Stack, cloud: Cloud, held: StackState, types: Collection[str]) -> list[Resource]:
    raw = stack.raw()
    kinds = {_KINDS[type_] for type_ in types if type_ in _KINDS}
    reached, silent = cloud.reachable()
    if silent:
        raise StackError(f"not looked for: {'; '.join(silent.values())}")
    found = of_stack(reached, stack.name, raw["environment"], raw["site"])
    left = [resource for resource in found if resource.id not in held.ids and resource.kind in kinds]
    return [*cloud.ask(raw["region"], partial(_unlabelled, held=held, region=raw["region"])), *left]


def _unlabelled(connection: Connection, held: StackState, region: str) -> list[Resource]:
    """What has no labels, by what it was to be: the next `pulumi up` would be told that it is there already."""
    found: dict[str, Resource] = {}
    for begun in held.begun:
        inputs = begun.get("inputs") or {}
        if begun["type"] == preview.RULE:
            rules = connection.network.security_group_rules(security_group_id=inputs["securityGroupId"])
            found |= {r.id: Resource("rules", r.id, r.id, region, {}) for r in rules if _is_rule(r, inputs)}
        elif begun["type"] == preview.INTERFACE:
            router, subnet = inputs["routerId"], inputs["subnetId"]
            ports = [p for p in connection.network.ports(device_id=router) if p.device_id == router]
            labels = {"router": router}
            found |= {
                port.id: Resource("router interfaces", port.id, router, region, labels)
                for port in ports
                if any(address["subnet_id"] == subnet for address in port.fixed_ips)
            }
    return [resource for id_, resource in found.items() if id_ not in held.ids]


def _is_rule(rule: Any, inputs: Mapping[str, Any]) -> bool:  # noqa: ANN401 - the SDK has no types
    wanted = (inputs["securityGroupId"], inputs.get("direction"), inputs.get("protocol"), inputs.get("remoteIpPrefix"))
    there = (rule.security_group_id, rule.direction, rule.protocol, rule.remote_ip_prefix)
    ports = [inputs.get("portRangeMin"), inputs.get("portRangeMax")]
    return there == wanted and [rule.port_range_min, rule.port_range_max] == [p and int(p) for p in ports]


def settle(stack: Stack) -> None:
    """Have the state know of no creation any more: `pulumi up` keeps what it says of one, and a roll stops at it."""
    exported = json.loads(stack.pulumi("stack", "export"))
    exported["deployment"]["pending_operations"] = []
    stack.pulumi("stack", "import", stdin=json.dumps(exported))


def main(
    stack: Annotated[str, "the stack whose update was cut off"],
    *,
    yes: Annotated[bool, "and remove it"] = False,
    unanswered: Annotated[bool, "an API broke a connection off: look for all that the state does not hold"] = False,
    directory: Directory = HERE,
) -> int:
    """The command: 1 while something is left, or cannot be asked."""
    (one,) = stacks([stack], directory)
    held, raw = state(one), one.raw()
    cloud = Cloud([raw["region"]], [raw["site"]])
    if unanswered and not held.ids:
        raise StackError(f"stack {stack}: its state holds nothing; is it lost? docs/runbook.md#state-lost")
    looked = held.busy or unanswered
    found = leftovers(one, cloud, held, unanswered=unanswered) if looked else []
    refused = cloud.remove(found) if yes else {}
    if yes and held.busy and not refused:
        settle(one)
    for resource in found:
        print(f"leftover  {resource.kind}: {resource.name} ({resource.region}, {resource.id})")
    for what, why in refused.items():
        print(f"BAD  {what}: {why}", file=sys.stderr)
    if not found:
        text = "nothing is left of it" if looked else "no update of it was cut off"
        print(f"{stack}: {text}: pulumi up --stack {stack}")
    elif yes and not refused:
        print(f"all of it is removed: pulumi up --stack {stack}")
    else:
        print(f"make leftovers STACK={stack}{' UNANSWERED=1' if unanswered else ''} YES=1 removes it")
    return 1 if refused or (found and not yes) else 0
