"""The settings that the lab's stacks have: changed only where tests want others."""

from collections.abc import Mapping
from typing import Any

from lab import demo
from lab.deployment import Deployment
from lab.workspace import SITES, STACKS
from settings.meeting import merge

Settings = Mapping[str, Any]

ZONE = "ha.lab.example"
# What all tests find: every nameserver answers for the zone, and monitoring watches every server.
_BASE: dict[str, Any] = {"dns": {"zone": ZONE}}
_DEPLOYED: dict[str, Any] = {"deployed": list(SITES)}


class Configured:
    """A deployment, and what is known of its settings."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._deployed: Settings | None = None

    def first(self) -> None:
        """Make the servers; their addresses are known to the others once all have answered for themselves."""
        self._deployment.prepare(_BASE)
        demo.deploy(self._deployment)
        self._deployment.set_dns_records()

    def write(self, changes: Settings | None = None) -> None:
        """Write settings, laid upon those that all tests find; the test deploys them, or has them previewed alone."""
        self._deployed = None
        self._deployment.configure(merge(merge(_BASE, _DEPLOYED), dict(changes or {})))

    def deploy(self, changes: Settings | None = None, stacks: tuple[str, ...] = STACKS) -> None:
        """Have the stacks be as described by these settings, unless they are."""
        if self._deployed == (changes or {}):
            return
        self.write(changes)
        demo.deploy(self._deployment, stacks)
        self._deployed = dict(changes or {}) if stacks == STACKS else None
