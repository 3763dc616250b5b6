"""The kinds of meeting server that this program deploys, and what follows from which one it is."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BeforeValidator

from settings.redis import Cluster, Redis
from settings.refused import refused
from settings.section import Refusal

ServerName = Literal["multiparty-meeting", "edumeet-3.4", "edumeet-3.5"]
# Upstream's public image: its tags begin with the release.
PUBLIC_IMAGE = "docker.io/edumeet/edumeet"


@dataclass(frozen=True)
class ServerKind:
    """What a meeting server can do, and where it keeps its things (read in, and run from, upstream's releases).

    Attributes:
        sentinel: whether its Redis client knows Sentinel and Cluster; node_redis, upstream's, does not.
        program: what Node.js runs, from the server's directory.
        home: the server's directory in upstream's image.
        config: the directory of config.js, below the server's.
        public: the directory of the web app, below the server's.
        metrics: the exporter's path with the figures of rooms and people.
        environment: what its container's entry point takes from the environment.
        scores: whether that path says how well streams get through.
        losses: whether it says how many packets of them are lost.
    """

    sentinel: bool
    program: str
    home: str
    config: str
    public: str
    metrics: str
    environment: dict[str, str] = field(default_factory=dict)
    scores: bool = False
    losses: bool = False

    @property
    def config_dir(self) -> str:
        """Where upstream's image, and a build that descends from it, looks for config.js."""
        return f"{self.home}/{self.config}"

    @property
    def public_dir(self) -> str:
        """Where they have the web app."""
        return f"{self.home}/{self.public}"


_HOME = "/opt/edumeet/server"
# The public images' entry points: `cd ${BASEDIR}/${EDUMEET}/server`; both are build arguments alone.
_ENTRY_POINT = {"BASEDIR": "/opt", "EDUMEET": "edumeet"}
SERVERS: dict[ServerName, ServerKind] = {
    "multiparty-meeting": ServerKind(True, "server.js", _HOME, "config", "public", "/"),
    "edumeet-3.4": ServerKind(False, "server.js", _HOME, "config", "public", "/", _ENTRY_POINT, scores=True),
    "edumeet-3.5": ServerKind(
        False,
        "dist/server.js",
        _HOME,
        "dist/config",
        "dist/public",
        "/metrics",
        _ENTRY_POINT,
        scores=True,
        losses=True,
    ),
}


def _deployable(value: object) -> object:
    if isinstance(value, str) and value.startswith("edumeet-4"):
        why = (
            "cannot be deployed by this program: edumeet 4 has no Redis, four parts of its own and no such "
            "configuration (docs/decisions/0030); take edumeet-3.5"
        )
        raise refused("server", why)
    return value


Server = Annotated[ServerName, BeforeValidator(_deployable)]


def redis_client_rules(server: ServerName, redis: Redis) -> list[Refusal]:
    """node_redis, given Sentinels or a cluster, goes to its own machine and ends the process.

    With TLS nobody has tried upstream's releases (docs/decisions/0048): a proxy has it in their place.
    """
    if SERVERS[server].sentinel:
        return []
    why = f"meeting.server {server} knows no"
    if isinstance(redis, Cluster):
        return [Refusal(("redis", "mode"), redis.mode, f"{why} Redis Cluster: take mode sentinel with access proxy")]
    if redis.access == "sentinel":
        return [Refusal(("redis", "access"), redis.access, f"{why} Sentinel: take access proxy")]
    if redis.access == "plain" and redis.tls:
        by_proxy = f"meeting.server {server} has TLS to Redis through a proxy alone: take access proxy, or tls false"
        return [Refusal(("redis", "tls"), redis.tls, by_proxy)]
    return []
