"""From what the clients were served to figures: gaps, dropped websockets, split rooms, lost writes and sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from drill.clients.participant import Participant
from drill.clients.writes import Write
from drill.crowd import Crowd, Meetings
from drill.lanes import KINDS, Lane
from drill.record import Measure

Budgets = Mapping[str, float | None]


@dataclass(frozen=True)
class Window:
    """From the injection over the moment when it was undone to the end of the observation, on the monotonic clock."""

    since: float
    healed: float
    until: float

    def holds(self, moment: float) -> bool:
        """Whether a moment lies inside."""
        return self.since <= moment <= self.until


def measures(
    crowd: Crowd,
    meetings: Meetings,
    window: Window,
    *,
    lanes: Sequence[Lane],
    surviving: Mapping[str, set[int]],
    budgets: Budgets,
) -> list[Measure]:
    """The figures of one fault, next to their budgets.

    Args:
        crowd: for sessions and writes.
        meetings: for websockets and rooms.
        window: what to look at.
        lanes: those of clients that are promised something.
        surviving: the numbers that the master has at the end, by the site of the writer.
        budgets: by the name of the measure.
    """
    gaps = {kind: [lane.gap(window.since, window.healed) for lane in lanes if lane.kind == kind] for kind in KINDS}
    found = [Measure(kind, "s", _longest(of), budgets.get(kind)) for kind, of in gaps.items() if of]
    lost = [
        write for site, writing in crowd.writers.items() for write in _lost(writing.writes, surviving[site], window)
    ]
    counted: list[tuple[str, float]] = [
        ("websockets dropped", sum(len(_dropped(person, window)) for person in meetings.people)),
        ("rooms split", sum(split_seconds(*pair, window) > 0 for pair in meetings.pairs.values())),
        ("sessions lost", sum(window.holds(at) for v in crowd.visitors.values() for at in v.sessions_lost)),
        ("writes lost", len(lost)),
    ]
    found += [Measure(name, "", seen, budgets.get(name)) for name, seen in counted]
    seconds = {
        "window of lost writes": max((write.at - window.since for write in lost), default=0.0),
        "pages on the return": max(
            (lane.longest(window.healed, window.until) for lane in lanes if lane.kind == "page"), default=0.0
        ),
        "two masters": two_masters(
            [w for writing in crowd.writers.values() for w in writing.acknowledged(since=window.since)]
        ),
    }
    return [*found, *(Measure(name, "s", seen, budgets.get(name)) for name, seen in seconds.items())]


def two_masters(acknowledged: Sequence[Write]) -> float:
    """Seconds in which two masters acknowledged writes, whoever wrote them."""
    spans: dict[str, tuple[float, float]] = {}
    for write in acknowledged:
        first, last = spans.get(write.by, (write.at, write.at))
        spans[write.by] = (min(first, write.at), max(last, write.at))
    overlaps = (
        min(one[1], two[1]) - max(one[0], two[0])
        for (a, one), (b, two) in product(spans.items(), spans.items())
        if a < b
    )
    return max(0.0, max(overlaps, default=0.0))


def split_seconds(one: Participant, two: Participant, window: Window) -> float:
    """How long two who are to be in one room both had media, on different instances."""
    return sum(
        max(0.0, min(a.end, b.end) - max(a.begin, b.begin))
        for a, b in product(_stays(one, window), _stays(two, window))
        if a.instance != b.instance
    )


@dataclass(frozen=True)
class _Stay:
    instance: str
    begin: float
    end: float


def _stays(person: Participant, window: Window) -> list[_Stay]:
    """From the first message through an instance's SFU to the last."""
    moments = [e.at for e in person.log.events if e.name == "signalling"]
    instances = [str(e.fields["instance"]) for e in person.log.events if e.name == "signalling"]
    found = []
    for instance, (begin, end) in zip(instances, pairwise([*moments, window.until]), strict=True):
        echoes = [at for at in person.traffic.echoes if begin <= at < end and window.holds(at)]
        if echoes:
            found.append(_Stay(instance, echoes[0], echoes[-1]))
    return found


def _dropped(person: Participant, window: Window) -> list[float]:
    return [event.at for event in person.log.events if event.name == "disconnected" and window.holds(event.at)]


def _lost(writes: Sequence[Write], surviving: set[int], window: Window) -> list[Write]:
    return [w for w in writes if w.acknowledged and window.holds(w.at) and w.number not in surviving]


def _longest(gaps: Sequence[float | None]) -> float | None:
    seen = [gap for gap in gaps if gap is not None]
    return max(seen) if len(seen) == len(gaps) else None
