"""An exercise: a fault, how it is done, and what must be seen while it lasts."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from drill.ground import Ground
from settings.faults import Fault

# What must be seen while the fault lasts: a sentence for what was not, empty when all was as it must be.
Check = Callable[[Ground], str]


@dataclass(frozen=True)
class Struck:
    """A fault that has been done.

    Attributes:
        done: in words, such as "powered off lab-gra-redis-1".
        unserved: sites whose own clients are promised nothing while it lasts.
    """

    done: str
    unserved: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Exercise:
    """One entry of the drill.

    Attributes:
        fault: whose worst case is its budget.
        title: in words.
        strike: does the fault for as long as it is entered, and undoes it.
        lasts: seconds that the fault lasts at least, so that whoever counts has counted; a person's work may take less.
        checks: what must be seen while it lasts, and what afterwards.
        master_home: whether the primary site's Redis has to be the master at first.
        needs_zone: whether it is about the delegated zone.
        scenario: its name, when it is more than the fault.
    """

    fault: Fault
    title: str
    strike: Callable[[Ground], AbstractContextManager[Struck]]
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
