"""The boot documents of Redis servers: with a Sentinel, or as two nodes of a cluster."""

from boot.common import common
from boot.document import BootDocument
from boot.edge.gdnsd import gdnsd
from boot.live import receiver
from boot.monitoring.witness import monitoring
from boot.redis.redis_cluster import cluster_node
from boot.redis.redis_sentinel import sentinel_node
from boot.redis.redis_tls import redis_tls
from settings.addresses import Role
from settings.redis import Sentinel
from settings.stack import Settings


def redis_node(settings: Settings) -> BootDocument:
    """The boot document of a service site's Redis server."""
    return _redis(settings, Role.REDIS)


def witness(settings: Settings) -> BootDocument:
    """The boot document of the witness, which may be a nameserver too."""
    return (
        _redis(settings, Role.WITNESS)
        .adding(receiver())
        .adding(gdnsd(settings, Role.WITNESS))
        .adding(monitoring(settings))
    )


def _redis(settings: Settings, role: Role) -> BootDocument:
    redis = settings.env.redis
    own = sentinel_node(settings, role, redis) if isinstance(redis, Sentinel) else cluster_node(settings, role, redis)
    return common(settings, role).adding(own).adding(redis_tls(settings))
