"""What the cloud has of a stack, asked of the API and not of the state.

    python -m ops.inventory gra

Resources are told by the labels that the program gives them: metadata of servers, descriptions of the rest.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ops.cloud import connect
from ops.stacks import Stack, StackError, stacks
from settings import PROJECT


def inventory(stack: Stack) -> dict[str, list[str]]:
    """Names (addresses of floating IPs) by kind; kinds without any are left out."""
    raw = stack.raw()
    connection = connect(raw["region"])
    mark = f"project={PROJECT} stack={stack.name} "
    network = connection.network

    def marked(resources: Iterable[Any]) -> list[Any]:
        return [resource for resource in resources if str(resource.description or "").startswith(mark)]

    servers = [
        server.name
        for server in connection.compute.servers(details=True)
        if (server.metadata or {}).get("project") == PROJECT and server.metadata.get("stack") == stack.name
    ]
    prefix = f"{raw['environment']}-{raw['site']}-"
    found = {
        "servers": servers,
        "server groups": [g.name for g in connection.compute.server_groups() if g.name.startswith(prefix)],
        "ports": [port.name for port in marked(network.ports())],
        "floating IPs": [ip.floating_ip_address for ip in marked(network.ips())],
        "routers": [router.name for router in marked(network.routers())],
        "networks": [net.name for net in marked(network.networks())],
        "subnets": [subnet.name for subnet in marked(network.subnets())],
        "security groups": [group.name for group in marked(network.security_groups())],
    }
    return {kind: sorted(names) for kind, names in found.items() if names}


def main() -> int:
    """The command: JSON by stack and kind."""
    parser = argparse.ArgumentParser(prog="python -m ops.inventory", description="What the cloud has of a stack.")
    parser.add_argument("stack", nargs="+")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the stacks' files are")
    args = parser.parse_args()
    try:
        found = {stack.name: inventory(stack) for stack in stacks(args.stack, args.directory)}
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
