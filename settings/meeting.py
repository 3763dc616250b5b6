"""The meeting server: where it comes from, what its config.js says beyond the requirements, how many it holds."""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, model_validator

from settings.section import ADVANCED, Refusal, Section, refuse
from settings.types import AbsolutePath, ImageByDigest, PlainUrl, Port, Sha256, Text

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
# Ports that a participant takes on the SFU: 100 ports admitted about 12 people (upstream's issue tracker), that is two
# transports, each with a UDP and a TCP candidate, on several addresses.
PORTS_PER_PARTICIPANT = 8
UNPRIVILEGED = 1024  # ports below are the system's (RFC 6335)
# Upstream cannot switch its redirect listener off; nobody reaches this port.
REDIRECT_PORT = 3080
# Where monitoring asks for rooms and people.
EXPORTER_PORT = 8889


class Container(Section):
    """A container image, run by podman with the host's network (a bridge chokes on 10,000 ports)."""

    type: Literal["container"] = Field(description="A container image, run by podman.")
    image: ImageByDigest = Field(description="Your build of the server, by digest.")
    config_dir: AbsolutePath = Field(
        default="/opt/edumeet/server/config",
        description="Where the image looks for config.js: this of upstream's 3.4, /opt/edumeet/server/dist/config of "
        "3.5.",
    )
    registry_user: str | None = Field(
        default=None, description="The login at a private registry; its password is the secret `registry_password`."
    )


class Archive(Section):
    """A tar.gz with `server/server.js`, run by the distribution's Node.js."""

    type: Literal["archive"] = Field(description="A tar.gz with server/server.js, run by Debian's Node.js.")
    url: PlainUrl = Field(description="Where meeting nodes fetch it.")
    sha256: Sha256 = Field(description="Its checksum.")


Delivery = Annotated[Container | Archive, Field(discriminator="type")]


class RtcPorts(Section):
    """The UDP and TCP ports of the SFU's workers; the requirements' range by default."""

    min: Port = Field(default=40000, description="The first port of media, UDP and TCP; 1024 or more.")
    max: Port = Field(default=49999, description="The last one; a participant takes about 8.")

    @property
    def count(self) -> int:
        """How many ports the range has."""
        return self.max - self.min + 1

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and self.min <= port <= self.max


# RFC 7065.
TurnUrl = Annotated[
    str, Text(r"turns?:[^\s/@?]+(\?transport=(udp|tcp))?", "a TURN address such as turn:turn.example.com:3478")
]


class TurnServer(Section):
    """A TURN server that clients may use; its credential is the secret `turn_credential`."""

    urls: tuple[TurnUrl, ...] = Field(min_length=1, description="A TURN server's addresses.")
    username: str = Field(description="Its user; the password is the secret `turn_credential`.")


CookieName = Annotated[str, Text(r"[A-Za-z0-9._-]+", "a name of letters, digits, ., _ and -")]


class MeetingServer(Section):
    """The settings of every meeting node; defaults are the requirements' values."""

    delivery: Delivery
    listening_port: Port = Field(
        default=3443, description="Where an instance takes pages and signalling.", json_schema_extra=ADVANCED
    )
    rtc_ports: RtcPorts = RtcPorts()
    cookie_name: CookieName = Field(
        default="multiparty-meeting.sid", description="The name of the sessions' cookie.", json_schema_extra=ADVANCED
    )
    turn: tuple[TurnServer, ...] = Field(default=(), description="TURN servers that browsers may use.")
    config: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="More keys of config.js, laid upon this program's; in clear. Not those that it sets by itself: "
        f"{', '.join(sorted(OWN_KEYS))}.",
        json_schema_extra=ADVANCED,
    )

    @model_validator(mode="after")
    def _ports_outside_the_rtc_range(self) -> "MeetingServer":
        rtc = self.rtc_ports
        refusals = [
            Refusal(("listening_port",), self.listening_port, f"must differ from {port}: the server listens there too")
            for port in (REDIRECT_PORT, EXPORTER_PORT)
            if port == self.listening_port
        ]
        ports = {"listening_port": self.listening_port, "redirect_port": REDIRECT_PORT, "exporter_port": EXPORTER_PORT}
        refusals += [
            Refusal(("rtc_ports",), f"{rtc.min}-{rtc.max}", f"must not hold {port}, the server's {name}")
            for name, port in ports.items()
            if port in rtc
        ]
        if rtc.min < UNPRIVILEGED:
            allowed = f"must be {UNPRIVILEGED} or more: the range is open to the world, and SSH is below"
            refusals.append(Refusal(("rtc_ports", "min"), rtc.min, allowed))
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


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` laid upon `base`, mapping by mapping; anything else in `over` replaces."""
    merged = dict(base)
    for key, value in over.items():
        inner = merged.get(key)
        merged[key] = merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged
