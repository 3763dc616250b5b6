"""A document as text: for a terminal, a log, a pager."""

import textwrap

from fleet.preview.document import (
    Block,
    Bullets,
    Code,
    Document,
    Fold,
    Heading,
    Line,
    Paragraph,
    Strong,
    Table,
    Verbatim,
)

_BOLD, _PLAIN = "\033[1m", "\033[0m"


def render(document: Document, *, width: int = 100, colour: bool = False) -> str:
    """The document; folds are open.

    Args:
        document: what to show.
        width: columns that sentences are wrapped at; tables are as wide as they are.
        colour: whether headings are bold, as only a terminal shows them.
    """
    return "\n\n".join(_block(block, width, colour=colour) for block in document) + "\n"


def _block(block: Block, width: int, *, colour: bool) -> str:
    match block:
        case Heading(level, line):
            text = _line(line)
            bold = f"{_BOLD}{text}{_PLAIN}" if colour else text
            return f"{bold}\n{('=' if level == 1 else '-') * len(text)}"
        case Paragraph(line):
            return textwrap.fill(_line(line), width, break_long_words=False, break_on_hyphens=False)
        case Bullets(lines):
            return "\n".join(_bullet(_line(line), width) for line in lines)
        case Table(header, rows):
            return _table([header, *rows])
        case Verbatim(text, _):
            return textwrap.indent("\n".join(map(_printable, text.rstrip().splitlines())), "    ")
        case Fold(summary, blocks):
            inner = "\n\n".join(_block(one, width - 2, colour=colour) for one in blocks)
            return f"{_line(summary)}:\n\n{textwrap.indent(inner, '  ')}"


def _bullet(text: str, width: int) -> str:
    return textwrap.fill(
        text, width, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _table(rows: list[tuple[Line, ...]]) -> str:
    cells = [[_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in cells) for n in range(len(cells[0]))]
    cells.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _line(line: Line) -> str:
    return _printable("".join(span.text if isinstance(span, Code | Strong) else span for span in line))


def _printable(text: str) -> str:
    """Without what a terminal might take for a command."""
    return "".join(char if char.isprintable() else " " for char in text)
