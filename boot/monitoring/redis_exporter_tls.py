"""TLS for redis_exporter, which asks for the name by which it connects: HAProxy asks for the fleet's in its place.

It has an address of the witness' loopback for each Redis server, whose ports are that server's.
"""

from boot.document import BootDocument
from boot.fleet_tls import OF_REDIS, pinned
from boot.own_haproxy import BEGINNING, own_haproxy
from settings.monitoring import redis_ports
from settings.stack import Settings
from settings.types import SiteName

_CONFIGURATION = """\
    timeout client 10s
    timeout server 10s
    default-server {pinned}
{ways}"""


def asked_at(settings: Settings, site: SiteName) -> str:
    """Where redis_exporter asks a site's Redis server: at its own address, where there is no TLS."""
    addresses = settings.redis_addresses
    return f"127.0.2.{list(addresses).index(site) + 1}" if settings.env.redis.tls else str(addresses[site])


def haproxy_cfg(settings: Settings) -> str:
    """The text of haproxy.cfg."""
    ways = [
        f"\nlisten {site}-{port}\n    bind {asked_at(settings, site)}:{port}\n    server {site} {address}:{port}\n"
        for site, address in settings.redis_addresses.items()
        for port in redis_ports(settings.env.redis)
    ]
    return BEGINNING + _CONFIGURATION.format(pinned=pinned(OF_REDIS), ways="".join(ways))


def redis_exporter_tls(settings: Settings) -> BootDocument:
    """What the witness' boot document has more; nothing where Redis is spoken to in clear."""
    if not settings.env.redis.tls:
        return BootDocument(hostname="")
    return own_haproxy(
        "redis-exporter-tls", "Asks Redis servers and Sentinels by TLS, for their exporter", haproxy_cfg(settings)
    )
