"""The seed's test of the failover, its six steps to the letter (seed.md, "Test de failover")."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from drill.clients.edge import Edge
from drill.clients.newcomer import opened
from drill.crowd import Meetings
from drill.exercise import Exercise, Struck
from drill.faults import MEETING
from drill.ground import Ground, GroundError
from fleet import edges, https
from recovery.fault import Fault


def _instance(ground: Ground, site: str) -> str:
    return ground.server("meeting", site).name


def _answers(ground: Ground) -> dict[str, str]:
    """Which instance answers a page through each edge."""
    return {
        edge.site: https.ask(
            str(edge.public_address), str(ground.fleet.domain), authority=ground.authority
        ).headers.get("x-instance", "nobody")
        for edge in ground.fleet.of("edge")
    }


def _routed_to(ground: Ground, site: str) -> str:
    wanted = _instance(ground, site)
    wrong = {edge: instance for edge, instance in _answers(ground).items() if instance != wanted}
    return "; ".join(f"{edge}'s edge routes to {instance}, not {wanted}" for edge, instance in wrong.items())


@contextmanager
def _steps(ground: Ground) -> Iterator[Struck]:
    """1. both run; 2. Caddy routes to GRA; 3. GRA stops; (4. is seen while this is entered); 5. GRA starts."""
    for edge in ground.fleet.of("edge"):
        down = {
            name: state for name, state in edges.instances(ground.config, edge).items() if not state.startswith("UP")
        }
        if down:
            raise GroundError(f"step 1, both instances run: {edge.name} finds {down}")
    if wrong := _routed_to(ground, ground.primary):
        raise GroundError(f"step 2, Caddy routes to {ground.primary}: {wrong}")
    server = ground.server("meeting", ground.primary)
    begun = time.monotonic()
    ground.shell(server, f"sudo systemctl stop {MEETING}")
    try:
        yield Struck(f"stopped the instance {server.name}, and started it again", begun)
    finally:
        ground.shell(server, f"sudo systemctl start {MEETING}")


def _switched(ground: Ground, _: Meetings) -> str:
    return (wrong := _routed_to(ground, ground.secondary)) and f"step 4, Caddy switches: {wrong}"


def _new_rooms_come_back(ground: Ground, _: Meetings) -> str:
    """Step 6: a room that nobody was in before, through each edge."""
    wanted = _instance(ground, ground.primary)
    for edge in ground.fleet.of("edge"):
        door = Edge(str(ground.fleet.domain), str(edge.public_address), cacert=ground.authority)
        where = opened(door, f"after-{edge.site}")
        if where != wanted:
            return f"step 6, new connections go to {ground.primary}: through {edge.name} to {where}"
    return ""


def _notes_hold(ground: Ground, meetings: Meetings) -> str:
    """The seed's notes: websockets and media break and come back by themselves, and no room moves by itself.

    That sessions survive is counted with every page.
    """
    for person in meetings.people:
        seen = [event.name for event in person.log.events]
        for note in ("disconnected", "reconnected"):
            if note not in seen:
                return f"the seed's notes: {person.log.peer} was not {note}"
        if seen.count("media-flowing") < 2:
            return f"the seed's notes: the media of {person.log.peer} did not come back"
        if person.instance != _instance(ground, ground.secondary):
            return f"the seed's notes: the room of {person.log.peer} moved by itself to {person.instance}"
    return ""


SEED = Exercise(
    Fault.MEETING_PROCESS_KILLED,
    "The seed's six steps: GRA's instance stops, SBG serves, GRA serves again",
    _steps,
    during=(_switched,),
    afterwards=(_new_rooms_come_back, _notes_hold),
    scenario="seed",
)
