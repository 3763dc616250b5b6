"""The lab with servers that boot: `python -m lab bench-booted`. About five minutes on a machine that does nothing else.

From nothing to ready servers, as `make demo` does it; then one server more: what it takes, in seconds and memory.
"""

import time
from typing import Any

from fleet.fleet import described
from fleet.progress import phase
from lab import Lab, demo
from lab.cloud import memory
from lab.deployment import Deployment
from lab.workspace import SERVICE_SITES, STACKS

NAME = "bench-booted"
READY_SECONDS = 100
MEMORY_GIB = 8


def main() -> int:
    """Measure, and print the figures last, each next to what it is to be."""
    lab = Lab(NAME)
    lab.down()
    begun = time.monotonic()
    with phase("start the cloud: three regions", usually="1 min"):
        lab.up()
    up = time.monotonic() - begun
    try:
        deployment = Deployment(lab)
        deployment.prepare()
        ready, before = _deployed(deployment, STACKS)
        deployment.prepare(_one_more(deployment))
        more, after = _deployed(deployment, (STACKS[0],))
    finally:
        lab.down()
    count = sum(name.startswith("server ") for name in before)
    sizes = [sum(found.values()) / 1024 for found in (before, after)]
    print(f"lab up: {up:.1f} s")
    print(f"{count} servers ready: {ready:.1f} s (goal: at most {READY_SECONDS})")
    print(f"memory: {sizes[0]:.2f} GiB; with one server more {sizes[1]:.2f} (goal: at most {MEMORY_GIB})")
    print(f"one server more: {more:.1f} s, {(sizes[1] - sizes[0]) * 1024:.0f} MiB")
    return 0


def _deployed(deployment: Deployment, stacks: tuple[str, ...]) -> tuple[float, dict[str, int]]:
    """Deploy stacks side by side; the seconds until their servers were ready, and the memory that is used then."""
    begun = time.monotonic()
    demo.deploy(deployment, stacks)
    lab = deployment.lab
    return time.monotonic() - begun, memory.usage(lab.home, lab.processes(), lab.services())


def _one_more(deployment: Deployment) -> dict[str, Any]:
    """The setting by which the first site gets one meeting node more than it has."""
    has = len(described([deployment.outputs(STACKS[0])]).of("meeting"))
    return {"sites": {SERVICE_SITES[0]: {"meeting_nodes": has + 1}}}
