"""Outages of servers and links: by the cloud's API, and at the cables of the regions.

The calling thread is inside the lab's network (`Lab.network`). Every outage is undone at the end of its `with`; what an
interrupted run left is undone by `repair`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import openstack
from openstack.connection import Connection

from fleet.fleet import DeployedServer
from fleet.power import act, bring_back
from lab.cloud import layout
from lab.cloud.layout import Region
from lab.deployment import REGIONS, Deployment

# The management cable stays: a region that is cut off still does what its API is asked for.
_LINKS = ("vrack", "external")


@contextmanager
def paused(*servers: DeployedServer) -> Iterator[None]:
    """Servers that stand still: nothing answers, no connection is closed."""
    act(servers, "pause", connect)
    try:
        yield
    finally:
        act(servers, "unpause", connect)


@contextmanager
def powered_off(*servers: DeployedServer) -> Iterator[None]:
    """Servers without power; at the end they boot.

    The lab's cloud pulls the plug of a server that is to stop (`shutdown_timeout` 0).
    """
    act(servers, "stop", connect)
    try:
        yield
    finally:
        act(servers, "start", connect)


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
            _link(deployment, region_of(site).device(link), "up")
        _isolate(deployment, site, "off")
    return ["every cable is in", *bring_back(servers, connect)]


@contextmanager
def _down(deployment: Deployment, site: str, links: Sequence[str]) -> Iterator[None]:
    devices = [region_of(site).device(link) for link in links]
    for device in devices:
        _link(deployment, device, "down")
    try:
        yield
    finally:
        for device in devices:
            _link(deployment, device, "up")


def region_of(site: str) -> Region:
    """The region of a site of the lab."""
    (region,) = layout.regions((REGIONS[f"lab-{site}"],))
    return region


def connect(region: str) -> Connection:
    """A connection to a region of the lab."""
    options: dict[str, Any] = {key.removeprefix("OS_").lower(): value for key, value in layout.openrc(region).items()}
    return openstack.connect(load_envvars=False, load_yaml_config=False, **options)


def _link(deployment: Deployment, device: str, state: str) -> None:
    deployment.lab.said(["ip", "link", "set", device, state])


def _isolate(deployment: Deployment, site: str, state: Literal["on", "off"]) -> None:
    """A bridge passes no frame between two isolated ports (bridge(8))."""
    device = region_of(site).device("vrack")
    deployment.lab.said(["bridge", "link", "set", "dev", device, "isolated", state])
