"""coturn's configuration, and what the kernel lets it send."""

from ipaddress import IPv4Address

from settings.meeting import RtcPorts
from settings.relay import TLS_PORT, UDP_PORT, Relay

DIRECTORY = "/etc/multiparty/relay"
CERTIFICATE, KEY = f"{DIRECTORY}/relay.pem", f"{DIRECTORY}/relay.key"
USER = "turnserver"  # of Debian's package
# Allocations of one participant at the same time: two transports by two ways on two network cards, and what a line that
# was just lost has left.
USER_QUOTA = 16
# Seconds until a nonce is asked for anew (RFC 8656, 5: an hour at most).
_STALE_NONCE = 600

_CONF = """\
listening-ip=0.0.0.0
listening-port={udp}
tls-listening-port={tls}
no-tcp
no-dtls
no-tlsv1
no-tlsv1_1
cert={certificate}
pkey={key}
relay-ip={announced}
min-port={min}
max-port={max}
allowed-peer-ip={announced}
denied-peer-ip=0.0.0.0-255.255.255.255
denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
no-multicast-peers
no-tcp-relay
realm={name}
use-auth-secret
stale-nonce={nonce}
user-quota={user_quota}
total-quota={total_quota}
fingerprint
no-stun
no-software-attribute
no-cli
userdb=/run/coturn/turndb
pidfile=
log-file=stdout
simple-log
"""


def turnserver_conf(relay: Relay, name: str, announced_ip: IPv4Address) -> str:
    """The text of turnserver.conf, but for the secret, which the node makes itself.

    Args:
        relay: the environment's.
        name: the node's TURN server's.
        announced_ip: the node's public address, where its instance's media ports are.
    """
    return _CONF.format(
        udp=UDP_PORT,
        tls=TLS_PORT,
        certificate=CERTIFICATE,
        key=KEY,
        announced=announced_ip,
        min=relay.ports.min,
        max=relay.ports.max,
        name=name,
        nonce=_STALE_NONCE,
        user_quota=USER_QUOTA,
        total_quota=relay.ports.count,
    )


def guard(media: RtcPorts, announced_ip: IPv4Address) -> str:
    """The rules of nftables for what coturn sends: answers to people, and media to the own instance's media ports.

    coturn itself knows peers' addresses, and no ports.
    """
    return f"""\
table inet relay_guard
delete table inet relay_guard
table inet relay_guard {{
	chain output {{
		type filter hook output priority 0; policy accept;
		meta skuid != {USER} accept
		tcp sport {TLS_PORT} accept
		udp sport {UDP_PORT} accept
		ip daddr {announced_ip} udp dport {media.min}-{media.max} accept
		counter drop
	}}
}}
"""
