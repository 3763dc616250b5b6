"""A file of a boot document."""

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A file of root's; where a service needs it as its own, a boot step installs a copy."""

    path: str
    content: str
    mode: str = "0644"
