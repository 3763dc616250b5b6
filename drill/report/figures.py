"""How a drill's figures read, in the same words in tables, sections and pictures."""

from drill.record import Drilled, Measure

# The columns of the table over all faults, by the names of their measures. One of another name stands in the section of
# its fault alone.
COLUMNS = (
    "detect",
    "page",
    "join",
    "write",
    "media",
    "websockets dropped",
    "rooms split",
    "sessions lost",
    "writes lost",
    "two masters",
    "full redundancy",
)
NOT_SEEN = "not seen"  # the end of something that lasted longer than the drill waited
NOTHING = "-"


def figure(value: float | None, unit: str = "") -> str:
    """One figure: "5.7 s", "95 s", "3"."""
    if value is None:
        return NOT_SEEN
    digits = 1 if value < 100 else 0
    number = f"{value:.{digits}f}".removesuffix(".0")
    return f"{number} {unit}".rstrip()


def next_to_budget(measure: Measure | None) -> str:
    """What was seen and what was allowed: "5.7 / 7 s"; without a budget what was seen alone."""
    if measure is None:
        return NOTHING
    if measure.budget is None:
        return figure(measure.seen, measure.unit)
    return f"{figure(measure.seen)} / {figure(measure.budget, measure.unit)}"


def measure_of(one: Drilled, name: str) -> Measure | None:
    """The measure of a name, where the fault has it."""
    return next((measure for measure in one.measures if measure.name == name), None)


def missed(one: Drilled) -> list[Measure]:
    """The measures whose budget was missed."""
    return [measure for measure in one.measures if not measure.met]


def verdict(*, passed: bool) -> str:
    """One word."""
    return "passed" if passed else "failed"
