"""A release of this program is deployed and taken back, as docs/runbook.md#release-rolled-back says."""

import shutil
from pathlib import Path

import pytest

from lab.deployment import Deployment
from lab.workspace import configure
from tests.configuration import ROOT
from tests.engine.conftest import inventory
from tests.engine.preview import replaced, resources

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

STACK = "lab-witness"
SERVER = "lab-witness-witness-1"
# What the newer one has: a setting, and another boot document.
NOVELTY = "novelty"
CHANGES = {
    "__main__.py": ("if k.startswith(", f'if "{NOVELTY}" not in k and k.startswith('),
    "boot/10-host.sh": ("set -eu\n", "set -eu\n: newer\n"),
}


def newer(deployment: Deployment, home: Path) -> None:
    """Have the workspace run another release, as after a `git checkout`; its settings are the operator's still."""
    for link in [path for path in deployment.directory.iterdir() if path.is_symlink() and path.name != ".venv"]:
        copied = home / link.name
        (shutil.copytree if link.is_dir() else shutil.copyfile)(link, copied)
        link.unlink()
        link.symlink_to(copied)
    for name, (old, new) in CHANGES.items():
        text = (home / name).read_text()
        assert old in text, name
        (home / name).write_text(text.replace(old, new, 1))
    configure(deployment.directory, STACK, {NOVELTY: True})


def server(deployment: Deployment) -> str:
    """The witness' id."""
    (found,) = resources(deployment, STACK, "openstack:compute/instance:Instance")
    return str(found["id"])


def test_a_release_is_taken_back(deployment: Deployment, tmp_path: Path) -> None:
    """What the older one does not know is named, and then it is one more change: no state is brought back."""
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
    before, there = server(deployment), inventory(deployment, STACK)
    newer(deployment, tmp_path)
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
    assert server(deployment) != before
    deployment.configure()
    configure(deployment.directory, STACK, {NOVELTY: True})  # the operator keeps the stack's file
    assert (deployment.directory / "boot").resolve() == ROOT / "boot"
    refused = deployment.pulumi(STACK, "preview", check=False)
    assert refused.returncode != 0
    assert NOVELTY in refused.stdout + refused.stderr
    deployment.pulumi(STACK, "config", "rm", NOVELTY)
    assert replaced(deployment.preview(STACK)) == {SERVER}
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
    deployment.pulumi(STACK, "preview", "--refresh", "--expect-no-changes")
    assert inventory(deployment, STACK) == there
    deployment.pulumi(STACK, "destroy", "--yes", "--skip-preview")
    assert inventory(deployment, STACK) == {}
