"""The edge: Caddy's balancing and health checks (the seed's values), and where its certificate comes from."""

from typing import Annotated, Literal

from pydantic import Field

from settings.section import Section
from settings.types import Duration, Email, Url

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"


class Acme(Section):
    """A certificate from an ACME authority by HTTP-01; each edge asks for its own."""

    type: Literal["acme"]
    email: Email
    directory: Url = LETS_ENCRYPT


class Provided(Section):
    """A certificate of the operator's own: the secrets `edge_certificate` and `edge_key`."""

    type: Literal["provided"]


Certificate = Annotated[Acme | Provided, Field(discriminator="type")]


class HealthCheck(Section):
    """Caddy's active and passive checks; names are Caddy's, defaults the seed's."""

    uri: str = Field(default="/health", pattern=r"^/\S*$")
    interval: Duration = "10s"
    timeout: Duration = "5s"
    status: int = Field(default=200, ge=100, le=599)
    fail_duration: Duration = "30s"
    max_fails: int = Field(default=3, ge=1, le=100)


class CaddyRepository(Section):
    """The Debian repository that has a Caddy new enough (2.11; Debian 12 has 2.6) and the key that signs it."""

    source: str = "https://dl.cloudsmith.io/public/caddy/stable/deb/debian any-version main"
    # "Caddy Web Server <contact@caddyserver.com>", the key that signs that repository
    key_id: str = Field(default="65760C51EDEA2017CEA2CA15155B6D79CA56EA34", pattern=r"^[0-9A-F]{40}$")
    keyserver: str = "keyserver.ubuntu.com"


class Edge(Section):
    """Caddy on every edge."""

    certificate: Certificate
    routing: Literal["failover", "geographic", "dns"] = "failover"
    health: HealthCheck = HealthCheck()
    # A black-holed instance must fail within `lb_try_duration` often enough to reach `max_fails`.
    dial_timeout: Duration = "1s"
    lb_try_duration: Duration = "5s"
    stream_close_delay: Duration = "5m"  # websockets outlive a reload by this
    # None: the image's own package sources have it.
    caddy_repository: CaddyRepository | None = CaddyRepository()
