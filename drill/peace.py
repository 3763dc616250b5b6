"""How long everything takes without a fault, on this ground, beside this crowd: a client's own part of a recovery."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from drill.crowd import Crowd
from participant.newcomer import opened
from participant.participant import Participant

TRIES = 2


@dataclass(frozen=True)
class Peace:
    """Seconds, the longest of some tries.

    Attributes:
        page: a page load.
        join: page, signalling, and a room joined.
        write: an acknowledged write.
        media: from the lost connection's replacement to the first message through the SFU.
    """

    page: float
    join: float
    write: float
    media: float


def peace(crowd: Crowd) -> Peace:
    """Measure it; takes about half a minute."""
    with crowd.meetings("peace") as meetings:
        media = max(_to_media(person) for person in meetings.people)
        page = max(_timed(visitor.ask) for visitor in crowd.visitors.values() for _ in range(TRIES))
        join = max(_timed(partial(opened, door, site)) for site, door in crowd.doors.items() for _ in range(TRIES))
        write = max((w.took for writing in crowd.writers.values() for w in writing.acknowledged()), default=0.0)
    return Peace(page, join, write, media)


def _timed(do: Callable[[], object]) -> float:
    begun = time.monotonic()
    do()
    return time.monotonic() - begun


def _to_media(person: Participant) -> float:
    """From the page to the first message that came back."""
    return person.traffic.echoes[0] - person.log.events[0].at
