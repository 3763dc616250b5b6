"""The order of a roll, and where it stops: at the first thing that is not as it must be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fleet.until import until
from ops.roll.plan import Situation, Step
from ops.roll.waiting import Left, wait

# A replaced Redis has the data of a few sessions at once; Caddy forgets failed tries after 30 s, checks rise in 12 s.
SETTLE_SECONDS = 300


class StoppedError(Exception):
    """A step was not done; the message says what was last seen."""


class Controls(Protocol):
    """What can be seen of a site and done to it. Every method raises StoppedError when it cannot."""

    def situation(self) -> Situation:
        """How it is, and what a preview makes of it."""

    def lacking(self, *, own: bool, serving: bool) -> list[str]:
        """What is not healthy of the other sites; with `own` of this one too, with `serving` its instances too."""

    def dns(self, *, out: bool) -> None:
        """Leave its edge out of every answer, or put it back."""

    def drain(self) -> None:
        """Keep new rooms away from its meeting servers."""

    def close(self) -> None:
        """Move what is left to the other site."""

    def open(self) -> None:
        """Let rooms in again."""

    def left(self) -> Left:
        """Who is still on it."""

    def hand_over(self) -> None:
        """Make another site's Redis the master."""

    def apply(self) -> None:
        """Run `pulumi up`."""


@dataclass(frozen=True)
class Patience:
    """Seconds.

    Attributes:
        drain: until meetings that go on are moved.
        caches: that resolvers remember an address.
        settle: until servers that were replaced are healthy.
    """

    drain: float
    caches: float = 0.0
    settle: float = SETTLE_SECONDS


def roll(controls: Controls, steps: Sequence[Step], patience: Patience, say: Callable[[str], None]) -> None:
    """Do the steps, each once those who serve meanwhile are healthy.

    Raises:
        StoppedError: at the first thing that is not healthy or not done; what was drained stays so.
    """
    for number, step in enumerate(steps, 1):
        say(f"[{number}/{len(steps)}] {step}")
        _healthy(controls, patience)
        _do(controls, step, patience, say)
    settled(lambda: controls.lacking(own=True, serving=True), patience.settle)


def settled(lacking: Callable[[], list[str]], seconds: float) -> None:
    """Wait until nothing is lacking.

    Raises:
        StoppedError: something still is.
    """
    until(lambda: "; ".join(lacking()), seconds=seconds, what="a healthy environment", error=StoppedError, pause=2)


def _healthy(controls: Controls, patience: Patience) -> None:
    settled(lambda: controls.lacking(own=False, serving=False), min(60, patience.settle))


def _do(controls: Controls, step: Step, patience: Patience, say: Callable[[str], None]) -> None:
    match step:
        case Step.DNS_OUT:
            controls.dns(out=True)
        case Step.DRAIN:
            controls.drain()
        case Step.WAIT:
            left = wait(
                controls.left, lambda: _healthy(controls, patience), say, least=patience.caches, deadline=patience.drain
            )
            say("nobody is left" if left.nobody else f"the deadline has passed: {left}")
        case Step.CLOSE:
            controls.close()
        case Step.HAND_OVER:
            controls.hand_over()
        case Step.APPLY:
            controls.apply()
        case Step.READY:
            settled(lambda: controls.lacking(own=True, serving=False), patience.settle)
        case Step.OPEN:
            controls.open()
        case Step.DNS_IN:
            controls.dns(out=False)
