"""What the official provider waits for when an API refuses, and what ends an `up`: the next one makes nothing twice."""

from subprocess import CompletedProcess

import pytest

from lab import ApiFault, Lab
from lab.deployment import Deployment
from tests.engine.conftest import FAILING as STACK
from tests.engine.conftest import completes, inventory

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

# Fewer than the provider asks again, all of which may meet one request (`__main__.MAX_RETRIES`).
FEW = 8
PORTS = "/v2.0/ports"


def up(deployment: Deployment, cloud: Lab, *faults: ApiFault) -> CompletedProcess[str]:
    """An `up` that meets faults."""
    cloud.set_faults(*faults)
    try:
        return deployment.pulumi(STACK, "up", "--yes", "--skip-preview", check=False)
    finally:
        cloud.set_faults()


@pytest.mark.parametrize(
    "faults",
    [
        [ApiFault(service, 429, FEW, method="POST", retry_after=1) for service in ("network", "compute")],
        [ApiFault(service, count=FEW, method="GET", broken="before") for service in ("network", "compute")],
    ],
    ids=["429 that says when", "connections broken off while it reads"],
)
def test_what_the_provider_waits_for_ends_no_up(
    destroyed_afterwards: Deployment, fake_cloud: Lab, faults: list[ApiFault]
) -> None:
    done = up(destroyed_afterwards, fake_cloud, *faults)
    assert done.returncode == 0, done.stdout[-3000:]
    completes(destroyed_afterwards)


def test_what_it_gives_up_on_is_named_and_the_next_up_goes_on(
    destroyed_afterwards: Deployment, fake_cloud: Lab
) -> None:
    """One after the other in the same deployment, each where the one before stopped."""
    said = {
        "429": ApiFault("network", 429, 0, method="POST", path=PORTS),
        "503": ApiFault("network", 503, 0, method="POST", path=PORTS),
        "connection error": ApiFault("network", count=0, method="POST", path=PORTS, broken="before"),
    }
    for words, fault in said.items():
        failed = up(destroyed_afterwards, fake_cloud, fault)
        assert failed.returncode != 0, words
        assert words in failed.stdout, failed.stdout[-3000:]
        assert "ports" not in inventory(destroyed_afterwards, STACK)
    completes(destroyed_afterwards)


def test_what_was_made_before_the_connection_broke_off_is_found(
    destroyed_afterwards: Deployment, fake_cloud: Lab
) -> None:
    """As docs/runbook.md#api-refuses says: `up` alone would make a second one, or be told that an address is taken."""
    deployment = destroyed_afterwards
    failed = up(deployment, fake_cloud, ApiFault("network", count=0, method="POST", path=PORTS, broken="after"))
    assert failed.returncode != 0
    assert "connection error" in failed.stdout, failed.stdout[-3000:]
    assert inventory(deployment, STACK)["ports"]
    done = deployment.run(STACK, ["python", "-m", "ops", "leftovers", STACK, "--unanswered", "--yes"])
    assert "leftover  ports: " in done.stdout
    assert "ports" not in inventory(deployment, STACK)
    completes(deployment)
