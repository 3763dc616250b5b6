"""An exercise: a fault, how it is done, and what must be seen while it lasts."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from drill.crowd import Meetings
from drill.target import Target
from recovery.fault import Fault

# What must be seen: a sentence for what was not, empty when all was as it must be.
Check = Callable[[Target, Meetings], str]


@dataclass(frozen=True)
class Struck:
    """A fault that has been done.

    Attributes:
        done: in words, such as "powered off lab-gra-redis-1".
        begun: when it was begun, on the monotonic clock.
        unserved: sites whose own clients are promised nothing while it lasts.
        cut_off: sites whose servers' own clients, such as the writers, are promised nothing.
        lost: what somebody whose job it is has to find out, by the name that they call it, each with the moment of its
            loss; what comes back by itself, nobody has to find.
        at: when it was done: a login's or the cloud's answer later than it took effect.
    """

    done: str
    begun: float
    unserved: frozenset[str] = frozenset()
    cut_off: frozenset[str] = frozenset()
    lost: Mapping[str, float] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Exercise:
    """One entry of the drill.

    Attributes:
        fault: whose worst case is its budget.
        title: in words.
        strike: does the fault for as long as it is entered, and undoes it.
        lasts: seconds that the fault lasts at least, so that whoever counts has counted.
        checks: what must be seen while it lasts, and what afterwards.
        master_home: whether the primary site's Redis has to be the master at first.
        needs_zone: whether it is about the delegated zone.
        scenario: its name, when it is more than the fault.
    """

    fault: Fault
    title: str
    strike: Callable[[Target], AbstractContextManager[Struck]]
    lasts: float = 12.0
    during: tuple[Check, ...] = ()
    afterwards: tuple[Check, ...] = ()
    master_home: bool = False
    needs_zone: bool = False
    scenario: str = ""

    @property
    def name(self) -> str:
        """What it is chosen by."""
        return self.scenario or self.fault.value
