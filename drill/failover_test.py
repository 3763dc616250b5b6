"""The requirements' test of the failover, its six steps to the letter (docs/requirements.md, "Test de failover")."""

from collections.abc import Iterator
from contextlib import contextmanager

from drill.clients.edge import Edge
from drill.clients.newcomer import opened
from drill.crowd import Meetings
from drill.exercise import Exercise, Struck
from drill.strikes import MEETING, stopped
from drill.target import Target, TargetError
from fleet import edges, https
from recovery.fault import Fault


def _instances(target: Target, site: str) -> set[str]:
    return {server.name for server in target.instances(site)}


def _answers(target: Target) -> dict[str, str]:
    """Which instance answers a page through each edge."""
    return {
        edge.site: https.ask(
            str(edge.public_address), str(target.fleet.domain), authority=target.authority
        ).headers.get("x-instance", "nobody")
        for edge in target.fleet.of("edge")
    }


def _routed_to(target: Target, site: str) -> str:
    wanted = _instances(target, site)
    wrong = {edge: instance for edge, instance in _answers(target).items() if instance not in wanted}
    return "; ".join(f"{edge}'s edge routes to {instance}, not to {site}" for edge, instance in wrong.items())


@contextmanager
def _steps(target: Target) -> Iterator[Struck]:
    """1. both run; 2. Caddy routes to GRA; 3. GRA stops; (4. is seen while this is entered); 5. GRA starts.

    The requirements have one instance a site: where there are several, all of the site stop.
    """
    for edge in target.fleet.of("edge"):
        down = {
            name: state for name, state in edges.instances(target.config, edge).items() if not state.startswith("UP")
        }
        if down:
            raise TargetError(f"step 1, both instances run: {edge.name} finds {down}")
    if wrong := _routed_to(target, target.primary):
        raise TargetError(f"step 2, Caddy routes to {target.primary}: {wrong}")
    with stopped(target, MEETING, *target.instances(target.primary)) as struck:
        yield struck


def _switched(target: Target, _: Meetings) -> str:
    return (wrong := _routed_to(target, target.secondary)) and f"step 4, Caddy switches: {wrong}"


def _new_rooms_come_back(target: Target, _: Meetings) -> str:
    """Step 6: a room that nobody was in before, through each edge."""
    wanted = _instances(target, target.primary)
    for edge in target.fleet.of("edge"):
        door = Edge(str(target.fleet.domain), str(edge.public_address), cacert=target.authority)
        where = opened(door, f"after-{edge.site}")
        if where not in wanted:
            return f"step 6, new connections go to {target.primary}: through {edge.name} to {where}"
    return ""


def _notes_hold(target: Target, meetings: Meetings) -> str:
    """The requirements' notes: websockets and media break and come back by themselves, and no room moves by itself.

    That sessions survive is counted with every page.
    """
    for person in meetings.people:
        seen = [event.name for event in person.log.events]
        for note in ("disconnected", "reconnected"):
            if note not in seen:
                return f"the requirements' notes: {person.log.peer} was not {note}"
        if seen.count("media-flowing") < 2:
            return f"the requirements' notes: the media of {person.log.peer} did not come back"
        if person.instance not in _instances(target, target.secondary):
            return f"the requirements' notes: the room of {person.log.peer} moved by itself to {person.instance}"
    return ""


FAILOVER_TEST = Exercise(
    Fault.MEETING_PROCESS_KILLED,
    "The requirements' six steps: GRA's instance stops, SBG serves, GRA serves again",
    _steps,
    during=(_switched,),
    afterwards=(_new_rooms_come_back, _notes_hold),
    scenario="failover-test",
)
