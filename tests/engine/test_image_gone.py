"""The image is deleted after `up`, as OVHcloud deletes those that it has refreshed: nothing is deleted for its sake."""

from collections.abc import Iterator

import pytest

from lab import Lab
from lab.deployment import Deployment
from lab.workspace import configure
from tests.engine.conftest import inventory
from tests.engine.preview import resources
from tests.unit.waiting import eventually

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

STACK, REGION = "lab-witness", "DE1"
NAME = "refreshed some day"
INSTANCE = "openstack:compute/instance:Instance"


def cloud(deployment: Deployment, code: str) -> str:
    """What a program prints that has the region as `c`."""
    program = f"import openstack; c = openstack.connect(); {code}"
    return deployment.run(STACK, ["python", "-c", program]).stdout.strip()


def instance(deployment: Deployment) -> str:
    """The server's id, as the state has it."""
    (found,) = resources(deployment, STACK, INSTANCE)
    return str(found["id"])


def image(deployment: Deployment, name: str) -> str:
    """A new image of that name."""
    made = f"image = c.image.create_image(name='{name}', disk_format='raw', container_format='bare', data=b'x')"
    return cloud(deployment, f"{made}; print(image.id)")


@pytest.fixture
def deployed(deployment: Deployment) -> Iterator[Deployment]:
    """The witness, of an image of the project's own; its file is as it was afterwards."""
    path = deployment.directory / f"Pulumi.{STACK}.yaml"
    before = path.read_text()
    try:
        configure(deployment.directory, STACK, {"image": {"name": NAME, "id": image(deployment, NAME)}})
        deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
        yield deployment
    finally:
        deployment.pulumi(STACK, "destroy", "--yes", "--skip-preview")
        path.write_text(before)
        cloud(deployment, f"[c.image.delete_image(i) for i in c.image.images() if i.name.startswith('{NAME}')]")


def test_nothing_is_deleted_for_a_server_that_cannot_be_made(deployed: Deployment, fake_cloud: Lab) -> None:
    """Renamed: said. Gone: what stays as it is goes on, what would be made anew is refused, until there is an image."""
    server, old = instance(deployed), str(next(resources(deployed, STACK, INSTANCE))["outputs"]["imageId"])
    fake_cloud.reset_calls()
    assert "image" not in deployed.pulumi(STACK, "preview", "--expect-no-changes").stderr

    def images() -> int:
        return sum(count for (service, *_), count in fake_cloud.calls().items() if service == "image")

    # A call is written down when it has been answered.
    eventually(images, lambda count: count == 1, seconds=30, what="one call")

    cloud(deployed, f"c.image.update_image('{old}', name='{NAME} - deprecated')")
    new = image(deployed, NAME)
    said = deployed.pulumi(STACK, "preview", "--expect-no-changes").stdout
    assert f"{REGION} calls another image '{NAME}' by now: the id {old} will be gone some day" in said

    cloud(deployed, f"c.image.delete_image('{old}')")
    said = deployed.pulumi(STACK, "up", "--yes", "--skip-preview", "--expect-no-changes").stdout
    assert (
        f"image.id = '{old}': {REGION} has no image of this id any more; lab-witness-witness-1 stays as it is" in said
    )
    configure(deployed.directory, STACK, {"generation": 2})
    for command in (["preview"], ["up", "--yes", "--skip-preview"]):
        refused = deployed.pulumi(STACK, *command, check=False)
        assert refused.returncode != 0
        assert "lab-witness-witness-1 would have to be made anew: nothing is deleted" in refused.stdout
    assert cloud(deployed, f"print(c.compute.get_server('{server}').status)") == "ACTIVE"

    deployed.run(STACK, ["python", "-m", "ops", "images", STACK, "--refresh"])
    deployed.pulumi(STACK, "up", "--yes", "--skip-preview")
    assert instance(deployed) != server
    (made,) = resources(deployed, STACK, INSTANCE)
    assert made["outputs"]["imageId"] == new
    assert inventory(deployed, STACK)["servers"] == ["lab-witness-witness-1"]
