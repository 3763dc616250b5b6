"""Waiting for the meetings of a drained site: as long as they last, and no longer than the deadline."""

import time
from collections.abc import Callable
from dataclasses import dataclass

POLL_SECONDS = 5
# While people leave one by one a line says so; while nothing changes one a minute says that it goes on.
SAID_SECONDS = 60


@dataclass(frozen=True)
class Left:
    """Who is still on a site.

    Attributes:
        rooms: on its meeting servers.
        people: in those rooms.
        connections: of people in rooms anywhere that go through its edge, where that is to be replaced.
        unknown: what could not be asked, and why.
    """

    rooms: int = 0
    people: int = 0
    connections: int = 0
    unknown: tuple[str, ...] = ()

    @property
    def nobody(self) -> bool:
        """Whether all have left, as far as everybody could be asked."""
        return not (self.rooms or self.connections or self.unknown)

    def __str__(self) -> str:
        through = f", {self.connections} connections of people in rooms through its edge" if self.connections else ""
        unknown = f"; not known: {'; '.join(self.unknown)}" if self.unknown else ""
        return f"{self.rooms} rooms with {self.people} people{through}{unknown}"


def wait(
    look: Callable[[], Left],
    healthy: Callable[[], None],
    say: Callable[[str], None],
    *,
    least: float,
    deadline: float,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Left:
    """Wait until nobody is left.

    Args:
        look: who is left now.
        healthy: raises when those who serve meanwhile no longer do; asked once a minute.
        say: told how it goes.
        least: seconds that are waited in any case: what resolvers remember is followed that long.
        deadline: seconds that are waited at the longest.
        clock: the time in seconds.
        pause: lets seconds pass.

    Returns:
        Who is left: nobody, or whoever the deadline passed over.
    """
    begun = said = asked = clock()
    last: Left | None = None
    while True:
        left = look()
        waited = clock() - begun
        if (left.nobody and waited >= least) or waited >= deadline:
            return left
        if left != last or clock() - said >= SAID_SECONDS:
            say(f"{left}; at the longest {_clock(deadline - waited)} more")
            last, said = left, clock()
        if clock() - asked >= SAID_SECONDS:
            healthy()
            asked = clock()
        pause(min(POLL_SECONDS, deadline - waited))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
