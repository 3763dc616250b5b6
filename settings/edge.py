"""The edge: where rooms go, Caddy's balancing and health checks (as the requirements have them), the certificate."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.section import Refusal, Section, refuse
from settings.types import Duration, Email, Pem, Url, above_zero, seconds

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
# For trials: its certificates are trusted by nobody, its limits are wide.
LETS_ENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"

# Between HAProxy's checks of an instance that has just failed one, or is coming back.
FAST_INTERVAL = "500ms"
# How long Caddy repeats a request for a room: longer than the room table takes to find a silent instance out, about
# 5 s; shorter than a Socket.io client waits.
ROOMS_TRY_DURATION = "15s"
YEAR = 31_536_000  # seconds
ReferrerPolicy = Literal["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"]

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
    interval: Annotated[Duration, above_zero("Caddy takes 0 for 30 s")] = "10s"
    timeout: Annotated[Duration, above_zero("Caddy takes 0 for 5 s")] = "5s"
    status: int = Field(default=200, ge=100, le=599)
    fail_duration: Annotated[Duration, above_zero("Caddy takes 0 for no passive checks at all")] = "30s"
    max_fails: int = Field(default=3, ge=1, le=100)


class RoomTable(Section):
    """HAProxy's table of rooms, and the checks that say where a room may be; names are HAProxy's.

    A check is a TLS handshake: an instance that waits for Redis is not down.
    """

    check_interval: Annotated[Duration, above_zero("HAProxy refuses it")] = "1s"
    check_timeout: Annotated[Duration, above_zero("HAProxy takes 0 for no limit")] = "1s"
    fall: int = Field(default=3, ge=1, le=100)
    rise: int = Field(default=2, ge=1, le=100)
    expire: Annotated[Duration, above_zero("HAProxy takes 0 for never")] = (
        "12h"  # from the last request for a room; an open websocket is none
    )
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
    dial_timeout: Annotated[Duration, above_zero("Caddy takes 0 for 3 s")] = "1s"
    # The same for one that hangs: it takes connections and says nothing.
    tls_timeout: Annotated[Duration, above_zero("Caddy takes 0 for no limit")] = "1s"
    lb_try_duration: Duration = "5s"
    # Websockets outlive a reload by this; None: as long as a room is remembered.
    stream_close_delay: Duration | None = None
    # Strict-Transport-Security: browsers use HTTPS alone for so long. None: a year with `acme`; 0: not said.
    hsts_max_age: int | None = Field(default=None, ge=0, le=63_072_000)
    # Referrer-Policy: a room's address is told to nobody else.
    referrer_policy: ReferrerPolicy = "same-origin"
    # None: the image's own package sources have it.
    caddy_repository: CaddyRepository | None = CaddyRepository()

    @model_validator(mode="after")
    def _rules(self) -> "Edge":
        refuse("edge", self._stream_rules())
        return self

    @property
    def hsts_seconds(self) -> int:
        """For how long a browser is told to come by HTTPS alone; 0: it is told nothing."""
        default = YEAR if isinstance(self.certificate, Acme) else 0
        return default if self.hsts_max_age is None else self.hsts_max_age

    @property
    def websockets_outlive_reload(self) -> Duration:
        """For how long after a reload of Caddy the websockets of before stay open."""
        return self.stream_close_delay or self.room_table.expire

    def _stream_rules(self) -> list[Refusal]:
        given, expire = self.stream_close_delay, self.room_table.expire
        if given is None or seconds(given) >= seconds(expire):
            return []
        allowed = f"must be at least room_table.expire, which is {expire}: a reload would end the edge's meetings"
        return [Refusal(("stream_close_delay",), given, allowed)]
