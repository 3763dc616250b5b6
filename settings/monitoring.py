"""Monitoring on the witness: who is told, when a figure is worth telling, and the ports of what is asked."""

from collections.abc import Collection
from typing import Annotated

from pydantic import Field, model_validator

from settings.duration import Between, Duration, whole_seconds
from settings.edge import Edge
from settings.meeting import MeetingServer
from settings.redis import GUEST_PORT, PORT, SENTINEL_PORT, Cluster, Redis
from settings.section import ADVANCED, Refusal, Section, refuse
from settings.status_page import StatusPage, status_page_rules
from settings.types import Cidr, Email, HostAndPort, Percent, SiteName, Switch, Unit, UriPath, Whole

# Exporters listen on a server's backbone address. Debian's port for node_exporter, HAProxy's documentation's for its
# own exporter; 2019 would be Caddy's admin endpoint, which is a socket here.
NODE_PORT, HAPROXY_PORT, CADDY_PORT = 9100, 8405, 2020
# On the witness' loopback: each program's own default.
PROMETHEUS_PORT, ALERTMANAGER_PORT, BLACKBOX_PORT, REDIS_EXPORTER_PORT = 9090, 9093, 9115, 9121
# A look's own, in seconds; a probe's is shorter, so that "no answer" is an answer.
SCRAPE_TIMEOUT = 10
# A look may take that long; Prometheus takes figures for gone that are older than 5 minutes.
SHORTEST_INTERVAL, LONGEST_INTERVAL = f"{SCRAPE_TIMEOUT}s", "2m"
# What belongs together is told together: Alertmanager waits this long for more. Seconds.
GROUP_WAIT = 10


class Mail(Section):
    """Alerts by mail; the password of `user` is the secret `smtp_password`."""

    smarthost: HostAndPort = Field(description="The mail server, with its port.")
    sender: Email = Field(description="Whom alerts come from.")
    to: tuple[Email, ...] = Field(min_length=1, description="Who gets them.")
    user: str | None = Field(
        default=None, description="The login at the mail server; its password is the secret `smtp_password`."
    )
    require_tls: Switch = Field(
        default=True, description="Whether mail goes out over TLS alone.", json_schema_extra=ADVANCED
    )


class Thresholds(Section):
    """When a figure becomes an alert. How long faults may last is computed from the other settings instead.

    Let's Encrypt's certificates are renewed with 30 of their 90 days left: with 14, two weeks of attempts have failed.
    The percentages are round numbers that leave a person time to act. Of speech ITU-T G.1010 lets 3 % get lost;
    mediasoup's score is ten times the fourth power of the share that arrives: 7 is a tenth lost.
    """

    certificate_days: Annotated[Whole, Unit("days"), Field(ge=1, le=90)] = Field(
        default=14, description="What a certificate has left when an alert says so.", json_schema_extra=ADVANCED
    )
    gateway_percent: Percent = Field(
        default=80, description="Of what the gateway carries: more is an alert.", json_schema_extra=ADVANCED
    )
    capacity_percent: Percent = Field(
        default=80, description="Of the people that a site holds: more is an alert.", json_schema_extra=ADVANCED
    )
    lost_percent: Percent = Field(
        default=5,
        description="Of the packets that an instance is sent: more lost is an alert.",
        json_schema_extra=ADVANCED,
    )
    score: Annotated[Whole, Unit("of 10"), Field(ge=1, le=10)] = Field(
        default=7, description="Of an instance's streams, on average: less is an alert.", json_schema_extra=ADVANCED
    )
    disk_free_percent: Percent = Field(
        default=10, description="Free disk: less is an alert.", json_schema_extra=ADVANCED
    )
    memory_free_percent: Percent = Field(
        default=10, description="Free memory: less is an alert.", json_schema_extra=ADVANCED
    )
    cpu_percent: Percent = Field(
        default=90, description="Busy processors: more is an alert.", json_schema_extra=ADVANCED
    )


class Monitoring(Section):
    """Prometheus and Alertmanager on the witness, exporters everywhere; None in its place: nothing of it."""

    mail: Mail | None = None
    webhook: Switch = Field(
        default=False,
        description="Whether alerts are posted, as Alertmanager's JSON, to a program of yours: at the secret "
        "`alert_webhook_url`.",
    )
    slack: Switch = Field(
        default=False,
        description="Whether alerts are posted to a chat that takes Slack's incoming webhooks, as Mattermost does: at "
        "the secret `alert_slack_url`.",
    )
    dead_mans_switch: Switch = Field(
        default=False,
        description="Whether a service outside is told that monitoring lives, and so notices when it does not: at the "
        "secret `dead_mans_switch_url`.",
    )
    dead_mans_switch_interval: Annotated[Duration, Between("1s", "1d", zero="Alertmanager refuses it")] = Field(
        default="5m", description="How often it is told.", json_schema_extra=ADVANCED
    )
    repeat_interval: Annotated[Duration, Between("1s", "7d", zero="Alertmanager refuses it")] = Field(
        default="4h", description="Until an alert that goes on is told again.", json_schema_extra=ADVANCED
    )
    scrape_interval: Annotated[
        Duration, Between(SHORTEST_INTERVAL, LONGEST_INTERVAL, whole=True, zero="Prometheus takes 0 for 1 min")
    ] = Field(
        default="15s",
        description="Between two looks at the same figure, and between two evaluations of the rules.",
        json_schema_extra=ADVANCED,
    )
    retention: Annotated[Duration, Between("1d", "365d", zero="Prometheus takes 0 for its own 15d")] = Field(
        default="15d", description="How long figures are kept.", json_schema_extra=ADVANCED
    )
    meeting_path: UriPath | None = Field(
        default=None,
        description="Where the meeting server counts rooms and people; without it, `/`, of edumeet-3.5 `/metrics`.",
        json_schema_extra=ADVANCED,
    )
    thresholds: Thresholds = Thresholds()
    status_page: StatusPage | None = None

    @model_validator(mode="after")
    def _told(self) -> "Monitoring":
        if self.mail or self.webhook or self.slack:
            return self
        allowed = "tells nobody: set mail, slack: true (secret alert_slack_url) or webhook: true (alert_webhook_url)"
        refuse("monitoring", [Refusal((), None, allowed)])
        return self

    @property
    def interval(self) -> int:
        """Seconds of `scrape_interval`."""
        return whole_seconds(self.scrape_interval)

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets that it needs, each with the reason."""
        needs = {"smtp_password": "monitoring.mail has a user"} if self.mail and self.mail.user else {}
        needs |= {"alert_webhook_url": "monitoring.webhook is on"} if self.webhook else {}
        needs |= {"alert_slack_url": "monitoring.slack is on"} if self.slack else {}
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
    if meeting.listening_port == NODE_PORT:
        allowed = "must differ with monitoring: node_exporter listens there"
        refusals.append(Refusal(("meeting", "listening_port"), NODE_PORT, allowed))
    return [*refusals, *status_page_rules(monitoring.status_page, health=edge.health.uri)]


def redis_ports(redis: Redis) -> tuple[int, ...]:
    """The ports of each Redis server that are asked: Redis and Sentinel, or two nodes of a cluster."""
    return (PORT, GUEST_PORT if isinstance(redis, Cluster) else SENTINEL_PORT)
