"""The clients of a drill: pages and new rooms asked for through both edges, two pairs in meetings, numbered writes.

All have the addresses of both edges, as the DNS gives them, and try the one of their own site first.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from drill.arrivals import Arrivals
from drill.clients.asking import Asking
from drill.clients.attendance import Attendance, together
from drill.clients.edge import CONNECT_SECONDS, Edge
from drill.clients.newcomer import PATIENCE, arrived
from drill.clients.participant import Participant
from drill.clients.writing import Writing
from drill.lanes import Lane
from drill.target import Target, TargetError
from drill.visitor import Visitor
from fleet import https
from fleet.until import until

PAGE_SECONDS = 0.5
JOIN_SECONDS = 1.0
# Nobody waits for somebody else's answer: so many are under way before the first of them gives up.
PAGE_CROWD = int((https.TIMEOUT_SECONDS + 2 * CONNECT_SECONDS) / PAGE_SECONDS)
JOIN_CROWD = int(PATIENCE / JOIN_SECONDS)
MEDIA_SECONDS = 0.2
WRITE_SECONDS = 0.1
GATHER_SECONDS = 120
# Names that are tried until a room is opened where the fault will be: with two nodes each is taken half of the time.
NAMES = 12


@dataclass
class Meetings:
    """Two pairs: one meets across the sites, the other is beyond the primary's edge; and the names of their rooms."""

    rooms: dict[str, str]
    pairs: dict[str, tuple[Participant, Participant]]

    @property
    def people(self) -> list[Participant]:
        """Everybody."""
        return [person for pair in self.pairs.values() for person in pair]

    def lacking(self, *, apart: bool = False) -> list[str]:
        """What is not as it should be; with `apart` the two of a pair may be on different instances."""
        split = [words for pair in self.pairs.values() if not (words := together(*pair)).startswith("together")]
        return [
            *([] if apart else split),
            *(f"{p.log.peer} is not heard" for p in self.people if not p.traffic.flowing),
            *(f"{p.log.peer} hears nothing" for p in self.people if not apart and not p.hears),
        ]

    def wait_whole(self, *, deadline: float, apart: bool = False) -> None:
        """Wait until nothing is lacking.

        Raises:
            TimeoutError: it did not come; with what was last lacking.
        """
        until(lambda: "; ".join(self.lacking(apart=apart)), seconds=deadline, what="whole meetings", pause=0.2)


class GatheringError(TargetError):
    """The participants do not come together in time; the message says what was last seen."""


@dataclass(frozen=True)
class Newcomers:
    """Those who open rooms, by the site whose edge they try first, and how they are asking."""

    arrivals: Mapping[str, Arrivals]
    asking: Mapping[str, Asking]


@dataclass(frozen=True)
class Crowd:
    """Everybody who is there for as long as the drill goes on; those in meetings come for one exercise."""

    doors: dict[str, Edge]
    visitors: dict[str, Visitor]
    pages: dict[str, Asking]
    writers: dict[str, Writing]

    @contextmanager
    def meetings(self, name: str, at: str) -> Iterator[Meetings]:
        """Two pairs in rooms of their own that nobody was in before, their media flowing; all come at the same moment.

        Args:
            name: of the exercise.
            at: the instance that the rooms have to be on, where new rooms go to it at all.

        Raises:
            GatheringError: they do not come together in time; with what was last seen.
            TargetError: people who come to a room at the same moment are on two instances.
        """
        first, second = self.doors
        sites = {"across": (first, second), "beyond": (second, second)}
        with Attendance() as house:
            try:
                rooms = {pair: self._room(f"{name}-{pair}", at, *places) for pair, places in sites.items()}
                people = house.join_at_once(
                    *(
                        Participant(self.doors[site], rooms[pair], f"{pair}-{number}-{site}")
                        for pair, places in sites.items()
                        for number, site in enumerate(places, 1)
                    )
                )
                meetings = Meetings(rooms, {"across": (people[0], people[1]), "beyond": (people[2], people[3])})
                meetings.wait_whole(deadline=GATHER_SECONDS)
            except (TimeoutError, OSError) as error:
                raise GatheringError(f"the participants of {name} do not come together: {error}") from error
            yield meetings

    @contextmanager
    def newcomers(self) -> Iterator[Newcomers]:
        """Pairs of people who open rooms that nobody was in before, through both edges; while it is entered."""
        arrivals = {site: Arrivals(door, site) for site, door in self.doors.items()}
        with ExitStack() as stack:
            asking = {
                site: stack.enter_context(Asking(pair.ask, interval=JOIN_SECONDS, crowd=JOIN_CROWD))
                for site, pair in arrivals.items()
            }
            yield Newcomers(arrivals, asking)

    def astray(self, meetings: Meetings) -> list[str]:
        """The meetings whose latecomers, one through each edge, are led to another instance.

        Raises:
            OSError: somebody is not let in.
        """
        return [
            pair
            for pair, people in meetings.pairs.items()
            if not {person.instance for person in people} >= arrived(meetings.rooms[pair], *self.doors.values())
        ]

    def lanes(self, meetings: Meetings, newcomers: Newcomers) -> list[Lane]:
        """What each of them has been served so far."""
        found = [Lane("page", f"pages, {site} first", site, PAGE_SECONDS, a.answered) for site, a in self.pages.items()]
        found += [
            Lane("join", f"rooms, {site} first", site, JOIN_SECONDS, a.answered) for site, a in newcomers.asking.items()
        ]
        for person in meetings.people:
            name, site = person.log.peer, _site(person.log.peer)
            found.append(Lane("media", f"media, {name}", site, MEDIA_SECONDS, list(person.traffic.grew)))
        for site, writing in self.writers.items():
            moments = [write.at + write.took for write in writing.acknowledged()]
            found.append(Lane("write", f"writes, {site}", site, WRITE_SECONDS, moments))
        return found

    def _room(self, name: str, at: str, *sites: str) -> str:
        """A room that people who came to it at the same moment, through the edges of these sites, have opened.

        Raises:
            OSError: they were not let in.
            TargetError: they are not together.
        """
        for _ in range(NAMES):
            room = f"{name}-{time.time_ns()}"
            found = arrived(room, *(self.doors[site] for site in sites))
            if len(found) > 1:
                raise TargetError(f"people who came to {room} at the same moment are on {' and '.join(sorted(found))}")
            if found == {at}:
                break
        return room


@contextmanager
def crowd(target: Target) -> Iterator[Crowd]:
    """Bring everybody in, and have them leave at the end.

    Raises:
        TargetError: writes are not taken.
    """
    first, second = target.fleet.of("edge")
    domain = str(target.fleet.domain)
    doors = {
        own.site: Edge(domain, str(own.public_address), cacert=target.authority, others=(str(other.public_address),))
        for own, other in ((first, second), (second, first))
    }
    visitors = {site: Visitor((d.address, *d.others), domain, target.authority) for site, d in doors.items()}
    with ExitStack() as stack:
        for visitor in visitors.values():
            visitor.ask()
        writers = {
            site: stack.enter_context(writing)
            for site in doors
            if (writing := target.writing(site, f"drill-{site}")) is not None
        }
        try:
            for writing in writers.values():
                writing.wait_acknowledged(0, deadline=GATHER_SECONDS)
        except TimeoutError as error:
            raise TargetError(f"nobody takes writes: {error}") from error
        yield Crowd(
            doors=doors,
            visitors=visitors,
            pages={
                site: stack.enter_context(Asking(visitor.ask, interval=PAGE_SECONDS, crowd=PAGE_CROWD))
                for site, visitor in visitors.items()
            },
            writers=writers,
        )


def _site(peer: str) -> str:
    return peer.rsplit("-", 1)[1]
