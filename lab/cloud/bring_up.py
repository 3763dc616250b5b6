"""Bring the cloud up, from inside the lab's namespaces: `python -m lab.cloud.bring_up`."""

import contextlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fleet.progress import phase, say
from lab.cloud import config, database, network, nodes, provisioning, services, snapshot
from lab.cloud.layout import DNS_FORWARDS, DNS_HOSTS, HOME, LOG, WWW, Region
from lab.cloud.rest import Client
from lab.cloud.services import Batch
from lab.cloud.settings import Settings
from lab.cloud.shell import LabError, start

NOVA = ("nova-api", "nova-conductor", "nova-scheduler", "nova-compute")
NEUTRON_AGENTS = tuple(f"neutron-{agent}-agent" for agent in ("linuxbridge", "l3", "dhcp", "metadata"))


def bring_up(settings: Settings, images: Path | None) -> None:
    """Start everything and set the cloud up.

    Args:
        settings: what the lab is made of.
        images: the guest images; None for the fake lab.
    """
    config.write(settings)
    network.build(settings)
    DNS_HOSTS.touch()
    DNS_FORWARDS.touch()
    nova = Batch("nova", [*NOVA, settings.hypervisor.module])
    neutron = Batch("neutron", ["neutron-server"])
    glance = Batch("glance", ["glance-api"])
    kept = snapshot.key(settings, images.name if images else "")
    with phase("databases"):
        restored = snapshot.restore(kept)
        mariadb = database.start_server()
        if restored:
            database.forget_heartbeats(settings)
        else:
            say("  no data of an earlier start: making the schemas (about 40 s)")
            database.initialise(settings)
    pids = {"mariadb": mariadb} | services.start_lxcfs(settings)
    with phase("Keystone, Placement and the message bus"):
        pids |= services.start_infrastructure(settings)
        node_pids = (
            {}
            if settings.fake
            else {region.slug: nodes.start_node(region, settings.hypervisor) for region in settings.regions}
        )
        pids |= {f"node-{slug}": pid for slug, pid in node_pids.items()}
        services.wait_infrastructure(pids)
        client = Client()
        if not restored:
            provisioning.identity(client, settings.regions)
    with phase("Nova, Neutron and Glance"):
        pids["proxy"] = start("proxy", [sys.executable, "-m", "lab.cloud.proxy"], _ours())
        for region in settings.regions:
            services.add_control(region, nova, neutron, glance)
            services.add_compute(region, nova, node=node_pids.get(region.slug, 0))
        agents = None if settings.fake else Batch("neutron-agents", [*NEUTRON_AGENTS, "linuxbridge_rules"])
        if agents and images:
            (WWW / "debian").symlink_to(images / "debian")
            pids["guest-services"] = start(
                "guest-services", [sys.executable, "-m", "lab.cloud.guest_services"], _ours()
            )
            for region in settings.regions:
                nodes.wait_node(region, node_pids[region.slug])
                services.add_agents(region, agents, node=node_pids[region.slug])
        for batch in (neutron, nova, glance, agents):
            pids |= batch.go() if batch else {}
        services.register(pids)
        services.wait_apis(settings, pids)
    with phase("compute nodes"), ThreadPoolExecutor(len(settings.regions)) as pool:
        for work in [pool.submit(_finish, client, region, settings, images, restored) for region in settings.regions]:
            work.result()
    if not restored:
        with phase("keep the data for the next start"):
            snapshot.keep(kept, mariadb)


def _finish(client: Client, region: Region, settings: Settings, images: Path | None, restored: bool) -> None:
    if not restored:
        provisioning.region(client, region, settings.hypervisor, images)
    nodes.wait_compute(client, region)
    if not settings.fake:
        nodes.warm_image_cache(region)
        nodes.wait_agents(client, region)


def _ours() -> dict[str, str]:
    """The environment of the lab's own Python services: the project's code."""
    return {"PYTHONPATH": str(Path(__file__).parents[2])}


def main() -> None:
    """The command: one argument, the directory of the guest images, or nothing for the fake lab."""
    images = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with contextlib.chdir(HOME):
        try:
            bring_up(Settings.read(), images)
        except LabError as error:
            raise SystemExit(f"{error}\n(inside the lab {LOG} is the log directory)") from error


if __name__ == "__main__":
    main()
