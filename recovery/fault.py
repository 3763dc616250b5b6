"""The faults that the settings answer for: each has a worst case that can be computed, a drill, and a runbook entry."""

from enum import StrEnum


class Fault(StrEnum):
    """What can happen to a deployed environment; the values name drills and runbook entries."""

    MEETING_PROCESS_KILLED = "meeting-process-killed"
    MEETING_SERVER_OFF = "meeting-server-off"
    MEETING_SERVER_HANGS = "meeting-server-hangs"
    REDIS_MASTER_KILLED = "redis-master-killed"
    REDIS_MASTER_OFF = "redis-master-off"
    REDIS_MASTER_PAUSED = "redis-master-paused"
    SENTINEL_LOST = "sentinel-lost"
    WITNESS_LOST = "witness-lost"
    BACKBONE_CUT = "backbone-cut"
    SITE_ISOLATED = "site-isolated"
    SITE_OFF = "site-off"
    EDGE_LOST = "edge-lost"
    HAPROXY_LOST = "haproxy-lost"
    NAMESERVER_LOST = "nameserver-lost"
    SERVER_REPLACED = "server-replaced"
    SITE_ROLLED = "site-rolled"
    SITE_REBUILT = "site-rebuilt"
    TWO_IN_SEQUENCE = "two-in-sequence"
