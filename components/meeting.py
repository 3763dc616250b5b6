"""A meeting node: the conference server, its WebRTC ports open on its own public address."""

from collections.abc import Sequence
from ipaddress import IPv4Address

import pulumi
import pulumi_openstack as openstack

from boot.document import BootDocument
from boot.meeting.meeting import meeting_node
from components.server import Server, Surroundings
from settings.addresses import Role
from settings.stack import Settings


class MeetingNode(Server):
    """One of the site's 1..N meeting nodes; it announces its own public address to its clients."""

    TYPE = "multiparty-meeting:meeting:MeetingNode"

    def __init__(
        self,
        name: str,
        settings: Settings,
        surroundings: Surroundings,
        *,
        ordinal: int,
        group: openstack.compute.ServerGroup | None = None,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        def boot(announced_ip: IPv4Address) -> BootDocument:
            return meeting_node(settings, ordinal, announced_ip)

        super().__init__(
            name,
            settings,
            surroundings,
            role=Role.MEETING,
            ordinal=ordinal,
            public=True,
            boot=boot,
            group=group,
            after=after,
            opts=opts,
        )
