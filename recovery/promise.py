"""Waits that follow each other, wait for each other, or have no end; and a promise made of one."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Step:
    """One term of a sum.

    Attributes:
        what: what is waited for.
        seconds: at most.
        keys: the environment's settings that it follows from; none for what the parts or the client do by themselves.
    """

    what: str
    seconds: float
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        source = f" ({', '.join(self.keys)})" if self.keys else ""
        return f"{self.seconds:g} s {self.what}{source}"


@dataclass(frozen=True)
class Wait:
    """What is waited for, one step after the other; no step: nothing is interrupted.

    Attributes:
        steps: in their order.
        never: why the settings promise no end; empty when they do.
    """

    steps: tuple[Step, ...] = ()
    never: str = ""

    @property
    def seconds(self) -> float | None:
        """The sum; None when no end is promised."""
        return None if self.never else round(sum(step.seconds for step in self.steps), 3)

    @property
    def keys(self) -> tuple[str, ...]:
        """The settings that shorten it."""
        return tuple(dict.fromkeys(key for step in self.steps for key in step.keys))

    def __add__(self, later: Self) -> "Wait":
        """This one, and then the other."""
        return Wait((*self.steps, *later.steps), self.never or later.never)


NONE = Wait()


def wait(what: str, seconds: float, *keys: str) -> Wait:
    """A wait of one step."""
    return Wait((Step(what, seconds, keys),))


def slowest(*waits: Wait) -> Wait:
    """Of waits that run at the same time, the one that ends last."""
    return max(waits, key=lambda one: float("inf") if one.seconds is None else one.seconds)


def quickest(*waits: Wait) -> Wait:
    """Of waits at the same time, each of which would do, the one that ends first."""
    return min(waits, key=lambda one: float("inf") if one.seconds is None else one.seconds)


@dataclass(frozen=True)
class Promise:
    """How long somebody goes without something at most.

    Attributes:
        wait: until it is to be had again.
        own: what the client takes from then on, as it does without a fault.
    """

    wait: Wait
    own: Step

    @property
    def seconds(self) -> float | None:
        """The worst case: the budget of a measurement. None: the settings promise nothing."""
        return (self.wait + Wait((self.own,))).seconds

    @property
    def interrupted(self) -> bool:
        """Whether there is anything to wait for."""
        return bool(self.wait.steps or self.wait.never)

    @property
    def keys(self) -> tuple[str, ...]:
        """The settings that shorten it."""
        return self.wait.keys

    def __str__(self) -> str:
        if self.wait.never:
            return self.wait.never
        return " + ".join(map(str, (*self.wait.steps, self.own)))
