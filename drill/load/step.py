"""What was seen while some number of people was there, and from where on that is not good enough."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step of a ramp.

    Attributes:
        people: who were there.
        failed: who could not come, or went away by themselves.
        silent: streams that were promised and brought nothing.
        join: seconds until somebody had joined, of 95 in 100; None where nobody came.
        loss: packets that were lost, %.
        jitter: of 95 streams in 100, ms.
        cores: processors that the meeting servers took.
        busiest: the processor of the busiest process, %; an SFU's worker has one alone.
        mbit: Mbit/s that people got.
        generator: processors that the synthetic participants took.
    """

    people: int
    failed: int
    silent: int
    join: float | None
    loss: float
    jitter: float
    cores: float
    busiest: float
    mbit: float
    generator: float


@dataclass(frozen=True)
class Limits:
    """What is good enough. Seconds, %, ms; Mbit/s, where that is known."""

    join: float = 5.0
    loss: float = 1.0
    jitter: float = 30.0
    busiest: float = 90.0
    mbit: float | None = None

    def broken(self, step: Step) -> Iterator[str]:
        """What of a step is not good enough, with its figure."""
        if step.failed:
            yield f"{step.failed} could not come or stay"
        if step.silent:
            yield f"{step.silent} streams brought nothing"
        if step.join is not None and step.join > self.join:
            yield f"join {step.join:.1f} s, more than {self.join:g}"
        if step.loss > self.loss:
            yield f"loss {step.loss:.2f} %, more than {self.loss:g}"
        if step.jitter > self.jitter:
            yield f"jitter {step.jitter:.0f} ms, more than {self.jitter:g}"
        if step.busiest > self.busiest:
            yield f"the busiest process {step.busiest:.0f} % of a processor, more than {self.busiest:g}"
        if self.mbit and step.mbit > self.mbit:
            yield f"{step.mbit:.0f} Mbit/s, more than {self.mbit:g}"
