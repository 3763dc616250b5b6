"""The faults, each done to links, servers or daemons of the target, and undone."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from drill.crowd import Meetings
from drill.exercise import Exercise, Struck
from drill.observers import MASTER
from drill.target import Target
from fleet import nameservers
from fleet.fleet import DeployedServer
from recovery.fault import Fault
from settings.redis import Sentinel

MEETING, REDIS, SENTINEL, HAPROXY, GDNSD = "multiparty-meeting", "redis-server", "redis-sentinel", "haproxy", "gdnsd"
# Between the two faults of a sequence: the first one's failover is through, its server is not back.
BETWEEN_SECONDS = 12.0


def found_as(target: Target, *servers: DeployedServer) -> list[str]:
    """What those who find losses call these servers; a server that nobody looks after has no name."""
    names = []
    for server in servers:
        if server.role == "meeting" and target.environment.edge.affinity:
            names.append(f"{server.site}-{server.name.rsplit('-', 1)[1]}")
        elif server.role == "edge" and target.fleet.zone_names:
            names.append(server.name)
        elif server.role == "redis" and isinstance(target.environment.redis, Sentinel) and server == _master(target):
            names.append(MASTER)
    return names


def _lost(names: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(names, time.monotonic())


@contextmanager
def _signalled(target: Target, server: DeployedServer, unit: str, signal: str, after: str = "") -> Iterator[Struck]:
    """Signal a daemon; what has `after` to bring it back is found out by somebody, what systemd starts again is not."""
    names, begun = found_as(target, server) if after else [], time.monotonic()
    target.shell(server, f"sudo systemctl kill --signal={signal} {unit}")
    try:
        yield Struck(f"SIG{signal} to {unit} on {server.name}", begun, lost=_lost(names))
    finally:
        if after:
            target.shell(server, after)


@contextmanager
def stopped(target: Target, unit: str, *servers: DeployedServer) -> Iterator[Struck]:
    """A daemon stopped on some servers at once; started again at the end. Somebody finds out when it is an instance."""
    names, begun = found_as(target, *servers) if unit == MEETING else [], time.monotonic()
    with ThreadPoolExecutor(len(servers)) as logins:
        try:
            list(logins.map(lambda server: target.shell(server, f"sudo systemctl stop {unit}"), servers))
            done = f"stopped {unit} on {', '.join(server.name for server in servers)}"
            yield Struck(done, begun, lost=_lost(names))
        finally:
            list(logins.map(lambda server: target.shell(server, f"sudo systemctl start {unit}"), servers))


@contextmanager
def _off(target: Target, *servers: DeployedServer) -> Iterator[Struck]:
    names, begun = found_as(target, *servers), time.monotonic()
    with target.powered_off(*servers):
        yield Struck(f"powered off {', '.join(server.name for server in servers)}", begun, lost=_lost(names))


@contextmanager
def _paused(target: Target, *servers: DeployedServer) -> Iterator[Struck]:
    names, begun = found_as(target, *servers), time.monotonic()
    with target.paused(*servers):
        yield Struck(f"paused {', '.join(server.name for server in servers)}", begun, lost=_lost(names))


def _of(target: Target, site: str) -> list[DeployedServer]:
    return [server for server in target.fleet.servers if server.site == site]


def _instance(target: Target) -> DeployedServer:
    return target.server("meeting", target.primary)


def _master(target: Target) -> DeployedServer:
    return target.redis_servers[target.master()]


@contextmanager
def _process_killed(target: Target) -> Iterator[Struck]:
    with _signalled(target, _instance(target), MEETING, "KILL") as struck:
        yield struck


@contextmanager
def _instance_off(target: Target) -> Iterator[Struck]:
    with _off(target, _instance(target)) as struck:
        yield struck


@contextmanager
def _instance_hangs(target: Target) -> Iterator[Struck]:
    back = f"sudo systemctl kill --signal=CONT {MEETING}"
    with _signalled(target, _instance(target), MEETING, "STOP", back) as struck:
        yield struck


@contextmanager
def _master_killed(target: Target) -> Iterator[Struck]:
    with _signalled(target, _master(target), REDIS, "KILL") as struck:
        yield struck


@contextmanager
def _master_off(target: Target) -> Iterator[Struck]:
    with _off(target, _master(target)) as struck:
        yield struck


@contextmanager
def _master_paused(target: Target) -> Iterator[Struck]:
    with _paused(target, _master(target)) as struck:
        yield struck


@contextmanager
def _sentinel_lost(target: Target) -> Iterator[Struck]:
    with stopped(target, SENTINEL, target.redis_servers[target.secondary]) as struck:
        yield struck


@contextmanager
def _witness_lost(target: Target) -> Iterator[Struck]:
    with _paused(target, *target.fleet.of("witness")) as struck:
        yield struck


@contextmanager
def _backbone_cut(target: Target) -> Iterator[Struck]:
    """The site without the master has no sessions, and its people wait: the cut is short of a failover."""
    away = frozenset({target.primary, target.secondary} - {target.master()})
    names, begun = found_as(target, *target.fleet.of("meeting")), time.monotonic()
    with target.backbone_split():
        done = f"cut the backbone between {target.primary} and {target.secondary}; both reach the witness"
        yield Struck(done, begun, unserved=away, cut_off=away, lost=_lost(names))


@contextmanager
def _site_isolated(target: Target) -> Iterator[Struck]:
    names, begun = found_as(target, *_of(target, target.primary)), time.monotonic()
    with target.isolated(target.primary):
        done, cut_off = f"cut every link of {target.primary}", frozenset({target.primary})
        yield Struck(done, begun, cut_off=cut_off, lost=_lost(names))


@contextmanager
def _site_off(target: Target) -> Iterator[Struck]:
    with _off(target, *_of(target, target.primary)) as struck:
        yield struck


@contextmanager
def _edge_lost(target: Target) -> Iterator[Struck]:
    with _paused(target, target.server("edge", target.primary)) as struck:
        yield struck


@contextmanager
def _haproxy_lost(target: Target) -> Iterator[Struck]:
    with _signalled(target, target.server("edge", target.primary), HAPROXY, "KILL") as struck:
        yield struck


@contextmanager
def _nameserver_lost(target: Target) -> Iterator[Struck]:
    with stopped(target, GDNSD, target.server("edge", target.primary)) as struck:
        yield struck


@contextmanager
def _two_in_sequence(target: Target) -> Iterator[Struck]:
    with _paused(target, _master(target)) as first:
        time.sleep(BETWEEN_SECONDS)
        with _paused(target, _instance(target)) as second:
            done = f"{first.done}; {BETWEEN_SECONDS:.0f} s later {second.done}"
            yield Struck(done, first.begun, lost={**first.lost, **second.lost}, at=first.at)


@contextmanager
def _server_replaced(target: Target) -> Iterator[Struck]:
    server, begun = _instance(target), time.monotonic()
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
    Exercise(Fault.MEETING_PROCESS_KILLED, "The meeting process is killed", _process_killed),
    Exercise(
        Fault.MEETING_SERVER_HANGS,
        "The meeting server hangs: it takes connections and says nothing",
        _instance_hangs,
        lasts=20,
    ),
    Exercise(Fault.MEETING_SERVER_OFF, "The meeting server loses its power", _instance_off),
    Exercise(Fault.REDIS_MASTER_KILLED, "The Redis master's process is killed", _master_killed),
    Exercise(Fault.REDIS_MASTER_PAUSED, "The Redis master stands still", _master_paused),
    Exercise(Fault.REDIS_MASTER_OFF, "The Redis master loses its power", _master_off),
    Exercise(Fault.SENTINEL_LOST, "A Sentinel is lost", _sentinel_lost),
    Exercise(Fault.WITNESS_LOST, "The witness is lost", _witness_lost),
    Exercise(
        Fault.BACKBONE_CUT,
        "The sites do not see each other, and both see the witness",
        _backbone_cut,
        master_home=True,
    ),
    Exercise(Fault.EDGE_LOST, "An edge is lost", _edge_lost),
    Exercise(Fault.HAPROXY_LOST, "An edge's HAProxy is killed", _haproxy_lost),
    Exercise(Fault.SITE_ISOLATED, "A site loses every link", _site_isolated, lasts=20, master_home=True),
    Exercise(
        Fault.TWO_IN_SEQUENCE,
        "The Redis master is lost, and then the instance",
        _two_in_sequence,
        master_home=True,
    ),
    Exercise(Fault.SITE_OFF, "A site loses its power", _site_off, lasts=20, master_home=True),
    Exercise(
        Fault.NAMESERVER_LOST,
        "A nameserver is lost",
        _nameserver_lost,
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
