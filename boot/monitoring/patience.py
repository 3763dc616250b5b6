"""How long alerts wait: as long as what heals by itself takes at most, computed from the settings."""

from dataclasses import dataclass
from functools import partial
from math import ceil

from recovery import meeting, redis
from recovery.client import Given
from recovery.edge import GDNSD_UPDATE
from recovery.fault import Fault
from recovery.faults import worst_case
from settings.dns import EdgeCheck
from settings.environment import Environment
from settings.monitoring import GROUP_WAIT, SCRAPE_TIMEOUT

_MASTER_LOST = (Fault.REDIS_MASTER_KILLED, Fault.REDIS_MASTER_OFF, Fault.REDIS_MASTER_PAUSED)


@dataclass(frozen=True)
class Patience:
    """Seconds, in whole intervals between two looks.

    Attributes:
        health: /health waits for Redis, and a killed server is started again: the longest page of a lost master, or
            the start of the meeting server.
        failover: until another Redis takes writes.
        redundant: until a lost master that comes back at once is a replica again.
        two_masters: until a Sentinel makes a master that comes back a replica.
        room_table: until both edges' checks say the same of an instance, lost or back.
        dns: until all nameservers say the same of an edge, lost or back.
        looks: two looks: one may have failed by itself.
        restart: a server boots, a package is updated.
        load: what is too much for five minutes is no peak.
    """

    health: int
    failover: int
    redundant: int
    two_masters: int
    room_table: int
    dns: int
    looks: int
    restart: int = 120
    load: int = 300


def patience(env: Environment, interval: int) -> Patience:
    """The waits of an environment's alerts; what the settings promise nothing of is not waited for.

    Args:
        env: the environment.
        interval: seconds between two looks.
    """
    whole = partial(_intervals, interval)
    given = Given(env)
    cases = [worst_case(fault, given) for fault in _MASTER_LOST]
    pages = [seconds for case in cases if (seconds := case.page.seconds) is not None]
    writes = [seconds for case in cases if (seconds := case.write.seconds) is not None]
    failover, back = redis.failover(given, "off"), redis.back(given).seconds or 0.0
    check = env.dns.check if env.dns else EdgeCheck()
    return Patience(
        health=whole(*pages, meeting.RESTART + given.servers.meeting_start),
        failover=whole(*writes),
        redundant=whole((failover.seconds or 0.0) + back),
        two_masters=whole(redis.INFO + redis.DEMOTION),
        room_table=whole(*(meeting.found(given, "off").seconds or 0.0, meeting.back(given).seconds or 0.0)),
        looks=2 * interval,
        dns=whole(check.detection_seconds + GDNSD_UPDATE, check.return_seconds + GDNSD_UPDATE),
    )


def fires_within(hold: int, interval: int) -> int:
    """Seconds from a fault until the alert that waits `hold` has been told.

    A look, which waits for what says nothing, two evaluations, and the group.
    """
    return 3 * interval + SCRAPE_TIMEOUT + hold + GROUP_WAIT


def _intervals(interval: int, *waits: float) -> int:
    return interval * ceil(max(waits, default=1.0) / interval)
