"""One line of what was looked at: it is there, it lacks, or nobody can tell from here."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "BAD", "unknown"]


@dataclass(frozen=True)
class Line:
    """What was looked at, and where."""

    state: State
    where: str
    text: str

    def __str__(self) -> str:
        """As it is printed."""
        return f"{self.state:8}{self.where}: {self.text}"


def good(where: str, text: str) -> Line:
    """Something that is as it has to be."""
    return Line("ok", where, text)


def lacks(where: str, what: str, do: str) -> Line:
    """Something without which the deployment fails, and what to do about it."""
    return Line("BAD", where, f"{what}: {do}")


def unknown(where: str, what: str, look: str) -> Line:
    """Something that cannot be asked, and where a person sees it."""
    return Line("unknown", where, f"{what}: {look}")
