"""A Redis server: Redis and a Sentinel, on the backbone only."""

import pulumi

from boot.redis.redis import redis_node
from components.server import Server, Surroundings
from settings.addresses import Role
from settings.stack import Settings


class RedisNode(Server):
    """The site's Redis; operators reach it through an edge."""

    TYPE = "multiparty-meeting:redis:RedisNode"

    def __init__(
        self, name: str, settings: Settings, surroundings: Surroundings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            name, settings, surroundings, role=Role.REDIS, public=False, boot=redis_node(settings), opts=opts
        )
