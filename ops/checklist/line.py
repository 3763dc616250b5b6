"""A line of the checklist, and how it is shown."""

from dataclasses import dataclass

from fleet.finding import Finding


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        words: the requirements' own.
        gloss: the same in English.
        findings: what was looked at.
    """

    words: str
    gloss: str
    findings: tuple[Finding, ...]

    @property
    def ticked(self) -> bool:
        """Whether something was looked at, and all of it is as it should be."""
        return bool(self.findings) and all(finding.good for finding in self.findings)

    def __str__(self) -> str:
        seen = [f"      {finding}" for finding in self.findings]
        return "\n".join([f"[{'x' if self.ticked else ' '}] {self.words}", f"    {self.gloss}", *seen])
