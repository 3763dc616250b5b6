"""The faults, each done to links, servers or daemons of the target, and undone."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from drill.crowd import Meetings
from drill.exercise import Exercise, Struck
from drill.strikes import MEETING, found_as, instance, lost_now, master, paused, powered_off, signalled, stopped
from drill.target import Target
from fleet import nameservers
from fleet.fleet import DeployedServer
from recovery.fault import Fault

REDIS, SENTINEL, HAPROXY, GDNSD = "redis-server", "redis-sentinel", "haproxy", "gdnsd"
# Between the two faults of a sequence: the first one's failover is through, its server is not back.
BETWEEN_SECONDS = 12.0
_GO_ON = f"sudo systemctl kill --signal=CONT {MEETING}"


def _of(target: Target, site: str) -> list[DeployedServer]:
    return [server for server in target.fleet.servers if server.site == site]


@contextmanager
def _backbone_cut(target: Target) -> Iterator[Struck]:
    """The site without the master has no sessions, and its people wait: the cut is short of a failover."""
    away = frozenset({target.primary, target.secondary} - {target.master()})
    names, begun = found_as(target, *target.fleet.of("meeting")), time.monotonic()
    with target.backbone_split():
        done = f"cut the backbone between {target.primary} and {target.secondary}; both reach the witness"
        yield Struck(done, begun, unserved=away, cut_off=away, lost=lost_now(names))


@contextmanager
def _site_isolated(target: Target) -> Iterator[Struck]:
    names, begun = found_as(target, *_of(target, target.primary)), time.monotonic()
    with target.isolated(target.primary):
        done, cut_off = f"cut every link of {target.primary}", frozenset({target.primary})
        yield Struck(done, begun, cut_off=cut_off, lost=lost_now(names))


@contextmanager
def _two_in_sequence(target: Target) -> Iterator[Struck]:
    with paused(target, master(target)) as first:
        time.sleep(BETWEEN_SECONDS)
        with paused(target, instance(target)) as second:
            done = f"{first.done}; {BETWEEN_SECONDS:.0f} s later {second.done}"
            yield Struck(done, first.begun, lost={**first.lost, **second.lost}, at=first.at)


@contextmanager
def _server_replaced(target: Target) -> Iterator[Struck]:
    server, begun = instance(target), time.monotonic()
    target.replaced(server)
    yield Struck(f"`pulumi up` made {server.name} anew", begun)


@contextmanager
def _site_rolled(target: Target) -> Iterator[Struck]:
    begun = time.monotonic()
    target.rolled(target.secondary)
    yield Struck(f"`pulumi up` made every server of {target.secondary} anew", begun)


@contextmanager
def _site_rebuilt(target: Target) -> Iterator[Struck]:
    begun = time.monotonic()
    target.rebuilt(target.secondary)
    done = f"`pulumi destroy` left nothing of {target.secondary}, and `pulumi up` made it from nothing"
    # Whoever was on its backbone has none meanwhile.
    yield Struck(done, begun, cut_off=frozenset({target.secondary}))


def _the_others_answer(target: Target, _: Meetings) -> str:
    """A resolver asks the next nameserver when one does not answer."""
    lost = target.server("edge", target.primary).name
    name = target.fleet.zone_names[0]
    for server in target.fleet.nameservers:
        if server.name != lost and not nameservers.ask(str(server.public_address), name).addresses:
            return f"{server.name} names nobody for {name}"
    return ""


EXERCISES = (
    Exercise(
        Fault.MEETING_PROCESS_KILLED,
        "The meeting process is killed",
        lambda target: signalled(target, instance(target), MEETING, "KILL"),
    ),
    Exercise(
        Fault.MEETING_SERVER_HANGS,
        "The meeting server hangs: it takes connections and says nothing",
        lambda target: signalled(target, instance(target), MEETING, "STOP", _GO_ON),
        lasts=20,
    ),
    Exercise(
        Fault.MEETING_SERVER_OFF,
        "The meeting server loses its power",
        lambda target: powered_off(target, instance(target)),
    ),
    Exercise(
        Fault.REDIS_MASTER_KILLED,
        "The Redis master's process is killed",
        lambda target: signalled(target, master(target), REDIS, "KILL"),
    ),
    Exercise(Fault.REDIS_MASTER_PAUSED, "The Redis master stands still", lambda target: paused(target, master(target))),
    Exercise(
        Fault.REDIS_MASTER_OFF, "The Redis master loses its power", lambda target: powered_off(target, master(target))
    ),
    Exercise(
        Fault.SENTINEL_LOST,
        "A Sentinel is lost",
        lambda target: stopped(target, SENTINEL, target.redis_servers[target.secondary]),
    ),
    Exercise(Fault.WITNESS_LOST, "The witness is lost", lambda target: paused(target, *target.fleet.of("witness"))),
    Exercise(
        Fault.BACKBONE_CUT,
        "The sites do not see each other, and both see the witness",
        _backbone_cut,
        master_home=True,
    ),
    Exercise(Fault.EDGE_LOST, "An edge is lost", lambda target: paused(target, target.server("edge", target.primary))),
    Exercise(
        Fault.HAPROXY_LOST,
        "An edge's HAProxy is killed",
        lambda target: signalled(target, target.server("edge", target.primary), HAPROXY, "KILL"),
    ),
    Exercise(Fault.SITE_ISOLATED, "A site loses every link", _site_isolated, lasts=20, master_home=True),
    Exercise(
        Fault.TWO_IN_SEQUENCE,
        "The Redis master is lost, and then the instance",
        _two_in_sequence,
        master_home=True,
    ),
    Exercise(
        Fault.SITE_OFF,
        "A site loses its power",
        lambda target: powered_off(target, *_of(target, target.primary)),
        lasts=20,
        master_home=True,
    ),
    Exercise(
        Fault.NAMESERVER_LOST,
        "A nameserver is lost",
        lambda target: stopped(target, GDNSD, target.server("edge", target.primary)),
        during=(_the_others_answer,),
        needs_zone=True,
    ),
    Exercise(
        Fault.SERVER_REPLACED,
        "`pulumi up` replaces a meeting server during a meeting",
        _server_replaced,
        lasts=0,
    ),
    Exercise(Fault.SITE_ROLLED, "`pulumi up` rolls a whole site during a meeting", _site_rolled, lasts=0),
    # The last one: the site's public addresses are others afterwards, and everybody in the drill has the former ones.
    Exercise(
        Fault.SITE_REBUILT,
        "A site is rebuilt from nothing during a meeting",
        _site_rebuilt,
        lasts=0,
        master_home=True,
    ),
)
