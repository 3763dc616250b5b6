"""Three servers of the program on one region's machines: both Redis and the witness, monitored.

Nova is asked for them directly, with the boot documents that `pulumi up` would hand it: the seven servers of all three
stacks take an emulated lab twice as long, and show nothing more of what is asked here.
"""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from openstack.connection import Connection
from openstack.exceptions import SDKException

from boot.common import FAILED_MARKER, HOST_KEY_MARKER, READY_MARKER
from boot.document import BootDocument, render
from boot.live import Bundle
from boot.monitoring.status_page import maker_bundle
from boot.monitoring.watched import Watched
from boot.monitoring.witness import monitoring_bundles
from boot.redis.redis import redis_node, witness
from fleet.fleet import DeployedServer
from lab.cloud.layout import ALERTS_PORT, BAKED_IMAGE, SERVICES_HOST, STOCK_IMAGE
from ops import ready
from settings.addresses import Role
from settings.stack import Settings
from tests.configuration import SECRETS, settings

REGION = "GRA11"
FLAVOR = "d2-2"
PASSWORD = SECRETS["redis_password"]
# A stock server installs its packages on an emulated processor.
READY_SECONDS = 1500
# Where the tests stand on the backbone: operators, and clients of Redis at a place of the meeting nodes.
OPERATORS = "10.17.3.0/24"
OPERATOR = "10.17.3.190/22"
CLIENT = "10.17.0.127/22"


@dataclass(frozen=True)
class Asked:
    """A server that Nova is asked for: whose settings, what it is, which image it boots."""

    settings: Settings
    role: Role
    document: BootDocument
    image: str

    @property
    def name(self) -> str:
        """Its host name."""
        return self.settings.server_name(self.role)

    @property
    def backbone_address(self) -> str:
        """Its planned address."""
        return str(self.settings.backbone_address(self.role))


def configured(stack: str, operator_key: str) -> Settings:
    """The shipped configuration with what needs an environment of one's own: an operator, and who is told."""
    return settings(
        stack,
        {
            "env.operators": {"cidrs": [OPERATORS], "ssh_public_key": operator_key},
            "env.deployed": ["gra", "sbg"],
            "env.monitoring": {"webhook": True, "status_page": {"language": "en"}},
            "alert_webhook_url": f"http://{SERVICES_HOST}:{ALERTS_PORT}/alerts",
        },
    )


def wanted(operator_key: str) -> tuple[Asked, ...]:
    """The servers: of the baked image those of the service sites, of the stock image the witness."""
    gra, sbg, third = (configured(stack, operator_key) for stack in ("gra", "sbg", "witness"))
    return (
        Asked(gra, Role.REDIS, redis_node(gra), BAKED_IMAGE),
        Asked(sbg, Role.REDIS, redis_node(sbg), BAKED_IMAGE),
        Asked(third, Role.WITNESS, witness(third), STOCK_IMAGE),
    )


def pushed(watching: Settings) -> tuple[Bundle, ...]:
    """What the witness is pushed: to watch both sites, whose edges are not there, and the status page's maker."""
    chosen, page = watching.env.monitoring, watching.env.status_page
    assert chosen
    assert page
    edges = {site: IPv4Address(f"198.51.100.{n}") for n, site in enumerate(watching.env.service_sites, 251)}
    card = IPv4Address("192.168.64.2")  # where a nameserver would listen
    return (*monitoring_bundles(Watched(watching, chosen, edges, card)), maker_bundle(watching, page))


def networks(cloud: Connection, resolver: str = SERVICES_HOST) -> tuple[str, str]:
    """A network with the way to the Internet, and the backbone on the vRack; their ids."""
    external = cloud.network.find_network("Ext-Net", ignore_missing=False)
    local = cloud.network.create_network(name="local")
    inside = cloud.network.create_subnet(
        network_id=local.id, ip_version=4, cidr="192.168.64.0/24", dns_nameservers=[resolver]
    )
    router = cloud.network.create_router(name="local", external_gateway_info={"network_id": external.id})
    cloud.network.add_interface_to_router(router, subnet=inside.id)
    backbone = cloud.network.create_network(
        name="backbone", provider_network_type="flat", provider_physical_network="vrack"
    )
    cloud.network.create_subnet(
        network_id=backbone.id, ip_version=4, cidr="10.17.0.0/22", enable_dhcp=False, gateway_ip=None
    )
    return local.id, backbone.id


def created(cloud: Connection, servers: tuple[Asked, ...]) -> Iterator[tuple[Asked, Any]]:
    """Ask for all of them at once; each with what Nova says of it."""
    local, backbone = networks(cloud)
    group = cloud.network.create_security_group(name="machines")
    cloud.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", ethertype="IPv4", remote_ip_prefix="10.17.0.0/22"
    )
    flavor = cloud.compute.find_flavor(FLAVOR, ignore_missing=False)
    for asked in servers:
        plans = ({"network_id": local}, {"network_id": backbone, "fixed_ips": [{"ip_address": asked.backbone_address}]})
        ports = [cloud.network.create_port(security_groups=[group.id], **plan) for plan in plans]
        yield (
            asked,
            cloud.compute.create_server(
                name=asked.name,
                flavor_id=flavor.id,
                image_id=cloud.image.find_image(asked.image, ignore_missing=False).id,
                config_drive=True,
                user_data=base64.b64encode(render(asked.document).encode()).decode(),
                networks=[{"port": port.id} for port in ports],
            ),
        )


def console(cloud: Connection, server: str) -> str:
    """The end of a server's console log; empty before there is one."""
    try:
        return str((cloud.compute.get_server_console_output(server, length=300) or {}).get("output") or "")
    except SDKException:
        return ""


def deployed(cloud: Connection, servers: tuple[Asked, ...]) -> tuple[DeployedServer, ...]:
    """All of them, once each has said that it is ready."""

    def waited(asked: Asked, server: str) -> DeployedServer:
        def fault() -> str | None:
            found = cloud.compute.get_server(server)
            return str(found.fault) if found.status == "ERROR" else None

        key = ready.wait(
            lambda: console(cloud, server),
            fault,
            ready=f"{READY_MARKER} {asked.name}",
            failed=FAILED_MARKER,
            marker=HOST_KEY_MARKER,
            deadline=READY_SECONDS,
        )
        site = asked.settings.site
        return DeployedServer(asked.name, server, site, REGION, asked.role, None, asked.backbone_address, key)

    asked_for = [(asked, server.id) for asked, server in created(cloud, servers)]
    with ThreadPoolExecutor(len(asked_for)) as pool:
        return tuple(pool.map(lambda pair: waited(*pair), asked_for))
