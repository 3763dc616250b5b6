"""Next to Terraform, and by size: `python -m lab bench` prints what docs/benchmarks.md quotes. About ten minutes.

Next to Terraform twice: with the API on this machine, and with every call as late as one over the Internet.

All against Nova's fake driver: the times are the tools' and the API's, not the guests'.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet.progress import phase
from lab import ApiFault, Lab
from lab.bench import terraform
from lab.bench.measure import Figure, measure
from lab.cloud.layout import SERVICES
from lab.deployment import Deployment

NAME = "bench"
STACK = "lab-gra"
TIMES = 5
LATE = 0.3
"""Seconds, about what a call of OVHcloud's API takes (docs/decisions/0060-next-to-opentofu.md)."""
BY_SIZE = 1.3  # what a preview with 20 nodes may take, of one's


@dataclass(frozen=True)
class Goals:
    """What each of our commands may take, of Terraform's of its kind."""

    up: float
    preview: float
    refresh: float
    destroy: float


NEAR, FAR = Goals(up=1.2, preview=1.0, refresh=1.6, destroy=1.0), Goals(up=1.0, preview=0.5, refresh=1.0, destroy=0.8)
"""With the API on this machine, and with calls that are late (docs/decisions/0060-next-to-opentofu.md)."""


def main() -> int:
    """Measure everything, and print the ratios last."""
    lab = Lab(NAME)
    with phase("start the cloud without guests", usually="1 min"):
        lab.up(fake=True, region_names=["GRA11"])
    try:
        deployment = Deployment(lab)
        deployment.prepare(names=[STACK])
        ratios = next_to_terraform(deployment, times=TIMES)
        ratios += next_to_terraform(deployment, times=TIMES, late=LATE)
        ratios += by_size(deployment, times=TIMES)
    finally:
        lab.down()
    print("\n".join(["", *ratios]))
    return 0


def next_to_terraform(deployment: Deployment, *, times: int, late: float = 0) -> list[str]:
    """One stack made, planned and destroyed by both, each reading `times` times; the ratios as text.

    Args:
        deployment: of which one stack is made, and is away afterwards.
        times: how often what changes nothing is measured.
        late: seconds by which every call of the API is late.
    """
    lab = deployment.lab
    lab.set_faults(*(ApiFault(service, count=0, late=late) for service in ("identity", *SERVICES) if late))
    try:
        return [
            f"{line}, calls {late:.1f} s late" if late else line
            for line in _compared(deployment, times, FAR if late else NEAR)
        ]
    finally:
        lab.set_faults()


def _compared(deployment: Deployment, times: int, goals: Goals) -> list[str]:
    lab = deployment.lab

    def pulumi(what: str, *args: str, times: int = 1) -> Figure:
        return measure(f"pulumi {what}", lab, lambda: deployment.pulumi(STACK, *args), times=times)

    up = pulumi("up", "up", "--yes", "--skip-preview")
    preview = pulumi("preview", "preview", times=times)
    refreshing = pulumi("preview --refresh", "preview", "--refresh", times=times)
    state: dict[str, Any] = json.loads(deployment.pulumi(STACK, "stack", "export", "--show-secrets").stdout)
    destroy = pulumi("destroy", "destroy", "--yes", "--skip-preview")

    directory = lab.home / "terraform"
    count = terraform.write(state, directory)
    terraform.initialise(directory, deployment.environment(STACK))
    print(f"{count} resources in Terraform, {len(state['deployment']['resources'])} in Pulumi (components, commands)")

    def other(what: str, *args: str, times: int = 1) -> Figure:
        return measure(f"terraform {what}", lab, lambda: _terraform(deployment, directory, *args), times=times)

    apply = other("apply", "apply", "-auto-approve")
    plan = other("plan", "plan", times=times)
    cached = other("plan -refresh=false", "plan", "-refresh=false", times=times)
    away = other("destroy", "destroy", "-auto-approve")
    return [
        _ratio("preview / terraform plan", preview, plan, goals.preview),
        _ratio("preview / terraform plan -refresh=false", preview, cached, None),
        _ratio("preview --refresh / terraform plan", refreshing, plan, goals.refresh),
        _ratio("up / terraform apply", up, apply, goals.up),
        _ratio("destroy / terraform destroy", destroy, away, goals.destroy),
    ]


def by_size(deployment: Deployment, *, times: int, nodes: int = 20) -> list[str]:
    """A first preview with one and with many meeting nodes: nothing is deployed, all is planned; the ratio as text."""

    def preview(what: str) -> Figure:
        return measure(f"preview, {what}", deployment.lab, lambda: deployment.pulumi(STACK, "preview"), times=times)

    one = preview("1 meeting node")
    deployment.prepare({"sites": {"gra": {"meeting_nodes": nodes}}}, names=[STACK])
    many = preview(f"{nodes} meeting nodes")
    return [_ratio(f"preview with {nodes} meeting nodes / with 1", many, one, BY_SIZE)]


def _ratio(what: str, ours: Figure, theirs: Figure, goal: float | None) -> str:
    aimed = f" (goal: at most {goal})" if goal else ""
    return f"{what}: {ours.median / theirs.median:.2f}{aimed}"


def _terraform(deployment: Deployment, directory: Path, *args: str) -> None:
    command = [terraform.binary(), f"-chdir={directory}", *args, "-no-color", "-input=false"]
    environment = terraform.environment(directory, deployment.environment(STACK))
    done = subprocess.run(
        deployment.inside(command), env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode:
        raise RuntimeError(f"terraform {args[0]}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
