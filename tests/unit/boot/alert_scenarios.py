"""What Prometheus would have collected: in peace, and with one thing that goes wrong, for `promtool test rules`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boot.monitoring.alerts import Alert
from settings.monitoring import Monitoring

# Looks before it goes wrong, and from then on.
BEFORE, AFTER = 40, 60
# Seconds between two looks, unless told otherwise.
INTERVAL = Monitoring(webhook=True).interval
BEGINS = BEFORE * INTERVAL
SITES = ("gra", "sbg")
_DAY = 86_400


@dataclass(frozen=True)
class Course:
    """A figure: what it is in peace and what it becomes; None: it is not there.

    Attributes:
        peace: its value, or for a counter what is added in a second.
        wrong: the same from `BEGINS` on.
        counter: whether it only grows.
    """

    peace: float | None
    wrong: float | None
    counter: bool = False

    @property
    def values(self) -> str:
        """In promtool's notation."""
        if not self.counter:
            return f"{_constant(self.peace, BEFORE - 1)} {_constant(self.wrong, AFTER)}"
        before, after = ((each or 0) * INTERVAL for each in (self.peace, self.wrong))
        first = before * BEFORE
        return f"0+{before:g}x{BEFORE - 1} {first:.0f}+{after:g}x{AFTER}"


def _constant(value: float | None, times: int) -> str:
    # Gone at once, as after a look that did not find it; "_" alone would be seen for five minutes more.
    return f"stale _x{times}" if value is None else f"{value:g}+0x{times}"


def _of(site: str, role: str) -> str:
    return f'site="{site}",server="production-{site}-{role}-1"'


EDGE = {site: f'probe_success{{job="edge",{_of(site, "edge")}}}' for site in SITES}
EDGE_SECONDS = {site: f'probe_duration_seconds{{job="edge",{_of(site, "edge")}}}' for site in SITES}
EDGE_CERTIFICATE = {site: f'probe_ssl_earliest_cert_expiry{{job="edge",{_of(site, "edge")}}}' for site in SITES}
INSTANCE = {site: f'probe_success{{job="instance",{_of(site, "meeting")}}}' for site in SITES}
FLEET_CERTIFICATE = {site: f'probe_ssl_earliest_cert_expiry{{job="instance",{_of(site, "meeting")}}}' for site in SITES}
OPENS = {site: f'meeting_room_opens{{job="node",{_of(site, "meeting")}}}' for site in SITES}
ASKED = {site: f'meeting_room_asked{{job="node",{_of(site, "meeting")}}}' for site in SITES}
RELAYS = {site: f'relay_allocates{{job="node",{_of(site, "meeting")}}}' for site in SITES}
RELAY_ASKED = {site: f'relay_asked{{job="node",{_of(site, "meeting")}}}' for site in SITES}
RELAY_CERTIFICATE = {site: f'relay_certificate_ends{{job="node",{_of(site, "meeting")}}}' for site in SITES}
_REDIS = {"gra": _of("gra", "redis"), "sbg": _of("sbg", "redis"), "witness": _of("witness", "witness")}
REDIS_UP = {site: f'redis_up{{job="redis",{of}}}' for site, of in _REDIS.items()}
MASTER = {site: f'redis_instance_info{{job="redis",role="master",{of}}}' for site, of in _REDIS.items()}
REPLICA = {site: f'redis_instance_info{{job="redis",role="slave",{of}}}' for site, of in _REDIS.items()}
LINK = {site: f'redis_master_link_up{{job="redis",{of}}}' for site, of in _REDIS.items()}
LAG = f'redis_connected_slave_lag_seconds{{job="redis",slave_ip="10.17.1.5",{_REDIS["gra"]}}}'
REFUSED = f'redis_errors_total{{job="redis",err="NOPERM",{_REDIS["gra"]}}}'
SLOTS = {site: f'redis_cluster_slots_ok{{job="redis",{of}}}' for site, of in _REDIS.items()}
SENTINEL = {site: f'redis_up{{job="sentinel",{of}}}' for site, of in _REDIS.items()}
QUORUM = {site: f'redis_sentinel_master_ckquorum_status{{job="sentinel",{of}}}' for site, of in _REDIS.items()}
TABLE = {site: f'haproxy_sticktable_used{{job="haproxy",name="rooms",{_of(site, "edge")}}}' for site in SITES}
STATUS = {
    (edge, instance): (
        'haproxy_server_status{job="haproxy",proxy="rooms",state="UP",'
        f'exported_server="{instance}-1",{_of(edge, "edge")}}}'
    )
    for edge in SITES
    for instance in SITES
}
WEIGHT = {
    (edge, instance): (
        f'haproxy_server_weight{{job="haproxy",proxy="rooms",exported_server="{instance}-1",{_of(edge, "edge")}}}'
    )
    for edge in SITES
    for instance in SITES
}
DNS = {site: f'probe_success{{job="dns",{of}}}' for site, of in _REDIS.items()}
NAMES = {
    (site, edge): f'probe_success{{job="dns-names",edge="{edge}",{of}}}'
    for site, of in _REDIS.items()
    for edge in SITES
}
UP = {
    (job, site): f'up{{job="{job}",{_of(site, role)}}}'
    for site in SITES
    for job, role in (("node", "meeting"), ("meeting", "meeting"), ("caddy", "edge"), ("haproxy", "edge"))
}
IDLE = f'node_cpu_seconds_total{{job="node",cpu="0",mode="idle",{_of("gra", "meeting")}}}'
SENT = f'node_network_transmit_bytes_total{{job="node",device="ens3",{_of("gra", "meeting")}}}'
MEMORY = {what: f'node_memory_Mem{what}_bytes{{job="node",{_of("gra", "meeting")}}}' for what in ("Available", "Total")}
DISK = {
    what: f'node_filesystem_{what}_bytes{{job="node",mountpoint="/",{_of("gra", "redis")}}}'
    for what in ("avail", "size")
}
TIME = f'node_time_seconds{{job="node",{_of("gra", "redis")}}}'
ROOMS = f'edumeet_rooms{{job="meeting",{_of("gra", "meeting")}}}'
PEOPLE = {room: f'edumeet_peers{{job="meeting",room_id="{room}",{_of("gra", "meeting")}}}' for room in ("a", "b")}

# As upstream 3.5 says it; 3.4 has a score of each stream.
RECEIVED = f'mediasoup_packets_counts_in_sum{{job="meeting",{_of("gra", "meeting")}}}'
LOST = f'mediasoup_packets_losts_in_sum{{job="meeting",{_of("gra", "meeting")}}}'
SOUND = f'mediasoup_audio_scores_in_mean{{job="meeting",{_of("gra", "meeting")}}}'
SOUNDS = f'mediasoup_audio_in_count{{job="meeting",{_of("gra", "meeting")}}}'
SCORES = {
    (stream, kind): (
        f'mediasoup_consumer_score{{job="meeting",stream="{stream}",kind="{kind}",type="outbound-rtp",'
        f"{_of('gra', 'meeting')}}}"
    )
    for stream in ("1", "2")
    for kind in ("audio", "video")
}


def _always(*series: Mapping[Any, str], value: float = 1) -> dict[str, Course]:
    return {name: Course(value, value) for names in series for name in names.values()}


PEACE: dict[str, Course] = {
    **_always(EDGE, INSTANCE, OPENS, RELAYS, REDIS_UP, SENTINEL, QUORUM, STATUS, DNS, NAMES, UP),
    **_always(EDGE_SECONDS, value=0.05),
    **_always(EDGE_CERTIFICATE, FLEET_CERTIFICATE, RELAY_CERTIFICATE, value=60 * _DAY),
    **_always({site: MASTER[site] for site in ("gra",)}, {site: REPLICA[site] for site in ("sbg", "witness")}),
    **_always({site: LINK[site] for site in ("sbg", "witness")}),
    **_always(TABLE, WEIGHT, value=100),
    **_always(PEOPLE, value=3),
    LAG: Course(1, 1),
    ROOMS: Course(2, 2),
    RECEIVED: Course(300, 300, counter=True),
    LOST: Course(3, 3, counter=True),
    SOUND: Course(9.8, 9.8),
    SOUNDS: Course(6, 6),
    IDLE: Course(0.5, 0.5, counter=True),
    SENT: Course(10e6, 10e6, counter=True),  # bytes: 80 Mbit/s
    MEMORY["Total"]: Course(8e9, 8e9),
    MEMORY["Available"]: Course(4e9, 4e9),
    DISK["size"]: Course(25e9, 25e9),
    DISK["avail"]: Course(20e9, 20e9),
    TIME: Course(1, 1, counter=True),
}

# What goes wrong, by alert: what becomes of which figures. Several: each alone is enough.
WRONG: dict[Alert, tuple[dict[str, Course], ...]] = {
    Alert.INSTANCE_DOWN: ({INSTANCE["gra"]: Course(1, 0)},),
    Alert.ROOMS_DO_NOT_OPEN: ({OPENS["gra"]: Course(1, 0)}, {ASKED["gra"]: Course(999_999, -999)}),
    Alert.RELAY_DOWN: ({RELAYS["gra"]: Course(1, 0)}, {RELAY_ASKED["gra"]: Course(999_999, -999)}),
    Alert.EDGE_DOWN: ({EDGE["gra"]: Course(1, 0)},),
    Alert.HEALTH_SLOW: ({EDGE_SECONDS["gra"]: Course(0.05, 3)},),
    Alert.REDIS_MASTER_MISSING: (
        {MASTER["gra"]: Course(1, None), REDIS_UP["gra"]: Course(1, 0)},
        {name: Course(1, None) for name in (*REDIS_UP.values(), MASTER["gra"])},
    ),
    Alert.TWO_MASTERS: ({MASTER["sbg"]: Course(None, 1)},),
    Alert.REDIS_REPLICA_MISSING: ({LINK["sbg"]: Course(1, 0)}, {LINK["witness"]: Course(1, None)}),
    Alert.REDIS_REPLICATION_LAG: ({LAG: Course(1, 5)},),
    Alert.REDIS_COMMAND_REFUSED: ({REFUSED: Course(None, 1)},),
    Alert.SENTINEL_MISSING: ({SENTINEL["sbg"]: Course(1, 0)},),
    Alert.SENTINEL_QUORUM_LOST: (
        {name: Course(1, 0) for name in QUORUM.values()},
        {name: Course(1, None) for name in QUORUM.values()},
    ),
    Alert.ROOM_TABLES_DISAGREE: ({STATUS["sbg", "gra"]: Course(1, 0)}, {TABLE["sbg"]: Course(100, 50)}),
    Alert.BACKBONE_UNREACHABLE: ({name: Course(1, 0) for (_, site), name in UP.items() if site == "gra"},),
    Alert.DNS_ANSWERS_DIFFER: ({DNS["gra"]: Course(1, 0)}, {NAMES["gra", "sbg"]: Course(1, 0)}),
    Alert.CERTIFICATE_EXPIRES: (
        {EDGE_CERTIFICATE["gra"]: Course(60 * _DAY, 13 * _DAY)},
        {FLEET_CERTIFICATE["gra"]: Course(60 * _DAY, 13 * _DAY)},
        {RELAY_CERTIFICATE["gra"]: Course(60 * _DAY, 13 * _DAY)},
    ),
    Alert.NETWORK_NEAR_GATEWAY_CAP: ({SENT: Course(10e6, 21e6, counter=True)},),
    Alert.CAPACITY_NEARLY_USED: ({PEOPLE["a"]: Course(4, 7)},),
    Alert.PACKET_LOSS: ({LOST: Course(3, 30, counter=True)},),
    Alert.POOR_QUALITY: ({SOUND: Course(9.8, 6.5)},),
    Alert.CPU_SATURATED: ({IDLE: Course(0.5, 0.05, counter=True)},),
    Alert.MEMORY_LOW: ({MEMORY["Available"]: Course(4e9, 0.7e9)},),
    Alert.DISK_FULL: ({DISK["avail"]: Course(20e9, 2e9)},),
    # A clock that stands still is further behind at each look.
    Alert.CLOCK_SKEWED: ({TIME: Course(1, 0, counter=True)},),
    Alert.MONITORING_TARGET_MISSING: ({UP["caddy", "sbg"]: Course(1, 0)},),
    Alert.NODE_FULL: (
        {WEIGHT[edge, "gra"]: Course(100, 0) for edge in SITES},
        {WEIGHT[edge, "gra"]: Course(100, 0) for edge in SITES} | {PEOPLE["a"]: Course(4, 5)},
    ),
}


def group(series: Mapping[str, Course], firing: Mapping[tuple[int, str], int]) -> dict[str, Any]:
    """One test of promtool's.

    Args:
        series: the figures.
        firing: how many alerts fire, by the second and the selector of `ALERTS`.
    """
    return {
        "interval": f"{INTERVAL}s",
        "input_series": [{"series": name, "values": course.values} for name, course in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertstate="firing",{selector}}}) or vector(0)',
                "eval_time": f"{at}s",
                "exp_samples": [{"value": count}],
            }
            for (at, selector), count in firing.items()
        ],
    }
