"""The edge: where rooms go, Caddy's balancing and health checks (as the requirements have them), the certificate."""

from typing import Annotated, Literal

from pydantic import Field

from settings.section import Section
from settings.types import Duration, Email, Pem, Url

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
# For trials: its certificates are trusted by nobody, its limits are wide.
LETS_ENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"

# Between HAProxy's checks of an instance that has just failed one, or is coming back.
FAST_INTERVAL = "500ms"
# How long Caddy repeats a request for a room: longer than the room table takes to find a silent instance out, about
# 5 s; shorter than a Socket.io client waits.
ROOMS_TRY_DURATION = "15s"

Routing = Literal["failover", "geographic", "dns"]


class Acme(Section):
    """A certificate from an ACME authority by HTTP-01; each edge asks for its own."""

    type: Literal["acme"]
    email: Email
    directory: Url = LETS_ENCRYPT
    trusted_roots: Pem | None = None  # of an authority of the operator's own; None: the system's


class Provided(Section):
    """A certificate of the operator's own: the secrets `edge_certificate` and `edge_key`."""

    type: Literal["provided"]


Certificate = Annotated[Acme | Provided, Field(discriminator="type")]


class HealthCheck(Section):
    """Caddy's active and passive checks; names are Caddy's, defaults the requirements'."""

    uri: str = Field(default="/health", pattern=r"^/\S*$")
    interval: Duration = "10s"
    timeout: Duration = "5s"
    status: int = Field(default=200, ge=100, le=599)
    fail_duration: Duration = "30s"
    max_fails: int = Field(default=3, ge=1, le=100)


class RoomTable(Section):
    """HAProxy's table of rooms, and the checks that say where a room may be; names are HAProxy's.

    A check is a TLS handshake: an instance that waits for Redis is not down.
    """

    check_interval: Duration = "1s"
    check_timeout: Duration = "1s"
    fall: int = Field(default=3, ge=1, le=100)
    rise: int = Field(default=2, ge=1, le=100)
    expire: Duration = "12h"  # from the last request for a room; an open websocket is none
    size: int = Field(default=200_000, ge=1_000, le=10_000_000)  # rooms
    peers_port: int = Field(default=1024, ge=1024, le=65535)  # HAProxy runs without privileges


class CaddyRepository(Section):
    """The Debian repository that has a Caddy new enough (2.11; Debian 12 has 2.6) and the key that signs it."""

    source: str = "https://dl.cloudsmith.io/public/caddy/stable/deb/debian any-version main"
    # "Caddy Web Server <contact@caddyserver.com>", the key that signs that repository
    key_id: str = Field(default="65760C51EDEA2017CEA2CA15155B6D79CA56EA34", pattern=r"^[0-9A-F]{40}$")
    keyserver: str = "keyserver.ubuntu.com"


class Edge(Section):
    """Caddy on every edge, and with affinity HAProxy behind it."""

    certificate: Certificate
    # Where a new room and a page go: failover is the requirements' option 1, the primary first at both; geographic
    # (option 2) and dns (option 3) take the edge's own site first.
    routing: Routing = "failover"
    # All of a room on one instance, whichever edge its people come through. False: the requirements' Caddy block alone.
    affinity: bool = True
    room_table: RoomTable = RoomTable()
    health: HealthCheck = HealthCheck()
    # A black-holed instance must fail within `lb_try_duration` often enough to reach `max_fails`.
    dial_timeout: Duration = "1s"
    tls_timeout: Duration = "1s"  # the same for one that hangs: it takes connections and says nothing
    lb_try_duration: Duration = "5s"
    stream_close_delay: Duration = "5m"  # websockets outlive a reload by this
    # None: the image's own package sources have it.
    caddy_repository: CaddyRepository | None = CaddyRepository()
