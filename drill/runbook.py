"""The runbook, as its readers need it: an entry for every fault, whole, in both languages."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DOCS = Path(__file__).resolve().parents[1] / "docs"
# An entry's heading; its anchor is the same in both languages, and the fault's name where it is a fault's.
_HEADING = re.compile(r'^## <a id="([a-z0-9-]+)"></a>(.+)$', re.MULTILINE)
_PART = re.compile(r"^\*\*(\w[\w ]*)\.\*\*", re.MULTILINE)


@dataclass(frozen=True)
class Runbook:
    """A runbook in one language, and how it calls the four parts of an entry: what it is, check, act, verify."""

    path: Path
    parts: tuple[str, str, str, str]


RUNBOOKS = {
    "en": Runbook(_DOCS / "runbook.md", ("What", "Check", "Act", "Verify")),
    "fr": Runbook(_DOCS / "fr" / "runbook.md", ("Constat", "Diagnostic", "Action", "Vérification")),
}


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes:
        anchor: what a link to it ends with.
        title: its heading.
        text: all that stands below the heading.
    """

    anchor: str
    title: str
    text: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its parts, in their order."""
        return tuple(_PART.findall(self.text))


@cache
def entries(language: str) -> dict[str, Entry]:
    """The entries of a runbook by anchor, in their order.

    Raises:
        KeyError: there is none in that language.
        OSError: it cannot be read.
    """
    text = RUNBOOKS[language].path.read_text()
    heads = list(_HEADING.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return {
        head[1]: Entry(head[1], head[2], text[head.end() : end].strip()) for head, end in zip(heads, ends, strict=True)
    }


def shortcomings(fault: str) -> tuple[str, ...]:
    """What the runbooks lack for a fault, in sentences; nothing when both have a whole entry that names its drill."""
    missing = []
    for language, runbook in RUNBOOKS.items():
        name = runbook.path.relative_to(_DOCS.parent)
        entry = entries(language).get(fault)
        if entry is None:
            missing.append(f"{name} has no entry {fault}")
            continue
        missing += [f"{name}, {fault}: the part {part} is missing" for part in runbook.parts if part not in entry.parts]
        if f"make drill FAULTS={fault}" not in entry.text:
            missing.append(f"{name}, {fault}: does not name its drill")
    return tuple(missing)
