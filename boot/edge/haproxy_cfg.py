"""The haproxy.cfg of an edge: which instance a room is on, known to both edges.

HAProxy's words are those of its configuration manual, version 2.6, the one of Debian 12.
"""

from boot.edge.instances import Instance, instances
from boot.edge.tls import FLEET_CERTIFICATE, PEERS_PAIR
from boot.fleet_tls import pinned
from settings.addresses import Role
from settings.edge import FAST_INTERVAL, LOAD_INTERVAL, PEERS_PORT, ROOMS
from settings.meeting import LOAD_PORT
from settings.monitoring import HAPROXY_PORT
from settings.secrets import FLEET_NAME
from settings.stack import Settings

RUN = "/run/haproxy"
ADMIN_SOCKET = f"{RUN}/admin.sock"
# The one of the master process, which reaches those that a reload left with their websockets.
MASTER_SOCKET = f"{RUN}/master.sock"
# Where each websocket is told as it opens; `rooms-whole` listens.
TOLD_SOCKET = "/run/rooms-whole/told.sock"
# Which instances an operator has taken out, in the words of `show servers state`: HAProxy would forget them with every
# reload. Its first line is the format's version.
STATE_FILE = "/var/lib/multiparty/rooms.state"
STATE_VERSION = "1"
# The table that tells the other edge the same, and what its numbers mean.
TAKEN_OUT = "taken_out"
STATES = ("ready", "drain", "maint")
# What HAProxy binds, and the name under which Caddy finds it once the table is learned.
BOUND_SOCKET, ROOMS_SOCKET = f"{RUN}/bound.sock", f"{RUN}/rooms.sock"
# The backends of those who are in service, however full; and of those who are healthy, whatever operators took out.
FULL, LAST = "full_or_not", "taken_out_or_not"
# OpenSSL's X509_V_ERR_INVALID_PURPOSE.
WRONG_PURPOSE = 26
# What one address may ask in 10 s before it is answered 429: in all, and for rooms that the table does not know. Of an
# office whose people all come back at once each makes about a dozen requests, nearly all for rooms that are known.
REQUESTS, REQUESTS_EACH, UNKNOWN_ROOMS = 6000, 12, 300
# What one address may ask in an hour that may make a session: three times the 36,000 of an office whose 300 people each
# load the page three times with 40 requests, and as many where more people are to come.
SESSIONS, SESSIONS_EACH = 100_000, 120
# An instance stands on the hash's circle sixteen times this often, so that a site's nodes get alike many rooms.
WEIGHT = 100
# Answers 200 while at least one instance can take a room, 503 otherwise.
HEALTH_PATH = "/edge-health"
# Answers 429 while the client may have no other page; Caddy asks here before each.
PAGE_PATH = "/edge-page"
# A poll of whom Socket.io knows, which makes no session. As Engine.IO reads it: parameters end at `&` alone, and what
# comes after the first 1,000 is none.
_GOES_ON = r"^/socket\.io/[^?#]*\?([^&#]*&){0,20}sid=[^&#]"

# A room's name as its key: in lower case, and with one sign for every letter beyond ASCII. The server takes names as
# they are written, the join dialog lowers them (RÉUNION, réunion): names that differ by that may be one room or more,
# and on one instance all are right.
_KEY = r"lower,regsub([\xC0-\xFF][\x80-\xBF]+,~,g)"
_ROOM = f"url_param(roomId),url_dec(1),{_KEY}"
_CLIENT = "hdr_ip(X-Forwarded-For,-1),ipmask(32,64)"
# In the login's way back it is inside `state`, JSON in base64: with either alphabet, with or without padding.
_STATE_ROOM = rf"url_param(state),url_dec,regsub(\+,-,g),regsub(/,_,g),ub64dec,json_query('$.roomId'),{_KEY}"


def haproxy_cfg(settings: Settings) -> str:
    """The text of this site's haproxy.cfg."""
    found = instances(settings)
    parts = [_global(settings), _defaults(settings), _peers(settings), _edge(settings), _rooms(settings, found)]
    return "\n".join([*parts, *([_metrics(settings)] if settings.env.monitoring else [])])


def _global(settings: Settings) -> str:
    return f"""\
global
    stats socket {ADMIN_SOCKET} mode 660 level admin expose-fd listeners
    server-state-file {STATE_FILE}
    log {TOLD_SOCKET} format raw local0
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
    # A new room's instance follows from its name and from who is up: the same at both edges, for all who come at once.
    # What the table knows goes before it.
    balance hash var(txn.room)
    hash-type consistent
    option allbackups
    # One failed connection moves no room: it is tried again for longer than the checks take, and on another instance
    # once they say that this one is down.
    option redispatch
    retries 8
    default-server {pinned(FLEET_CERTIFICATE)}
"""


def _peers(settings: Settings) -> str:
    """By TLS with the fleet's pair on both sides, which is made for servers: as a client's it has the wrong purpose."""
    tls = f"ssl crt {PEERS_PAIR} ca-file {FLEET_CERTIFICATE} verify required"
    own = settings.backbone_address(Role.EDGE)
    edges = [
        f"    server {_peer(site)} {settings.backbone_address(Role.EDGE, site=site)}:{PEERS_PORT}\n"
        for site in settings.env.service_sites
        if site != settings.site
    ]
    return f"""\
peers edges
    bind {own}:{PEERS_PORT} {tls} crt-ignore-err {WRONG_PURPOSE}
    default-server {tls} verifyhost {FLEET_NAME} sni str({FLEET_NAME})
    server {_peer(settings.site)}
{"".join(edges)}"""


def _edge(settings: Settings) -> str:
    people = settings.env.participants
    requests, unknown = max(REQUESTS, REQUESTS_EACH * people), max(UNKNOWN_ROOMS, people)
    sessions = max(SESSIONS, SESSIONS_EACH * people)
    return f"""\
frontend edge
    bind unix@{BOUND_SOCKET} mode 660 group caddy
    monitor-uri {HEALTH_PATH}
    acl in_service nbsrv(roomless) gt 0
    acl healthy nbsrv(roomless) gt 0
    acl healthy nbsrv({LAST}) gt 0
    monitor fail if !healthy
    http-request set-var(txn.room) {_ROOM}
    http-request set-var(txn.room) {_STATE_ROOM} if {{ path -i /auth/callback /auth/callback/ }}
    http-request set-var(txn.signalling) bool(true) if {{ path_beg /socket.io }}
    acl asked path {PAGE_PATH}
    # Nobody is counted while Caddy repeats everybody's requests.
    http-request track-sc0 {_CLIENT} table clients if healthy !asked
    acl known var(txn.room),in_table(rooms)
    http-request sc-inc-gpc0(0) if {{ var(txn.room),length gt 0 }} !known
    http-request deny deny_status 429 if {{ sc0_http_req_rate(clients) gt {requests} }}
    # Of a full table they are all unknown.
    http-request deny deny_status 429 if !known {{ sc0_gpc0_rate(clients) gt {unknown} }} {{ table_avl(rooms) gt 0 }}
    # Each websocket is told as it opens.
    log global
    option logasap
    log-format "%pid %rt %s %[var(txn.room),base64]"
    http-request set-log-level silent
    http-response set-log-level info if {{ status 101 }} {{ var(txn.room),length gt 0 }}
    # What may make a session: pages, and what comes here by itself. What is denied makes none.
    acl goes_on pathq -m reg '{_GOES_ON}'
    http-request track-sc1 {_CLIENT} table sessions if asked or healthy !goes_on
    acl over sc1_gpc0_rate(sessions) ge {sessions}
    # Whose body is not read may hear no answer.
    http-request wait-for-body time 1s if over
    http-request deny deny_status 429 hdr Retry-After 600 if over
    http-request sc-inc-gpc0(1)
    http-request return status 200 if asked
    # All that is healthy was taken out: better there than nowhere.
    use_backend {LAST} if !in_service
    use_backend {FULL} if {{ var(txn.room),length gt 0 }} {{ nbsrv(rooms) eq 0 }}
    use_backend rooms if {{ var(txn.room),length gt 0 }}
    default_backend roomless

# What operators have taken out, for an edge that is made meanwhile.
backend {TAKEN_OUT}
    stick-table type string len 32 size 1k store gpt0 peers edges

backend clients
    stick-table type ipv6 size 100k expire 1m store http_req_rate(10s),gpc0_rate(10s)

backend sessions
    stick-table type ipv6 size 100k expire 1h store gpc0_rate(1h)
"""


def _rooms(settings: Settings, found: tuple[Instance, ...]) -> str:
    """All backends: rooms; the same while all are full; what names no room; and the last resort.

    Who tracks a server knows from the first whether it is up and what an operator said of it, and not how full it is.
    So the last resort asks the instances itself.
    """
    table = settings.env.edge.room_table
    port = settings.env.meeting.listening_port
    servers = {
        i.name: f"    server {i.name} {i.address}:{port} id {i.number}{'' if i.preferred else ' backup'}" for i in found
    }
    rooms = "".join(f"{server}\n" for server in servers.values())
    tracking = "".join(f"{server} track rooms/{name}\n" for name, server in servers.items())
    # In the order in which Caddy tries them. A `backup` would get nothing before all others are known to be down.
    roomless = "".join(
        f"    server {i.name} {i.address}:{port} id {place} track rooms/{i.name}\n" for place, i in enumerate(found, 1)
    )
    checked = f"""\
    default-server check check-ssl check-sni {FLEET_NAME} inter {table.check_interval} fastinter {FAST_INTERVAL}
    default-server fall {table.fall} rise {table.rise}
"""
    # A room is one that Socket.io says yes to.
    common = f"""\
    default-server on-marked-down shutdown-sessions weight {WEIGHT}
    stick match var(txn.room) table rooms
    stick store-response var(txn.room) table rooms if {{ var(txn.signalling) -m found }} {{ status 101 200 }}
"""
    return f"""\
backend rooms
{common}\
    # A full table forgets nobody's room for a new one, which follows from its name alone then.
    stick-table type string len 128 size {ROOMS} nopurge expire {table.expire} srvkey name peers edges
    # A full instance's weight is 0, told to both edges at one moment; whatever else it was would move other names.
    default-server agent-check agent-port {LOAD_PORT} agent-inter {LOAD_INTERVAL}
{checked}{rooms}
backend {FULL}
{common}{tracking}
backend {LAST}
{common}{checked}{rooms}
backend roomless
    balance first
    # Each failed connection is another instance's at once: nothing of a page is one instance's.
    option redispatch 1
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
