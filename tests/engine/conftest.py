"""An OpenStack with Nova's fake driver: the whole API and no guests, for tests of the program alone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import Lab
from lab.deployment import Deployment
from tests.conftest import skip_or_fail
from tests.engine.preview import resources

NAME = "engine-tests"
# The stack whose `up` fails: the smallest.
FAILING = "lab-witness"
_INSTANCE = "openstack:compute/instance:Instance"


@pytest.fixture(scope="package")
def fake_cloud() -> Iterator[Lab]:
    """Three regions without guests, ended as soon as the last test of this folder is done."""
    if not Path("/usr/lib/python3/dist-packages/nova").is_dir():
        skip_or_fail("OpenStack's libraries are missing: python -m lab install")
    lab = Lab(NAME)
    lab.up(fake=True)
    yield lab
    lab.down()
    assert not lab.is_up


@pytest.fixture(scope="package")
def deployment(fake_cloud: Lab) -> Deployment:
    """The three stacks, prepared and not yet deployed."""
    prepared = Deployment(fake_cloud)
    prepared.prepare()
    return prepared


def inventory(deployment: Deployment, stack: str) -> dict[str, list[str]]:
    """What the API has of a stack, by kind."""
    done = deployment.run(stack, ["python", "-m", "ops", "inventory", stack])
    found: dict[str, dict[str, list[str]]] = json.loads(done.stdout)
    return found[stack]


@pytest.fixture
def destroyed_afterwards(deployment: Deployment) -> Deployment:
    """The deployment; what a test leaves deployed is destroyed before it starts."""
    deployment.pulumi(FAILING, "destroy", "--yes", "--skip-preview")
    assert inventory(deployment, FAILING) == {}
    return deployment


def completes(deployment: Deployment) -> None:
    """An `up` succeeds, leaves one server and one of everything else, and the next preview shows no change."""
    deployment.pulumi(FAILING, "up", "--yes", "--skip-preview")
    found = inventory(deployment, FAILING)
    assert found["servers"] == ["lab-witness-witness-1"]
    assert len(found["ports"]) == 2
    assert [r["outputs"]["name"] for r in resources(deployment, FAILING, _INSTANCE)] == found["servers"]
    deployment.pulumi(FAILING, "preview", "--refresh", "--expect-no-changes")
