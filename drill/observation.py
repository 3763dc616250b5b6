"""From what the clients were served to figures: gaps, dropped websockets, split rooms, lost writes and sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from drill.clients.participant import Participant
from drill.clients.writes import Write
from drill.crowd import Crowd, Meetings, Newcomers
from drill.lanes import Lane
from drill.record import Mark, Measure
from recovery.meeting import REUNITED
from recovery.worst_case import RETURN, SERVICES

Budgets = Mapping[str, float | None]
Keys = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Window:
    """From the injection over the moment when it was undone to the end of the observation, on the monotonic clock."""

    since: float
    healed: float
    until: float

    def holds(self, moment: float) -> bool:
        """Whether a moment lies inside."""
        return self.since <= moment <= self.until


@dataclass(frozen=True)
class Seen:
    """What a drill has in its hands at the end of an exercise.

    Attributes:
        crowd: for sessions and writes.
        meetings: for websockets and rooms.
        newcomers: for rooms that were opened by two at the same moment.
        lanes: all of them.
        promised: those of clients that are promised something while the fault lasts.
        astray: the meetings whose latecomers were led to another instance.
        surviving: the numbers that the master has at the end, by the site of the writer.
    """

    crowd: Crowd
    meetings: Meetings
    newcomers: Newcomers
    lanes: Sequence[Lane]
    promised: Sequence[Lane]
    astray: Sequence[str]
    surviving: Mapping[str, set[int]]


def measures(seen: Seen, window: Window, budgets: Budgets) -> list[Measure]:
    """The figures of one fault, next to their budgets by the name of the measure; what nobody measures has none."""
    found = [
        *_gaps(seen.promised, window.since, window.healed, "{}", budgets),
        *_gaps(seen.lanes, window.healed, window.until, f"{{}} {RETURN}", budgets),
    ]
    counted = {
        "websockets dropped": sum(len(_dropped(person, window)) for person in seen.meetings.people),
        "rooms split": len(_split(seen, window)),
        "sessions lost": sum(window.holds(at) for v in seen.crowd.visitors.values() for at in v.sessions_lost),
    }
    found += [Measure(name, "", count, budgets.get(name)) for name, count in counted.items()]
    return [*found, *_written(seen, window, budgets)]


def detection(marks: Sequence[Mark], lost: Mapping[str, float], window: Window, budget: float | None) -> list[Measure]:
    """How long it took until all that was lost was found by somebody whose job it is; each counts from its own loss.

    Args:
        marks: what was said, in seconds since the injection.
        lost: what they call it, with the moment of its loss; what nobody has to find is not in it.
        window: whose beginning is the injection.
        budget: None: nobody is promised to find out, and nobody's silence is a figure.
    """
    found = {
        name: min((max(0.0, mark.at + window.since - at) for mark in marks if mark.about == name), default=None)
        for name, at in lost.items()
    }
    seen = _longest(list(found.values()))
    return [Measure("detect", "s", seen, budget)] if found and (seen is not None or budget is not None) else []


def _gaps(lanes: Sequence[Lane], since: float, until: float, name: str, budgets: Budgets) -> list[Measure]:
    gaps = {kind: [lane.gap(since, until) for lane in lanes if lane.kind == kind] for kind in SERVICES}
    return [
        Measure(name.format(kind), "s", _longest(of), budgets.get(name.format(kind))) for kind, of in gaps.items() if of
    ]


def _split(seen: Seen, window: Window) -> list[str]:
    """The rooms whose people stay on two instances, those of newcomers among them."""
    apart = {name for name, pair in seen.meetings.pairs.items() if split_seconds(*pair, window) > REUNITED}
    opened = [
        f"opened through {site}" for site, a in seen.newcomers.arrivals.items() for at in a.splits if window.holds(at)
    ]
    return [*sorted(apart | set(seen.astray)), *opened]


def _written(seen: Seen, window: Window, budgets: Budgets) -> list[Measure]:
    """What became of numbered writes; nothing where nobody writes."""
    writers = seen.crowd.writers
    if not writers:
        return []
    lost = [write for site, writing in writers.items() for write in _lost(writing.writes, seen.surviving[site], window)]
    acknowledged = [write for writing in writers.values() for write in writing.acknowledged(since=window.since)]
    seconds = {
        "window of lost writes": max((write.at - window.since for write in lost), default=0.0),
        "two masters": two_masters(acknowledged),
    }
    return [
        Measure("writes lost", "", len(lost), budgets.get("writes lost")),
        *(Measure(name, "s", figure, budgets.get(name)) for name, figure in seconds.items()),
    ]


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
    """From the first packets that an instance's SFU had to the last."""
    moments = [e.at for e in person.log.events if e.name == "signalling"]
    instances = [str(e.fields["instance"]) for e in person.log.events if e.name == "signalling"]
    found = []
    for instance, (begin, end) in zip(instances, pairwise([*moments, window.until]), strict=True):
        grew = [at for at in person.traffic.grew if begin <= at < end and window.holds(at)]
        if grew:
            found.append(_Stay(instance, grew[0], grew[-1]))
    return found


def _dropped(person: Participant, window: Window) -> list[float]:
    return [event.at for event in person.log.events if event.name == "disconnected" and window.holds(event.at)]


def _lost(writes: Sequence[Write], surviving: set[int], window: Window) -> list[Write]:
    return [w for w in writes if w.acknowledged and window.holds(w.at) and w.number not in surviving]


def _longest(gaps: Sequence[float | None]) -> float | None:
    seen = [gap for gap in gaps if gap is not None]
    return max(seen) if seen and len(seen) == len(gaps) else None
