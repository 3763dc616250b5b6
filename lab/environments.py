"""Test environments on a lab that is up, beside what is deployed to it: `make env-up LAB=demo`.

python -m lab.environments --lab demo up --name pr-42 --ttl 8h
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence

from lab import demo
from lab.deployment import REGIONS, Deployment
from lab.lab import Lab
from lab.workspace import STACKS


def run(
    deployment: Deployment, *args: str, base: Sequence[str] = STACKS, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `ops.environments` inside the lab; environments are made from the settings of the lab's own stacks."""
    command = deployment.inside(["python", "-m", "ops.environments", "--base", ",".join(base), *args])
    return subprocess.run(command, env=environment(deployment), capture_output=capture, text=True, check=False)


def environment(deployment: Deployment) -> dict[str, str]:
    """The environment that it runs in; each stack names its region."""
    credentials = deployment.lab.openrc(REGIONS[STACKS[0]])
    return {**deployment.environment(), **{k: v for k, v in credentials.items() if k != "OS_REGION_NAME"}}


def main() -> int:
    """The exit status of the command."""
    parser = argparse.ArgumentParser(prog="python -m lab.environments", description="Test environments on a lab.")
    parser.add_argument("--lab", default=demo.NAME, help="a lab that is up, with its stacks prepared")
    args, rest = parser.parse_known_args()
    deployment = Deployment(Lab(args.lab))
    if not deployment.lab.is_up or not deployment.directory.exists():
        print(f"error: LAB = {args.lab!r}: is not up, or has no stacks yet: make demo", file=sys.stderr)
        return 1
    return run(deployment, *rest).returncode


if __name__ == "__main__":
    sys.exit(main())
