"""A ramp in words: people against quality, what a core and a Mbit/s hold, and what the participants themselves took."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from drill.load.model import each_costs, fit
from drill.load.shape import Shape
from drill.load.step import Step

# What a ramp was ended by that found no limit of quality.
BOUND = "the bound"
HEADER = "people  join s  loss %  jitter ms  processors  busiest %  Mbit/s  generator"


@dataclass(frozen=True)
class Ramp:
    """What was measured.

    Attributes:
        shape: of the rooms.
        steps: the first without anybody.
        ended: why it ended.
    """

    shape: Shape
    steps: Sequence[Step]
    ended: str

    @property
    def held(self) -> Step | None:
        """The last step that was good enough; None when there was none with people."""
        bounded = self.ended.startswith(BOUND)
        good = [step for step in (self.steps if bounded else self.steps[:-1]) if step.people]
        return good[-1] if good else None

    @property
    def each(self) -> float | None:
        """What a person costs, of a processor; None where that cannot be told."""
        try:
            return each_costs(self.steps)
        except ValueError:
            return None


def row(step: Step) -> str:
    """A step below `HEADER`."""
    join = "-" if step.join is None else f"{step.join:.1f}"
    return (
        f"{step.people:6}  {join:>6}  {step.loss:6.2f}  {step.jitter:9.1f}  {step.cores:10.2f}  {step.busiest:9.0f}  "
        f"{step.mbit:6.1f}  {step.generator:9.2f}"
    )


def summary(ramp: Ramp) -> Iterator[str]:
    """What a ramp says, line by line."""
    yield f"{ramp.shape}: ended by {ramp.ended}"
    if ramp.held is None:
        yield "no step with people was good enough"
        return
    yield f"{ramp.held.people} people at the most that were good enough"
    if ramp.each and ramp.each > 0:
        yield f"{1 / ramp.each:.0f} people a core ({1000 * ramp.each:.2f} ms of a processor each a second)"
    if ramp.held.mbit:
        each = ramp.held.mbit / ramp.held.people
        yield f"{1 / each:.2f} people a Mbit/s ({each:.2f} Mbit/s each)"
    yield f"a synthetic participant took {1000 * ramp.held.generator / ramp.held.people:.2f} ms of a processor a second"


def prediction(ramps: Sequence[Ramp]) -> Iterator[str]:
    """Fitted on the first two ramps, the model against each further one."""
    one, other, *rest = ramps
    if one.each is None or other.each is None:
        yield "no model: a ramp has too few steps"
        return
    try:
        model = fit(one.shape, one.each, other.shape, other.each)
    except ValueError as error:
        yield f"no model: {error}"
        return
    yield f"model: {1e6 * model.taken:.1f} us a packet taken, {1e6 * model.sent:.1f} us a packet sent"
    for ramp in rest:
        if ramp.each:
            off = 100 * (model.each(ramp.shape) / ramp.each - 1)
            measured = f"{1 / ramp.each:.0f} measured ({off:+.0f} %)"
            yield f"{ramp.shape}: {model.per_core(ramp.shape):.0f} people a core predicted, {measured}"


def data(ramps: Sequence[Ramp]) -> list[dict[str, object]]:
    """All figures, for JSON."""
    return [asdict(ramp) for ramp in ramps]
