"""Where the words beside vertical lines go: in rows above the picture, none over another."""

from collections.abc import Sequence
from dataclasses import dataclass

# The width of a character of 11 px, on average, in the wider ones of the fonts that a browser may take.
CHARACTER = 6.6
BESIDE = 4.0  # between a line and its text
GAP = 8.0  # between two texts
LONGEST = 56  # characters; the whole text is in the line's title


@dataclass(frozen=True)
class Label:
    """A text, where it begins, and its row, counted from the top."""

    text: str
    left: float
    row: int


def width(text: str) -> float:
    """About how many pixels a text takes."""
    return len(text) * CHARACTER


def placed(texts: Sequence[tuple[float, str]], *, left: float, right: float) -> list[Label]:
    """A place for each text, in the order in which they are given.

    A text stands right of its line, or left of it where the right edge is near. Texts that would meet go down like
    stairs, away from their lines: a line on its way down crosses no text.

    Args:
        texts: with the pixel of its line each.
        left: the first pixel for texts.
        right: the last one.
    """
    lines = [line for line, _ in texts]
    shortened = [text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…" for _, text in texts]
    wide = [width(text) for text in shortened]
    order = sorted(range(len(texts)), key=lambda n: texts[n])
    leftward: list[int] = []
    for n in reversed(order):
        end = lines[n] + BESIDE + wide[n]
        crossed = any(lines[n] < lines[other] < end + GAP for other in leftward)
        if end > right or (crossed and lines[n] - BESIDE - wide[n] >= left):
            leftward.append(n)
    found: dict[int, Label] = {}
    for n in [*leftward, *(n for n in order if n not in leftward)]:
        begin = lines[n] - BESIDE - wide[n] if n in leftward else lines[n] + BESIDE
        others = found.values()
        in_the_way = [o.row for o in others if o.left - GAP < begin + wide[n] and begin < o.left + width(o.text) + GAP]
        found[n] = Label(shortened[n], begin, max(in_the_way, default=-1) + 1)
    return [found[n] for n in range(len(texts))]
