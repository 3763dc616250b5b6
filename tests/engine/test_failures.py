"""Half-way failures: whatever stops an `up`, the next one completes, and bad input changes nothing."""

import pytest

from lab import ApiFault, Lab
from lab.deployment import Deployment
from lab.workspace import configure
from tests.engine.conftest import FAILING as STACK
from tests.engine.conftest import completes, inventory

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]


def test_api_errors_end_an_up_that_the_next_one_completes(destroyed_afterwards: Deployment, fake_cloud: Lab) -> None:
    """Neutron answers 500 to every new port; once it recovers, `up` makes what is missing and nothing twice."""
    deployment = destroyed_afterwards
    fake_cloud.set_faults(ApiFault(service="network", status=500, count=1000, method="POST", path="/v2.0/ports"))
    try:
        failed = deployment.pulumi(STACK, "up", "--yes", "--skip-preview", check=False)
    finally:
        fake_cloud.set_faults()
    assert failed.returncode != 0
    assert "500" in failed.stdout, failed.stdout[-2000:]
    completes(deployment)


def test_a_quota_ends_an_up_that_the_next_one_completes(destroyed_afterwards: Deployment, fake_cloud: Lab) -> None:
    """The project may have no server; once its quota is raised, `up` makes it."""
    deployment = destroyed_afterwards
    set_quota(deployment, fake_cloud, instances=0)
    try:
        failed = deployment.pulumi(STACK, "up", "--yes", "--skip-preview", check=False)
    finally:
        set_quota(deployment, fake_cloud, instances=100)
    assert failed.returncode != 0
    assert "Quota exceeded" in failed.stdout, failed.stdout[-2000:]
    completes(deployment)


def test_a_server_in_error_is_replaced_by_the_next_up(destroyed_afterwards: Deployment) -> None:
    """No host is valid: `up` says so, and how to try again; with another flavor the server is replaced."""
    deployment = destroyed_afterwards
    path = deployment.directory / f"Pulumi.{STACK}.yaml"
    before = path.read_text()
    configure(deployment.directory, STACK, {"flavors": {"witness": "unplaceable"}, "ready_deadline": "1m"})
    failed = deployment.pulumi(STACK, "up", "--yes", "--skip-preview", check=False)
    assert failed.returncode != 0
    assert "ERROR" in failed.stdout, failed.stdout[-2000:]
    again = deployment.pulumi(STACK, "up", "--yes", "--skip-preview", check=False)
    assert again.returncode != 0
    assert "it is in ERROR: No valid host was found" in again.stdout, again.stdout[-2000:]
    assert f"to make the server anew: pulumi up --stack {STACK} --replace 'urn:pulumi:" in again.stdout
    path.write_text(before)
    completes(deployment)


def test_bad_input_creates_nothing(destroyed_afterwards: Deployment) -> None:
    """An unknown key is named, with the key that was meant; the cloud is as it was."""
    deployment = destroyed_afterwards
    configure(deployment.directory, STACK, {"flavours": {"witness": "d2-2"}})
    try:
        failed = deployment.pulumi(STACK, "up", "--yes", "--skip-preview", check=False)
    finally:
        configure(deployment.directory, STACK, {"flavours": None})
    assert failed.returncode != 0
    assert f"stack {STACK}: flavours: unknown key; did you mean flavors?" in failed.stdout
    assert inventory(deployment, STACK) == {}


def set_quota(deployment: Deployment, cloud: Lab, *, instances: int) -> None:
    """Set how many servers the project may have, as the cloud's administrator."""
    program = f"import openstack; c = openstack.connect(); c.set_compute_quotas('demo', instances={instances})"
    done = deployment.lab.run(
        ["env", *(f"{k}={v}" for k, v in cloud.openrc("DE1", "admin").items()), "python", "-c", program],
        env={"PATH": deployment.environment()["PATH"]},
        timeout=300,
    )
    assert done.returncode == 0
