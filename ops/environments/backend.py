"""The stacks in Pulumi's backend: which there are, what their states hold, and what becomes of them.

A teardown needs nothing else: the state brings the salt of its secrets along, so that the file of a stack may be lost
with the machine that made it.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fleet.inventory import labels_in
from fleet.outputs import StackOutputs
from fleet.pulumi import command
from fleet.stacks import StackError
from settings import PROJECT

_CLOUD = "openstack:"


@dataclass(frozen=True)
class StackState:
    """What a stack's state says.

    Attributes:
        ids: of the cloud's resources that it holds.
        expires: when its environment is to be taken down; None when nothing says so.
        protected: the names of what the engine refuses to delete.
        pending: the types of what is being created right now, or was when the engine was killed.
        begun: the same, each with its inputs.
        written: when the engine last wrote it; None when it does not say so.
    """

    ids: frozenset[str] = frozenset()
    expires: str | None = None
    protected: tuple[str, ...] = ()
    pending: frozenset[str] = frozenset()
    begun: tuple[Mapping[str, Any], ...] = ()
    written: datetime | None = None

    @property
    def busy(self) -> bool:
        """Whether it may have made what it does not hold."""
        return bool(self.pending)


def read(exported: Mapping[str, Any]) -> StackState:
    """The state that `pulumi stack export` printed."""
    deployment = exported.get("deployment") or {}
    resources = deployment.get("resources") or []
    pending = deployment.get("pending_operations") or []
    said = (expires for r in [*resources, *(p["resource"] for p in pending)] for expires in _expiries(r))
    return StackState(
        ids=frozenset(r["id"] for r in resources if r["type"].startswith(_CLOUD) and r.get("id")),
        expires=next(said, None),
        protected=tuple(r["urn"].rsplit("::", 1)[-1] for r in resources if r.get("protect")),
        pending=frozenset(p["resource"]["type"] for p in pending),
        begun=tuple(p["resource"] for p in pending if p["type"] == "creating"),
        written=datetime.fromisoformat(written)
        if (written := (deployment.get("manifest") or {}).get("time"))
        else None,
    )


def environment() -> dict[str, str]:
    """The environment that the CLI runs in: each stack names its region, whatever the credentials' file says."""
    return {key: value for key, value in os.environ.items() if key != "OS_REGION_NAME"}


class Backend:
    """The CLI, run beside the stacks' files."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def names(self) -> list[str]:
        """The project's stacks."""
        return [stack["name"] for stack in json.loads(self._run("stack", "ls", "--json"))]

    def state(self, stack: str) -> StackState:
        """What a stack's state holds."""
        return read(json.loads(self._run("stack", "export", "--stack", stack)))

    def expiry_in_history(self, stack: str, environment: str) -> str | None:
        """When a stack's environment expires as it was last deployed: its state may be empty."""
        history = json.loads(self._run("stack", "history", "--json", "--page-size", "1", "--stack", stack))
        values = [update.get("config", {}).get(f"{PROJECT}:environments", {}) for update in history[:1]]
        return next((value.get("objectValue", {}).get(environment, {}).get("expires") for value in values), None)

    def create(self, stack: str) -> None:
        """An empty stack; which one the checkout has selected stays."""
        self._run("stack", "init", stack, "--no-select")

    def restore(self, stack: str) -> bool:
        """Write a stack's file as it last was deployed; false when it never was."""
        try:
            self._run("config", "refresh", "--force", "--stack", stack)
        except StackError:
            return False
        return True

    def unlock(self, stack: str) -> None:
        """Take the lock of somebody away who is not there any more."""
        self._run("cancel", "--yes", "--stack", stack)

    def forget(self, stack: str) -> None:
        """Remove a stack that is empty, its history and its file."""
        self._run("stack", "rm", "--yes", "--stack", stack)

    def outputs(self, stack: str) -> StackOutputs:
        """What a stack exports."""
        return StackOutputs.model_validate_json(self._run("stack", "output", "--json", "--stack", stack))

    def _run(self, *args: str) -> str:
        done = subprocess.run(
            command(*args, directory=self.directory), env=environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StackError(f"pulumi {' '.join(args)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout


def _expiries(resource: Mapping[str, Any]) -> Iterator[str]:
    inputs = resource.get("inputs") or {}
    for labels in (inputs.get("metadata"), labels_in(inputs.get("description"))):
        if isinstance(labels, dict) and labels.get("project") == PROJECT and "expires" in labels:
            yield labels["expires"]
