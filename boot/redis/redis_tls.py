"""TLS of Redis servers and Sentinels, with the fleet's certificate, where `redis.tls` is set (docs/decisions/0048).

Each verifies the one that it connects to. Clients show no certificate: they say a password, and of them meeting servers
have the same pair as Redis servers.
"""

from boot.document import BootDocument, step
from boot.file import File
from boot.fleet_tls import OF_REDIS, certificates
from boot.redis.redis_unit import SEED
from boot.redis.redis_users import Directive
from settings.stack import Settings

_KEY = f"{SEED}/fleet.key"


def listening(settings: Settings, port: int) -> list[Directive]:
    """How a process is spoken to, and speaks to the others."""
    if not settings.env.redis.tls:
        return [("port", port)]
    return [
        ("port", 0),
        ("tls-port", port),
        ("tls-cert-file", OF_REDIS),  # of several the first is its own
        ("tls-key-file", _KEY),
        ("tls-ca-cert-file", OF_REDIS),
        ("tls-auth-clients", "no"),
        ("tls-replication", "yes"),
    ]


def redis_tls(settings: Settings) -> BootDocument:
    """What a Redis server's boot document has more; nothing where Redis is spoken to in clear."""
    if not settings.env.redis.tls:
        return BootDocument(hostname="")
    return BootDocument(
        hostname="",
        files=(
            File(OF_REDIS, certificates(settings)),
            File(_KEY, settings.secrets.fleet_key.get_secret_value(), "0600"),
            step("redis/30-redis-tls"),
        ),
    )
