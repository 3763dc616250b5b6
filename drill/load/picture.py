"""A ramp as a picture: people to the right, and one below the other join time, loss, jitter and processors."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.etree.ElementTree import Element

from drill.load.report import Ramp
from drill.load.step import Limits, Step
from drill.report import svg

_WIDTH, _LEFT, _RIGHT = 760.0, 120.0, 720.0
_TOP, _HEIGHT, _GAP = 60.0, 80.0, 34.0


class _Panel(NamedTuple):
    name: str
    value: Callable[[Step], float | None]
    limit: float | None


def picture(ramp: Ramp, limits: Limits) -> str:
    """The text of an SVG.

    Args:
        ramp: what was measured; two steps at the least.
        limits: what is good enough; drawn as lines.
    """
    panels = (
        _Panel("join, s", lambda step: step.join, limits.join),
        _Panel("loss, %", lambda step: step.loss, limits.loss),
        _Panel("jitter, ms", lambda step: step.jitter, limits.jitter),
        _Panel("processors", lambda step: step.cores, None),
        _Panel("Mbit/s", lambda step: step.mbit, limits.mbit),
    )
    most = max(step.people for step in ramp.steps) or 1
    height = _TOP + len(panels) * (_HEIGHT + _GAP) + 20
    root = svg.picture(_WIDTH, height, "How many people are held", f"{ramp.shape}: ended by {ramp.ended}")
    svg.add(root, "text", "ink title", words=str(ramp.shape), x=20.0, y=24.0)
    svg.add(root, "text", "faint", words=f"ended by {ramp.ended}", x=20.0, y=42.0)
    for number, panel in enumerate(panels):
        _panel(root, panel, ramp.steps, most, _TOP + number * (_HEIGHT + _GAP))
    for people in sorted({step.people for step in ramp.steps}):
        svg.add(root, "text", "faint middle", words=f"{people}", x=_x(people, most), y=height - 8)
    return svg.text(root)


def _panel(root: Element, panel: _Panel, steps: Sequence[Step], most: int, top: float) -> None:
    known = [(step.people, value) for step in steps if (value := panel.value(step)) is not None]
    highest = max([value for _, value in known] + ([panel.limit] if panel.limit else []), default=0) or 1
    bottom = top + _HEIGHT

    def y(value: float) -> float:
        return bottom - _HEIGHT * value / highest

    svg.add(root, "text", "ink end", words=panel.name, x=_LEFT - 12, y=top + 12)
    svg.add(root, "text", "faint end", words=f"{highest:.3g}", x=_LEFT - 12, y=top + 28)
    svg.add(root, "line", "line", x1=_LEFT, y1=bottom, x2=_RIGHT, y2=bottom)
    if panel.limit:
        svg.add(root, "line", "budget dashed", x1=_LEFT, y1=y(panel.limit), x2=_RIGHT, y2=y(panel.limit))
    for (people, value), (more, then) in pairwise(known):
        svg.add(root, "line", "healed", x1=_x(people, most), y1=y(value), x2=_x(more, most), y2=y(then))
    for people, value in known:
        style = "lost" if panel.limit and value > panel.limit else "good"
        svg.add(root, "circle", style, tip=f"{people} people: {value:.3g}", cx=_x(people, most), cy=y(value), r=4.0)


def _x(people: int, most: int) -> float:
    return _LEFT + (_RIGHT - _LEFT) * people / most
