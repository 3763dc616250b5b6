"""Random sequences of kills, restarts, reloads, drains and replaced edges, and whether rooms are whole all the while.

python -m tests.edge.schedules 1 200                the schedules of these seeds, on one fleet; half a minute each
python -m tests.edge.schedules 1 20 placement       the same on edges that are worse (mutations.py)
"""

import asyncio
import random
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from lab.engine import gotools
from recovery.meeting import REUNITED
from tests.edge.fleet import Fleet
from tests.edge.mutations import MUTATIONS
from tests.edge.participants import together
from tests.edge.person import PATIENCE, Person
from tests.edge.presence import Attendee, Window, splits
from tests.edge.quiet import Standstill, wait_quiet
from tests.edge.scheduled import CHANGES, SITES, Scheduled

ROOMS = 4  # at the beginning; others are opened meanwhile
EACH = 2  # people of a room through each edge
TOGETHER = 0.05  # seconds within which they arrive
STAYS = 3.0  # seconds for which all stay whole at the end
# Seconds of each kind's step that has an end of its own. A process that is back within about a second is down for one
# edge and up for the other.
HELD = {"killed": (0.1, 1.3), "off": (2.0, 6.0), "drained": (1.0, 6.0), "cut": (2.0, 8.0)}
# Rooms are at the primary's until something happens there.
INSTANCES = (*("gra-1", "gra-2") * 3, "sbg-1", "sbg-2")
TARGETS = {
    "killed": INSTANCES,
    "off": INSTANCES,
    "drained": INSTANCES,
    "reloaded": SITES,
    "restarted": SITES,
    "replaced": SITES,
    "cut": SITES,
}
WHOLE = 12.0  # seconds until everybody is together: the checks, Socket.io's delay, the table's next look
MENDED = 40.0  # seconds after a cut: HAProxy's peers find each other again, and tell
# How long after a step's end a room may be apart for longer than it takes to lead all together: the tables differ until
# a cut is mended, and a HAProxy that runs for less than five seconds may not know all rooms (docs/decisions/0009).
EXCUSED = {"cut": MENDED, "reloaded": 5.0, "restarted": 5.0, "replaced": 5.0}
# Seconds after the last step until all are together, where it is longer than after the others: somebody may have begun
# to connect to an edge that was not there yet.
AFTER = {"cut": MENDED, "replaced": WHOLE + PATIENCE}


@dataclass
class Step:
    """One step and its end, in seconds from the beginning of the schedule."""

    at: float
    target: str
    what: str
    until: float
    done: Window = field(default=(0.0, 0.0), init=False)

    def __str__(self) -> str:
        length = f" for {self.until - self.at:.1f} s" if self.what in HELD else ""
        return f"{self.at:.1f} s {self.what} {self.target}{length}"


def schedule(seed: int) -> tuple[list[Step], list[float]]:
    """One to three steps, overlapping as they may, never two to one at once; and when new rooms are opened.

    People arrive around each step, and at any other moment.
    """
    chosen = random.Random(seed)  # noqa: S311 - a schedule, no secret
    steps: list[Step] = []
    at = 0.0
    for _ in range(chosen.randint(1, 3)):
        at += chosen.uniform(0.0, 5.0)
        taken = {step.target for step in steps if step.until + 1 > at}
        targets: list[str] = []
        while not targets:  # both edges may have something done to them already
            what = chosen.choice(list(TARGETS))
            targets = [target for target in TARGETS[what] if target not in taken]
        target = chosen.choice(targets)
        steps.append(Step(at, target, what, at + chosen.uniform(*HELD.get(what, (0.0, 0.0)))))
    arrivals = [step.at + chosen.uniform(0.0, 2.0) for step in steps] + [chosen.uniform(0.0, at + 2) for _ in range(2)]
    return steps, sorted(arrivals)


class Meetings:
    """The people of all rooms of a schedule."""

    def __init__(self, scheduled: Scheduled, seed: int) -> None:
        self._persons = [Person(scheduled.fleet, site) for site in SITES]
        self._seed = seed
        self._staying: list[asyncio.Task[None]] = []
        self._numbers = 0
        self.people: list[Attendee] = []

    async def open(self, at: float = 0.0) -> None:
        """A new room after so many seconds: people arrive together, through both edges."""
        await asyncio.sleep(at)
        self._numbers += 1
        room = f"seed-{self._seed}-{self._numbers}"
        for person in self._persons * EACH:
            self._come(person, room)
            await asyncio.sleep(random.uniform(0.0, TOGETHER / len(SITES) / EACH))  # noqa: S311 - who comes when

    def join_late(self) -> None:
        """Somebody more to every room, through each edge."""
        for room in sorted({attendee.room for attendee in self.people}):
            for person in self._persons:
                self._come(person, room)

    def _come(self, person: Person, room: str) -> None:
        self.people.append(Attendee(person, room))
        self._staying.append(asyncio.create_task(self.people[-1].stay()))

    async def end(self) -> None:
        """All leave."""
        for task in self._staying:
            task.cancel()
        await asyncio.gather(*self._staying, return_exceptions=True)


async def _do(scheduled: Scheduled, step: Step, free: asyncio.Lock) -> None:
    """One step; `free` is the target's, which may take longer over a former step than planned."""
    await asyncio.sleep(step.at)
    async with free:
        begun = time.monotonic()
        await asyncio.to_thread(scheduled.do, step.what, step.target, end=False)
        if step.what in HELD:
            await asyncio.sleep(max(0.0, begun + step.until - step.at - time.monotonic()))
            await asyncio.to_thread(scheduled.do, step.what, step.target, end=True)
        step.done = begun, time.monotonic()


async def _meet(scheduled: Scheduled, meetings: Meetings, steps: list[Step], arrivals: list[float]) -> None:
    """Do the schedule, and wait until every room is whole and stays so.

    Raises:
        AssertionError: they are not whole within the stated time; with who is where.
    """
    for _ in range(ROOMS):
        await meetings.open()
    await together(meetings.people, "at first", WHOLE)
    free = {step.target: asyncio.Lock() for step in steps}
    doing = [_do(scheduled, step, free[step.target]) for step in steps]
    done = await asyncio.gather(*doing, *(meetings.open(at) for at in arrivals), return_exceptions=True)
    for error in done:
        if error:
            raise error
    await together(meetings.people, "at the end", max(AFTER.get(step.what, WHOLE) for step in steps))
    meetings.join_late()
    await together(meetings.people, "with one more through each edge")
    await asyncio.sleep(STAYS)
    await together(meetings.people, "afterwards", within=0)


@dataclass(frozen=True)
class Outcome:
    """What became of a schedule.

    Attributes:
        steps: what was done.
        apart: seconds, the longest that a room was on two instances outside of what is excused.
        standstill: seconds, the longest that the machine let nobody run meanwhile; it is added to what is allowed.
        findings: who was so for longer than is stated, and what is not whole; empty when all is as promised.
    """

    steps: list[Step]
    apart: float
    standstill: float
    findings: list[str]

    def __str__(self) -> str:
        said = f"SPLIT {len(self.findings)}: {self.findings[:3]}" if self.findings else "whole"
        return (
            f"{'; '.join(map(str, self.steps))}: {said}, apart {self.apart:.1f} s, standstill {self.standstill:.1f} s"
        )


def run(scheduled: Scheduled, seed: int) -> Outcome:
    """Do the schedule of a seed on a fleet that is whole, and wait until it is so again."""
    steps, arrivals = schedule(seed)
    findings: list[str] = []

    async def meet() -> list[Attendee]:
        meetings = Meetings(scheduled, seed)
        try:
            await _meet(scheduled, meetings, steps, arrivals)
        except AssertionError as error:
            findings.append(str(error))
        finally:
            await meetings.end()
        return meetings.people

    wait_quiet()
    begun = time.monotonic()
    with scheduled.operated(), Standstill() as standstill:
        people = asyncio.run(meet())
        try:
            scheduled.wait_up()
        except AssertionError as error:
            findings.append(str(error))
    excused = [(step.done[0], step.done[1] + EXCUSED[step.what]) for step in steps if step.what in EXCUSED]
    apart = {split: split.outside(excused) for split in splits([stay for one in people for stay in one.stays])}
    findings += [
        f"{split.room} on {split.instances} from {split.begin - begun:.1f} to {split.end - begun:.1f} s,"
        f" {seconds:.1f} s of which nothing excuses"
        for split, seconds in apart.items()
        if seconds > REUNITED + standstill.longest
    ]
    return Outcome(steps, max(apart.values(), default=0.0), standstill.longest, findings)


def main() -> int:
    """The command; 1 when a schedule has a finding."""
    first, last = int(sys.argv[1]), int(sys.argv[2])
    mutation = MUTATIONS[sys.argv[3]]() if sys.argv[3:] else nullcontext()
    found = 0
    with (
        mutation,
        tempfile.TemporaryDirectory() as directory,
        Fleet(Path(directory), gotools.build("caddy"), CHANGES) as fleet,
        fleet.wire.entered(),
    ):
        scheduled = Scheduled(fleet)
        for seed in range(first, last + 1):
            begun = time.monotonic()
            outcome = run(scheduled, seed)
            print(f"{seed}: {outcome} ({time.monotonic() - begun:.0f} s)", flush=True)
            if outcome.findings:
                print(*outcome.findings[3:], *scheduled.logs(), sep="\n", flush=True)
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
