"""Recording rules: what the figures say of the environment, under names that alerts and status pages use.

`bool` ends the names of what is 1 or 0.
"""

from boot.monitoring.quality import quality_records
from boot.monitoring.watched import Watched
from settings.redis import Cluster

Record = dict[str, str | dict[str, str]]


def records(watched: Watched) -> list[Record]:
    """The recording rules, in the order in which they build on each other."""
    rooms = "sum by (site) (edumeet_rooms or mediasoup_rooms)"
    named = {
        # The edge answers /health over its public address; an instance over the backbone.
        "site:serving:bool": 'max by (site) (probe_success{job="edge"})',
        "instance:serving:bool": 'max by (site, server) (probe_success{job="instance"})',
        **_redis(watched),
        # Without a room there is no line of people.
        "meeting:peers": f"sum by (site) (edumeet_peers or mediasoup_peers) or 0 * {rooms}",
        # Where nobody is, the rooms are those that instances open to look at themselves.
        "meeting:rooms": f"{rooms} * (meeting:peers > bool 0)",
        **quality_records(watched),
        **({"dns:answers:bool": 'max by (site) (probe_success{job="dns"})'} if watched.env.dns else {}),
        "certificate:days_left": 'min by (site) (probe_ssl_earliest_cert_expiry{job="edge"} - time()) / 86400',
        "backbone:reachable:bool": (
            f'max by (site) (up{{job=~"node|meeting|haproxy|caddy",site!="{watched.witness.site}"}})'
        ),
        # Of all cards but loopback: beside media, what the backbone carries is little.
        "network:transmit:mbit": (
            f'sum by (site) (rate(node_network_transmit_bytes_total{{device!="lo"}}[{watched.window}])) * 8 / 1e6'
        ),
    }
    told = {
        "gateway:cap:mbit": watched.mbit,
        "site:capacity:people": watched.holds,
        "image:date:seconds": watched.image_dates,
    }
    of_sites: list[Record] = [
        {"record": name, "expr": f"vector({figure})", "labels": {"site": site}}
        for name, figures in told.items()
        for site, figure in figures.items()
    ]
    own: list[Record] = [{"record": name, "expr": expr} for name, expr in named.items()]
    return own + of_sites


def _redis(watched: Watched) -> dict[str, str]:
    up = {
        "redis:up:bool": 'min by (site) (redis_up{job="redis"})',
        "redis:master:bool": ('max by (site) (redis_instance_info{job="redis",role="master"}) or 0 * redis:up:bool'),
        "redis:replicas": 'count(redis_master_link_up{job="redis"} == 1) or vector(0)',
    }
    if isinstance(watched.env.redis, Cluster):
        # A third of the slots that nobody serves: no majority has elected a master for it.
        return up | {"redis:quorum:bool": 'max(redis_cluster_slots_ok{job="redis"} == bool 16384) or vector(0)'}
    # One Sentinel that finds enough of the others is enough: those it finds can elect.
    return up | {"redis:quorum:bool": "max(redis_sentinel_master_ckquorum_status) or vector(0)"}
