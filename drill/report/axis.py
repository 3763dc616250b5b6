"""The time axis of a picture: seconds to pixels, with long stretches in which nothing happened left out.

A loss is over within seconds and full redundancy takes minutes: on one scale for both nobody would see the loss.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

BREAK_WIDTH = 26.0  # pixels that a stretch left out takes
# A stretch is left out when it is both longer than this many seconds and than this share of what is drawn.
_LONG, _SHARE = 30.0, 0.25
_TICK_DISTANCE = 64.0  # pixels between ticks, at the least: room for "1200 s"
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)


@dataclass(frozen=True)
class Stretch:
    """Seconds `begin` to `end`, drawn from `left` to `right` pixels."""

    begin: float
    end: float
    left: float
    right: float


@dataclass(frozen=True)
class Axis:
    """Stretches that are drawn to one scale, and between each two of them one that is left out."""

    drawn: tuple[Stretch, ...]

    def x(self, at: float) -> float:
        """Where a moment is; inside what is left out somewhere on the way, before and after all at the ends."""
        knots = [knot for s in self.drawn for knot in ((s.begin, s.left), (s.end, s.right))]
        if at <= knots[0][0]:
            return knots[0][1]
        for (begin, left), (end, right) in pairwise(knots):
            if at <= end:
                return left + (right - left) * (at - begin) / (end - begin) if end > begin else right
        return knots[-1][1]

    @property
    def breaks(self) -> list[Stretch]:
        """What is left out."""
        return [Stretch(a.end, b.begin, a.right, b.left) for a, b in pairwise(self.drawn)]

    @property
    def ticks(self) -> list[float]:
        """Round seconds, far enough from each other to be written beside each other; one at least in every stretch."""
        scale = sum(s.right - s.left for s in self.drawn) / max(sum(s.end - s.begin for s in self.drawn), 1e-9)
        step = next((step for step in _STEPS if step * scale >= _TICK_DISTANCE), _STEPS[-1])
        found: list[float] = []
        for stretch in self.drawn:
            first = -int(-stretch.begin // step)
            rounded = [n * step for n in range(first, int(stretch.end // step) + 1)]
            for tick in rounded or [float(round((stretch.begin + stretch.end) / 2))]:
                if not found or self.x(tick) - self.x(found[-1]) >= _TICK_DISTANCE * 0.7:
                    found.append(tick)
        return found


def axis(moments: Iterable[float], *, left: float, right: float) -> Axis:
    """An axis from the first to the last of the moments at which something happened.

    Args:
        moments: in seconds, in any order; two different ones at the least.
        left: the pixel of the first.
        right: the pixel of the last.
    """
    known = sorted(set(moments))
    left_out = _dull(list(pairwise(known)))
    ends = [known[0], *(edge for begin, end in left_out for edge in (begin, end)), known[-1]]
    pieces = list(zip(ends[::2], ends[1::2], strict=True))
    scale = (right - left - BREAK_WIDTH * len(left_out)) / sum(end - begin for begin, end in pieces)
    stretches, x = [], left
    for begin, end in pieces:
        width = (end - begin) * scale
        stretches.append(Stretch(begin, end, x, x + width))
        x += width + BREAK_WIDTH
    return Axis(tuple(stretches))


def _dull(gaps: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What to leave out: the longest gap for as long as it is most of the picture; some of it stays at both ends."""
    drawn = sum(end - begin for begin, end in gaps)
    chosen: list[tuple[float, float]] = []
    for begin, end in sorted(gaps, key=lambda gap: gap[0] - gap[1]):
        if end - begin < max(_LONG, _SHARE * drawn):
            break
        drawn -= end - begin
        chosen.append((begin, end))
    margin = max(1.0, 0.06 * drawn)
    return sorted((begin + margin, end - margin) for begin, end in chosen)
