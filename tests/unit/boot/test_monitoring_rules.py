"""The alerts, judged by Prometheus' own `promtool test rules`: each fires when it has to, and not in peace."""

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from boot.monitoring.alert_rules import alert_rules, rules_yml
from boot.monitoring.alerts import FIRED_BY, Alert
from boot.monitoring.patience import patience
from boot.monitoring.watched import Watched
from ops.checklist.monitored import EVERYWHERE
from recovery.client import Given
from recovery.fault import Fault
from recovery.faults import worst_case
from settings.image import REMIND_DAYS
from tests.configuration import settings
from tests.unit.boot.alert_scenarios import BEGINS, INTERVAL, MASTER, PEACE, ROOMS, SLOTS, WRONG, Course, group
from tests.unit.boot.golden import (
    CLUSTER,
    HOLDS,
    IMAGE_DATES,
    MBIT,
    MONITORED,
    NAMESERVERS,
    OWN_CARD,
    RELAY,
    RELAY_NAMES,
)
from tests.unit.disk import program

# With all that a meeting server may say of quality.
SAYS_ALL = {"env.meeting.server": "edumeet-3.5", "env.redis.access": "proxy"}
SLOTS_IN_PEACE = {name: Course(16384, 16384) for name in SLOTS.values()}
OTHERS = f'alertname!="{Alert.WATCHDOG.value}"'


def watched(changes: Mapping[str, Any] | None = None) -> Watched:
    """The monitored environment with a zone and relays; what differs from it."""
    given = settings("witness", {**RELAY, **MONITORED, **(changes or {})})
    assert given.env.monitoring
    return Watched(given, given.env.monitoring, NAMESERVERS.edges, OWN_CARD, MBIT, HOLDS, IMAGE_DATES)


def _holds(rules: Watched) -> dict[Alert, int]:
    return {rule.alert: rule.hold for rule in alert_rules(rules)}


def _judge(rules: Watched, groups: list[dict[str, Any]], home: Path) -> None:
    (home / "rules.yml").write_text(rules_yml(rules))
    _promtool(groups, home)


def _promtool(groups: list[dict[str, Any]], home: Path) -> None:
    """Judge the rules that are there."""
    tests = {"rule_files": ["rules.yml"], "evaluation_interval": f"{INTERVAL}s", "tests": groups}
    (home / "tests.yml").write_text(yaml.safe_dump(tests, sort_keys=False))
    command = [program("promtool", "prometheus"), "test", "rules", str(home / "tests.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_environment_has_the_alerts_that_the_checklist_asks_for() -> None:
    """Also one of a cluster on cards of its own, without a zone, relays or rooms' affinity."""
    given = settings("witness", {**MONITORED, **CLUSTER, "env.edge.affinity": False})
    assert given.env.monitoring
    plain = Watched(given, given.env.monitoring, NAMESERVERS.edges, OWN_CARD, {}, {})
    assert set(EVERYWHERE) <= _holds(plain).keys()
    everything = _holds(watched(SAYS_ALL)) | _holds(watched(CLUSTER))
    assert everything.keys() == set(Alert)


def test_in_peace_monitoring_says_that_it_lives_and_nothing_else(tmp_path: Path) -> None:
    watchdog = f'alertname="{Alert.WATCHDOG.value}"'
    peace = group(PEACE, {(60, OTHERS): 0, (60, watchdog): 1, (2 * BEGINS, OTHERS): 0, (2 * BEGINS, watchdog): 1})
    _judge(watched(SAYS_ALL), [peace], tmp_path)


def test_every_alert_fires_after_its_wait_and_not_before(tmp_path: Path) -> None:
    """Whatever each alone is made of. Not at the last look before the wait is over; within two looks after it.

    For rates that grow over a minute one more minute is allowed.
    """
    rules = watched(SAYS_ALL)
    groups = []
    for alert, ways in WRONG.items():
        hold, own = _holds(rules)[alert], f'alertname="{alert.value}"'
        for way in ways:
            slow = 60 if any(course.counter for course in way.values()) else 0
            at = BEGINS + hold
            groups.append(group(PEACE | way, {(at - INTERVAL, own): 0, (at + 2 * INTERVAL + slow, own): 1}))
    assert set(WRONG) | {Alert.WATCHDOG, Alert.IMAGE_OLD} == set(Alert) == set(_holds(rules))
    _judge(rules, groups, tmp_path)


def test_an_image_grows_old_by_the_clock_alone(tmp_path: Path) -> None:
    """The same day on which `make status` says so, and one alert for each site whose image it is."""
    day = 86_400
    rules = replace(watched(), image_dates={"gra": BEGINS - (REMIND_DAYS + 1) * day, "sbg": BEGINS - REMIND_DAYS * day})
    at, own = BEGINS + _holds(rules)[Alert.IMAGE_OLD], f'alertname="{Alert.IMAGE_OLD.value}"'
    gra = f'{own},site="gra"'
    firing = {(at - INTERVAL, own): 0, (at + 2 * INTERVAL, own): 1, (at + 2 * INTERVAL, gra): 1}
    _judge(rules, [group(PEACE, firing)], tmp_path)


def test_a_cluster_misses_its_slots_and_its_replicas(tmp_path: Path) -> None:
    """Three masters are as they should be there; no Sentinel is asked for."""
    rules = watched(CLUSTER)
    masters = {name: Course(1, 1) for name in MASTER.values()}
    links = {
        f'redis_master_link_up{{job="redis",site="{site}",instance="redis://{site}:6380"}}': Course(1, 1)
        for site in ("gra", "sbg", "witness")
    }
    without = {name: course for name, course in PEACE.items() if "redis_master_link" not in name}
    peace = without | masters | links | SLOTS_IN_PEACE
    lost = {name: Course(16384, 10923) for name in SLOTS.values()}
    late = BEGINS + 300
    groups = [
        group(peace, {(late, OTHERS): 0}),
        group(peace | lost, {(late, f'alertname="{Alert.REDIS_MASTER_MISSING.value}"'): 1}),
        group(
            peace | {next(iter(links)): Course(1, 0)},
            {(late, f'alertname="{Alert.REDIS_REPLICA_MISSING.value}"'): 1},
        ),
    ]
    _judge(rules, groups, tmp_path)
    assert not {Alert.TWO_MASTERS, Alert.SENTINEL_MISSING, Alert.SENTINEL_QUORUM_LOST} & set(_holds(rules))


def test_the_records_say_what_status_pages_read(tmp_path: Path) -> None:
    """1 and 0 by site and server, counts, days; a site without a room has no people and still a figure."""
    at = BEGINS - INTERVAL
    wanted = {
        'site:serving:bool{site="gra"}': 1,
        'instance:serving:bool{site="gra",server="production-gra-meeting-1"}': 1,
        'redis:up:bool{site="witness"}': 1,
        'redis:master:bool{site="gra"}': 1,
        'redis:master:bool{site="sbg"}': 0,
        "redis:quorum:bool": 1,
        "redis:replicas": 2,
        'meeting:rooms{site="gra"}': 2,
        'meeting:peers{site="gra"}': 6,
        'meeting:rooms{site="sbg"}': 0,
        'meeting:peers{site="sbg"}': 0,
        'dns:answers:bool{site="witness"}': 1,
        'backbone:reachable:bool{site="sbg"}': 1,
        'gateway:cap:mbit{site="sbg"}': 500,
        'site:capacity:people{site="gra"}': 10,
    }
    series = PEACE | {ROOMS.replace("gra", "sbg"): Course(0, 0)}
    samples = [
        {"expr": f"max({expr})", "eval_time": f"{at}s", "exp_samples": [{"value": value}]}
        for expr, value in wanted.items()
    ]
    days = {"expr": 'floor(certificate:days_left{site="gra"})', "eval_time": f"{at}s"}
    expected = {"labels": '{site="gra"}', "value": 59}
    samples.append({**days, "exp_samples": [expected]})
    _judge(watched(), [{**group(series, {}), "promql_expr_test": samples}], tmp_path)


def test_nothing_that_heals_by_itself_is_told() -> None:
    """A lost master is replaced, and followed, before anybody is called; the waits follow the settings."""
    for changes in ({}, {"env.redis.failover_timeout": "5s", "env.recovery_objective": {"seconds": None}}):
        env, holds = watched(changes).env, _holds(watched(changes))
        for fault in (Fault.REDIS_MASTER_KILLED, Fault.REDIS_MASTER_OFF, Fault.REDIS_MASTER_PAUSED):
            case = worst_case(fault, Given(env))
            assert holds[Alert.EDGE_DOWN] >= (case.page.seconds or 0)
            assert holds[Alert.INSTANCE_DOWN] >= (case.page.seconds or 0)
            assert holds[Alert.REDIS_MASTER_MISSING] >= (case.write.seconds or 0)
    slow = patience(
        watched({"env.redis.failover_timeout": "20s", "env.recovery_objective": {"seconds": None}}).env, INTERVAL
    )
    assert slow.failover > patience(watched().env, INTERVAL).failover


def test_alerts_wait_for_whole_looks_however_far_apart_they_are() -> None:
    """A wait that ended between two looks would end at the second one."""
    seldom = watched({"env.monitoring.scrape_interval": "50s"})
    waits = patience(seldom.env, 50)
    ours = (waits.health, waits.failover, waits.redundant, waits.two_masters, waits.room_table, waits.dns, waits.looks)
    assert {wait % 50 for wait in ours} == {0}
    assert {*ours} & {*_holds(seldom).values()}
    rules = rules_yml(seldom)
    assert "interval: 50s" in rules
    assert "[200s]" in rules and "[60s]" not in rules


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"env.edge.affinity": False}, {Alert.ROOM_TABLES_DISAGREE, Alert.NODE_FULL}),
        ({"env.dns": None, "env.edge.routing": "failover", **RELAY_NAMES}, {Alert.DNS_ANSWERS_DIFFER}),
        ({"env.meeting.relay": None}, {Alert.RELAY_DOWN}),
        ({"env.meeting.server": "edumeet-3.4"}, {Alert.PACKET_LOSS}),
    ],
)
def test_what_is_not_there_is_not_missed(changes: dict[str, Any], gone: set[Alert]) -> None:
    assert set(Alert) - set(_holds(watched(SAYS_ALL | changes))) == gone


def test_a_full_node_and_a_room_that_outgrows_it_are_told_apart(tmp_path: Path) -> None:
    """By its label, from which the summary is made; one edge's word alone is none."""
    full, grown = WRONG[Alert.NODE_FULL]
    own = f'alertname="{Alert.NODE_FULL.value}",server="production-gra-meeting-1"'
    late = BEGINS + _holds(watched())[Alert.NODE_FULL] + 2 * INTERVAL
    groups = [
        group(PEACE | full, {(late, f'{own},people=""'): 1}),
        group(PEACE | grown, {(late, f'{own},people="of one room"'): 1}),
        group(PEACE | dict(list(full.items())[:1]), {(late, own): 0}),
    ]
    _judge(watched(), groups, tmp_path)


def test_redis_is_judged_once_all_its_servers_are_watched() -> None:
    """Until then the master may be where nobody looks."""
    one = replace(watched(), edges={"sbg": NAMESERVERS.edges["sbg"]})
    assert Alert.EDGE_DOWN in _holds(one)
    assert not [alert for alert in _holds(one) if "Redis" in alert or "Sentinel" in alert or "Masters" in alert]


def test_faults_that_are_said_to_fire_alerts_are_known() -> None:
    assert all(set(faults) <= set(Fault) and faults for faults in FIRED_BY.values())
    assert Alert.REDIS_MASTER_MISSING.anchor == "redis-master-missing"
