"""Where people were, as answers say it, and when the people of a room were on two instances."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import aiohttp

from tests.edge.participants import Participant

EVERY = 0.5  # seconds between two signs of life, oftener than Engine.io's: who hangs is back sooner
LATE = 0.1  # as a busy server's first answer is: who comes at once comes before it (schedules.TOGETHER)
ANSWERED = 5.0  # seconds for an answer (Engine.io's `pingTimeout`)

Window = tuple[float, float]


@dataclass
class Stay:
    """One websocket: where it ended, and when an answer came first and last, on the monotonic clock."""

    room: str
    instance: str
    begin: float
    end: float


@dataclass
class Attendee(Participant):
    """A participant who remembers the own stays."""

    stays: list[Stay] = field(default_factory=list, init=False)
    late = LATE

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        now = time.monotonic()
        stay = Stay(self.room, str(self.instance), now, now)
        self.stays.append(stay)
        while True:
            await asyncio.sleep(EVERY)
            await socket.send_str("here")
            await socket.receive_str(timeout=ANSWERED)
            stay.end = time.monotonic()


@dataclass(frozen=True)
class Split:
    """A time during which a room's people were on more than one instance."""

    room: str
    instances: tuple[str, ...]
    begin: float
    end: float

    def outside(self, excused: Iterable[Window]) -> float:
        """How many seconds of it are in none of these windows."""
        left, at = 0.0, self.begin
        for begin, end in sorted(excused):
            left += max(0.0, min(begin, self.end) - at)
            at = max(at, min(end, self.end))
        return left + self.end - at


def splits(stays: Sequence[Stay]) -> list[Split]:
    """Of all rooms, in the order in which they began."""
    found = [split for room in {stay.room for stay in stays} for split in _splits([s for s in stays if s.room == room])]
    return sorted(found, key=lambda split: split.begin)


def _splits(stays: list[Stay]) -> list[Split]:
    """Of one room; what follows without a pause is one."""
    found: list[Split] = []
    moments = sorted({moment for stay in stays for moment in (stay.begin, stay.end)})
    for begin, end in pairwise(moments):
        places = {stay.instance for stay in stays if stay.begin <= begin and end <= stay.end}
        if len(places) < 2:
            continue
        before = found.pop() if found and found[-1].end == begin else Split(stays[0].room, (), begin, begin)
        found.append(Split(before.room, tuple(sorted(places | set(before.instances))), before.begin, end))
    return found
