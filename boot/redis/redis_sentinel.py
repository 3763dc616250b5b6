"""A Redis server with a Sentinel; on the witness the replica is never promoted."""

from boot.document import BootDocument, script, step
from boot.file import File
from boot.redis.redis_conf import min_replicas, redis_conf, sentinel_conf
from boot.redis.redis_unit import AUTH, SEED, auth_file, ping_checks, redis_unit
from boot.unit import Directives, daemon, unit
from settings.addresses import Role
from settings.redis import MASTER_NAME, PORT, SENTINEL_PORT, Sentinel
from settings.stack import Settings

_ROLE_SCRIPT = "/usr/local/sbin/redis-role"
_LEAD_SCRIPT = "/usr/local/sbin/redis-lead"
_SENTINEL_SEED_SCRIPT = "/usr/local/sbin/sentinel-seed"
_PROMOTE_SCRIPT = "/usr/local/sbin/redis-promote"
_ALONE_SCRIPT = "/usr/local/sbin/redis-alone"
_ALONE = "redis-alone.service"
_AGREE_SCRIPT = "/usr/local/sbin/sentinel-agree"
_AGREE = "sentinel-agree.service"
# There while the master does without a replica, as a person has said; over restarts.
_ALONE_FILE = "/var/lib/redis/alone"
_LIBRARY = "/usr/local/lib/multiparty"


def sentinel_node(settings: Settings, role: Role, sentinel: Sentinel) -> BootDocument:
    """What a Redis server's boot document has of its own."""
    own = settings.backbone_address(role)
    peers = [address for address in settings.redis_addresses.values() if address != own]
    agrees = len(peers) > 1  # of two Sentinels nobody knows which is wrong
    return BootDocument(
        hostname="",
        packages=("redis-server", "redis-sentinel", "redis-tools"),
        files=(
            File(f"{SEED}/redis.conf", redis_conf(settings, role, sentinel), "0600"),
            File(f"{SEED}/sentinel.conf", sentinel_conf(settings, role, sentinel), "0600"),
            auth_file(settings),
            script("redis/redis-role.sh", _ROLE_SCRIPT),
            script("redis/redis-lead.sh", _LEAD_SCRIPT),
            script("redis/sentinel-seed.sh", _SENTINEL_SEED_SCRIPT),
            script("redis/redis-opinions.sh", f"{_LIBRARY}/redis-opinions.sh"),
            script("redis/redis-copy.sh", f"{_LIBRARY}/redis-copy.sh"),
            *(_by_hand() if role is Role.REDIS else ()),
            *(_agreeing() if agrees else ()),
            step("redis/30-redis-seed"),
            redis_unit(
                "redis-server.service",
                description="Redis",
                arguments="/var/lib/redis/redis.conf",
                writes="/var/lib/redis",
                before=_ROLE_SCRIPT,
                then=_LEAD_SCRIPT,
            ),
            redis_unit(
                "redis-sentinel.service",
                description="Redis Sentinel",
                arguments="/var/lib/redis-sentinel/sentinel.conf --sentinel",
                writes="/var/lib/redis-sentinel",
                before=_SENTINEL_SEED_SCRIPT,
            ),
        ),
        units=(
            "redis-server.service",
            "redis-sentinel.service",
            *([_ALONE] if role is Role.REDIS else []),
            *([_AGREE] if agrees else []),
        ),
        checks=ping_checks(PORT, SENTINEL_PORT),
        environment={
            "SEED": SEED,
            "SELF": str(own),
            "PEERS": " ".join(map(str, peers)),
            "WITNESS": str(settings.redis_addresses[settings.env.witness]) if settings.env.witness else "",
            "PLANNED_MASTER": str(settings.backbone_address(Role.REDIS, site=settings.env.primary)),
            "MIN_REPLICAS": str(min_replicas(settings)),
            "ALONE_FILE": _ALONE_FILE,
            "MASTER_NAME": MASTER_NAME,
            "REDIS_PORT": str(PORT),
            "SENTINEL_PORT": str(SENTINEL_PORT),
        },
    )


def _by_hand() -> tuple[File, ...]:
    """What makes a server the master where nobody can elect, and ends its exception once a replica is there."""
    return (
        script("redis/redis-promote.sh", _PROMOTE_SCRIPT),
        script("redis/redis-alone.sh", _ALONE_SCRIPT),
        unit(
            _ALONE,
            unit=daemon("A Redis master that does without a replica, until there is one", config=_ALONE_FILE),
            service=_service(_ALONE_SCRIPT),
        ),
    )


def _agreeing() -> tuple[File, ...]:
    """What ends a Sentinel's contradiction of all others."""
    return (
        script("redis/sentinel-agree.sh", _AGREE_SCRIPT),
        unit(_AGREE, unit=daemon("One master for all Sentinels"), service=_service(_AGREE_SCRIPT)),
    )


def _service(program: str) -> Directives:
    return {
        "Type": "exec",
        "User": "redis",
        "Group": "redis",
        "EnvironmentFile": AUTH,  # systemd reads it, as root
        "ExecStart": program,
        "Restart": "on-failure",
        "RestartSec": 1,
    }
