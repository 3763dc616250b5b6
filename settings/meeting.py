"""The meeting server: where it comes from, what its config.js says beyond the requirements, how many it holds."""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, model_validator

from settings.section import Refusal, Section, refuse
from settings.types import AbsolutePath, ImageByDigest, Port, Sha256, Url

# Ports that a participant takes on the SFU: 100 ports admitted about 12 people (upstream's issue tracker), that is two
# transports, each with a UDP and a TCP candidate, on several addresses.
PORTS_PER_PARTICIPANT = 8
UNPRIVILEGED = 1024  # ports below are the system's (RFC 6335)


class Container(Section):
    """A container image, run by podman with the host's network (a bridge chokes on 10,000 ports)."""

    type: Literal["container"]
    image: ImageByDigest
    config_dir: AbsolutePath = "/opt/edumeet/server/config"  # 3.4; 3.5 has /opt/edumeet/server/dist/config
    registry_user: str | None = None


class Archive(Section):
    """A tar.gz with `server/server.js`, run by the distribution's Node.js."""

    type: Literal["archive"]
    url: Url
    sha256: Sha256


Delivery = Annotated[Container | Archive, Field(discriminator="type")]


class RtcPorts(Section):
    """The UDP and TCP ports of the SFU's workers; the requirements' range by default."""

    min: Port = 40000
    max: Port = 49999

    @property
    def count(self) -> int:
        """How many ports the range has."""
        return self.max - self.min + 1

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and self.min <= port <= self.max


class TurnServer(Section):
    """A TURN server that clients may use; its credential is the secret `turn_credential`."""

    urls: tuple[str, ...] = Field(min_length=1)
    username: str


class MeetingServer(Section):
    """The settings of every meeting node; defaults are the requirements' values."""

    delivery: Delivery
    listening_port: Port = 3443
    redirect_port: Port = 3080  # upstream cannot switch its redirect listener off; nobody reaches this port
    exporter_port: Port = 8889
    rtc_ports: RtcPorts = RtcPorts()
    cookie_name: str = Field(default="multiparty-meeting.sid", pattern=r"^[A-Za-z0-9._-]+$")
    turn: tuple[TurnServer, ...] = ()
    config: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ports_outside_the_rtc_range(self) -> "MeetingServer":
        rtc = self.rtc_ports
        refusals = [
            Refusal((key,), port, f"must lie outside the WebRTC ports {rtc.min}-{rtc.max}: media would take it")
            for key in ("listening_port", "redirect_port", "exporter_port")
            if (port := getattr(self, key)) in rtc
        ]
        if rtc.min < UNPRIVILEGED:
            allowed = f"must be {UNPRIVILEGED} or more: the range is open to the world, and SSH is below"
            refusals.append(Refusal(("rtc_ports", "min"), rtc.min, allowed))
        own = {key: getattr(self, key) for key in ("listening_port", "redirect_port", "exporter_port")}
        refusals += [
            Refusal((key,), port, f"must differ from the others of {', '.join(own)}")
            for key, port in own.items()
            if list(own.values()).count(port) > 1
        ]
        if rtc.min >= rtc.max:
            refusals.append(Refusal(("rtc_ports",), f"{rtc.min}-{rtc.max}", "min must be below max"))
        refusals += [
            # Without its value, which may be a secret of the server's.
            Refusal(("config", key), None, "is set by this program and cannot be passed through")
            for key in sorted(OWN_KEYS & self.config.keys())
        ]
        refuse("meeting", refusals)
        return self

    def capacity(self, nodes: int) -> int:
        """Participants that the WebRTC ports of `nodes` nodes hold."""
        return nodes * self.rtc_ports.count // PORTS_PER_PARTICIPANT


# config.js keys that this program writes; `mediasoup` may be extended, it is merged key by key.
OWN_KEYS = frozenset(
    {
        "behindReverseProxy",
        "cookieName",
        "cookieSecret",
        "httpOnly",
        "listeningPort",
        "listeningRedirectPort",
        "prometheus",
        "redisOptions",
        "tls",
        "trustProxy",
        "turn",
    }
)


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` laid upon `base`, mapping by mapping; anything else in `over` replaces."""
    merged = dict(base)
    for key, value in over.items():
        inner = merged.get(key)
        merged[key] = merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged
