"""A model of the meeting servers' processors: what a packet in and a packet out cost, from two shapes of room.

An SFU decrypts what it takes and encrypts what it sends, packet by packet; sizes matter little beside that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drill.load.shape import Shape
from drill.load.step import Step


@dataclass(frozen=True)
class Model:
    """Processor seconds of a packet that is taken, and of one that is sent."""

    taken: float
    sent: float

    def each(self, shape: Shape) -> float:
        """What a person costs, of a processor."""
        return self.taken * shape.packets_in + self.sent * shape.packets_out

    def per_core(self, shape: Shape) -> float:
        """How many people a processor holds."""
        return 1 / self.each(shape)


def each_costs(steps: Sequence[Step]) -> float:
    """What a person more costs, of a processor: the slope of a ramp, so that what an idle server takes does not count.

    Raises:
        ValueError: fewer than two steps of different sizes.
    """
    people = [step.people for step in steps]
    if len(set(people)) < 2:
        raise ValueError("a ramp needs two steps of different sizes")
    mean, cores = sum(people) / len(steps), sum(step.cores for step in steps) / len(steps)
    spread = sum((step.people - mean) ** 2 for step in steps)
    return sum((step.people - mean) * (step.cores - cores) for step in steps) / spread


def fit(one: Shape, one_costs: float, other: Shape, other_costs: float) -> Model:
    """The model that two shapes agree on.

    Raises:
        ValueError: they are too much alike, or their figures contradict each other.
    """
    determinant = one.packets_in * other.packets_out - other.packets_in * one.packets_out
    if not determinant:
        raise ValueError(f"{one} and {other} send as many packets for each that they take: take shapes that differ")
    taken = (one_costs * other.packets_out - other_costs * one.packets_out) / determinant
    sent = (one.packets_in * other_costs - other.packets_in * one_costs) / determinant
    if sent <= 0:
        raise ValueError(f"{one} and {other}: a packet sent would cost {sent:.2g} s: measure longer, with more people")
    return Model(taken, sent)
