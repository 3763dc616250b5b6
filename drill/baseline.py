"""How long everything takes without a fault, on this target, beside this crowd: a part of every budget, and bounded.

It is watched while everybody in a meeting comes at once, as after a fault: whoever serves them is as busy as then.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from drill.clients.asking import Asking
from drill.clients.participant import Participant
from drill.crowd import Crowd, GatheringError
from drill.target import WHOLE_PAUSE, Target, TargetError
from recovery.worst_case import SERVICES, Service

T = TypeVar("T")
WATCHED_SECONDS = 20
LOOK_SECONDS = 5
QUIET_SECONDS = 300
# What one page, place in a room, write or connection of media may take without a fault, in seconds; a target
# that takes longer is too busy for its figures to say anything.
CEILINGS: dict[Service, float] = {"page": 0.5, "join": 1.5, "write": 0.5, "media": 1.5}


@dataclass(frozen=True)
class Baseline:
    """Seconds without service that nobody is to blame for: the longest there were, of each kind.

    Attributes:
        page: from one answered page to the next.
        join: from one newcomer's place in a room to the next one's.
        write: from one acknowledged write to the next; None: nobody writes.
        media: from a participant's page to the first message through the SFU, or from one message to the next.
        look: from when all is whole to when that is seen, at the longest.
    """

    page: float
    join: float
    write: float | None
    media: float
    look: float

    def of(self, kind: Service) -> float:
        """The seconds of a kind; 0 where there were none."""
        return {"page": self.page, "join": self.join, "write": self.write or 0.0, "media": self.media}[kind]


def quiet(watch: Callable[[], tuple[T | None, Sequence[str]]], say: Callable[[str], None]) -> T:
    """Watch until it is quiet, for at most `QUIET_SECONDS`.

    Args:
        watch: what is so at the moment, and what keeps it from being quiet, in sentences.
        say: told what is waited for.

    Raises:
        TargetError: it was not; with the last figures and the machine's load.
    """
    end = time.monotonic() + QUIET_SECONDS
    while (seen := watch())[1]:
        said = f"{'; '.join(seen[1])}; the load here is {' '.join(f'{load:.1f}' for load in os.getloadavg())}"
        if time.monotonic() > end:
            raise TargetError(f"too busy to drill, for {QUIET_SECONDS} s: {said}")
        say(f"waits for quiet: {said}")
        time.sleep(LOOK_SECONDS)
    assert seen[0] is not None  # noqa: S101 - nothing keeps it from being quiet
    return seen[0]


def pages(crowd: Crowd) -> tuple[float | None, list[str]]:
    """What the last seconds' pages took at the longest, and what keeps that from being quiet."""
    took = longest(crowd.pages.values(), time.monotonic() - LOOK_SECONDS)
    return took, _busy({"page": took})


def baseline(crowd: Crowd, target: Target) -> tuple[Baseline | None, list[str]]:
    """Watch everybody while meetings gather at the primary site, and for `WATCHED_SECONDS` more.

    Returns:
        What everything took, None where not everybody was there, and what keeps that from being quiet.

    Raises:
        TargetError: people who come to a room at the same moment are on two instances; the target is not whole.
    """
    try:
        return _watched(crowd, target)
    except GatheringError as error:
        return None, [str(error)]


def _watched(crowd: Crowd, target: Target) -> tuple[Baseline, list[str]]:
    since = time.monotonic()
    at = target.server("meeting", target.primary).name
    with crowd.newcomers() as newcomers, crowd.meetings("baseline", at) as meetings:
        gathered = time.monotonic()
        # One look may just have missed what the next one sees.
        look = 2 * target.wait_whole(deadline=QUIET_SECONDS) + WHOLE_PAUSE
        time.sleep(WATCHED_SECONDS)
        until = time.monotonic()
        lanes = crowd.lanes(meetings, newcomers)
        to_media = max(_to_media(person) for person in meetings.people)
        took: dict[Service, float | None] = {
            "page": longest(crowd.pages.values(), since),
            "join": longest(newcomers.asking.values(), since),
            "write": max(
                (w.took for writing in crowd.writers.values() for w in writing.writes if w.at > since), default=0
            ),
            "media": to_media,
        }
    begins: dict[Service, float] = {kind: gathered if kind == "media" else since for kind in SERVICES}
    gaps: dict[Service, float] = {
        kind: max((lane.longest(begin, until) for lane in lanes if lane.kind == kind), default=0.0)
        for kind, begin in begins.items()
    }
    write = gaps["write"] if crowd.writers else None
    # What goes on must not stand still for longer than one of it may take.
    intervals = {lane.kind: lane.interval for lane in lanes}
    slowest = {k: seen and max(seen, gaps[k] - intervals.get(k, 0.0)) for k, seen in took.items()}
    return Baseline(gaps["page"], gaps["join"], write, max(to_media, gaps["media"]), look), _busy(slowest)


def over(kind: Service, seconds: float | None) -> str:
    """A sentence about what takes longer than it may without a fault; None: it did not come."""
    seen = "was not answered" if seconds is None else f"takes {seconds:.2f} s"
    return f"a {kind} {seen}, and may take {CEILINGS[kind]:g} s"


def longest(asking: Iterable[Asking], since: float) -> float | None:
    """The longest that a question begun after `since` took; None when one was not answered, or none was asked."""
    questions = [asked for one in asking for asked in list(one.questions) if asked.begin >= since]
    if not questions or not all(asked.answered for asked in questions):
        return None
    return max(asked.end - asked.begin for asked in questions)


def _busy(took: Mapping[Service, float | None]) -> list[str]:
    return [over(kind, seconds) for kind, seconds in took.items() if seconds is None or seconds > CEILINGS[kind]]


def _to_media(person: Participant) -> float:
    """From the page to the first packets at the SFU."""
    return person.traffic.grew[0] - person.log.events[0].at
