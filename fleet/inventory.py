"""What the cloud has of a stack, asked of the API and not of the state.

    python -m ops inventory gra

Resources are told by the labels that the program gives them: metadata of servers, descriptions of the rest. Server
groups have neither; they are told by their names.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fleet.arguments import HERE, Directory, Stacks
from fleet.cloud import Connection, connect
from fleet.stacks import Stack, stacks
from settings import PROJECT

# In the order in which they can be deleted.
KINDS = (
    "rules",
    "router interfaces",
    "servers",
    "server groups",
    "floating IPs",
    "ports",
    "routers",
    "subnets",
    "networks",
    "security groups",
)


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource of the cloud that this program made, with what its labels say."""

    kind: str
    id: str
    name: str
    region: str
    labels: Mapping[str, str]


def listed(connection: Connection, region: str, sites: Iterable[str]) -> list[Resource]:
    """Everything in a region that this program made, of whatever stack.

    Args:
        connection: to the region.
        region: its name.
        sites: the names that sites may have: a server group's name ends with a site and the role.
    """
    compute, network = connection.compute, connection.network
    found = [
        Resource("servers", server.id, server.name, region, server.metadata)
        for server in compute.servers(details=True)
        if (server.metadata or {}).get("project") == PROJECT
    ]
    group_name = re.compile(rf"(?P<environment>[a-z][a-z0-9-]*)-(?P<site>{'|'.join(map(re.escape, sites))})-meeting")
    found += [
        Resource("server groups", group.id, group.name, region, named.groupdict())
        for group in compute.server_groups()
        if (named := group_name.fullmatch(group.name))
    ]
    for kind, resources in (
        ("floating IPs", network.ips()),
        ("ports", network.ports()),
        ("routers", network.routers()),
        ("subnets", network.subnets()),
        ("networks", network.networks()),
        ("security groups", network.security_groups()),
    ):
        found += [
            Resource(kind, one.id, _name(one), region, labels)
            for one in resources
            if (labels := labels_in(one.description)).get("project") == PROJECT
        ]
    return found


def labels_in(description: str | None) -> dict[str, str]:
    """The labels that a description holds; none when it is not one of this program's."""
    words = [word.partition("=") for word in (description or "").split()]
    return {key: value for key, equals, value in words if equals}


def of_stack(resources: Iterable[Resource], stack: str, environment: str, site: str) -> list[Resource]:
    """Those of one stack."""
    place = {"environment": environment, "site": site}
    return [r for r in resources if r.labels.get("stack") == stack or r.labels == place]


def names(resources: Iterable[Resource]) -> dict[str, list[str]]:
    """Names by kind; kinds without any are left out."""
    named: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for resource in resources:
        named[resource.kind].append(resource.name)
    return {kind: sorted(found) for kind, found in named.items() if found}


def inventory(stack: Stack) -> dict[str, list[str]]:
    """Names (addresses of floating IPs) by kind; kinds without any are left out."""
    raw = stack.raw()
    region, site = raw["region"], raw["site"]
    return names(of_stack(listed(connect(region), region, [site]), stack.name, raw["environment"], site))


def _name(resource: Any) -> str:  # noqa: ANN401 - the SDK has no types
    return str(getattr(resource, "floating_ip_address", None) or resource.name)


def main(stack: Stacks, *, directory: Directory = HERE) -> int:
    """The command: JSON by stack and kind."""
    print(json.dumps({one.name: inventory(one) for one in stacks(stack, directory)}, indent=2))
    return 0
