"""What to look at when a budget was missed: the settings that it depends on."""

from recovery.fault import Fault

# Keys as in Pulumi.yaml below the environment; `flavors` and `images` are the stack's own.
_DIALS = ("edge.dial_timeout", "edge.tls_timeout", "edge.lb_try_duration", "edge.health.max_fails")
_CHECKS = ("edge.room_table.check_interval", "edge.room_table.check_timeout", "edge.room_table.fall")
_ANSWERS = ("dns.check.interval", "dns.check.timeout", "dns.check.down_thresh", "dns.ttl")
_VOTES = ("redis.down_after", "redis.failover_timeout", "redis.node_timeout")
_LAG = ("redis.min_replicas_max_lag",)
# How fast a server boots: a larger flavor, an image that has the packages already.
_BOOT = ("flavors", "images")

Watch = dict[str, tuple[str, ...]]
# What the lost part is watched by: of a measure that several parts share, only the lost one's settings are named.
_INSTANCES: Watch = {"detect": _CHECKS, "page": _DIALS, "join": _CHECKS, "media": _CHECKS}
_REDIS: Watch = {"detect": _VOTES, "write": _VOTES, "page": _VOTES, "join": _VOTES}
_EDGES: Watch = {"detect": _ANSWERS, "page": _ANSWERS, "join": _ANSWERS, "media": _ANSWERS}
_WATCHED: dict[str, tuple[Watch, ...]] = {
    Fault.MEETING_PROCESS_KILLED: (_INSTANCES,),
    Fault.MEETING_SERVER_OFF: (_INSTANCES,),
    Fault.MEETING_SERVER_HANGS: (_INSTANCES,),
    Fault.REDIS_MASTER_KILLED: (_REDIS,),
    Fault.REDIS_MASTER_OFF: (_REDIS,),
    Fault.REDIS_MASTER_PAUSED: (_REDIS,),
    Fault.SENTINEL_LOST: (_REDIS,),
    Fault.WITNESS_LOST: (_REDIS,),
    Fault.EDGE_LOST: (_EDGES,),
    Fault.HAPROXY_LOST: (_EDGES,),
    Fault.NAMESERVER_LOST: (_EDGES,),
}
# What has to be found to be there again.
_BACK = ("edge.health.interval", "edge.health.timeout", "edge.room_table.check_interval", "edge.room_table.rise")
# Whatever was lost.
_ALWAYS = {
    "page on the return": _BACK,
    "join on the return": _BACK,
    "media on the return": _BACK,
    "websockets dropped": ("edge.stream_close_delay",),
    "rooms split": ("edge.affinity", "edge.room_table.expire"),
    "sessions lost": ("redis.access", *_LAG),
    "writes lost": _LAG,
    "two masters": _LAG,
    "full redundancy": _BOOT,
}


def likely_settings(fault: str, measure: str) -> tuple[str, ...]:
    """The settings that a missed measure of a fault depends on, the likeliest first; none when nothing is known.

    Args:
        fault: its name; one of several parts, such as a site, takes the settings of all of them.
        measure: its name.
    """
    parts = _WATCHED.get(fault, (_INSTANCES, _REDIS, _EDGES))
    found = [setting for part in parts for setting in part.get(measure, ())]
    return tuple(dict.fromkeys([*found, *_ALWAYS.get(measure, ())]))
