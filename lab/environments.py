"""Test environments on a lab that is up, beside what is deployed to it: `make env-up LAB=demo`.

python -m lab env-up --name pr-42 --ttl 8h
python -m lab env-down --name pr-42
python -m lab env-sweep [--yes]
"""

import contextlib
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from lab import demo
from lab.cloud.shell import LabError
from lab.demo import Deployed
from lab.deployment import REGIONS, Deployment
from lab.lab import Lab
from lab.workspace import STACKS

Name = Annotated[str, "the environment's"]


def up(*, name: Name, ttl: Annotated[str, "such as 90m, 8h or 2d"], lab: Deployed = demo.NAME) -> int:
    """Make one, or give it more time."""
    return run(_deployment(lab), "up", "--name", name, "--ttl", ttl).returncode


def down(*, name: Name, lab: Deployed = demo.NAME) -> int:
    """Take one down."""
    return run(_deployment(lab), "down", "--name", name).returncode


def sweep(*, yes: Annotated[bool, "and remove it"] = False, lab: Deployed = demo.NAME) -> int:
    """List what has expired and what no stack has."""
    return run(_deployment(lab), "sweep", *(["--yes"] if yes else [])).returncode


def run(
    deployment: Deployment, command: str, *args: str, base: Sequence[str] = STACKS, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `env-up`, `env-down` or `env-sweep` inside the lab, from the settings of the lab's own stacks."""
    # From inside of it nobody sees whether a lock's process is gone: it has a name that is the machine's.
    alone = ["--alone"] if command == "down" and not _engine_runs(deployment.lab) else []
    line = deployment.inside(["python", "-m", "ops", f"env-{command}", "--base", ",".join(base), *args, *alone])
    return subprocess.run(line, env=environment(deployment), capture_output=capture, text=True, check=False)


def _engine_runs(lab: Lab) -> bool:
    """Whether somebody works on the lab's stacks, seen from outside."""
    names = []
    for process in lab.processes().values():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            names.append(Path(f"/proc/{process}/comm").read_text().strip())
    return "pulumi" in names


def environment(deployment: Deployment) -> dict[str, str]:
    """The environment that it runs in; each stack names its region."""
    credentials = deployment.lab.openrc(REGIONS[STACKS[0]])
    return {**deployment.environment(), **{k: v for k, v in credentials.items() if k != "OS_REGION_NAME"}}


def _deployment(lab: str) -> Deployment:
    deployment = Deployment(Lab(lab))
    if not deployment.lab.is_up or not deployment.directory.exists():
        raise LabError(f"LAB = {lab!r}: is not up, or has no stacks yet: make demo")
    return deployment
