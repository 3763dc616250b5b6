"""The meeting server: where it comes from, and what its config.js says beyond the requirements."""

from typing import Annotated, Any

from pydantic import Field, JsonValue, model_validator

from settings.delivery import Container, Delivery
from settings.passed_through import OWN_KEYS, passed_through_rules, secrets_in
from settings.relay import Relay
from settings.section import ADVANCED, Refusal, Section, refuse
from settings.servers import PUBLIC_IMAGE, SERVERS, Server, ServerKind
from settings.types import Port, Text

UNPRIVILEGED = 1024  # ports below are the system's (RFC 6335)
# Upstream cannot switch its redirect listener off; nobody reaches this port.
REDIRECT_PORT = 3080
# Where monitoring asks for rooms and people.
EXPORTER_PORT = 8889
# Where edges ask whether the node takes new rooms.
LOAD_PORT = 8890


class RtcPorts(Section):
    """The UDP and TCP ports of the SFU's workers; the requirements' range by default."""

    min: Port = Field(default=40000, description="The first port of media, UDP and TCP; 1024 or more.")
    max: Port = Field(default=49999, description="The last one; a participant takes 2.")

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

    server: Server = Field(
        description="Which meeting server it is. `multiparty-meeting`: your own build, which knows Sentinel; "
        "`edumeet-3.4`, `edumeet-3.5`: upstream's releases, which take `redis.access` proxy or plain.",
    )
    delivery: Delivery
    listening_port: Port = Field(
        default=3443,
        description="Where an instance takes pages and signalling. While only one site has a new one, each edge "
        "reaches its own site alone.",
        json_schema_extra=ADVANCED,
    )
    rtc_ports: RtcPorts = RtcPorts()
    cookie_name: CookieName = Field(
        default="multiparty-meeting.sid", description="The name of the sessions' cookie.", json_schema_extra=ADVANCED
    )
    turn: tuple[TurnServer, ...] = Field(default=(), description="TURN servers that browsers may use.")
    relay: Relay | None = None
    web_config: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="The web app's configuration (public/config/config.js), which every visitor reads: title, logo, "
        "layout; laid upon what edumeet-3.4's page cannot do without.",
        json_schema_extra=ADVANCED,
    )
    config: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="More keys of config.js; in clear. Secrets of the server's, such as an OIDC client's, belong into "
        "the secret `meeting_config`, which is laid upon them. Not those that this program sets by itself: "
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
        if self.listening_port == LOAD_PORT:
            allowed = f"must differ from {LOAD_PORT}: edges ask for the node's load there"
            refusals.append(Refusal(("listening_port",), self.listening_port, allowed))
        ports = {"listening_port": self.listening_port, "redirect_port": REDIRECT_PORT, "exporter_port": EXPORTER_PORT}
        ports |= {"load_port": LOAD_PORT}
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
        refusals += passed_through_rules(("config",), self.config, clear=True)
        refusals += [
            Refusal(("web_config", *path), None, "looks like a secret, and every visitor reads it")
            for path in secrets_in(self.web_config)
        ]
        refusals += self._image_rules()
        refuse("meeting", refusals)
        return self

    @property
    def kind(self) -> ServerKind:
        """What follows from which server it is."""
        return SERVERS[self.server]

    def _image_rules(self) -> list[Refusal]:
        """Upstream's public image says by its name, and by its tag where it has one, which server is in it."""
        if not isinstance(self.delivery, Container) or self.delivery.name != PUBLIC_IMAGE:
            return []
        release = self.delivery.release
        inside = f"edumeet-{release}" if release else "edumeet"
        if self.server == inside or (release is None and self.server != "multiparty-meeting"):
            return []
        allowed = f"is upstream's public image, which holds {inside}: meeting.server is {self.server}"
        return [Refusal(("delivery", "image"), self.delivery.image, allowed)]


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` laid upon `base`, mapping by mapping; anything else in `over` replaces."""
    merged = dict(base)
    for key, value in over.items():
        inner = merged.get(key)
        merged[key] = merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged
