"""Monitoring on the witness: who is told, when a figure is worth telling, and the ports of what is asked."""

from collections.abc import Collection
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from settings.edge import Edge
from settings.meeting import MeetingServer
from settings.redis import Cluster, Redis
from settings.section import Refusal, Section, refuse
from settings.status_page import StatusPage, status_page_rules
from settings.types import Cidr, Duration, Email, HostAndPort, Retention, SiteName, above_zero, seconds

# Exporters listen on a server's backbone address. Debian's port for node_exporter, HAProxy's documentation's for its
# own exporter; 2019 would be Caddy's admin endpoint, which is a socket here.
NODE_PORT, HAPROXY_PORT, CADDY_PORT = 9100, 8405, 2020
# On the witness' loopback: each program's own default.
PROMETHEUS_PORT, ALERTMANAGER_PORT, BLACKBOX_PORT, REDIS_EXPORTER_PORT = 9090, 9093, 9115, 9121
# A look may take 10 s; Prometheus takes figures for gone that are older than 5 minutes. Seconds.
SHORTEST_INTERVAL, LONGEST_INTERVAL = 10, 120
# What belongs together is told together: Alertmanager waits this long for more. Seconds.
GROUP_WAIT = 10

Percent = Annotated[int, Field(ge=1, le=99)]


def _whole_seconds(interval: str) -> str:
    length = seconds(interval)
    if length not in range(SHORTEST_INTERVAL, LONGEST_INTERVAL + 1):
        raise PydanticCustomError("interval", f"must be from {SHORTEST_INTERVAL}s to {LONGEST_INTERVAL // 60}m")
    return interval


class Mail(Section):
    """Alerts by mail; the password of `user` is the secret `smtp_password`."""

    smarthost: HostAndPort
    sender: Email
    to: tuple[Email, ...] = Field(min_length=1)
    user: str | None = None
    require_tls: bool = True


class Thresholds(Section):
    """When a figure becomes an alert. How long faults may last is computed from the other settings instead.

    Let's Encrypt's certificates are renewed with 30 of their 90 days left: with 14, two weeks of attempts have failed.
    The percentages are round numbers that leave a person time to act.
    """

    certificate_days: int = Field(default=14, ge=1, le=90)
    gateway_percent: Percent = 80
    disk_free_percent: Percent = 10
    memory_free_percent: Percent = 10
    cpu_percent: Percent = 90


class Monitoring(Section):
    """Prometheus and Alertmanager on the witness, exporters everywhere; None in its place: nothing of it."""

    mail: Mail | None = None
    webhook: bool = False  # its address is the secret `alert_webhook_url`
    # Told every `dead_mans_switch_interval` that monitoring lives; its address is the secret `dead_mans_switch_url`.
    dead_mans_switch: bool = False
    dead_mans_switch_interval: Annotated[Duration, above_zero("Alertmanager refuses it")] = "5m"
    repeat_interval: Annotated[Duration, above_zero("Alertmanager refuses it")] = (
        "4h"  # until an alert that goes on is told again
    )
    # Between two looks at the same figure, and between two evaluations of the rules.
    scrape_interval: Annotated[Duration, AfterValidator(_whole_seconds), above_zero("Prometheus takes 0 for 1 min")] = (
        "15s"
    )
    retention: Retention = "15d"
    # Where the meeting server counts rooms and people: "/" of upstream's 3.4, "/metrics" of 3.5.
    meeting_path: str = Field(default="/", pattern=r"^/\S*$")
    thresholds: Thresholds = Thresholds()
    status_page: StatusPage | None = None

    @model_validator(mode="after")
    def _told(self) -> "Monitoring":
        if self.mail or self.webhook:
            return self
        allowed = "tells nobody: set mail, or webhook: true with the secret alert_webhook_url"
        refuse("monitoring", [Refusal((), None, allowed)])
        return self

    @property
    def interval(self) -> int:
        """Seconds of `scrape_interval`."""
        return int(seconds(self.scrape_interval))

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets that it needs, each with the reason."""
        needs = {"smtp_password": "monitoring.mail has a user"} if self.mail and self.mail.user else {}
        needs |= {"alert_webhook_url": "monitoring.webhook is on"} if self.webhook else {}
        return needs | ({"dead_mans_switch_url": "monitoring.dead_mans_switch is on"} if self.dead_mans_switch else {})


def monitoring_rules(
    monitoring: Monitoring | None,
    *,
    witness: SiteName | None,
    operators: Collection[Cidr],
    meeting: MeetingServer,
    edge: Edge,
) -> list[Refusal]:
    """Rules of an environment's monitoring beside its other settings."""
    if monitoring is None:
        return []
    refusals = []
    if witness is None:
        refusals.append(Refusal(("monitoring",), None, "needs a site with role witness: it watches from there"))
    if not operators:
        allowed = "is needed with monitoring: it is pushed, and its dashboards are reached, over SSH"
        refusals.append(Refusal(("operators", "cidrs"), None, allowed))
    if NODE_PORT in meeting.rtc_ports:
        ports = f"{meeting.rtc_ports.min}-{meeting.rtc_ports.max}"
        allowed = f"must not hold {NODE_PORT} with monitoring: node_exporter listens there"
        refusals.append(Refusal(("meeting", "rtc_ports"), ports, allowed))
    taken = {NODE_PORT: "node_exporter", HAPROXY_PORT: "HAProxy's exporter", CADDY_PORT: "Caddy's exporter"}
    ours: dict[tuple[str, ...], int] = {
        **{
            ("meeting", key): getattr(meeting, key)
            for key in ("listening_port", "redirect_port", "exporter_port")
            if getattr(meeting, key) == NODE_PORT
        },
        ("edge", "room_table", "peers_port"): edge.room_table.peers_port,
    }
    refusals += [
        Refusal(key, port, f"must differ with monitoring: {taken[port]} listens there")
        for key, port in ours.items()
        if port in taken
    ]
    return [*refusals, *status_page_rules(monitoring.status_page, health=edge.health.uri)]


def redis_ports(redis: Redis) -> tuple[int, ...]:
    """The ports of each Redis server that are asked: Redis and Sentinel, or two nodes of a cluster."""
    return (6379, 6380) if isinstance(redis, Cluster) else (6379, 26379)
