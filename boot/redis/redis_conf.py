"""redis.conf and sentinel.conf; with Sentinel they are seeds, which both daemons rewrite."""

from settings.addresses import Role
from settings.duration import milliseconds, whole_seconds
from settings.redis import MASTER_NAME, PORT, SENTINEL_PORT, WITNESS_PATIENCE, Cluster, Sentinel
from settings.stack import Settings

Directive = tuple[str, str | int]


def redis_conf(settings: Settings, role: Role, sentinel: Sentinel) -> str:
    """The seed of redis.conf for this site's Redis server, watched by Sentinels."""
    own: list[Directive] = [
        ("replica-announce-ip", str(settings.backbone_address(role))),
        ("replica-priority", 0 if role is Role.WITNESS else 100),
        ("min-replicas-to-write", min_replicas(settings)),
        ("min-replicas-max-lag", whole_seconds(sentinel.min_replicas_max_lag)),
    ]
    return _text([*_server(settings, role, PORT, "/var/lib/redis"), *own])


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
        ("user replica", f"off {_each(settings)} resetchannels -@all +psync +replconf +ping"),
        ("masteruser", "replica"),
    ]
    return _text([*_server(settings, role, port, directory), *own])


def _server(settings: Settings, role: Role, port: int, directory: str) -> list[Directive]:
    """What every Redis process has."""
    password = settings.secrets.redis_password.get_secret_value()
    return [
        ("bind", f"127.0.0.1 {settings.backbone_address(role)}"),
        ("port", port),
        ("protected-mode", "yes"),
        *_accepted(settings),
        ("masterauth", password),
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
    password = settings.secrets.redis_password.get_secret_value()
    directives: list[Directive] = [
        ("bind", f"127.0.0.1 {address}"),
        ("port", SENTINEL_PORT),
        ("protected-mode", "yes"),
        *_accepted(settings),
        # What Sentinels say to each other: without it they would take `requirepass`, which is not always there.
        *([("sentinel sentinel-pass", password)] if len(settings.secrets.redis_passwords) > 1 else []),
        ("dir", "/var/lib/redis-sentinel"),
        ("sentinel announce-ip", str(address)),
        ("sentinel announce-port", SENTINEL_PORT),
        ("sentinel monitor", f"{MASTER_NAME} @MASTER@ {PORT} {quorum(settings)}"),
        ("sentinel auth-pass", f"{MASTER_NAME} {password}"),
        ("sentinel down-after-milliseconds", f"{MASTER_NAME} {_down_after(sentinel, role)}"),
        ("sentinel failover-timeout", f"{MASTER_NAME} {milliseconds(sentinel.failover_timeout)}"),
        ("sentinel parallel-syncs", f"{MASTER_NAME} 1"),
        ("supervised", "systemd"),
    ]
    return _text(directives)


def _accepted(settings: Settings) -> list[Directive]:
    """What everybody has to say: the password, or while it is rotated either one."""
    passwords = settings.secrets.redis_passwords
    if len(passwords) == 1:
        return [("requirepass", passwords[0])]
    return [("user default", f"on {_each(settings)} ~* &* +@all")]


def _each(settings: Settings) -> str:
    """Every accepted password, as ACLs have it."""
    return " ".join(f">{password}" for password in settings.secrets.redis_passwords)


def _down_after(sentinel: Sentinel, role: Role) -> int:
    return milliseconds(sentinel.down_after) + (WITNESS_PATIENCE if role is Role.WITNESS else 0)


def quorum(settings: Settings) -> int:
    """The majority of the Sentinels: 2 of 3, and 2 of 2 where there is no witness."""
    return len(settings.env.sites) // 2 + 1


def _text(directives: list[Directive]) -> str:
    return "".join(f"{name} {value}\n" for name, value in directives)
