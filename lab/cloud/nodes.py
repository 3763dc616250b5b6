"""Compute nodes: network, mount and host name of their own, with libvirtd or without; and when they are ready."""

import contextlib
import hashlib

from lab.cloud.database import manage
from lab.cloud.hypervisor import Hypervisor
from lab.cloud.layout import HOME, LOG, Region
from lab.cloud.rest import Client
from lab.cloud.services import log_of
from lab.cloud.shell import RUNTIME, says, start, wait_for

# What an agent logs once it has seen all that was there before it started. A port made earlier than that may stay
# without an address.
STARTED = {
    "neutron-linuxbridge-agent": "RPC Daemon Started",
    "neutron-l3-agent": "L3 agent started",
    "neutron-dhcp-agent": "Synchronizing state complete",
}
SECONDS = 120


def start_node(region: Region, hypervisor: Hypervisor) -> int:
    """Start a region's compute node by the hypervisor's script; a process of its namespaces."""
    (HOME / "nodes" / region.slug / "ready").unlink(missing_ok=True)
    argv = ["ip", "netns", "exec", region.slug, "unshare", "--mount", "--uts", "--propagation", "private"]
    return start(f"node-{region.slug}", [*argv, str(RUNTIME / hypervisor.node), region.slug, hypervisor.virt_type])


def warm_image_cache(region: Region) -> None:
    """Give nova-compute the images beforehand, under the names that it would keep its downloads by."""
    base = HOME / "nodes" / region.slug / "nova" / "instances" / "_base"
    base.mkdir(exist_ok=True)
    for image in (HOME / f"glance-{region.slug}" / "images").iterdir():
        name = hashlib.sha1(image.name.encode(), usedforsecurity=False).hexdigest()
        with contextlib.suppress(OSError):  # another file system: nova-compute downloads
            (base / name).hardlink_to(image)


def wait_node(region: Region, pid: int) -> None:
    """Until it is set up; where it has libvirt, until that takes connections."""
    ready = HOME / "nodes" / region.slug / "ready"
    check = lambda: "" if ready.exists() else "it is not set up"  # noqa: E731
    wait_for(f"node {region.slug}", check, seconds=60, log=LOG / f"node-{region.slug}.out", pid=pid)


def wait_compute(client: Client, region: Region) -> None:
    """Until Nova may place servers on the region's node."""

    def service() -> str:
        found = client.get(region, "compute", "/os-services?binary=nova-compute")["services"]
        states = [one["state"] for one in found]
        return "" if states == ["up"] else f"compute services {states}"

    wait_for(f"nova-compute of {region.name}", service, seconds=SECONDS, log=log_of("nova-compute", region.slug))
    if not _hypervisors(client, region):
        manage("nova-manage", "cell_v2", "discover_hosts", region=region)  # the scheduler would, half a minute later
    hypervisors = lambda: "" if _hypervisors(client, region) else "no hypervisor"  # noqa: E731
    wait_for(f"hypervisor of {region.name}", hypervisors, seconds=30, log=log_of("nova-compute", region.slug))


def wait_agents(client: Client, region: Region) -> None:
    """Until the node's agents are alive for Neutron and through with their first round."""

    def alive() -> str:
        agents = client.get(region, "network", "/v2.0/agents")["agents"]
        here = sorted(agent["agent_type"] for agent in agents if agent["alive"])
        return "" if len(here) == len(STARTED) + 1 else f"alive: {', '.join(here) or 'none'}"

    wait_for(f"Neutron's agents of {region.name}", alive, seconds=SECONDS)
    for agent, text in STARTED.items():
        log = log_of(agent, region.slug)
        wait_for(f"{agent} of {region.name}", says(log, text), seconds=SECONDS, log=log)


def _hypervisors(client: Client, region: Region) -> list[object]:
    found: list[object] = client.get(region, "compute", "/os-hypervisors")["hypervisors"]
    return found
