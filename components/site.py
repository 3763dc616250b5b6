"""A site: everything that one stack deploys."""

from collections.abc import Mapping

import pulumi
import pulumi_openstack as openstack

from components.base import Component
from components.edge import Edge
from components.meeting import MeetingNode
from components.monitoring import push_monitoring
from components.nameserver import push_zone
from components.network import Backbone, LocalNetwork
from components.peers import peer_addresses, peer_relays, peer_stacks
from components.protection import Protection
from components.redis import RedisNode
from components.security import Security
from components.server import Server, Surroundings
from components.witness import Witness
from settings.stack import Settings
from settings.types import SiteName


class Site(Component):
    """Networks, security groups and servers of one region."""

    TYPE = "multiparty-meeting:site:Site"

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, settings, opts)
        self.surroundings = Surroundings(
            local=LocalNetwork(f"{name}-local", settings, opts=self.child()),
            backbone=Backbone(f"{name}-backbone", settings, opts=self.child()),
            security=Security(f"{name}-security", settings, opts=self.child()),
        )
        self.edge: Edge | None = None
        self.meeting_nodes: list[MeetingNode] = []
        self.servers: list[Server] = []
        # The nameservers' addresses, by site; none without a delegated zone.
        self.nameservers: dict[str, pulumi.Output[str]] = {}
        if settings.here.role == "witness":
            self.servers.append(Witness(f"{name}-witness", settings, self.surroundings, opts=self.child()))
        else:
            self._service(name)
        self._push()
        local, backbone, security = self.surroundings.local, self.surroundings.backbone, self.surroundings.security
        self.protection = Protection(f"{name}-protection", settings, self, [local, backbone, security, *self.servers])
        self.register_outputs({"servers": [server.hostname for server in self.servers]})

    def _service(self, name: str) -> None:
        settings = self.settings
        self.edge = Edge(f"{name}-edge", settings, self.surroundings, opts=self.child())
        redis = RedisNode(f"{name}-redis", settings, self.surroundings, opts=self.child())
        nodes = settings.here.meeting_nodes
        # For a single node as well: a second one would otherwise give the first another hint, which replaces it.
        group = self._anti_affinity()
        for ordinal in range(1, nodes + 1):
            # One after the other, so that a change replaces one meeting node of a site at a time.
            before = self.meeting_nodes[-1:]
            self.meeting_nodes.append(
                MeetingNode(
                    f"{name}-meeting-{ordinal}",
                    settings,
                    self.surroundings,
                    ordinal=ordinal,
                    group=group,
                    after=[node.ready.resource for node in before],
                    opts=self.child(),
                )
            )
        self.servers += [self.edge, redis, *self.meeting_nodes]

    def _push(self) -> None:
        """What takes other sites' addresses: the zone on this site's nameserver, monitoring on the witness.

        The zone waits until an edge is known: without one there is nothing to answer.
        """
        env, server = self.settings.env, self.servers[0]
        stacks = peer_stacks(self.settings, self.child())
        peers = peer_addresses(self.settings, stacks)
        pushed: list[pulumi.Resource] = [*self.edge.pushed] if self.edge else []
        known = {self.settings.site: server.public_address.apply(str)} | peers
        if env.dns and any(site in known for site in env.service_sites):
            self.nameservers = known
            pushed.append(push_zone(server, env.dns, known, self._relays(stacks), after=pushed))
        if env.monitoring and self.settings.site == env.witness:
            push_monitoring(server, env.monitoring, peers, stacks, after=pushed)

    def _relays(self, stacks: Mapping[SiteName, pulumi.StackReference]) -> pulumi.Output[dict[str, str]]:
        """Every known meeting node's public address, by the name of its TURN server that the zone has."""
        relay = self.settings.env.meeting.relay
        if relay is None or relay.names:
            return pulumi.Output.from_input({})
        parts = [*peer_relays(self.settings, stacks), self.relays]
        return pulumi.Output.all(*parts).apply(lambda found: {name: each[name] for each in found for name in each})

    @property
    def relays(self) -> pulumi.Output[dict[str, str]]:
        """This site's meeting nodes' public addresses, by the name of the node's TURN server; none without any."""
        names = self.settings.env.relay_names(self.settings.site)
        own = dict(zip(names, (node.public_address.apply(str) for node in self.meeting_nodes), strict=False))
        return pulumi.Output.all(**own) if own else pulumi.Output.from_input({})

    def _anti_affinity(self) -> openstack.compute.ServerGroup:
        """Soft: a region that is full must not keep a node from coming back."""
        return openstack.compute.ServerGroup(
            self.cloud_name("meeting"),
            name=self.cloud_name("meeting"),
            policies="soft-anti-affinity",
            opts=self.child(),
        )
