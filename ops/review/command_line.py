"""What the commands that read previews have in common: the arguments, and where the document goes."""

import argparse
import sys
from pathlib import Path
from typing import Annotated

from fleet.preview.document import Document
from ops.review import markdown, terminal

SiteFile = tuple[str, Path]
Markdown = Annotated[bool, "for a pull request or an issue; else for a terminal"]


def site_file(text: str) -> SiteFile:
    """A site and a file, from an argument such as gra=gra.json."""
    name, separator, file = text.partition("=")
    if not (name and separator and file):
        raise argparse.ArgumentTypeError(f"{text!r} must be a site and a file, such as gra=preview-gra.json")
    return name, Path(file)


def show(document: Document, marker: str | None) -> None:
    """Print a document.

    Args:
        document: what there is to say.
        marker: what Markdown begins with, by which it is found again; None: it is for a terminal.
    """
    sys.stdout.write(
        terminal.render(document, colour=sys.stdout.isatty()) if marker is None else markdown.render(document, marker)
    )
