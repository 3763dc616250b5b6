"""A site moves to another region by the runbook's commands, while the old region does not answer."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from drill.runbook import entries
from fleet.pulumi import command
from lab import ApiFault, Lab
from lab.deployment import Deployment
from lab.workspace import configure
from tests.engine.conftest import inventory
from tests.engine.preview import resources

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

STACK, OLD, NEW = "lab-witness", "DE1", "SBG7"
NETWORK = "openstack:networking/network:Network"


def _commands() -> list[str]:
    """The runbook's two blocks for this stack in the place of its example's."""
    blocks = re.findall(r"```sh\n(.+?)```", entries("en")["region-changed"].text, re.DOTALL)
    assert len(blocks) == 2
    return [re.sub(r"\bgra\b", STACK, block) for block in blocks]


def _pulumi(deployment: Deployment, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The CLI without the lab's OS_REGION_NAME: an operator has unset it, as each stack names its region."""
    line = command(*arguments, stack=STACK)
    return deployment.run(STACK, ["env", "--unset=OS_REGION_NAME", *line], timeout=900, check=False)


def _has(deployment: Deployment, region: str) -> list[str]:
    """The stack's servers in a region."""
    path = deployment.directory / f"Pulumi.{STACK}.yaml"
    before = path.read_text()
    configure(deployment.directory, STACK, {"region": region})
    try:
        return inventory(deployment, STACK).get("servers", [])
    finally:
        path.write_text(before)


@pytest.fixture
def deployed(deployment: Deployment, fake_cloud: Lab) -> Iterator[Deployment]:
    """The witness in its old region; afterwards nothing of it is left, and its file is as it was."""
    path = deployment.directory / f"Pulumi.{STACK}.yaml"
    before = path.read_text()
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
    yield deployment
    fake_cloud.set_faults()
    deployment.pulumi(STACK, "destroy", "--yes", "--skip-preview")
    path.write_text(before)


def test_a_site_moves_while_its_old_region_is_silent(deployed: Deployment, fake_cloud: Lab) -> None:
    """Refused as it stands; made anew by the runbook; and what the old region still has is taken away on its return."""
    aside, on_return = _commands()
    (network,) = [r for r in resources(deployed, STACK, NETWORK) if r["outputs"]["name"].endswith("-local")]
    silent = [ApiFault(service, 503, 0, region=OLD) for service in ("compute", "network", "image")]
    fake_cloud.set_faults(*silent)
    configure(deployed.directory, STACK, {"region": NEW})
    for arguments in (["preview"], ["up", "--yes", "--skip-preview"]):
        refused = _pulumi(deployed, *arguments)
        assert refused.returncode != 0
        assert f"stack {STACK}: region = '{NEW}': " in refused.stdout, refused.stdout[-2000:]
        assert f"more of this stack is in {OLD}, and stays there" in refused.stdout

    # As an operator has it at that moment: the file still names the old region.
    configure(deployed.directory, STACK, {"region": OLD})
    deployed.run(STACK, ["bash", "-ceu", aside], timeout=900)
    configure(deployed.directory, STACK, {"region": NEW})
    deployed.run(STACK, ["python", "-m", "ops", "images", STACK, "--refresh"])
    made = _pulumi(deployed, "up", "--yes", "--skip-preview")
    assert made.returncode == 0, made.stdout[-2000:]
    assert _has(deployed, NEW) == ["lab-witness-witness-1"]
    (moved,) = [r for r in resources(deployed, STACK, NETWORK) if r["outputs"]["name"].endswith("-local")]
    assert (moved["outputs"]["region"], moved["id"] == network["id"]) == (NEW, False)

    fake_cloud.set_faults()
    assert _has(deployed, OLD) == ["lab-witness-witness-1"]  # the doubled one
    deployed.run(STACK, ["bash", "-ceu", on_return], timeout=900)
    assert _has(deployed, OLD) == []
    assert _has(deployed, NEW) == ["lab-witness-witness-1"]
