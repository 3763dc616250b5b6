"""The teardown of a whole environment next to Terraform's: `python -m bench.teardown`. About five minutes.

All sites side by side, against Nova's fake driver. Ours is `make env-down`, with its proof by the API and the removal
of the stacks; Terraform's is a `terraform destroy` of the same resources for each site.
"""

import json
import sys
from functools import partial
from pathlib import Path

from bench import terraform
from bench.measure import measure
from lab import Lab
from lab.deployment import Deployment
from lab.environments import environment, run
from lab.workspace import SITES
from ops import side_by_side
from support.progress import phase

LAB, NAME = "bench-teardown", "bench"
GOAL_SECONDS = 60
DEADLINE = 900.0


def main() -> int:
    """Measure both, and print the ratio last."""
    lab = Lab(LAB)
    with phase("start the cloud without guests", usually="1 min"):
        lab.up(fake=True)
    try:
        deployment = Deployment(lab)
        deployment.prepare()
        _make(deployment, "up", "--name", NAME, "--ttl", "8h")
        directories = {site: _written(deployment, site) for site in SITES}
        ours = measure("env-down", lab, partial(_make, deployment, "down", "--name", NAME))
        _terraform(deployment, directories, "apply")
        theirs = measure("terraform destroy", lab, partial(_terraform, deployment, directories, "destroy"))
    finally:
        lab.down()
    print(f"env-down: {ours.median:.1f} s (goal: at most {GOAL_SECONDS})")
    print(f"env-down / terraform destroy: {ours.median / theirs.median:.2f} (goal: at most 1)")
    return 0


def _make(deployment: Deployment, *args: str) -> None:
    done = run(deployment, *args)
    if done.returncode:
        raise RuntimeError(f"{args}: exit status {done.returncode}")


def _written(deployment: Deployment, site: str) -> Path:
    """The site's resources in Terraform."""
    export = ["pulumi", "stack", "export", "--show-secrets", "--stack", f"{NAME}-{site}"]
    directory = deployment.lab.home / "terraform" / site
    terraform.write(json.loads(deployment.run(f"lab-{site}", export).stdout), directory)
    terraform.initialise(directory, environment(deployment))
    return directory


def _terraform(deployment: Deployment, directories: dict[str, Path], what: str) -> None:
    commands = {
        site: deployment.inside([terraform.binary(), f"-chdir={d}", what, "-auto-approve", "-no-color", "-input=false"])
        for site, d in directories.items()
    }
    variables = {site: terraform.environment(d, environment(deployment)) for site, d in directories.items()}
    side_by_side.run(commands, variables, deployment.lab.home / "logs", deadline=DEADLINE)


if __name__ == "__main__":
    sys.exit(main())
