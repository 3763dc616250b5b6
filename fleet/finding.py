"""One line of a report."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is as it should be, and what was seen."""

    what: str
    good: bool
    said: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.good else 'BAD '} {self.what}: {self.said}"
