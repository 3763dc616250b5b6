"""An edge: Caddy, in front of both sites' meeting nodes."""

import pulumi

from boot.edge.edge import edge, edge_bundles
from components.push import push
from components.server import Server, Surroundings
from settings.addresses import Role
from settings.stack import Settings


class Edge(Server):
    """The site's entrance from the Internet."""

    TYPE = "multiparty-meeting:edge:Edge"

    def __init__(
        self, name: str, settings: Settings, surroundings: Surroundings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, settings, surroundings, role=Role.EDGE, public=True, boot=edge(settings), opts=opts)
        self.pushed = push(self, edge_bundles(settings)) if settings.pushes else []
