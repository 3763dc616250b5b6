"""The haproxy.cfg of an edge: which instance a room is on, known to both edges.

HAProxy's words are those of its configuration manual, version 2.6, the one of Debian 12.
"""

from boot.edge.instances import Instance, instances
from boot.edge.tls import FLEET_CERTIFICATE
from settings.addresses import Role
from settings.edge import FAST_INTERVAL
from settings.monitoring import HAPROXY_PORT
from settings.secrets import FLEET_NAME
from settings.stack import Settings

RUN = "/run/haproxy"
ADMIN_SOCKET = f"{RUN}/admin.sock"
# Which instances an operator has taken out, in the words of `show servers state`: HAProxy would forget them with every
# reload. Its first line is the format's version.
STATE_FILE = "/var/lib/multiparty/rooms.state"
STATE_VERSION = "1"
# What HAProxy binds, and the name under which Caddy finds it once the table is learned.
BOUND_SOCKET, ROOMS_SOCKET = f"{RUN}/bound.sock", f"{RUN}/rooms.sock"
# Answers 200 while at least one instance can take a room, 503 otherwise.
HEALTH_PATH = "/edge-health"

# A room's name as it stands in the query. In lower case: the server takes names as they are written and the join dialog
# lowers them, so "Daily" and "daily" may be one room or two; on one instance both are right.
_ROOM = "url_param(roomId),url_dec(1),lower"
# In the login's way back it is inside `state`, JSON in base64: with either alphabet, with or without padding.
_STATE_ROOM = r"url_param(state),url_dec,regsub(\+,-,g),regsub(/,_,g),ub64dec,json_query('$.roomId'),lower"


def haproxy_cfg(settings: Settings) -> str:
    """The text of this site's haproxy.cfg."""
    found = instances(settings)
    parts = [_global(settings), _defaults(settings), _peers(settings), _edge(), _rooms(settings, found)]
    return "\n".join([*parts, *([_metrics(settings)] if settings.env.monitoring else [])])


def _global(settings: Settings) -> str:
    return f"""\
global
    stats socket {ADMIN_SOCKET} mode 660 level admin expose-fd listeners
    server-state-file {STATE_FILE}
    localpeer {_peer(settings.site)}
    # After a reload the old process keeps its websockets; nobody needs it longer than a room is remembered.
    hard-stop-after {settings.env.edge.room_table.expire}
"""


def _defaults(settings: Settings) -> str:
    table = settings.env.edge.room_table
    return f"""\
defaults
    mode http
    load-server-state-from-file global
    # The TLS handshake included.
    timeout connect {table.check_timeout}
    timeout check {table.check_timeout}
    # Socket.io's long poll is answered after 25 s at the latest, a websocket is pinged as often.
    timeout http-request 10s
    timeout client 90s
    timeout server 90s
    timeout tunnel 1h
    default-server ssl verify required ca-file {FLEET_CERTIFICATE} verifyhost {FLEET_NAME} sni str({FLEET_NAME})
"""


def _peers(settings: Settings) -> str:
    port = settings.env.edge.room_table.peers_port
    edges = [
        f"    peer {_peer(site)} {settings.backbone_address(Role.EDGE, site=site)}:{port}\n"
        for site in settings.env.service_sites
    ]
    return "peers edges\n" + "".join(edges)


def _edge() -> str:
    return f"""\
frontend edge
    bind unix@{BOUND_SOCKET} mode 660 group caddy
    monitor-uri {HEALTH_PATH}
    monitor fail if {{ nbsrv(rooms) lt 1 }}
    http-request set-var(txn.room) {_ROOM}
    http-request set-var(txn.room) {_STATE_ROOM} if {{ path /auth/callback }}
    use_backend rooms if {{ var(txn.room),length gt 0 }}
    default_backend roomless
"""


def _rooms(settings: Settings, found: tuple[Instance, ...]) -> str:
    """Both backends; the second takes what names no room, and knows from the first who is up."""
    table = settings.env.edge.room_table
    port = settings.env.meeting.listening_port
    servers = [f"server {i.name} {i.address}:{port} id {i.number}{'' if i.preferred else ' backup'}" for i in found]
    rooms = "".join(f"    {server}\n" for server in servers)
    roomless = "".join(f"    {server} track rooms/{i.name}\n" for server, i in zip(servers, found, strict=True))
    return f"""\
backend rooms
    balance leastconn
    option allbackups
    stick-table type string len 128 size {table.size} expire {table.expire} srvkey name peers edges
    stick on var(txn.room)
    # One failed connection moves no room: it is tried again for longer than the checks take, and on another instance
    # once they say that this one is down.
    option redispatch
    retries 8
    default-server check check-ssl check-sni {FLEET_NAME} inter {table.check_interval} fastinter {FAST_INTERVAL}
    default-server fall {table.fall} rise {table.rise} on-marked-down shutdown-sessions
{rooms}
backend roomless
    balance first
    option redispatch
{roomless}"""


def _metrics(settings: Settings) -> str:
    return f"""\
frontend metrics
    bind {settings.backbone_address(Role.EDGE)}:{HAPROXY_PORT}
    http-request use-service prometheus-exporter if {{ path /metrics }}
    http-request return status 404
"""


def _peer(site: str) -> str:
    return f"{site}-edge"
