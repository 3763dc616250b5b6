"""How long everything takes without a fault, on this target, beside this crowd: a client's own part of a recovery.

It is watched while everybody in a meeting comes at once, as after a fault: whoever serves them is as busy as then.
"""

import time
from dataclasses import dataclass

from drill.clients.participant import Participant
from drill.crowd import Crowd
from drill.lanes import KINDS, Kind

WATCHED_SECONDS = 20


@dataclass(frozen=True)
class Baseline:
    """Seconds without service that nobody is to blame for: the longest there were, of each kind.

    Attributes:
        page: from one answered page to the next.
        join: from one newcomer's place in a room to the next one's.
        write: from one acknowledged write to the next.
        media: from a participant's page to the first message through the SFU, or from one message to the next.
    """

    page: float
    join: float
    write: float
    media: float


def baseline(crowd: Crowd) -> Baseline:
    """Watch everybody while the meetings gather, and for `WATCHED_SECONDS` more."""
    since = time.monotonic()
    with crowd.newcomers() as newcomers, crowd.meetings("baseline") as meetings:
        gathered = time.monotonic()
        time.sleep(WATCHED_SECONDS)
        until = time.monotonic()
        lanes = crowd.lanes(meetings, newcomers)
        media = max(_to_media(person) for person in meetings.people)
    begins: dict[Kind, float] = {kind: gathered if kind == "media" else since for kind in KINDS}
    gaps: dict[Kind, float] = {
        kind: max((lane.longest(begin, until) for lane in lanes if lane.kind == kind), default=0.0)
        for kind, begin in begins.items()
    }
    return Baseline(gaps["page"], gaps["join"], gaps["write"], max(media, gaps["media"]))


def _to_media(person: Participant) -> float:
    """From the page to the first message that came back."""
    return person.traffic.echoes[0] - person.log.events[0].at
