"""From a lost daemon to a webhook: real Prometheus, Alertmanager, exporters, Redis and Sentinels, with our files.

What answers /health here is none of the product; Caddy, HAProxy and the meeting servers' own figures are missing.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address

import pytest

from boot.monitoring.alert_rules import alert_rules
from boot.monitoring.alerts import Alert
from boot.monitoring.patience import fires_within
from boot.monitoring.watched import Watched
from boot.monitoring.witness import monitoring_bundles
from boot.redis.redis import witness
from fleet.alerts import ASK, read
from fleet.certificates import self_signed
from settings.monitoring import ALERTMANAGER_PORT, GROUP_WAIT
from settings.secrets import FLEET_NAME
from tests.configuration import settings
from tests.daemons.monitoring_host import Caught, MonitoringHost, free_ports, healthy, webhook
from tests.daemons.redis_host import REDIS_ON_LOOPBACK
from tests.daemons.redis_trio import Trio, booted
from tests.unit.boot.alert_scenarios import INTERVAL
from tests.unit.boot.golden import MONITORED
from tests.unit.disk import program
from tests.unit.waiting import eventually

PROMETHEUS, ALERTMANAGER = "prometheus.service", "prometheus-alertmanager.service"
DOMAIN = "meeting.organisation.fr"
EDGES = {"gra": "127.17.3.11", "sbg": "127.17.3.12"}
INSTANCES = {"gra": "127.17.0.64", "sbg": "127.17.1.64"}
# The machine is busy with other tests: what is promised for one that is not may take this much longer.
BUSY_SECONDS = 15


@dataclass(frozen=True)
class Monitored:
    """An environment that is watched."""

    host: MonitoringHost
    trio: Trio
    caught: Caught
    instances: dict[str, ExitStack]
    watched: Watched

    def promised(self, alert: Alert) -> int:
        """Seconds within which an alert has to be told."""
        (hold,) = (rule.hold for rule in alert_rules(self.watched) if rule.alert is alert)
        return fires_within(hold, INTERVAL) + BUSY_SECONDS


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    """Three Redis servers, two edges, two instances, and the witness that watches them."""
    for name in ("prometheus", "prometheus-alertmanager", "prometheus-redis-exporter", "prometheus-node-exporter"):
        program(name, name)
    root = tmp_path_factory.mktemp("monitoring")
    fleet, edge = self_signed(FLEET_NAME), self_signed(DOMAIN, days=60)
    hook, health, *rest = free_ports(7)
    given = {
        **REDIS_ON_LOOPBACK,
        **MONITORED,
        "env.monitoring": {"webhook": True, "slack": True, "dead_mans_switch": True},
        "env.edge.affinity": False,
        "env.edge.certificate": {"type": "provided"},
        "edge_certificate": edge.certificate,
        "edge_key": edge.key,
        "fleet_certificate": fleet.certificate,
        "alert_webhook_url": f"http://127.0.0.1:{hook}/alerts",
        "alert_slack_url": f"http://127.0.0.1:{hook}/slack",
        "dead_mans_switch_url": f"http://127.0.0.1:{hook}/switch",
    }
    site = settings("witness", given)
    assert site.env.monitoring
    addresses = {name: IPv4Address(address) for name, address in EDGES.items()}
    watched = Watched(site, site.env.monitoring, addresses, IPv4Address("127.17.2.6"))
    with ExitStack() as stack:
        caught = stack.enter_context(webhook(hook))
        trio = stack.enter_context(booted(tmp_path_factory.mktemp, {**REDIS_ON_LOOPBACK}))
        redis = dict(zip((6379, 26379), trio["gra"].ports, strict=True))
        ports = dict(zip((9090, 9093, 9115, 9121, 9100), rest, strict=True)) | redis | {3443: health}
        replaced = {f"https://{address}/": f"https://{address}:{health}/" for address in EDGES.values()}
        # One node_exporter for all servers: they are one machine here.
        host = MonitoringHost(root, ports, {**replaced, "listen-address=127.17.2.6:": "listen-address=0.0.0.0:"})
        host.write(witness(site), monitoring_bundles(watched))
        for address in EDGES.values():
            stack.enter_context(healthy((address, health), edge, root))
        instances = {name: stack.enter_context(ExitStack()) for name in INSTANCES}
        for name, address in INSTANCES.items():
            instances[name].enter_context(healthy((address, health), fleet, root))
        stack.callback(host.stop)
        host.start()
        yield Monitored(host, trio, caught, instances, watched)


def _within(monitored: Monitored, alert: Alert, since: float, path: str = "/alerts") -> float:
    """The seconds until an alert was told."""
    at = eventually(
        lambda: monitored.caught.first(path, alert.value),
        bool,
        seconds=monitored.promised(alert),
        what=f"{alert.value} at the webhook; {monitored.host.log()}",
    )
    assert at is not None
    return at - since


def _in_the_chat(monitored: Monitored, alert: Alert) -> None:
    """What a chat shows of it: a title and a line, as Slack's incoming webhooks take them."""

    def shown() -> list[str]:
        told = [body for _, path, body in monitored.caught.told if path == "/slack"]
        return [f"{one['title']}|{one['text']}" for body in told for one in body["attachments"]]

    title = f"FIRING: {alert.value} at sbg|production-sbg-meeting-1 does not answer /health over the backbone"
    eventually(shown, lambda seen: any(one.startswith(title) for one in seen), seconds=BUSY_SECONDS, what=title)


def test_what_is_asked_answers(monitored: Monitored) -> None:
    """Redis and Sentinels by one exporter and one password, edges and instances by pinned certificates.

    Each target has its own moment in the interval: some are seen while others were not looked at yet.
    """
    ask = monitored.host.figures
    everybody = {place.server for place in monitored.watched.servers}
    sentinels = [f"{site} production-{site}-redis-1 sentinel" for site in ("gra", "sbg")]
    expected = {
        "redis:up:bool": {"gra": 1, "sbg": 1, "witness": 1},
        "site:serving:bool": {"gra": 1, "sbg": 1},
        "max by (site) (instance:serving:bool)": {"gra": 1, "sbg": 1},
        "redis:master:bool": {"gra": 1, "sbg": 0, "witness": 0},
        "redis:replicas": {"": 2},
        "redis:quorum:bool": {"": 1},
        'redis_up{job="sentinel"}': dict.fromkeys([*sentinels, "witness production-witness-witness-1 sentinel"], 1),
        "round(certificate:days_left)": {"gra": 60, "sbg": 60},
        "backbone:reachable:bool": {"gra": 1, "sbg": 1},
    }
    eventually(
        lambda: {query: ask(query) for query in expected},
        expected.__eq__,
        seconds=3 * INTERVAL + BUSY_SECONDS,
        what=f"what everybody says; {monitored.host.log()}",
    )
    missing = {"caddy", "meeting"}
    eventually(
        lambda: ask("up"),
        lambda up: (
            {name.split()[1] for name in up} >= everybody
            and {name.split()[-1] for name, is_up in up.items() if not is_up} == missing
        ),
        seconds=3 * INTERVAL + BUSY_SECONDS,
        what=f"everybody was looked at; {monitored.host.log()}",
    )


def test_what_the_checklist_asks_is_answered(monitored: Monitored) -> None:
    """By Prometheus and Alertmanager themselves, in the form that is read."""
    # An exporter that was asked while the machine stood still is missing until the next time.
    said = eventually(
        lambda: read(monitored.host.shell(ASK)),
        lambda seen: Alert.WATCHDOG in seen.firing and {one.split()[0] for one in seen.missing} == {"caddy", "meeting"},
        seconds=3 * INTERVAL + BUSY_SECONDS,
        what="monitoring is as far as it gets",
    )
    assert said.holds == {rule.alert.value: rule.hold for rule in alert_rules(monitored.watched)}
    assert (said.alertmanagers, said.receivers) == (1, ("operators", "dead-mans-switch"))
    assert said.watched == {place.server for place in monitored.watched.servers}


def test_the_dead_mans_switch_is_told_that_monitoring_lives(monitored: Monitored) -> None:
    """And nobody else is."""
    _within(monitored, Alert.WATCHDOG, time.monotonic(), "/switch")
    assert monitored.caught.first("/alerts", Alert.WATCHDOG.value) is None


def test_a_killed_replica_and_a_lost_instance_are_told_in_time(monitored: Monitored) -> None:
    """Within the time that follows from the settings, and not before what heals by itself has had its time."""
    begun = time.monotonic()
    monitored.trio["sbg"].stop("redis-server")
    monitored.instances["sbg"].close()
    waits = {rule.alert: rule.hold for rule in alert_rules(monitored.watched)}
    for alert in (Alert.INSTANCE_DOWN, Alert.REDIS_REPLICA_MISSING):
        took = _within(monitored, alert, begun)
        print(f"{alert.value}: told after {took:.0f} s, promised {monitored.promised(alert) - BUSY_SECONDS} s")
        assert took >= waits[alert] + GROUP_WAIT
    _in_the_chat(monitored, Alert.INSTANCE_DOWN)
    assert monitored.caught.first("/alerts", Alert.EDGE_DOWN.value) is None
    assert monitored.caught.first("/alerts", Alert.REDIS_MASTER_MISSING.value) is None


def test_what_joins_a_group_that_was_told_is_told_as_soon(monitored: Monitored) -> None:
    """As a node that is lost after its neighbour, or again."""
    url = f"http://127.0.0.1:{ALERTMANAGER_PORT}"
    for server in ("gra-meeting-8", "gra-meeting-9"):
        monitored.host.shell(f"amtool --alertmanager.url={url} alert add {Alert.NODE_FULL} site=gra server={server}")
        begun = time.monotonic()
        eventually(
            lambda server=server: [at for at, _, body in monitored.caught.told if server in str(body)],  # type: ignore[misc]
            bool,
            seconds=GROUP_WAIT + BUSY_SECONDS,
            what=f"{server} at the webhook; {monitored.host.log()}",
        )
        print(f"{server}: told after {time.monotonic() - begun:.0f} s")


def test_a_lost_master_is_told_though_alertmanager_was_away_when_it_fired(monitored: Monitored) -> None:
    """As after a reload, when Prometheus knows no Alertmanager for a moment. The other site's Redis is gone already."""
    alert = Alert.REDIS_MASTER_MISSING
    monitored.host.end(ALERTMANAGER)
    monitored.trio["gra"].stop("redis-server")
    _fires(monitored, alert, seconds=monitored.promised(alert))
    monitored.host.begin(ALERTMANAGER)
    back = time.monotonic()
    took = _within(monitored, alert, back)
    print(f"{alert.value}: told {took:.0f} s after Alertmanager was back")
    assert took < 2 * INTERVAL + GROUP_WAIT + BUSY_SECONDS


def test_what_fires_goes_on_when_prometheus_is_started_again(monitored: Monitored) -> None:
    """It does not wait anew for as long as it has waited: Alertmanager would tell that it has ended."""
    alert = Alert.REDIS_REPLICA_MISSING
    _fires(monitored, alert, seconds=INTERVAL)
    monitored.host.end(PROMETHEUS)
    monitored.host.begin(PROMETHEUS)
    _fires(monitored, alert, seconds=3 * INTERVAL)


def _fires(monitored: Monitored, alert: Alert, *, seconds: float) -> None:
    """Wait until Prometheus says so, whomever it tells."""
    host = monitored.host
    eventually(host.firing, lambda seen: alert in seen, seconds=seconds, what=f"{alert.value} fires; {host.log()}")
