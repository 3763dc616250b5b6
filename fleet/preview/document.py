"""A document as data: one is written, and read as Markdown or in a terminal."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """Text that is shown as it is: names, values, whatever somebody else wrote."""

    text: str


@dataclass(frozen=True)
class Strong:
    """Text that must not be overlooked."""

    text: str


Span = str | Code | Strong
Line = tuple[Span, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the document's own."""

    level: int
    line: Line


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    line: Line


@dataclass(frozen=True)
class Bullets:
    """A list."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """Rows under a header, as many cells each."""

    header: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True)
class Verbatim:
    """Lines as they are, such as a difference of two texts."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Fold:
    """What is shown to whoever asks for it, below a line that says what it is."""

    summary: Line
    blocks: tuple["Block", ...]


Block = Heading | Paragraph | Bullets | Table | Verbatim | Fold
Document = tuple[Block, ...]


def table(header: Iterable[str], rows: Iterable[tuple[Line, ...]]) -> Table:
    """A table under plain words."""
    return Table(tuple((word,) for word in header), tuple(rows))


def joined(lines: list[Line], separator: Span = ", ") -> Line:
    """Lines in one, with something between them."""
    spans: list[Span] = []
    for line in lines:
        spans += [separator, *line] if spans else line
    return tuple(spans)
