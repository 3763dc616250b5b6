"""Reading what the engine says: previews and states."""

import json
from collections.abc import Iterator
from typing import Any

from lab.deployment import Deployment


def changes(preview: dict[str, Any]) -> dict[str, str]:
    """The steps of a preview that are not "same": operation by resource name."""
    return {
        step["urn"].rsplit("::", 1)[1]: step["op"]
        for step in preview["steps"]
        if step["op"] not in ("same", "read") and "pulumi:pulumi:" not in step["urn"]
    }


def replaced(preview: dict[str, Any]) -> set[str]:
    """The names of the resources that a preview replaces."""
    return {name for name, op in changes(preview).items() if "replace" in op}


def resources(deployment: Deployment, stack: str, type_: str) -> Iterator[dict[str, Any]]:
    """The resources of one type in a stack's state."""
    state = json.loads(deployment.pulumi(stack, "stack", "export").stdout)
    yield from (r for r in state["deployment"].get("resources", []) if r["type"] == type_)
