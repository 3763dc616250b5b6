"""The order of a roll, and where it stops: at the first thing that is not as it must be."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ops.roll.plan import Situation, Step
from ops.roll.waiting import Left, wait

# A replaced Redis has the data of a few sessions at once; Caddy forgets failed tries after 30 s, checks rise in 12 s.
SETTLE_SECONDS = 300


class StoppedError(Exception):
    """A step was not done; the message says what was last seen."""


class Hands(Protocol):
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


def roll(hands: Hands, steps: Sequence[Step], patience: Patience, say: Callable[[str], None]) -> None:
    """Do the steps, each once those who serve meanwhile are healthy.

    Raises:
        StoppedError: at the first thing that is not healthy or not done; what was drained stays so.
    """
    for number, step in enumerate(steps, 1):
        say(f"[{number}/{len(steps)}] {step}")
        _healthy(hands, patience)
        _do(hands, step, patience, say)
    settled(lambda: hands.lacking(own=True, serving=True), patience.settle)


def settled(lacking: Callable[[], list[str]], seconds: float, pause: Callable[[float], None] = time.sleep) -> None:
    """Wait until nothing is lacking.

    Raises:
        StoppedError: something still is.
    """
    deadline = time.monotonic() + seconds
    while said := lacking():
        if time.monotonic() >= deadline:
            raise StoppedError(f"not healthy after {seconds:.0f} s: {'; '.join(said)}")
        pause(2)


def _healthy(hands: Hands, patience: Patience) -> None:
    settled(lambda: hands.lacking(own=False, serving=False), min(60, patience.settle))


def _do(hands: Hands, step: Step, patience: Patience, say: Callable[[str], None]) -> None:
    match step:
        case Step.DNS_OUT:
            hands.dns(out=True)
        case Step.DRAIN:
            hands.drain()
        case Step.WAIT:
            left = wait(
                hands.left, lambda: _healthy(hands, patience), say, least=patience.caches, deadline=patience.drain
            )
            say("nobody is left" if left.nobody else f"the deadline has passed: {left}")
        case Step.CLOSE:
            hands.close()
        case Step.HAND_OVER:
            hands.hand_over()
        case Step.APPLY:
            hands.apply()
        case Step.READY:
            settled(lambda: hands.lacking(own=True, serving=False), patience.settle)
        case Step.OPEN:
            hands.open()
        case Step.DNS_IN:
            hands.dns(out=False)
