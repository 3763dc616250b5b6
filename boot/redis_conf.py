"""redis.conf and sentinel.conf, as they are seeded: both daemons rewrite them, and what they wrote is kept."""

from settings.addresses import Role
from settings.stack import Settings

PORT = 6379
SENTINEL_PORT = 26379

Directive = tuple[str, str | int]


def redis_conf(settings: Settings, role: Role) -> str:
    """The seed of redis.conf for this site's Redis server."""
    address = settings.backbone_address(role)
    password = settings.secrets.redis_password.get_secret_value()
    witness = settings.env.witness is not None
    directives: list[Directive] = [
        ("bind", f"127.0.0.1 {address}"),
        ("port", PORT),
        ("protected-mode", "yes"),
        ("requirepass", password),
        ("masterauth", password),
        ("dir", "/var/lib/redis"),
        ("appendonly", "yes"),
        ("appendfsync", "everysec"),
        ("maxmemory", f"{settings.env.redis.max_memory_mb}mb"),
        # Sessions carry a time to live: when memory runs out, those about to end go first.
        ("maxmemory-policy", "volatile-ttl"),
        ("replica-announce-ip", str(address)),
        ("replica-priority", 0 if role is Role.WITNESS else 100),
        # With two sites only, one lost replica would block every write.
        ("min-replicas-to-write", 1 if witness else 0),
        ("min-replicas-max-lag", settings.env.redis.min_replicas_max_lag),
        ("repl-diskless-sync-delay", 0),
        ("supervised", "systemd"),
    ]
    return _text(directives)


def sentinel_conf(settings: Settings, role: Role) -> str:
    """The seed of sentinel.conf, without the master's address: the boot asks the peers for it."""
    address = settings.backbone_address(role)
    sentinel = settings.env.redis
    password = settings.secrets.redis_password.get_secret_value()
    name = sentinel.master_name
    directives: list[Directive] = [
        ("bind", f"127.0.0.1 {address}"),
        ("port", SENTINEL_PORT),
        ("protected-mode", "yes"),
        ("requirepass", password),
        ("dir", "/var/lib/redis-sentinel"),
        ("sentinel announce-ip", str(address)),
        ("sentinel announce-port", SENTINEL_PORT),
        ("sentinel monitor", f"{name} @MASTER@ {PORT} {quorum(settings)}"),
        ("sentinel auth-pass", f"{name} {password}"),
        ("sentinel down-after-milliseconds", f"{name} {sentinel.down_after}"),
        ("sentinel failover-timeout", f"{name} {sentinel.failover_timeout}"),
        ("sentinel parallel-syncs", f"{name} 1"),
        ("supervised", "systemd"),
    ]
    return _text(directives)


def quorum(settings: Settings) -> int:
    """The majority of the Sentinels: 2 of 3, and 2 of 2 where there is no witness."""
    return len(settings.env.sites) // 2 + 1


def _text(directives: list[Directive]) -> str:
    return "".join(f"{name} {value}\n" for name, value in directives)
