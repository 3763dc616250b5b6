"""What a drill saw, as data: reports, pictures and verdicts are made of it, and nothing else."""

from dataclasses import dataclass
from typing import Literal

# Lower is better for every measure; "s" counts seconds, "" things.
Unit = Literal["s", ""]


@dataclass(frozen=True)
class Measure:
    """One figure next to its budget.

    Attributes:
        name: such as "page" (the longest time without an answered page) or "websockets dropped".
        unit: of both figures.
        seen: None when the end was not seen: it did not recover while the drill waited.
        budget: the worst case computed from the settings; None when the settings promise nothing here.
        keys: the environment's settings that the budget follows from.
    """

    name: str
    unit: Unit
    seen: float | None
    budget: float | None
    keys: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether what was seen is within the budget."""
        return self.budget is None or (self.seen is not None and self.seen <= self.budget)


@dataclass(frozen=True)
class Span:
    """A lane of the timeline that is not served from `begin` to `end`, in seconds since the injection."""

    lane: str
    begin: float
    end: float


@dataclass(frozen=True)
class Mark:
    """Something that happened, `at` seconds since the injection; on a lane, or on all when `lane` is empty.

    Attributes:
        about: what somebody whose job it is has found lost, such as "gra-1"; empty: it says nothing of the kind.
    """

    at: float
    lane: str
    what: str
    about: str = ""


@dataclass(frozen=True)
class Drilled:
    """One fault from its injection to full redundancy.

    Attributes:
        name: of the fault or scenario, such as `redis-master-off`.
        title: in words.
        done: what was done to what, such as "powered off lab-gra-redis-1".
        measures: figures next to their budgets.
        lanes: what was watched, in the order in which to show it: pages, rooms, media and writes, by edge or site. A
            lane's first word says which of them it is, such as "pages, gra first": its budget is that of page, join,
            media or write.
        spans: when a lane was not served.
        marks: what happened when, the injection at 0; injection and healing are shown without a mark too.
        healed: seconds from the injection until the fault was undone.
        seconds: how long all of it took, until everything was redundant again.
        problems: what was not as it must be, in sentences; empty when all steps were as described.
        scenario_of: the fault that a scenario is made of; empty: it is a fault itself.
        unpromised: lanes of clients that are promised nothing, such as those inside a site that is cut off.
    """

    name: str
    title: str
    done: str
    measures: tuple[Measure, ...]
    lanes: tuple[str, ...]
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    healed: float
    seconds: float
    problems: tuple[str, ...] = ()
    scenario_of: str = ""
    unpromised: tuple[str, ...] = ()

    @property
    def fault(self) -> str:
        """The fault: its anchor in the runbook."""
        return self.scenario_of or self.name

    @property
    def passed(self) -> bool:
        """Whether every budget was met and every step was as described."""
        return not self.problems and all(measure.met for measure in self.measures)


@dataclass(frozen=True)
class Report:
    """A whole drill.

    Attributes:
        environment: such as "production".
        target: where it ran, such as "the lab, seven emulated servers on one machine".
        begun: ISO 8601, with the offset.
        seconds: of the whole drill.
        drilled: in the order in which they ran.
    """

    environment: str
    target: str
    begun: str
    seconds: float
    drilled: tuple[Drilled, ...]

    @property
    def passed(self) -> bool:
        """Whether every fault passed."""
        return all(one.passed for one in self.drilled)
