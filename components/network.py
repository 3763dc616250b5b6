"""The two networks of a site: a local one with the way to the Internet, and the backbone between the sites.

OVH's gateways do not support networks that span regions: so the backbone has no gateway, and the router is local.
"""

from ipaddress import IPv4Network

import pulumi
import pulumi_openstack as openstack

from components.base import Component
from components.lookup import looked_up
from settings.addresses import dhcp_pool
from settings.gateway import QOS_POLICY
from settings.stack import Settings

_GET_QOS_POLICY = "openstack:networking/getQosPolicy:getQosPolicy"


class LocalNetwork(Component):
    """Network, subnet and router of one region; floating IPs are reached through the router's interface."""

    TYPE = "multiparty-meeting:network:LocalNetwork"

    def __init__(
        self, name: str, settings: Settings, cidr: IPv4Network, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, settings, opts)
        mtu = settings.env.backbone.mtu
        local = self.cloud_name("local")
        description = self.description()
        self.external_id: pulumi.Output[str] = openstack.networking.get_network_output(
            name=settings.external_network, external=True, opts=pulumi.InvokeOutputOptions(parent=self)
        ).apply(lambda network: network.id)
        self.network = openstack.networking.Network(
            local, name=local, description=description, mtu=mtu, opts=self.child()
        )
        self.subnet = openstack.networking.Subnet(
            local,
            name=local,
            description=description,
            network_id=self.network.id,
            cidr=str(cidr),
            gateway_ip=str(cidr[1]),
            dns_nameservers=[str(server) for server in settings.dns_servers],
            opts=self.child(),
        )
        self.router = openstack.networking.Router(
            local,
            name=local,
            description=description,
            external_network_id=self.external_id,
            external_qos_policy_id=self._size(),
            opts=self.child(),
        )
        self.interface = openstack.networking.RouterInterface(
            local, router_id=self.router.id, subnet_id=self.subnet.id, opts=self.child()
        )
        self.register_outputs({"network": self.network.id, "router": self.router.id})

    def _size(self) -> pulumi.Output[str]:
        """The QoS policy that makes the gateway as large as it is to be; always one, or a change back does nothing."""
        size = self.settings.gateway
        policy = QOS_POLICY[size]
        needs = f"the QoS policy {policy}: `openstack network qos policy list`"
        found = looked_up(self, _GET_QOS_POLICY, {"name": policy}, key="gateway", value=size, needs=needs)
        return found.apply(lambda answer: str(answer["id"]))


class Backbone(Component):
    """This region's end of the one layer 2 network over all sites; servers have planned addresses on it."""

    TYPE = "multiparty-meeting:network:Backbone"

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, settings, opts)
        backbone = self.cloud_name("backbone")
        first, last = dhcp_pool(settings.here.block)
        self.network = openstack.networking.Network(
            backbone,
            name=backbone,
            description=self.description(),
            value_specs=settings.env.backbone.provider_attributes,
            mtu=settings.env.backbone.mtu,
            opts=self.child(),
        )
        self.subnet = openstack.networking.Subnet(
            backbone,
            name=backbone,
            description=self.description(),
            network_id=self.network.id,
            cidr=str(settings.env.backbone.cidr),
            no_gateway=True,
            # Servers take their planned addresses from the config drive: no DHCP agent between a voter and its peers.
            enable_dhcp=False,
            allocation_pools=[openstack.networking.SubnetAllocationPoolArgs(start=str(first), end=str(last))],
            opts=self.child(),
        )
        self.register_outputs({"network": self.network.id})
