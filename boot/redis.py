"""The boot document of a Redis server: Redis and a Sentinel; on the witness the replica is never promoted."""

from boot.common import common
from boot.document import BootDocument, script, step
from boot.file import File
from boot.redis_conf import PORT, SENTINEL_PORT, redis_conf, sentinel_conf
from boot.unit import SANDBOX, Directives, unit
from settings.addresses import Role
from settings.stack import Settings

_ROLE_SCRIPT = "/usr/local/sbin/redis-role"
_SENTINEL_SEED_SCRIPT = "/usr/local/sbin/sentinel-seed"
_PROMOTE_SCRIPT = "/usr/local/sbin/redis-promote"
_SEED = "/etc/multiparty/redis"


def redis_node(settings: Settings) -> BootDocument:
    """The boot document of a service site's Redis server."""
    return common(settings, Role.REDIS).adding(_redis(settings, Role.REDIS))


def witness(settings: Settings) -> BootDocument:
    """The boot document of the witness."""
    return common(settings, Role.WITNESS).adding(_redis(settings, Role.WITNESS))


def _redis(settings: Settings, role: Role) -> BootDocument:
    env = settings.env
    own = settings.backbone_address(role)
    peers = [address for address in settings.redis_addresses.values() if address != own]
    password = settings.secrets.redis_password.get_secret_value()
    return BootDocument(
        hostname="",
        packages=("redis-server", "redis-sentinel", "redis-tools"),
        files=(
            File(f"{_SEED}/redis.conf", redis_conf(settings, role), "0600"),
            File(f"{_SEED}/sentinel.conf", sentinel_conf(settings, role), "0600"),
            File(f"{_SEED}/auth.env", f"REDISCLI_AUTH={password}\n", "0600"),
            script("redis-role.sh", _ROLE_SCRIPT),
            script("sentinel-seed.sh", _SENTINEL_SEED_SCRIPT),
            *([script("redis-promote.sh", _PROMOTE_SCRIPT)] if role is Role.REDIS else []),
            step("30-redis-seed"),
            _unit("redis-server", "/var/lib/redis/redis.conf"),
            _unit("redis-sentinel", "/var/lib/redis-sentinel/sentinel.conf"),
        ),
        units=("redis-server.service", "redis-sentinel.service"),
        checks=tuple(
            f". {_SEED}/auth.env; export REDISCLI_AUTH; redis-cli -p {port} ping | grep -q PONG"
            for port in (PORT, SENTINEL_PORT)
        ),
        environment={
            "SEED": _SEED,
            "SELF": str(own),
            "PEERS": " ".join(map(str, peers)),
            "PLANNED_MASTER": str(settings.backbone_address(Role.REDIS, site=env.primary)),
            "MASTER_NAME": env.redis.master_name,
            "REDIS_PORT": str(PORT),
            "SENTINEL_PORT": str(SENTINEL_PORT),
        },
    )


def _unit(daemon: str, config: str) -> File:
    sentinel = daemon == "redis-sentinel"
    after = "network-online.target" + (" redis-server.service" if sentinel else "")
    service: Directives = {
        "Type": "notify",
        "User": "redis",
        "Group": "redis",
        "UMask": "0077",
        # "+": as root, to read the password. Asked before every start, so that a node that returns joins as a replica.
        "ExecStartPre": f"+{_SENTINEL_SEED_SCRIPT if sentinel else _ROLE_SCRIPT}",
        "ExecStart": f"/usr/bin/redis-server {config}{' --sentinel' if sentinel else ''} --daemonize no",
        "Restart": "always",
        "RestartSec": 1,
        # An empty node that is named master waits as long as it takes; systemd must not give up on it.
        "TimeoutStartSec": "infinity",
        "LimitNOFILE": 65536,
        "ReadWritePaths": f"/var/lib/{daemon if sentinel else 'redis'}",
        **SANDBOX,
    }
    return unit(
        f"{daemon}.service",
        unit={
            "Description": "Redis Sentinel" if sentinel else "Redis",
            "Wants": "network-online.target",
            "After": after,
            "StartLimitIntervalSec": 0,
        },
        service=service,
    )
