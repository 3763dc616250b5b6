"""The order of a roll, and where it stops: at the first thing that is not as it must be.

While the others do not serve nothing is taken away from people, and what was taken away before is given back. What
gives back asks nobody's health but the site's own: it is needed most when another site is lost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fleet.until import until
from ops.roll.plan import TAKING_AWAY, Situation, Step, undo
from ops.roll.waiting import Left, wait

# A replaced Redis has the data of a few sessions at once; Caddy forgets failed tries after 30 s, checks rise in 12 s.
SETTLE_SECONDS = 300


class StoppedError(Exception):
    """A step was not done; the message says what was last seen."""


class OthersError(StoppedError):
    """Those who serve meanwhile no longer do."""


class Controls(Protocol):
    """What can be seen of a site and done to it. Every method raises StoppedError when it cannot."""

    def situation(self) -> Situation:
        """How it is, and what a preview makes of it."""

    def standing(self) -> Situation:
        """How it is, without a preview: that needs the region's API."""

    def lacking(self, *, own: bool, others: bool) -> list[str]:
        """What is not healthy of this site, of the others, or of all, their instances in service then."""

    def dns(self, *, out: bool) -> None:
        """Leave its edge out of every answer, or put it back."""

    def drain(self) -> None:
        """Keep new rooms away from those of its meeting servers that leave."""

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
    """Do the steps; one that takes something away once those who serve meanwhile are healthy.

    Raises:
        StoppedError: at the first thing that is not healthy or not done. What was drained stays so, unless the others
            no longer serve: then the site is opened again, as long as its servers are those that were drained.
    """
    for number, step in enumerate(steps, 1):
        say(f"[{number}/{len(steps)}] {step}")
        try:
            if step in TAKING_AWAY:
                _healthy(controls, patience)
            _do(controls, step, patience, say)
        except OthersError as error:
            try:
                put_back(controls, say)
            except StoppedError as untold:
                raise StoppedError(f"{error}; what was taken out is put back, and {untold}") from error
            raise StoppedError(f"{error}; what was taken out is put back, as it was") from error
    settled(lambda: controls.lacking(own=True, others=True), patience.settle)


def put_back(controls: Controls, say: Callable[[str], None]) -> None:
    """Have a site serve as it is: asks nobody's health, tells everybody who can be told.

    Raises:
        StoppedError: somebody could not be told; the others were.
    """
    untold = []
    for step in undo(controls.standing()):
        say(str(step))
        try:
            controls.open() if step is Step.OPEN else controls.dns(out=False)
        except StoppedError as error:
            untold.append(str(error))
    if untold:
        raise StoppedError("; ".join(untold))


def settled(lacking: Callable[[], list[str]], seconds: float) -> None:
    """Wait until nothing is lacking.

    Raises:
        StoppedError: something still is.
    """
    until(lambda: "; ".join(lacking()), seconds=seconds, what="a healthy environment", error=StoppedError, pause=2)


def _healthy(controls: Controls, patience: Patience) -> None:
    try:
        settled(lambda: controls.lacking(own=False, others=True), min(60, patience.settle))
    except StoppedError as error:
        raise OthersError(str(error)) from error


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
            settled(lambda: controls.lacking(own=True, others=False), patience.settle)
        case Step.OPEN:
            controls.open()
        case Step.DNS_IN:
            controls.dns(out=False)
