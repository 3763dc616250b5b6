"""Outages of servers and links: by the cloud's API, and at the cables of the regions.

The calling thread is inside the lab's network (`Lab.network`). Every outage is undone at the end of its `with`; what an
interrupted run left is undone by `repair`.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import openstack
from openstack.connection import Connection

from lab.cloud import layout
from lab.cloud.layout import Region
from lab.deployment import REGIONS, Deployment
from ops.fleet import DeployedServer

Action = Literal["start", "stop", "pause", "unpause"]
_STATUS = {"start": "ACTIVE", "stop": "SHUTOFF", "pause": "PAUSED", "unpause": "ACTIVE"}
_SECONDS = 120
# What brings a server back from where it is.
_BACK: dict[str, Action] = {"SHUTOFF": "start", "PAUSED": "unpause"}
# The management cable stays: a region that is cut off still does what its API is asked for.
_LINKS = ("vrack", "external")


def act(servers: Sequence[DeployedServer], action: Action) -> None:
    """Have the cloud do something to servers, and wait until it says that it is done.

    The lab's cloud pulls the plug of a server that is to stop (`shutdown_timeout` 0).
    """
    clouds = {server.id: _cloud(server.region) for server in servers}
    found = [(clouds[server.id], clouds[server.id].compute.get_server(server.id)) for server in servers]
    for cloud, server in found:
        getattr(cloud.compute, f"{action}_server")(server)
    for cloud, server in found:
        cloud.compute.wait_for_server(server, status=_STATUS[action], interval=0.5, wait=_SECONDS)


@contextmanager
def paused(*servers: DeployedServer) -> Iterator[None]:
    """Servers that stand still: nothing answers, no connection is closed."""
    act(servers, "pause")
    try:
        yield
    finally:
        act(servers, "unpause")


@contextmanager
def powered_off(*servers: DeployedServer) -> Iterator[None]:
    """Servers without power; at the end they boot."""
    act(servers, "stop")
    try:
        yield
    finally:
        act(servers, "start")


@contextmanager
def backbone_cut(deployment: Deployment, site: str) -> Iterator[None]:
    """A site without its backbone: its servers see each other and the Internet, not the other sites."""
    with _down(deployment, site, ("vrack",)):
        yield


@contextmanager
def isolated(deployment: Deployment, site: str) -> Iterator[None]:
    """A site without any link: backbone and Internet are gone, its servers run on."""
    with _down(deployment, site, _LINKS):
        yield


@contextmanager
def backbone_split(deployment: Deployment, *sites: str) -> Iterator[None]:
    """Sites that do not see each other on the backbone, while those that are not named see all of them."""
    for site in sites:
        _isolate(deployment, site, "on")
    try:
        yield
    finally:
        for site in sites:
            _isolate(deployment, site, "off")


def repair(deployment: Deployment, servers: Sequence[DeployedServer]) -> list[str]:
    """Undo every outage that an interrupted run may have left; what was done, in words."""
    for site in (name.removeprefix("lab-") for name in REGIONS):
        for link in _LINKS:
            _link(deployment, _region(site).device(link), "up")
        _isolate(deployment, site, "off")
    done = ["every cable is in"]
    for server in servers:
        status = str(_cloud(server.region).compute.get_server(server.id).status)
        if action := _BACK.get(status):
            act([server], action)
            done.append(f"{server.name} was {status}: {action}")
    return done


@contextmanager
def _down(deployment: Deployment, site: str, links: Sequence[str]) -> Iterator[None]:
    devices = [_region(site).device(link) for link in links]
    for device in devices:
        _link(deployment, device, "down")
    try:
        yield
    finally:
        for device in devices:
            _link(deployment, device, "up")


def _region(site: str) -> Region:
    (region,) = layout.regions((REGIONS[f"lab-{site}"],))
    return region


def _cloud(region: str) -> Connection:
    options: dict[str, Any] = {key.removeprefix("OS_").lower(): value for key, value in layout.openrc(region).items()}
    return openstack.connect(load_envvars=False, load_yaml_config=False, **options)


def _link(deployment: Deployment, device: str, state: str) -> None:
    subprocess.run(deployment.lab.enter(["ip", "link", "set", device, state]), check=True, timeout=30)


def _isolate(deployment: Deployment, site: str, state: Literal["on", "off"]) -> None:
    """A bridge passes no frame between two isolated ports (bridge(8))."""
    device = _region(site).device("vrack")
    command = ["bridge", "link", "set", "dev", device, "isolated", state]
    subprocess.run(deployment.lab.enter(command), check=True, timeout=30)
