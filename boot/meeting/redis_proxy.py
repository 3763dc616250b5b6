"""A meeting node's own way to Redis: HAProxy on loopback, which follows the master for clients without Sentinel."""

from boot.document import BootDocument
from boot.fleet_tls import pinned
from boot.meeting.service import SEED
from boot.own_haproxy import BEGINNING, own_haproxy
from settings.redis import PORT
from settings.stack import Settings

ADDRESS = "127.0.0.1"

# QUIT ends the answer: else HAProxy would wait a second for a replica to say what it does not say.
# `fall 2`: a master that is killed or cut loses its clients' connections after two to three seconds, before Sentinel
# has made another; `rise 1` and `downinter`: that one is used a quarter of a second after it can take writes.
_CONFIGURATION = """\
    timeout check 1s
    timeout client 1m
    timeout server 1m
    timeout tunnel 24h

listen redis
    bind {listen}
    option tcp-check
    tcp-check connect{default}
    tcp-check send "AUTH ${{REDIS_PASSWORD}}\\r\\n"
    tcp-check expect string +OK
    tcp-check send "INFO replication\\r\\nQUIT\\r\\n"
    tcp-check expect {expected}
    default-server {tls}check inter 1s downinter 250ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}"""


def haproxy_cfg(settings: Settings) -> str:
    """The text of haproxy.cfg; the password comes from the environment.

    Two servers may both say that they are master: after a healed cut the old one does so for about ten seconds. With a
    witness the master is the one that counts a replica which answers within `min_replicas_max_lag`, as Redis itself
    asks before it takes a write. One that a person has told to serve alone asks for none, and does not count them. On
    two sites a master may be alone, and its word has to do.
    """
    counted = r"(min_slaves_good_slaves:[1-9]|slave0:|master_failover_state:)"
    followed = rf"connected_slaves:[0-9]+\r\n{counted}" if settings.env.witness else ""
    # The witness is never master.
    servers = {site: settings.redis_addresses[site] for site in settings.env.service_sites}
    tls = settings.env.redis.tls
    return BEGINNING + _CONFIGURATION.format(
        default=" default" if tls else "",  # what the servers' lines say: TLS
        tls=f"{pinned(f'{SEED}/fleet.pem')} " if tls else "",
        listen=f"{ADDRESS}:{PORT}",
        expected=f'rstring "role:master\\r\\n{followed}"',
        servers="".join(f"    server {site} {address}:{PORT}\n" for site, address in servers.items()),
    )


def redis_proxy(settings: Settings) -> BootDocument:
    """What a meeting node's boot document has more when its server reaches Redis through the proxy."""
    password = settings.secrets.redis_password.get_secret_value()
    login = f"REDIS_PASSWORD={password}\n"
    return own_haproxy("redis-proxy", "Redis proxy: follows the master", haproxy_cfg(settings), login)
