"""redis.conf and sentinel.conf; with Sentinel they are seeds, which both daemons rewrite."""

from boot.redis.redis_tls import listening
from boot.redis.redis_users import Directive, each, redis_users, sentinel_users
from settings.addresses import Role
from settings.duration import milliseconds, whole_seconds
from settings.redis import MASTER_NAME, PORT, SENTINEL_PORT, WITNESS_PATIENCE, Cluster, Sentinel
from settings.stack import Settings


def redis_conf(settings: Settings, role: Role, sentinel: Sentinel) -> str:
    """The seed of redis.conf for this site's Redis server, watched by Sentinels."""
    own: list[Directive] = [
        ("replica-announce-ip", str(settings.backbone_address(role))),
        ("replica-priority", 0 if role is Role.WITNESS else 100),
        ("min-replicas-to-write", min_replicas(settings)),
        ("min-replicas-max-lag", whole_seconds(sentinel.min_replicas_max_lag)),
    ]
    user = settings.secrets.redis_user
    named: list[Directive] = [("masteruser", user)] if user else []
    return _text([*_server(settings, role, PORT, "/var/lib/redis"), *named, *own])


def min_replicas(settings: Settings) -> int:
    """In how many replicas' reach a master takes writes. On two sites one lost replica would block every write."""
    return 1 if settings.env.witness else 0


def cluster_conf(settings: Settings, role: Role, cluster: Cluster, port: int, directory: str) -> str:
    """redis.conf of one node of the cluster; what the cluster agrees on is in its nodes.conf."""
    own: list[Directive] = [
        ("cluster-enabled", "yes"),
        ("cluster-config-file", "nodes.conf"),
        ("cluster-node-timeout", milliseconds(cluster.node_timeout)),
        ("cluster-announce-ip", str(settings.backbone_address(role))),
        # While a lost master's third of the slots waits for its replica, the sessions in the others are served.
        ("cluster-require-full-coverage", "no"),
        # A replica out of touch for long is still the only one: old sessions are better than a third of them refused.
        ("cluster-replica-validity-factor", 0),
        # The plan places the replicas, one in each other site.
        ("cluster-allow-replica-migration", "no"),
        # Replicas know a master by its address. One that was replaced is empty, and would wipe the replica that has the
        # data: a node may be replicated only since it holds slots, and what tends the node is who says so.
        (
            "user replica",
            f"off {each(settings.secrets.redis_fleet_passwords)} resetchannels -@all +psync +replconf +ping",
        ),
        ("masteruser", "replica"),
    ]
    return _text([*_server(settings, role, port, directory), *own])


def _server(settings: Settings, role: Role, port: int, directory: str) -> list[Directive]:
    """What every Redis process has."""
    return [
        ("bind", f"127.0.0.1 {settings.backbone_address(role)}"),
        *listening(settings, port),
        ("protected-mode", "yes"),
        *redis_users(settings),
        ("masterauth", settings.secrets.redis_fleet_passwords[0]),
        ("dir", directory),
        ("appendonly", "yes"),
        ("appendfsync", "everysec"),
        ("maxmemory", f"{settings.env.redis.max_memory_mb}mb"),
        # Sessions carry a time to live: when memory runs out, those about to end go first.
        ("maxmemory-policy", "volatile-ttl"),
        ("repl-diskless-sync-delay", 0),
        ("supervised", "systemd"),
    ]


def sentinel_conf(settings: Settings, role: Role, sentinel: Sentinel) -> str:
    """The seed of sentinel.conf, without the master's address: the boot asks the peers for it."""
    address = settings.backbone_address(role)
    user, password = settings.secrets.redis_user, settings.secrets.redis_fleet_passwords[0]
    users = sentinel_users(settings)
    directives: list[Directive] = [
        ("bind", f"127.0.0.1 {address}"),
        *listening(settings, SENTINEL_PORT),
        ("protected-mode", "yes"),
        *users,
        # What Sentinels say to each other: without it they would take `requirepass`, which is not always there.
        *([("sentinel sentinel-pass", password)] if users[0][0] != "requirepass" else []),
        *([("sentinel sentinel-user", user)] if user else []),
        ("dir", "/var/lib/redis-sentinel"),
        ("sentinel announce-ip", str(address)),
        ("sentinel announce-port", SENTINEL_PORT),
        ("sentinel monitor", f"{MASTER_NAME} @MASTER@ {PORT} {quorum(settings)}"),
        ("sentinel auth-pass", f"{MASTER_NAME} {password}"),
        *([("sentinel auth-user", f"{MASTER_NAME} {user}")] if user else []),
        ("sentinel down-after-milliseconds", f"{MASTER_NAME} {_down_after(sentinel, role)}"),
        ("sentinel failover-timeout", f"{MASTER_NAME} {milliseconds(sentinel.failover_timeout)}"),
        ("sentinel parallel-syncs", f"{MASTER_NAME} 1"),
        ("supervised", "systemd"),
    ]
    return _text(directives)


def _down_after(sentinel: Sentinel, role: Role) -> int:
    return milliseconds(sentinel.down_after) + (WITNESS_PATIENCE if role is Role.WITNESS else 0)


def quorum(settings: Settings) -> int:
    """The majority of the Sentinels: 2 of 3, and 2 of 2 where there is no witness."""
    return len(settings.env.sites) // 2 + 1


def _text(directives: list[Directive]) -> str:
    return "".join(f"{name} {value}\n" for name, value in directives)
