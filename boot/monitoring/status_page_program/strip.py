"""A day in steps: what was up, what was not, and when nobody knew."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from .query import STEP, STEPS


class State(Enum):
    """Of anything that is watched."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Run:
    """Steps that follow each other in one state: from `first` up to and without `after`."""

    state: State
    first: int
    after: int


@dataclass(frozen=True)
class Outage:
    """When something was down: seconds since 1970, to a step; `end` is None while it is."""

    start: int
    end: int | None


@dataclass(frozen=True)
class Strip:
    """The last 24 hours; `end` is when the last step ends, in seconds since 1970."""

    end: int
    states: tuple[State, ...]

    @property
    def runs(self) -> list[Run]:
        """The day as runs, the oldest first."""
        found, first = [], 0
        for state, steps in groupby(self.states):
            after = first + len(list(steps))
            found.append(Run(state, first, after))
            first = after
        return found

    @property
    def outages(self) -> list[Outage]:
        """The oldest first."""
        down = [run for run in self.runs if run.state is State.DOWN]
        return [Outage(self._time(run.first), None if run.after == STEPS else self._time(run.after)) for run in down]

    @property
    def unknown_seconds(self) -> int:
        """How long nobody knew."""
        return self.states.count(State.UNKNOWN) * STEP

    def up_all_through(self, outage: Outage) -> bool:
        """Whether this was up as long as something else was not."""
        first = round((outage.start - self._time(0)) / STEP)
        after = STEPS if outage.end is None else round((outage.end - self._time(0)) / STEP)
        return set(self.states[first:after]) == {State.UP}

    def _time(self, step: int) -> int:
        """When a step begins."""
        return self.end - (STEPS - step) * STEP


def state(value: float | None) -> State:
    """Of a value of a `:bool` rule; nothing measured is nothing known."""
    if value is None:
        return State.UNKNOWN
    return State.UP if value == 1 else State.DOWN


def strip(end: int, points: Mapping[int, float]) -> Strip:
    """The day that ends at `end`, of the values at the ends of its steps."""
    return Strip(end, tuple(state(points.get(end - (STEPS - 1 - n) * STEP)) for n in range(STEPS)))
