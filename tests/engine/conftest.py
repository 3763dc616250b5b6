"""An OpenStack with Nova's fake driver: the whole API and no guests, for tests of the program alone."""

import json
from collections.abc import Iterator

import pytest

from lab import Lab
from lab.deployment import Deployment

NAME = "engine-tests"


@pytest.fixture(scope="package")
def fake_cloud() -> Iterator[Lab]:
    """Three regions without guests; ended before the lab with guests starts: both at once are too much."""
    lab = Lab(NAME)
    lab.up(fake=True)
    yield lab
    lab.down()


@pytest.fixture(scope="package")
def deployment(fake_cloud: Lab) -> Deployment:
    """The three stacks, prepared and not yet deployed."""
    prepared = Deployment(fake_cloud)
    prepared.prepare()
    return prepared


def inventory(deployment: Deployment, stack: str) -> dict[str, list[str]]:
    """What the API has of a stack, by kind."""
    done = deployment.run(stack, ["python", "-m", "fleet.inventory", stack])
    found: dict[str, dict[str, list[str]]] = json.loads(done.stdout)
    return found[stack]
