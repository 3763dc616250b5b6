"""The demonstration: three sites on a real OpenStack on this machine, from nothing to an answering service.

python -m lab demo [--servers machines] [--meeting-server PATH --kind KIND]
python -m lab demo-status
python -m lab demo-checklist
python -m lab demo-down
"""

import os
import sys
from pathlib import Path
from typing import Annotated

from drill.report.store import STORE
from fleet import side_by_side
from fleet.fleet import described
from fleet.progress import phase
from fleet.pulumi import UP, command
from lab import browse, meeting_archive, own_server
from lab.cloud.hypervisor import ServersKind
from lab.deployment import Deployment
from lab.image.build import images
from lab.install import install
from lab.lab import Lab
from lab.workspace import DOMAIN, SERVICE_SITES, STACKS, WITNESS
from settings.servers import ServerName

UP_DEADLINE = 1800
NAME = "demo"
Deployed = Annotated[str, f"a lab that is up, with its stacks deployed; {NAME} by default"]


def up(
    *,
    servers: Annotated[ServersKind, "containers by default"] = "containers",
    meeting_server: Annotated[Path | None, "a real one: a directory that node starts, or its archive"] = None,
    kind: Annotated[ServerName, "which server that is; edumeet-3.5 by default"] = "edumeet-3.5",
) -> int:
    """Everything, from the packages to the table; with a meeting server of one's own in the stand-in's place."""
    lab = Lab(NAME)
    own_server.choose(lab.home, meeting_server, kind)
    with phase("install Debian packages", usually="3 min on a fresh machine"):
        install()
    with phase("get the Pulumi engine", usually="7 min when it has to be built"):
        Deployment(lab).environment()
    if meeting_server is None:
        with phase("build the meeting server", usually="7 min on a fresh machine"):
            meeting_archive.build()
    with phase("build the guest images", usually="3 min on a fresh machine"):
        images()
    with phase("start the cloud: three regions", usually="90 s"):
        lab.up(servers=servers)
    deployment = Deployment(lab)
    with phase("prepare the stacks: secrets, image ids", usually="30 s"):
        deployment.prepare()
    with phase("pulumi up, three stacks side by side", usually="5 min", log=lab.home / "logs"):
        deploy(deployment)
    with phase("pulumi up of the witness, which now knows whom to watch", usually="1 min"):
        watch(deployment)
    with phase("set the DNS records"):
        deployment.set_dns_records()
    with phase("lead this machine's loopback to the pages"):
        urls = browse.open_pages(deployment, described([deployment.outputs(stack) for stack in STACKS]))
    found = status()
    print(f"\n{lab.hypervisor.note}")
    print("\nThe service answers inside the lab's own network:\n")
    print(f"  {_lab_command(lab)} curl --cacert {deployment.authority} https://{DOMAIN}/health\n")
    print(browse.text(urls), end="\n\n")
    return found


def deploy(deployment: Deployment, names: tuple[str, ...] = STACKS) -> dict[str, float]:
    """`pulumi up` of several stacks at once; the seconds that each took."""
    commands = {stack: deployment.inside(command(*UP, stack=stack)) for stack in names}
    environments = {stack: deployment.environment(stack) for stack in names}
    return side_by_side.run(commands, environments, deployment.lab.home / "logs", deadline=UP_DEADLINE)


def watch(deployment: Deployment) -> None:
    """Have monitoring watch the sites, whose public addresses are known once they are deployed."""
    deployment.prepare({"deployed": SERVICE_SITES})
    deploy(deployment, (WITNESS,))


def status() -> int:
    """The three sites' table and the findings of `make status`."""
    return _ask("status", timeout=180)


def checklist() -> int:
    """The requirements' deployment checklist."""
    return _ask("checklist", "--reports", str(STORE.resolve()), timeout=300)


def _ask(command: str, *more: str, timeout: float) -> int:
    """Run one of the operators' commands that ask all three stacks."""
    deployment = Deployment(Lab(NAME))
    argv = [sys.executable, "-m", "ops", command, *STACKS, "--authority", str(deployment.authority)]
    argv += ["--ssh", str(deployment.ssh_directory), "--identity", str(deployment.identity), *more]
    done = deployment.run(STACKS[0], argv, timeout=timeout, check=False)
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode


def down() -> int:
    """End the lab, and all that was deployed to it: its servers are processes of the lab."""
    with phase("take the lab down"):
        Lab(NAME).down()
    return 0


def _lab_command(lab: Lab) -> str:
    return f"{os.path.relpath(sys.executable)} -m lab run --name {lab.name} --"
