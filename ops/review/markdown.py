"""A document as GitHub's Markdown, no longer than a comment may be."""

import html
import re

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

# GitHub refuses a comment of more than 65,536 characters; some are left for what the workflow adds.
LIMIT = 65_000
_LEFT_OUT = "(left out, as it is too long for a comment: `make review` shows it)"
_REST_LEFT_OUT = "\n\nThe rest is too long for a comment: `make review` shows it.\n"
# Of these words GitHub makes a mention, a link, an issue's or a commit's.
_LINKED = re.compile(
    r"\S*(?:@|#\d|://|\bwww\.|\bGH-\d)\S*|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\b", re.IGNORECASE
)
_SPECIAL = re.compile(r"([\\`*\[\]<>|~])")


def render(document: Document, marker: str, limit: int = LIMIT) -> str:
    """The document, below a marker that is not shown and by which the comment is found again.

    What is too long goes in this order: the contents of the longest folds, then the end.
    """
    parts = [f"<!-- {marker} -->", *(_block(block) for block in document)]
    folds = [n for n, block in enumerate(document, 1) if isinstance(block, Fold)]
    for n in sorted(folds, key=lambda n: -len(parts[n])):
        if _length(parts) <= limit:
            break
        fold = document[n - 1]
        assert isinstance(fold, Fold)  # noqa: S101 - chosen as such
        parts[n] = _folded(fold.summary, _LEFT_OUT)
    if _length(parts) <= limit:
        return "\n\n".join(parts) + "\n"
    while parts and _length(parts) + len(_REST_LEFT_OUT) > limit:
        parts.pop()
    return "\n\n".join(parts) + _REST_LEFT_OUT


def _length(parts: list[str]) -> int:
    return len("\n\n".join(parts)) + 1


def _block(block: Block) -> str:
    match block:
        case Heading(level, line):
            return f"{'#' * (level + 1)} {_line(line)}"
        case Paragraph(line):
            return _line(line)
        case Bullets(lines):
            return "\n".join(f"- {_line(line)}" for line in lines)
        case Table(header, rows):
            ruler = "|".join("---" for _ in header)
            return "\n".join([_row(header), f"|{ruler}|", *map(_row, rows)])
        case Verbatim(text, language):
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
            return f"{fence}{language}\n{text.rstrip()}\n{fence}"
        case Fold(summary, blocks):
            return _folded(summary, "\n\n".join(_block(inner) for inner in blocks))


def _folded(summary: Line, content: str) -> str:
    words = "".join(f"<code>{html.escape(s.text)}</code>" if isinstance(s, Code) else _html(s) for s in summary)
    return f"<details><summary>{words}</summary>\n\n{content}\n\n</details>"


def _html(span: str | Strong) -> str:
    text = _LINKED.sub(r"<code>\g<0></code>", html.escape(span.text if isinstance(span, Strong) else span))
    return f"<b>{text}</b>" if isinstance(span, Strong) else text


def _row(cells: tuple[Line, ...]) -> str:
    return f"| {' | '.join(_line(cell, in_table=True) for cell in cells)} |"


def _line(line: Line, *, in_table: bool = False) -> str:
    return "".join(_span(span, in_table=in_table) for span in line)


def _span(span: str | Code | Strong, *, in_table: bool) -> str:
    if isinstance(span, Strong):
        return f"**{_escaped(span.text, in_table=in_table)}**"
    if isinstance(span, str):
        return _escaped(span, in_table=in_table)
    return _code(span.text, in_table=in_table)


def _code(text: str, *, in_table: bool) -> str:
    """In a code span nothing is special but backticks and, in a table, its own borders."""
    text = " ".join(text.split())
    if not text:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    padded = f" {text} " if "`" in text else text
    return fence + (padded.replace("|", r"\|") if in_table else padded) + fence


def _escaped(text: str, *, in_table: bool) -> str:
    """Plain text, of which GitHub makes neither markup nor a mention nor a link."""
    parts, at = [], 0
    for found in _LINKED.finditer(text):
        parts += [_SPECIAL.sub(r"\\\1", text[at : found.start()]), _code(found[0], in_table=in_table)]
        at = found.end()
    return "".join([*parts, _SPECIAL.sub(r"\\\1", text[at:])])
