"""prometheus.yml: whom Prometheus asks. Every figure carries its site, and its server where it is of one."""

from collections.abc import Iterable
from typing import Any

import yaml

from boot.document import BlockDumper
from boot.monitoring.blackbox_yml import DNS, EDGE, INSTANCE, names_module
from boot.monitoring.exporters import PROBED_ROOM
from boot.monitoring.redis_exporter_tls import asked_at
from boot.monitoring.watched import Place, Watched
from settings.meeting import EXPORTER_PORT
from settings.monitoring import (
    ALERTMANAGER_PORT,
    BLACKBOX_PORT,
    CADDY_PORT,
    HAPROXY_PORT,
    NODE_PORT,
    PROMETHEUS_PORT,
    REDIS_EXPORTER_PORT,
    SCRAPE_TIMEOUT,
    redis_ports,
)
from settings.redis import Sentinel

RULES = "rules.yml"
LOOPBACK = "127.0.0.1"
_DNS_PORT = 53
# A meeting server has a series for each room: what people need, no more of what somebody makes up. Of one that says
# more nothing is taken, and MonitoringTargetMissing tells.
_SERIES, _SERIES_EACH = 2000, 10

# Whoever knows a room's name may enter it, and what is here is kept for weeks: a number stands for each. The room that
# an instance opens to look at itself leaves nothing.
# Upstream's `/` says of each stream whose it is, by name, browser and address, and in which room, of several the first:
# a number stands for all of it. Of bytes it has as many series again, which nobody reads.
_WHOSE = (
    "pid",
    "peer_id",
    "display_name",
    "user_agent",
    "transport_id",
    "proto",
    "local_addr",
    "remote_addr",
    "id",
    "codec",
)
_WITHOUT_NAMES = {
    "metric_relabel_configs": [
        {"source_labels": ["room_id"], "regex": PROBED_ROOM, "action": "drop"},
        {
            "source_labels": ["__name__"],
            "regex": "mediasoup_(consumer|producer)_byte_count_bytes",
            "action": "drop",
        },
        {"source_labels": ["room_id"], "modulus": 2**32, "target_label": "room", "action": "hashmod"},
        {"source_labels": ["room_id"], "regex": "", "target_label": "room", "replacement": ""},
        {"source_labels": list(_WHOSE), "modulus": 2**32, "target_label": "stream", "action": "hashmod"},
        {"source_labels": ["peer_id"], "regex": "", "target_label": "stream", "replacement": ""},
        {"source_labels": ["peer_id"], "regex": ".+", "target_label": "room", "replacement": ""},
        {"regex": "|".join(("room_id", *_WHOSE)), "action": "labeldrop"},
    ]
}

Group = dict[str, Any]


def prometheus_yml(watched: Watched) -> str:
    """The text of prometheus.yml."""
    interval = f"{watched.monitoring.interval}s"
    body = {
        "global": {
            "scrape_interval": interval,
            "scrape_timeout": f"{SCRAPE_TIMEOUT}s",
            "evaluation_interval": interval,
        },
        "rule_files": [RULES],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"{LOOPBACK}:{ALERTMANAGER_PORT}"]}]}]},
        "scrape_configs": [*_exporters(watched), *_redis(watched), *_probes(watched), _own(watched)],
    }
    return yaml.dump(body, Dumper=BlockDumper, sort_keys=False, width=4096)


def _exporters(watched: Watched) -> list[dict[str, Any]]:
    env = watched.env
    jobs = [
        _job("node", _at(watched.servers, NODE_PORT)),
        {
            **_job("meeting", _at(watched.instances, EXPORTER_PORT), path=watched.meeting_path),
            **_WITHOUT_NAMES,
            "sample_limit": _SERIES + _SERIES_EACH * env.participants,
        },
        _job("caddy", _at(watched.edge_servers, CADDY_PORT)),
    ]
    return [*jobs, *([_job("haproxy", _at(watched.edge_servers, HAPROXY_PORT))] if env.edge.affinity else [])]


def _redis(watched: Watched) -> list[dict[str, Any]]:
    """One exporter on the witness asks all of them, with the password that it alone has."""
    first, second = redis_ports(watched.env.redis)
    asked = {"redis": _redis_at(watched, first)}
    if isinstance(watched.env.redis, Sentinel):
        asked["sentinel"] = _redis_at(watched, second)
    else:
        asked["redis"] += _redis_at(watched, second)
    return [_job(name, _through(groups, REDIS_EXPORTER_PORT), path="/scrape") for name, groups in asked.items()]


def _probes(watched: Watched) -> list[dict[str, Any]]:
    env = watched.env
    uri = env.edge.health.uri
    edges = [_group(f"https://{watched.edges[edge.site]}{uri}", edge, module=EDGE) for edge in watched.edge_servers]
    instances = [
        _group(f"https://{one.address}:{env.meeting.listening_port}{uri}", one, module=INSTANCE)
        for one in watched.instances
    ]
    asked = {"edge": edges, "instance": instances}
    if env.dns:
        nameservers = [
            *((f"{watched.edges[edge.site]}:{_DNS_PORT}", edge) for edge in watched.edge_servers),
            (f"{watched.card}:{_DNS_PORT}", watched.witness),
        ]
        asked["dns"] = [_group(target, place, module=DNS) for target, place in nameservers]
        asked["dns-names"] = [
            _group(target, place, module=names_module(named), edge=named)
            for target, place in nameservers
            for named in watched.sites
        ]
    return [_job(name, _through(groups, BLACKBOX_PORT), path="/probe") for name, groups in asked.items()]


def _own(watched: Watched) -> dict[str, Any]:
    """What monitors is looked at too; the dead man's switch is for when nobody does."""
    ports = (PROMETHEUS_PORT, ALERTMANAGER_PORT, BLACKBOX_PORT, REDIS_EXPORTER_PORT)
    return _job("monitoring", [_group(f"{LOOPBACK}:{port}", watched.witness) for port in ports])


def _job(name: str, groups: Iterable[Group], *, path: str = "/metrics") -> dict[str, Any]:
    """A job; a group with `__param_target` is asked through somebody else, and keeps its own name."""
    static = list(groups)
    own_name = [{"source_labels": ["__param_target"], "regex": "(.+)", "target_label": "instance"}]
    relabelled = {"relabel_configs": own_name} if any("__param_target" in g["labels"] for g in static) else {}
    return {"job_name": name, "metrics_path": path, "static_configs": static, **relabelled}


def _at(places: Iterable[Place], port: int) -> list[Group]:
    return [_group(f"{place.address}:{port}", place) for place in places]


def _redis_at(watched: Watched, port: int) -> list[Group]:
    places = [(asked_at(watched.settings, place.site), place) for place in watched.redis_servers]
    return [_group(f"redis://{address}:{port}", place) for address, place in places]


def _group(target: str, place: Place, *, module: str | None = None, **labels: str) -> Group:
    parameter = {"__param_module": module} if module else {}
    return {"targets": [target], "labels": {"site": place.site, "server": place.server, **labels, **parameter}}


def _through(groups: Iterable[Group], port: int) -> list[Group]:
    """The same asked through an exporter on the witness."""
    return [
        {"targets": [f"{LOOPBACK}:{port}"], "labels": {**group["labels"], "__param_target": group["targets"][0]}}
        for group in groups
    ]
