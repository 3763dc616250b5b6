"""The alerting rules: few, each with an entry in the runbook."""

from collections.abc import Iterator

import yaml

from boot.document import BlockDumper
from boot.monitoring.alert_rule import AlertRule
from boot.monitoring.alerts import Alert
from boot.monitoring.exporters import LOOK
from boot.monitoring.patience import Patience, patience
from boot.monitoring.quality import quality_alert_rules
from boot.monitoring.records import records
from boot.monitoring.server_alert_rules import server_alert_rules
from boot.monitoring.watched import Watched
from settings.duration import seconds
from settings.redis import Sentinel

# For how long a refused command is told.
_REFUSED = "5m"


def rules_yml(watched: Watched) -> str:
    """The text of rules.yml; in one group, so that alerts see the records of the same moment."""
    rules = [*records(watched), *(rule.body for rule in alert_rules(watched))]
    body = {"groups": [{"name": "environment", "interval": f"{watched.monitoring.interval}s", "rules": rules}]}
    return yaml.dump(body, Dumper=BlockDumper, sort_keys=False, width=4096)


def alert_rules(watched: Watched) -> tuple[AlertRule, ...]:
    """The alerts of an environment."""
    waits = patience(watched.env, watched.monitoring.interval)
    return (
        *_service(watched, waits),
        *_redis(watched, waits),
        *_between(watched, waits),
        *server_alert_rules(watched, waits),
        *quality_alert_rules(watched, waits),
        *_full(watched, waits),
    )


def _service(watched: Watched, waits: Patience) -> Iterator[AlertRule]:
    patient = seconds(watched.env.edge.health.timeout)
    yield AlertRule(
        Alert.INSTANCE_DOWN,
        "instance:serving:bool == 0",
        waits.health,
        "warning",
        "{{ $labels.server }} does not answer /health over the backbone",
    )
    # An instance that does not serve pages either is down, and said to be.
    serving = "and on (site, server) instance:serving:bool == 1"
    yield AlertRule(
        Alert.ROOMS_DO_NOT_OPEN,
        f'(meeting_room_opens{{job="node"}} == 0 or time() - meeting_room_asked{{job="node"}} > {4 * LOOK}) {serving}',
        waits.health,
        "critical",
        "{{ $labels.server }} serves pages, and no room opens on it",
    )
    if watched.env.meeting.relay:
        yield AlertRule(
            Alert.RELAY_DOWN,
            f'(relay_allocates{{job="node"}} == 0 or time() - relay_asked{{job="node"}} > {4 * LOOK}) {serving}',
            waits.restart,
            "critical",
            "the relay of {{ $labels.server }} allocates nothing: whose network lets only 443 out is not heard",
        )
    yield AlertRule(
        Alert.EDGE_DOWN,
        "site:serving:bool == 0",
        waits.health,
        "critical",
        "the edge of {{ $labels.site }} does not answer /health over its public address",
    )
    # Half of what Caddy waits before it takes an instance out.
    yield AlertRule(
        Alert.HEALTH_SLOW,
        f'probe_duration_seconds{{job=~"edge|instance"}} > {patient / 2:g} and probe_success == 1',
        waits.health,
        "warning",
        "{{ $labels.server }} takes {{ $value | humanizeDuration }} to answer /health as {{ $labels.job }}",
    )


def _redis(watched: Watched, waits: Patience) -> Iterator[AlertRule]:
    redis = watched.env.redis
    if watched.sites != watched.env.service_sites:
        return  # the master may be at the site that is not watched yet
    sentinel = isinstance(redis, Sentinel)
    # A third of a cluster's slots is its own master's.
    missing = "(sum(redis:master:bool) or vector(0)) == 0" if sentinel else "redis:quorum:bool == 0"
    yield AlertRule(
        Alert.REDIS_MASTER_MISSING, missing, waits.failover, "critical", "no Redis master: sessions are not stored"
    )
    replicas = len(watched.redis_servers) - (1 if sentinel else 0)
    yield AlertRule(
        Alert.REDIS_REPLICA_MISSING,
        f"redis:replicas < {replicas}",
        waits.redundant,
        "warning",
        f"{{{{ $value }}}} of {replicas} Redis replicas follow a master: the next fault may cost sessions",
    )
    # From there on a replica does not count for writes.
    lag = seconds(redis.min_replicas_max_lag if isinstance(redis, Sentinel) else redis.node_timeout)
    yield AlertRule(
        Alert.REDIS_REPLICATION_LAG,
        f'max by (slave_ip) (redis_connected_slave_lag_seconds{{job="redis"}}) > {lag:g}',
        watched.monitoring.interval,
        "warning",
        "the replica {{ $labels.slave_ip }} is {{ $value }} s behind its master",
    )
    # A counter that is not there before the first one; it begins anew with Redis.
    refused = 'redis_errors_total{job="redis",err="NOPERM"}'
    yield AlertRule(
        Alert.REDIS_COMMAND_REFUSED,
        f"{refused} - ({refused} offset {_REFUSED} or 0 * {refused}) > 0",
        watched.monitoring.interval,
        "warning",
        "{{ $labels.server }} refused {{ $value }} commands that meeting servers have no right to: one needs it, or "
        "somebody else has its password",
    )
    if sentinel:
        yield AlertRule(
            Alert.TWO_MASTERS,
            "sum(redis:master:bool) > 1",
            waits.two_masters,
            "critical",
            "{{ $value }} Redis servers say that they are master",
        )
        yield AlertRule(
            Alert.SENTINEL_MISSING,
            'redis_up{job="sentinel"} == 0',
            waits.looks,
            "warning",
            "the Sentinel of {{ $labels.site }} does not answer",
        )
        yield AlertRule(
            Alert.SENTINEL_QUORUM_LOST,
            "redis:quorum:bool == 0",
            waits.looks,
            "critical",
            "no Sentinel finds a majority: a lost master would not be replaced",
        )


def _between(watched: Watched, waits: Patience) -> Iterator[AlertRule]:
    up = 'haproxy_server_status{proxy="rooms",state="UP"}'
    used = 'haproxy_sticktable_used{name="rooms"}'
    if watched.env.edge.affinity:
        # HAProxy's own label of a server gives way to ours. New rooms come between two looks: a few make no difference.
        yield AlertRule(
            Alert.ROOM_TABLES_DISAGREE,
            f"max by (exported_server) ({up}) != min by (exported_server) ({up}) "
            f"or max({used}) - min({used}) > 5 + 0.1 * max({used})",
            waits.room_table,
            "warning",
            "the edges disagree about {{ with $labels.exported_server }}{{ . }}{{ else }}rooms{{ end }}: "
            "a room may be on two instances",
        )
    yield AlertRule(
        Alert.BACKBONE_UNREACHABLE,
        "backbone:reachable:bool == 0",
        waits.looks,
        "critical",
        "nothing at {{ $labels.site }} answers over the backbone",
    )
    if watched.env.dns:
        named = 'probe_success{job="dns-names"} and on (site) dns:answers:bool == 1'
        yield AlertRule(
            Alert.DNS_ANSWERS_DIFFER,
            f"dns:answers:bool == 0 or max by (edge) ({named}) != min by (edge) ({named})",
            waits.dns,
            "warning",
            "{{ with $labels.site }}the nameserver of {{ . }} does not answer{{ else }}"
            "not all nameservers name the edge of {{ $labels.edge }}{{ end }}",
        )


def _full(watched: Watched, waits: Patience) -> Iterator[AlertRule]:
    """By what both edges heard of a node, whose name they have by site and number."""
    if not watched.env.edge.affinity:
        return
    weight = 'max by (exported_server) (haproxy_server_weight{job="haproxy",proxy="rooms"})'
    name = f"{watched.settings.environment}-$1-meeting-$2"
    full = f'label_replace({weight} == 0, "server", "{name}", "exported_server", "(.+)-(.+)")'
    people = "(edumeet_peers or mediasoup_peers)"
    share = f"max by (server) {people} > 0.5 * sum by (server) {people}"
    yield AlertRule(
        Alert.NODE_FULL,
        f'(label_replace({share}, "people", "of one room", "", "") and on (server) {full}) or on (server) {full}',
        waits.load,
        "warning",
        "{{ $labels.server }} takes no new rooms: its processors are full"
        "{{ with $labels.people }}, and most people on it are {{ . }}, which outgrows it{{ end }}",
    )
