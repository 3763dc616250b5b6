"""More and more people, step by step, until something is not good enough or the bound is reached."""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from drill.load.generator import Generator, Seen
from drill.load.meter import Meter
from drill.load.report import BOUND, Ramp
from drill.load.shape import LEAST, MOST, Shape
from drill.load.step import Limits, Step
from fleet.command_line import CommandError

# Nobody needs more to know how many a core holds, and what is sent costs others.
MOST_PEOPLE, LONGEST = 1000, 1800
# Seconds for the last one to come: by then each request of theirs has had its answer, or has none.
_ARRIVING = 30.0


@dataclass(frozen=True)
class Plan:
    """A ramp.

    Attributes:
        shape: of the rooms.
        most: people at the most.
        step: people more each time; rounded up to whole rooms.
        hold: seconds that a step is looked at, once its people are there.
        longest: seconds for all of it.
        pace: seconds between two arrivals: an edge answers 429 to an address that asks more than an office would.
    """

    shape: Shape
    most: int
    step: int
    hold: float = 20.0
    longest: float = 600.0
    pace: float = 0.1

    def check(self) -> None:
        """Refuse what is not bounded, before anybody comes.

        Raises:
            CommandError: with what is allowed.
        """
        for name, value, least, most in (
            ("people of a room", self.shape.people, LEAST, MOST),
            ("people", self.most, self.shape.people, MOST_PEOPLE),
            ("people a step", self.step, 1, self.most),
            ("seconds", self.longest, 1, LONGEST),
        ):
            if not least <= value <= most:
                raise CommandError(f"{name} = {value:g}: must be {least:g} to {most:g}")


def ramp(plan: Plan, limits: Limits, crowd: Generator, meter: Meter, tell: Callable[[Step], None]) -> Ramp:
    """Go up.

    Args:
        plan: how far and how fast.
        limits: what is good enough.
        crowd: participants of the plan's shape, of whom nobody is there.
        meter: of the meeting servers.
        tell: takes each step when it is over; the first is without anybody.

    Raises:
        CommandError: the plan is not bounded, or nothing can be measured.
    """
    plan.check()
    deadline = time.monotonic() + plan.longest
    steps: list[Step] = []
    arrivals, there = _arrivals(plan.shape), 0
    while True:
        steps.append(_step(crowd, meter, plan, there))
        tell(steps[-1])
        if broken := list(limits.broken(steps[-1])):
            return Ramp(plan.shape, steps, "; ".join(broken))
        more = _more(plan, there)
        if not more:
            return Ramp(plan.shape, steps, f"{BOUND} of {plan.most} people")
        if time.monotonic() + more * plan.pace + plan.hold > deadline:
            return Ramp(plan.shape, steps, f"{BOUND} of {plan.longest:g} s")
        crowd.join([next(arrivals) for _ in range(more)])
        there += more


def _more(plan: Plan, there: int) -> int:
    """How many people come next: whole rooms, within the bound."""
    size = plan.shape.people
    return min(-(-plan.step // size), (plan.most - there) // size) * size


def _arrivals(shape: Shape) -> Iterator[tuple[str, str]]:
    """Rooms that nobody else has, one full after the other."""
    name = f"load-{secrets.token_hex(4)}"
    for number in count():
        for person in range(shape.people):
            yield f"{name}-{number}", f"{name}-{number}-{person}"


def _step(crowd: Generator, meter: Meter, plan: Plan, there: int) -> Step:
    """Wait until all have come or failed, then look for `hold` seconds."""
    joins: list[float] = []
    failed = 0
    waited = time.monotonic() + _ARRIVING + there * plan.pace
    seen = crowd.report()
    while True:
        joins += seen.joins or ()
        failed += len(seen.failures or ())
        if seen.people + failed >= there or time.monotonic() > waited:
            break
        time.sleep(0.2)
        seen = crowd.report()
    before, began = meter(), time.monotonic()
    crowd.report()
    time.sleep(plan.hold)
    seen = crowd.report()
    cores, busiest = meter().since(before, time.monotonic() - began)
    return _seen(seen, joins, there - seen.people + seen.gone, cores, busiest)


def _seen(seen: Seen, joins: list[float], missing: int, cores: float, busiest: float) -> Step:
    return Step(
        people=seen.people - seen.gone,
        failed=missing,
        silent=seen.silent,
        join=sorted(joins)[len(joins) * 95 // 100] if joins else None,
        loss=100 * seen.lost / seen.expected if seen.expected else 0.0,
        jitter=seen.jitter,
        cores=cores,
        busiest=100 * busiest,
        mbit=seen.received * 8 / 1e6 / seen.seconds,
        generator=seen.cpu / seen.seconds,
    )
