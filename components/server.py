"""Servers: the only creator of ports, floating IPs and instances."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address

import pulumi
import pulumi_openstack as openstack

from boot.document import BootDocument, render
from components.base import Component
from components.catalogue import Catalogue, MadeOf
from components.network import Backbone, LocalNetwork
from components.ready import wait_until_ready
from components.security import Security
from settings.addresses import Role
from settings.stack import Settings
from settings.types import TIME_FORMAT

# As the provider writes it: Go's own form of a time.
_CREATED = "%Y-%m-%d %H:%M:%S %z %Z"

Boot = BootDocument | Callable[[IPv4Address], BootDocument]


@dataclass(frozen=True)
class Surroundings:
    """What a site's servers stand in."""

    local: LocalNetwork
    backbone: Backbone
    security: Security
    catalogue: Catalogue


class Server(Component):
    """One server with its addresses. Ports and floating IP outlive it: a replaced one comes back at both addresses.

    Each role has a component of its own, with its own type.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        surroundings: Surroundings,
        *,
        role: Role,
        ordinal: int = 1,
        public: bool,
        boot: Boot,
        group: openstack.compute.ServerGroup | None = None,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Create the server.

        Args:
            name: the logical name.
            settings: the stack's settings.
            surroundings: networks and security groups of the site.
            role: what the server is for.
            ordinal: its number among its kind.
            public: whether it has a public address of its own.
            boot: the boot document, or how it is made from the public address where that stands in it.
            group: the anti-affinity group, where there are several of its kind.
            after: what must stand before the instance is made.
            opts: Pulumi's resource options.
        """
        super().__init__(name, settings, opts)
        self.role = role
        self.ordinal = ordinal
        self.surroundings = surroundings
        self.hostname = settings.server_name(role, ordinal)
        self.backbone_address = settings.backbone_address(role, ordinal)
        self.backbone_port = self._backbone_port()
        self.public_address: pulumi.Output[str | None]
        if public and settings.public_address == "external-port":
            self.port = self._port("external", surroundings.local.external_id)
            self.public_address = self.port.all_fixed_ips.apply(_first_ipv4)
        else:
            self.port = self._port("local", surroundings.local.network.id, after=[surroundings.local.subnet])
            self.public_address = self._floating_ip() if public else pulumi.Output.from_input(None)
        # The address that the first network card has, public or behind a floating IP.
        self.card_address = self.port.all_fixed_ips.apply(_first_ipv4)
        self.instance = self._instance(boot, group, after)
        self.ready = wait_until_ready(self, self.instance)
        self.register_outputs(
            {
                "publicAddress": self.public_address,
                "backboneAddress": str(self.backbone_address),
                "id": self.instance.id,
            }
        )

    @property
    def image_date(self) -> pulumi.Output[str]:
        """When the image that the server boots was current at the latest.

        That is when it was baked, or, of a stock image and of one before that, when the server was made.
        """
        baked = self.settings.image_of(self.role).baked

        def earlier(created: str) -> str:
            made = datetime.strptime(created, _CREATED).astimezone(UTC).strftime(TIME_FORMAT)
            return min(made, baked.date) if baked else made

        return self.instance.created.apply(earlier)

    def _port(
        self, nic: str, network_id: pulumi.Input[str], after: Sequence[pulumi.Resource] = ()
    ) -> openstack.networking.Port:
        name = f"{self.hostname}-{nic}"
        return openstack.networking.Port(
            name,
            name=name,
            description=self.description(self.role),
            network_id=network_id,
            security_group_ids=[self.surroundings.security.of(self.role, "public").id],
            opts=self.child(depends_on=[*after], protect=nic == "external" and self.settings.env.protected),
        )

    def _backbone_port(self) -> openstack.networking.Port:
        name = f"{self.hostname}-backbone"
        backbone = self.surroundings.backbone
        fixed_ip = openstack.networking.PortFixedIpArgs(
            subnet_id=backbone.subnet.id, ip_address=str(self.backbone_address)
        )
        return openstack.networking.Port(
            name,
            name=name,
            description=self.description(self.role),
            network_id=backbone.network.id,
            fixed_ips=[fixed_ip],
            security_group_ids=[self.surroundings.security.of(self.role, "backbone").id],
            opts=self.child(),
        )

    def _floating_ip(self) -> pulumi.Output[str | None]:
        """Allocated before the server, so that the boot document can name it; associated once the router is there.

        In production it is protected: others have it in their DNS and firewalls.
        """
        self.floating_ip = openstack.networking.FloatingIp(
            self.hostname,
            pool=self.settings.external_network,
            description=self.description(self.role),
            opts=self.child(protect=self.settings.env.protected),
        )
        self.association = openstack.networking.FloatingIpAssociate(
            self.hostname,
            floating_ip=self.floating_ip.address,
            port_id=self.port.id,
            opts=self.child(depends_on=[self.surroundings.local.interface]),
        )
        return self.floating_ip.address.apply(lambda address: address)

    def _instance(
        self,
        boot: Boot,
        group: openstack.compute.ServerGroup | None,
        after: Sequence[pulumi.Resource],
    ) -> openstack.compute.Instance:
        settings = self.settings
        user_data = self._user_data(boot)
        zone = settings.zone_of(self.role, self.ordinal)
        made_of = MadeOf(user_data, [self.port.id, self.backbone_port.id])
        hints = [openstack.compute.InstanceSchedulerHintArgs(group=group.id)] if group else None
        return openstack.compute.Instance(
            self.hostname,
            name=self.hostname,
            flavor_name=settings.flavors[self.role],
            image_id=self.surroundings.catalogue.image_id(self.role, self.hostname, zone, made_of),
            availability_zone=zone,
            config_drive=True,
            user_data=pulumi.Output.secret(user_data),  # type: ignore[arg-type] # it takes outputs; its stub does not
            metadata=self.labels(self.role),
            networks=[openstack.compute.InstanceNetworkArgs(port=port.id) for port in (self.port, self.backbone_port)],
            scheduler_hints=hints,
            opts=self.child(
                # Create-first would find the ports still in use. In place, an image change would wipe the disk unsaid,
                # and a flavor change would not mend a server that no host could hold.
                delete_before_replace=True,
                replace_on_changes=["imageId", "flavorName"],
                depends_on=[self.surroundings.local.interface, *after],
            ),
        )

    def _user_data(self, boot: Boot) -> pulumi.Output[str]:
        """Made from the address only where it has to be: one that is not known yet would preview as a replacement."""
        if isinstance(boot, BootDocument):
            return pulumi.Output.from_input(render(boot))
        return self.public_address.apply(lambda ip: render(boot(IPv4Address(str(ip)))))


def _first_ipv4(addresses: Sequence[str]) -> str | None:
    return next((address for address in addresses if "." in address), None)
