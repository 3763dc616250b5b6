"""Who may do what at Redis and at the Sentinels, in the words of their ACLs.

Meeting servers are the user `default`, which clients are that say a password and no name. Redis servers, Sentinels and
exporters are `fleet`, once all of them have its password (docs/decisions/0034).
"""

from settings.redis import Cluster
from settings.secrets import FLEET_USER
from settings.stack import Settings

Directive = tuple[str, str | int]
_EVERYTHING = "~* &* +@all"
# What Socket.io's sessions, connect-redis and the clients themselves say (ioredis, node_redis), and what is like it.
# Not `__sentinel__:hello`, by which a Sentinel believes who the master is: a client has no channel at all.
_REDIS = "resetchannels -@all +@read +@write +@connection +@transaction -@dangerous -@scripting +info +role"
_CLUSTER = "+cluster|slots +cluster|shards +cluster|nodes +cluster|info +cluster|keyslot +cluster|myid"
# Who the master is, and what becomes of it; Sentinels' own channel may be heard, and not be spoken on.
_SENTINEL = (
    "~* &* -@all +@connection -@dangerous +subscribe +psubscribe +unsubscribe +punsubscribe +info +role"
    " +sentinel|get-master-addr-by-name +sentinel|master +sentinel|masters +sentinel|replicas +sentinel|slaves"
    " +sentinel|sentinels"
)


def redis_users(settings: Settings) -> list[Directive]:
    """The lines of redis.conf that say who may log in."""
    redis = settings.env.redis
    keys = " ".join(f"~{pattern}" for pattern in redis.keys)
    more = [_CLUSTER] if isinstance(redis, Cluster) else []
    return _users(settings, " ".join([keys, _REDIS, *more, *redis.rights]))


def sentinel_users(settings: Settings) -> list[Directive]:
    """The lines of sentinel.conf that say who may log in."""
    return _users(settings, _SENTINEL)


def each(passwords: tuple[str, ...]) -> str:
    """Every accepted password, as ACLs have it."""
    return " ".join(f">{password}" for password in passwords)


def _users(settings: Settings, clients: str) -> list[Directive]:
    secrets = settings.secrets
    people, servers = secrets.redis_passwords, secrets.redis_fleet_passwords
    if people == servers:
        return (
            [("requirepass", people[0])] if len(people) == 1 else [("user default", f"on {each(people)} {_EVERYTHING}")]
        )
    # While some server may say the meeting servers' password still, whoever says it may do everything.
    rights = _EVERYTHING if set(people) & set(servers) else clients
    return [
        ("user default", f"on {each(people)} {rights}"),
        (f"user {FLEET_USER}", f"on {each(servers)} {_EVERYTHING}"),
    ]
