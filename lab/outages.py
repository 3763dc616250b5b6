"""Outages of servers and links, each undone at the end of its `with`."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from lab.cloud import layout
from lab.deployment import REGIONS, Deployment
from ops.fleet import DeployedServer

Action = Literal["start", "stop", "pause", "unpause"]
_STATUS = {"start": "ACTIVE", "stop": "SHUTOFF", "pause": "PAUSED", "unpause": "ACTIVE"}
# Nova lets the guest shut down by itself for a minute before it pulls the plug.
POWER_SECONDS = 120


def act(deployment: Deployment, server: DeployedServer, action: Action) -> None:
    """Have the cloud do something to a server, and wait until the cloud says that it is done."""
    program = (
        "import openstack; compute = openstack.connect().compute; "
        f"server = compute.get_server('{server.id}'); compute.{action}_server(server); "
        f"compute.wait_for_server(server, status='{_STATUS[action]}', interval=1, wait={POWER_SECONDS})"
    )
    deployment.run(f"lab-{server.site}", ["python", "-c", program], timeout=POWER_SECONDS + 30)


@contextmanager
def paused(deployment: Deployment, server: DeployedServer) -> Iterator[None]:
    """A server that stands still: nothing answers, no connection is closed."""
    act(deployment, server, "pause")
    try:
        yield
    finally:
        act(deployment, server, "unpause")


@contextmanager
def backbone_cut(deployment: Deployment, site: str) -> Iterator[None]:
    """A site without its backbone: its servers see each other and the Internet, not the other sites."""
    (region,) = layout.regions((REGIONS[f"lab-{site}"],))
    cable = region.device("vrack")
    _link(deployment, cable, "down")
    try:
        yield
    finally:
        _link(deployment, cable, "up")


def _link(deployment: Deployment, device: str, state: str) -> None:
    subprocess.run(deployment.lab.enter(["ip", "link", "set", device, state]), check=True, timeout=30)
