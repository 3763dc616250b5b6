"""The rules of the configuration, one row each: what is accepted, what is refused, and what the refusal says.

A row changes a complete configuration by dotted key (`tests.configuration.values`). `says` are words that stand
together in one line of the message: the key, the value, what is allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DIGITS = "ab" * 32
CONTAINER = "env.meeting.delivery"
RELAY = {"urls": ["turn:turn.organisation.fr"], "username": "meeting"}
ARCHIVE = {"type": "archive", "url": "https://organisation.fr/meeting.tar.gz", "sha256": DIGITS}
PROVIDER = {"type": "provider", "network_type": "flat", "physical_network": "vrack", "cidr": "10.17.0.0/22"}
OWN_CERTIFICATE = {"env.edge.certificate": {"type": "provided"}, "edge_certificate": "PEM", "edge_key": "PEM"}
# For values that no recovery in reasonable time can come of.
NO_OBJECTIVE = {"env.recovery_objective": {"seconds": None}}

Changes = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One rule."""

    rule: str
    accepted: Changes
    refused: Changes
    says: tuple[str, ...]
    stack: str = "gra"
    accepted_region: str | None = None
    refused_region: str | None = None


@dataclass(frozen=True)
class Values:
    """A key on its own: a value that is accepted, one that is refused, and the words beside key and value."""

    key: str
    accepted: object
    refused: object
    allowed: str
    around: Changes = field(default_factory=dict)

    @property
    def row(self) -> Row:
        """The same as a row; a value is shown as Python writes it, mappings are not shown."""
        *path, _ = key = self.key.replace("env.", "environments.production.").split(".")
        shown = () if isinstance(self.refused, (dict, list)) else (f"{'.'.join(key)} = {self.refused!r}",)
        return Row(
            f"{path[-1] if path else 'stack'}.{key[-1]}: {self.allowed} ({self.refused!r:.60})",
            {**self.around, self.key: self.accepted},
            {**self.around, self.key: self.refused},
            (".".join(key), *shown, self.allowed),
        )
