"""The edge: where rooms go, Caddy's balancing and health checks (as the requirements have them), the certificate."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.duration import Between, Duration, seconds, whole_seconds
from settings.section import ADVANCED, Refusal, Section, refuse
from settings.types import Email, Pem, PlainUrl, Switch, Times, UriPath

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
# For trials: its certificates are trusted by nobody, its limits are wide.
LETS_ENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"

# Between HAProxy's checks of an instance that has just failed one, or is coming back.
FAST_INTERVAL = "500ms"
# Between an instance's word about its load and the next question: half of its tick (boot/meeting/node_load.py).
LOAD_INTERVAL = "500ms"
# How long Caddy repeats a request for a room: longer than the room table takes to find a silent instance out, about
# 5 s; shorter than a Socket.io client waits.
ROOMS_TRY_DURATION = "15s"
# How long Caddy tries a page by its own checks before it asks HAProxy, which has others: `/health` waits for Redis.
PAGE_TRY_DURATION = "500ms"
# Between two tries: an instance that refuses has had `max_fails` of them by then.
PAGE_TRY_INTERVAL = "100ms"
_YEAR = "365d"
ReferrerPolicy = Literal["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"]
# Where the edges tell each other the room table; HAProxy runs without privileges.
PEERS_PORT = 1024
# Rooms that the table holds; the one that was asked for least recently goes first.
ROOMS = 200_000
# What an instance that is well answers to `health.uri` (the requirements').
HEALTH_STATUS = 200

Routing = Literal["failover", "geographic", "dns"]


class Acme(Section):
    """A certificate from an ACME authority by HTTP-01; an edge asks for one unless another edge has it."""

    type: Literal["acme"] = Field(
        description="A certificate from an ACME authority; each edge asks for its own, or has the other one's."
    )
    email: Email = Field(description="Whom the authority writes to.")
    directory: PlainUrl = Field(
        default=LETS_ENCRYPT,
        description=f"The authority's directory. For trials: {LETS_ENCRYPT_STAGING}.",
        json_schema_extra=ADVANCED,
    )
    trusted_roots: Pem | None = Field(
        default=None,
        description="The root of an authority of your own; none: what the system trusts.",
        json_schema_extra=ADVANCED,
    )


class Provided(Section):
    """A certificate of the operator's own: the secrets `edge_certificate` and `edge_key`."""

    type: Literal["provided"] = Field(
        description="A certificate of your own: the secrets `edge_certificate` and `edge_key`."
    )


Certificate = Annotated[Acme | Provided, Field(discriminator="type")]


class HealthCheck(Section):
    """Caddy's active and passive checks; names are Caddy's, defaults the requirements'."""

    uri: UriPath = Field(default="/health", description="What Caddy asks an instance for.", json_schema_extra=ADVANCED)
    interval: Annotated[Duration, Between("1ms", "5m", zero="Caddy takes 0 for 30 s")] = Field(
        default="10s", description="Between two questions.", json_schema_extra=ADVANCED
    )
    timeout: Annotated[Duration, Between("1ms", "1m", zero="Caddy takes 0 for 5 s")] = Field(
        default="5s", description="Until an answer is given up.", json_schema_extra=ADVANCED
    )
    fail_duration: Annotated[Duration, Between("1ms", "1h", zero="Caddy takes 0 for no passive checks at all")] = Field(
        default="30s", description="How long a failed try is remembered.", json_schema_extra=ADVANCED
    )
    max_fails: Times = Field(
        default=3, description="Remembered tries that take an instance out.", json_schema_extra=ADVANCED
    )


class RoomTable(Section):
    """HAProxy's table of rooms, and the checks that say where a room may be; names are HAProxy's.

    A check is a TLS handshake: an instance that waits for Redis is not down.
    """

    check_interval: Annotated[Duration, Between("1ms", "1m", zero="HAProxy refuses it")] = Field(
        default="1s", description="Between two checks of an instance.", json_schema_extra=ADVANCED
    )
    check_timeout: Annotated[Duration, Between("1ms", "1m", zero="HAProxy takes 0 for no limit")] = Field(
        default="1s", description="Until a check is given up.", json_schema_extra=ADVANCED
    )
    fall: Times = Field(default=3, description="Failed checks that take an instance out.", json_schema_extra=ADVANCED)
    rise: Times = Field(default=2, description="Good checks that bring it back.", json_schema_extra=ADVANCED)
    # HAProxy counts milliseconds in 31 bits: 24.8 days.
    expire: Annotated[Duration, Between("1ms", "24d", zero="HAProxy takes 0 for never")] = Field(
        default="12h",
        description="How long a room keeps its instance after the last request for it; an open websocket is none.",
        json_schema_extra=ADVANCED,
    )


class Edge(Section):
    """Caddy on every edge, and with affinity HAProxy behind it."""

    certificate: Certificate
    routing: Routing = Field(
        default="failover",
        description="Where a new room and a page go. `failover`: to the primary site, at both edges; `geographic` and "
        "`dns`: to the edge's own site. Both need `dns`; `geographic` leads people to the nearest edge, by `dns.map`.",
    )
    affinity: Switch = Field(
        default=True,
        description="Whether all of a room is on one instance, whichever edge its people come through. Names of rooms "
        "are the same in upper and lower case for a-z alone. `false`: the requirements' Caddy block and nothing else.",
        json_schema_extra=ADVANCED,
    )
    room_table: RoomTable = RoomTable()
    health: HealthCheck = HealthCheck()
    # A black-holed instance must fail within `lb_try_duration` often enough to reach `max_fails`.
    dial_timeout: Annotated[Duration, Between("1ms", "1m", zero="Caddy takes 0 for 3 s")] = Field(
        default="1s", description="Until Caddy gives up an instance that does not answer.", json_schema_extra=ADVANCED
    )
    tls_timeout: Annotated[Duration, Between("1ms", "1m", zero="Caddy takes 0 for no limit")] = Field(
        default="1s",
        description="The same for an instance that takes the connection and says nothing.",
        json_schema_extra=ADVANCED,
    )
    lb_try_duration: Annotated[Duration, Between("100ms", "5m", zero="with 0 a page is tried once")] = Field(
        default="5s", description="How long Caddy repeats a request for a page.", json_schema_extra=ADVANCED
    )
    stream_close_delay: (
        Annotated[Duration, Between("1s", "24d", zero="with 0 a reload cuts every websocket")] | None
    ) = Field(
        default=None,
        description="How long websockets outlive a reload of Caddy; none: as long as `room_table.expire`.",
        json_schema_extra=ADVANCED,
    )
    hsts_max_age: Annotated[Duration, Between("0s", "730d", whole=True, was="s")] | None = Field(
        default=None,
        description="Strict-Transport-Security: how long browsers use HTTPS alone; `0s`: it is not said. None: 365d "
        "with `acme`.",
        json_schema_extra=ADVANCED,
    )
    referrer_policy: ReferrerPolicy = Field(
        default="same-origin",
        description="Referrer-Policy: whom a browser tells a room's address.",
        json_schema_extra=ADVANCED,
    )
    caddy_in_image: Switch = Field(
        default=False,
        description="Whether the image, or its own package sources, has Caddy 2.11 or newer; `false`: it comes from "
        "Caddy's package repository.",
        json_schema_extra=ADVANCED,
    )

    @model_validator(mode="after")
    def _rules(self) -> "Edge":
        refuse("edge", self._stream_rules())
        return self

    @property
    def hsts_seconds(self) -> int:
        """For how long a browser is told to come by HTTPS alone; 0: it is told nothing."""
        default = _YEAR if isinstance(self.certificate, Acme) else "0s"
        return whole_seconds(default if self.hsts_max_age is None else self.hsts_max_age)

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
