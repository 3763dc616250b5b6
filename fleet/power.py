"""Power of servers, by Nova's API."""

from collections.abc import Callable, Sequence
from typing import Literal

from fleet.cloud import Connection, connect
from fleet.fleet import DeployedServer

Action = Literal["start", "stop", "pause", "unpause"]
_STATUS = {"start": "ACTIVE", "stop": "SHUTOFF", "pause": "PAUSED", "unpause": "ACTIVE"}
_SECONDS = 180
# What brings a server back from where it is.
_BACK: dict[str, Action] = {"SHUTOFF": "start", "PAUSED": "unpause"}

Connect = Callable[[str], Connection]


def act(servers: Sequence[DeployedServer], action: Action, connect: Connect = connect) -> None:
    """Have the cloud do something to servers, side by side, and wait until it says that it is done.

    Args:
        servers: of any regions.
        action: Nova's word.
        connect: gives the connection to a region.
    """
    found = [(cloud, cloud.compute.get_server(s.id)) for s in servers for cloud in [connect(s.region)]]
    for cloud, server in found:
        getattr(cloud.compute, f"{action}_server")(server)
    for cloud, server in found:
        cloud.compute.wait_for_server(server, status=_STATUS[action], interval=0.5, wait=_SECONDS)


def bring_back(servers: Sequence[DeployedServer], connect: Connect = connect) -> list[str]:
    """Start or unpause those that do not run; what was done, in words."""
    done = []
    for server in servers:
        status = str(connect(server.region).compute.get_server(server.id).status)
        if action := _BACK.get(status):
            act([server], action, connect)
            done.append(f"{server.name} was {status}: {action}")
    return done
