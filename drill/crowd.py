"""The clients of a drill: pages and new rooms asked for through both edges, two pairs in meetings, numbered writes.

All have the addresses of both edges, as the DNS gives them, and try the one of their own site first.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from drill.clients.asking import Asking
from drill.clients.attendance import Attendance, together
from drill.clients.edge import Edge
from drill.clients.newcomer import opened
from drill.clients.participant import Participant
from drill.clients.writing import Writing
from drill.lanes import Lane
from drill.target import Target, TargetError
from drill.visitor import Visitor
from fleet.until import until

PAGE_SECONDS = 1.0
JOIN_SECONDS = 2.0
# Questions under way at most: an emulated server that is late must not be buried under them.
PAGE_CROWD, JOIN_CROWD = 12, 2
MESSAGE_SECONDS = 0.2
WRITE_SECONDS = 0.1
GATHER_SECONDS = 120


@dataclass
class Meetings:
    """Two pairs: one meets across the sites, the other is beyond the primary's edge."""

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
            *(f"{p.log.peer} hears nothing" for p in self.people if not p.traffic.flowing),
        ]

    def wait_whole(self, *, deadline: float, apart: bool = False) -> None:
        """Wait until nothing is lacking.

        Raises:
            TimeoutError: it did not come; with what was last lacking.
        """
        until(lambda: "; ".join(self.lacking(apart=apart)), seconds=deadline, what="whole meetings", pause=0.2)


@dataclass(frozen=True)
class Crowd:
    """Everybody who is there for as long as the drill goes on; those in meetings come for one exercise."""

    doors: dict[str, Edge]
    visitors: dict[str, Visitor]
    pages: dict[str, Asking]
    writers: dict[str, Writing]

    @contextmanager
    def meetings(self, name: str) -> Iterator[Meetings]:
        """Two pairs in rooms of their own that nobody was in before, their media flowing.

        Raises:
            TargetError: they do not come together; with what was last seen.
        """
        first, second = self.doors
        unheard_of = f"{name}-{time.time_ns()}"
        rooms = {"across": (first, second), "beyond": (second, second)}
        with Attendance() as house:
            try:
                one, two, three, four = (
                    house.join(self.doors[site], f"{unheard_of}-{room}", f"{room}-{n}-{site}")
                    for room, sites in rooms.items()
                    for n, site in enumerate(sites, 1)
                )
                meetings = Meetings({"across": (one, two), "beyond": (three, four)})
                meetings.wait_whole(deadline=GATHER_SECONDS)
            except TimeoutError as error:
                raise TargetError(f"the participants of {name} do not come together: {error}") from error
            yield meetings

    @contextmanager
    def newcomers(self) -> Iterator[dict[str, Asking]]:
        """People who open rooms that nobody was in before, through both edges; while it is entered."""
        with ExitStack() as stack:
            yield {
                site: stack.enter_context(Asking(partial(_let_in, door, site), interval=JOIN_SECONDS, crowd=JOIN_CROWD))
                for site, door in self.doors.items()
            }

    def lanes(self, meetings: Meetings, newcomers: Mapping[str, Asking], left: float | None = None) -> list[Lane]:
        """What each of them has been served so far; the newcomers until they left."""
        found = [Lane("page", f"pages, {site} first", site, PAGE_SECONDS, a.answered) for site, a in self.pages.items()]
        found += [
            Lane("join", f"rooms, {site} first", site, JOIN_SECONDS, a.answered, left) for site, a in newcomers.items()
        ]
        for person in meetings.people:
            name, site = person.log.peer, _site(person.log.peer)
            found.append(Lane("media", f"media, {name}", site, MESSAGE_SECONDS, list(person.traffic.echoes)))
        for site, writing in self.writers.items():
            moments = [write.at + write.took for write in writing.acknowledged()]
            found.append(Lane("write", f"writes, {site}", site, WRITE_SECONDS, moments))
        return found


@contextmanager
def crowd(target: Target) -> Iterator[Crowd]:
    """Bring everybody in, and have them leave at the end."""
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
        yield Crowd(
            doors=doors,
            visitors=visitors,
            pages={
                site: stack.enter_context(Asking(visitor.ask, interval=PAGE_SECONDS, crowd=PAGE_CROWD))
                for site, visitor in visitors.items()
            },
            writers={
                site: stack.enter_context(writing)
                for site in doors
                if (writing := target.writing(site, f"drill-{site}")) is not None
            },
        )


def _let_in(door: Edge, site: str) -> bool:
    return bool(opened(door, site))


def _site(peer: str) -> str:
    return peer.rsplit("-", 1)[1]
