"""A whole environment of three sites: `python -m lab bench-whole`. About five minutes.

Against Nova's fake driver. What the comment on a pull request takes on top of the previews; and the teardown, all sites
side by side: ours is `make env-down`, with its proof by the API and the removal of the stacks, Terraform's a `terraform
destroy` of the same resources for each site.
"""

import json
from functools import partial
from pathlib import Path

from fleet import side_by_side
from fleet.progress import phase
from fleet.pulumi import command
from lab import Lab
from lab.bench import terraform
from lab.bench.measure import Figure, measure
from lab.deployment import Deployment
from lab.environments import environment, run
from lab.workspace import SITES

LAB, NAME = "bench-whole", "bench"
GOAL_SECONDS = 60
COMMENT_SECONDS = 2
TIMES = 5
DEADLINE = 900.0


def main() -> int:
    """Measure both, and print the ratio last."""
    lab = Lab(LAB)
    with phase("start the cloud without guests", usually="1 min"):
        lab.up(fake=True)
    try:
        deployment = Deployment(lab)
        deployment.prepare()
        lines = whole(deployment, times=TIMES)
    finally:
        lab.down()
    print("\n".join(lines))
    return 0


def whole(deployment: Deployment, *, times: int) -> list[str]:
    """The comment, made `times` times, and both teardowns, as text."""
    _make(deployment, "up", "--name", NAME, "--ttl", "8h")
    comment = _comment(deployment, times)
    directories = {site: _written(deployment, site) for site in SITES}
    ours = measure("env-down", deployment.lab, partial(_make, deployment, "down", "--name", NAME))
    _terraform(deployment, directories, "apply")
    theirs = measure("terraform destroy", deployment.lab, partial(_terraform, deployment, directories, "destroy"))
    return [
        f"comment: {comment.median:.2f} s (goal: at most {COMMENT_SECONDS})",
        f"env-down: {ours.median:.1f} s (goal: at most {GOAL_SECONDS})",
        f"env-down / terraform destroy: {ours.median / theirs.median:.2f} (goal: at most 1)",
    ]


def _comment(deployment: Deployment, times: int) -> Figure:
    """From the previews of all sites to the comment, with the quota that each region tells."""
    files = {}
    for site in SITES:
        preview = command("preview", "--json", "--show-sames", stack=f"{NAME}-{site}")
        files[site] = deployment.directory / f"preview-{site}.json"
        files[site].write_text(deployment.run(f"lab-{site}", preview).stdout)
    review = ["python", "-m", "ops", "review", *(f"{site}={file}" for site, file in files.items())]
    return measure("review", deployment.lab, partial(deployment.run, "lab-gra", review), times=times)


def _make(deployment: Deployment, *args: str) -> None:
    done = run(deployment, *args)
    if done.returncode:
        raise RuntimeError(f"{args}: exit status {done.returncode}")


def _written(deployment: Deployment, site: str) -> Path:
    """The site's resources in Terraform."""
    export = command("stack", "export", "--show-secrets", stack=f"{NAME}-{site}")
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
