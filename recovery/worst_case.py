"""What a fault may cost: for those who go on using the service, and of what must not happen meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from recovery.client import Given
from recovery.promise import NONE, Promise, Step, Wait, slowest

Service = Literal["page", "join", "write", "media"]
SERVICES: tuple[Service, ...] = ("page", "join", "write", "media")
RETURN = "on the return"


@dataclass(frozen=True)
class Waits:
    """How long each service is waited for; nothing is interrupted unless it says so."""

    page: Wait = NONE
    join: Wait = NONE
    write: Wait = NONE
    media: Wait = NONE


@dataclass(frozen=True)
class WorstCase:
    """What a fault costs at most, counted from the moment at which it acts. None: the settings promise nothing.

    Attributes:
        page: a page is answered, through any edge that the client has the address of.
        join: somebody is in their room again, by signalling; somebody new is let in.
        write: a meeting server's write is acknowledged by Redis.
        media: messages come back through the SFU, joining the room included.
        returned: what each service takes at most from the end of the fault on, when what was lost comes back.
        detect: until whoever decides knows of it.
        redundant: from the end of the fault until the next one may come.
        lost_window: seconds for which a master that is cut off acknowledges writes that are lost; 0: none is lost.
        two_masters: seconds for which two masters take writes.
        sessions_lost: sessions that are older than `lost_window`.
        rooms_split: rooms whose people are on two instances.
        websockets_dropped: connections that the fault has to leave open and does not; None where it must close some.
        note: for whom the promises hold, where that is not everybody.
    """

    page: Promise
    join: Promise
    write: Promise
    media: Promise
    returned: Mapping[Service, Promise]
    detect: Wait
    redundant: Wait
    lost_window: float | None
    two_masters: float | None
    sessions_lost: int | None
    rooms_split: int | None
    websockets_dropped: int | None
    note: str

    @property
    def promises(self) -> Mapping[Service, Promise]:
        """What people go on doing."""
        return {"page": self.page, "join": self.join, "write": self.write, "media": self.media}

    @property
    def budgets(self) -> dict[str, float | None]:
        """The same as numbers, by the names of a drill's measures; what nobody has to find or to mend has none."""
        return {
            **{service: promise.seconds for service, promise in self.promises.items()},
            **{f"{service} {RETURN}": promise.seconds for service, promise in self.returned.items()},
            "detect": self.detect.seconds if self.detect.steps else None,
            "full redundancy": self.redundant.seconds if self.redundant.steps else None,
            "writes lost": 0 if self.lost_window == 0 else None,
            "window of lost writes": self.lost_window,
            "two masters": self.two_masters,
            "sessions lost": self.sessions_lost,
            "rooms split": self.rooms_split,
            "websockets dropped": self.websockets_dropped,
        }

    @property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """The settings that each of the times follows from, by the same names."""
        return {
            **{service: promise.keys for service, promise in self.promises.items()},
            **{f"{service} {RETURN}": promise.keys for service, promise in self.returned.items()},
            "detect": self.detect.keys,
            "full redundancy": self.redundant.keys,
        }


def costs(
    given: Given,
    *,
    page: Wait = NONE,
    join: Wait = NONE,
    write: Wait = NONE,
    media: Wait = NONE,
    returned: Waits = Waits(),
    detect: Wait = NONE,
    redundant: Wait = NONE,
    lost_window: float | None = 0.0,
    two_masters: float | None = 0.0,
    sessions_lost: int | None = 0,
    rooms_split: int | None = 0,
    websockets_dropped: int | None = None,
    note: str = "",
) -> WorstCase:
    """A worst case of what is not as without a fault; `join` and `media` are of those who are in a room."""
    during = _promised(given, Waits(page, join, write, media))
    return WorstCase(
        page=during["page"],
        join=during["join"],
        write=during["write"],
        media=during["media"],
        returned=_promised(given, returned),
        detect=detect,
        redundant=redundant,
        lost_window=lost_window,
        two_masters=two_masters,
        sessions_lost=sessions_lost,
        # Without affinity nobody keeps a room together, not even without a fault.
        rooms_split=rooms_split if given.env.edge.affinity else None,
        websockets_dropped=websockets_dropped,
        note=note,
    )


def _promised(given: Given, waits: Waits) -> dict[Service, Promise]:
    client = given.client
    served = Step("for the page", client.page)
    # Who is new needs the page first.
    newcomer = waits.page + Wait((served,)) if waits.page.steps else waits.page
    return {
        "page": Promise(waits.page, served),
        "join": Promise(slowest(waits.join, newcomer), Step("to join the room", client.join)),
        "write": Promise(waits.write, Step("for the write", client.write)),
        "media": Promise(waits.media, Step("to connect the media", client.media)),
    }
