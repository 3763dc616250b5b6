"""The table of the faults, each with what it costs at most."""

from collections.abc import Callable

from recovery import edge, meeting, redis
from recovery.client import Given
from recovery.fault import Fault
from recovery.promise import NONE, Wait, slowest, wait
from recovery.worst_case import Waits, WorstCase, costs
from settings.redis import Cluster


def worst_case(fault: Fault, given: Given) -> WorstCase:
    """What one fault costs at most, in an environment that was redundant before."""
    return _FAULTS[fault](given)


def worst_cases(given: Given) -> dict[Fault, WorstCase]:
    """The worst case of every fault, in the order in which they are listed."""
    return {fault: worst_case(fault, given) for fault in Fault}


def _process_killed(given: Given) -> WorstCase:
    serves = wait("until the meeting server serves again", meeting.RESTART + given.servers.meeting_start)
    return _meeting_lost(given, "killed", serves)


def _server_hangs(given: Given) -> WorstCase:
    return _meeting_lost(given, "hangs", NONE)


def _server_off(given: Given) -> WorstCase:
    return _meeting_lost(given, "off", _booted(given))


def _meeting_lost(given: Given, loss: meeting.Loss, returned: Wait) -> WorstCase:
    rooms = meeting.rooms(given, loss)
    return costs(
        given,
        page=meeting.pages(given, loss),
        join=rooms,
        media=rooms + _joined(given),
        detect=meeting.found(given, loss),
        redundant=returned + meeting.back(given),
    )


def _master_killed(given: Given) -> WorstCase:
    return _master_lost(given, "killed", edge.restarted(given, "Redis"))


def _master_off(given: Given) -> WorstCase:
    return _master_lost(given, "off", _booted(given))


def _master_paused(given: Given) -> WorstCase:
    # It goes on as master, until it has counted the replicas that have left it.
    return _master_lost(given, "off", NONE, two_masters=redis.COUNT, stood_still=redis.stood_still(given))


def _master_lost(
    given: Given, loss: redis.Loss, returned: Wait, two_masters: float = 0.0, stood_still: Wait = NONE
) -> WorstCase:
    writes = redis.writes(given, loss)
    return costs(
        given,
        page=redis.pages(given, loss),
        join=redis.rooms(given, loss),
        write=writes,
        detect=redis.found(given, loss),
        redundant=slowest(returned + redis.back(given), stood_still),
        two_masters=two_masters,
        sessions_lost=None if writes.never else 0,
        websockets_dropped=0,
        note="join: of those who come; who is in a room stays in it",
    )


def _sentinel_lost(given: Given) -> WorstCase:
    return costs(given, redundant=edge.restarted(given, "Sentinel"), websockets_dropped=0)


def _witness_lost(given: Given) -> WorstCase:
    if isinstance(given.env.redis, Cluster):
        return _master_lost(given, "off", NONE)
    asked = edge.nameserver(given) if given.env.witness else NONE
    synced = wait("until its replica has the data", given.servers.sync)
    return costs(given, page=asked, redundant=slowest(synced, redis.stood_still(given)), websockets_dropped=0)


def _backbone_cut(given: Given) -> WorstCase:
    """The two service sites do not see each other, and both see the witness: nobody is elected."""
    if isinstance(given.env.redis, Cluster):
        apart = Wait(never="each site reaches two thirds of the sessions only, and as both see the witness, none moves")
        return costs(
            given,
            page=apart,
            join=apart,
            write=apart,
            media=apart,
            returned=_rejoined(given),
            sessions_lost=None,
            rooms_split=None,
        )
    # The other site's instances come first where the master is not at the primary's.
    first = given.env.edge.routing == "failover"
    rooms = meeting.rooms(given, "off", nodes=_nodes(given))
    return costs(
        given,
        page=meeting.pages(given, "off", nodes=_nodes(given)) if first else NONE,
        join=rooms,
        media=rooms + _joined(given),
        returned=_rejoined(given),
        detect=meeting.found(given, "off"),
        redundant=meeting.back(given),
        rooms_split=None,
        note="for clients of the master's site; the other one is without sessions until the cut is mended",
    )


def _site_isolated(given: Given) -> WorstCase:
    return _site_lost(given, NONE, lost_window=redis.window(given), two_masters=redis.two_masters(given))


def _site_off(given: Given) -> WorstCase:
    return _site_lost(given, _booted(given))


def _site_lost(
    given: Given, returned: Wait, *, lost_window: float | None = 0.0, two_masters: float | None = 0.0
) -> WorstCase:
    """The primary site with the master: what is lost at once is found at once, each by its own."""
    first = meeting.pages(given, "off", nodes=_nodes(given)) if given.env.edge.routing == "failover" else NONE
    writes = redis.writes(given, "off")
    rooms = slowest(edge.rooms(given), meeting.rooms(given, "off", nodes=_nodes(given)), redis.rooms(given, "off"))
    found = [meeting.found(given, "off"), redis.found(given, "off"), *([edge.found(given)] if given.env.dns else [])]
    return costs(
        given,
        page=slowest(edge.pages(given) + first, redis.pages(given, "off")),
        join=rooms,
        write=writes,
        media=rooms + _joined(given),
        returned=_rejoined(given, edge.served(given)),
        detect=slowest(*found),
        redundant=returned + slowest(meeting.back(given), redis.back(given), edge.back(given)),
        lost_window=lost_window,
        two_masters=two_masters,
        sessions_lost=None if writes.never else 0,
        note="for clients outside the lost site",
    )


def _edge_lost(given: Given) -> WorstCase:
    return costs(
        given,
        page=edge.pages(given),
        join=edge.rooms(given),
        media=edge.media(given) + _joined(given),
        returned=Waits(page=edge.served(given)),
        detect=edge.found(given),
        redundant=_booted(given) + edge.back(given),
    )


def _haproxy_lost(given: Given) -> WorstCase:
    again = edge.haproxy(given)
    media = again + _joined(given) if again.steps else NONE
    return costs(given, join=again, media=media, redundant=edge.restarted(given, "HAProxy"))


def _nameserver_lost(given: Given) -> WorstCase:
    """Nobody has to find out: each resolver asks the next one."""
    asked = edge.nameserver(given)
    return costs(given, page=asked, redundant=edge.restarted(given, "gdnsd"), websockets_dropped=0)


def _two_in_sequence(given: Given) -> WorstCase:
    """The master, and before its server is back an instance: however close, not more than one after the other."""
    rooms = redis.rooms(given, "off") + meeting.rooms(given, "off")
    writes = redis.writes(given, "off")
    return costs(
        given,
        page=redis.pages(given, "off") + meeting.pages(given, "off"),
        join=rooms,
        write=writes,
        media=rooms + _joined(given),
        returned=_rejoined(given),
        detect=slowest(redis.found(given, "off"), meeting.found(given, "off")),
        redundant=slowest(redis.back(given), meeting.back(given)),
        two_masters=redis.COUNT,
        sessions_lost=None if writes.never else 0,
    )


def _rejoined(given: Given, served: Wait = NONE) -> Waits:
    """The instances of what was cut off are served by before they follow to the new master; `served` by their edge."""
    write = redis.rejoined(given)
    page = slowest(served, redis.answered(given, write))
    join = redis.let_in(given, page)
    return Waits(page, join, write, join + _joined(given))


def _joined(given: Given) -> Wait:
    return wait("to join the room", given.client.join)


def _booted(given: Given) -> Wait:
    if given.servers.boot is None:
        return Wait(never="how long a server takes to boot is the cloud's")
    return wait("until the server has booted", given.servers.boot)


def _nodes(given: Given) -> int:
    """The instances that both edges try first when new rooms go to the primary site."""
    return given.env.sites[given.env.primary].meeting_nodes


_FAULTS: dict[Fault, Callable[[Given], WorstCase]] = {
    Fault.MEETING_PROCESS_KILLED: _process_killed,
    Fault.MEETING_SERVER_OFF: _server_off,
    Fault.MEETING_SERVER_HANGS: _server_hangs,
    Fault.REDIS_MASTER_KILLED: _master_killed,
    Fault.REDIS_MASTER_OFF: _master_off,
    Fault.REDIS_MASTER_PAUSED: _master_paused,
    Fault.SENTINEL_LOST: _sentinel_lost,
    Fault.WITNESS_LOST: _witness_lost,
    Fault.BACKBONE_CUT: _backbone_cut,
    Fault.SITE_ISOLATED: _site_isolated,
    Fault.SITE_OFF: _site_off,
    Fault.EDGE_LOST: _edge_lost,
    Fault.HAPROXY_LOST: _haproxy_lost,
    Fault.NAMESERVER_LOST: _nameserver_lost,
    # Nova pulls the plug of a server that is replaced; of a site's, all go at once.
    Fault.SERVER_REPLACED: _server_off,
    Fault.SITE_ROLLED: _site_off,
    Fault.SITE_REBUILT: _site_off,
    Fault.TWO_IN_SEQUENCE: _two_in_sequence,
}
