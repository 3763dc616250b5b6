"""A gateway has the size that the stack says, asked of its router; another size replaces nothing."""

import json
from collections.abc import Iterator

import pytest

from lab.deployment import Deployment
from lab.workspace import configure
from tests.engine.preview import changes

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

STACK, ROUTER = "lab-witness", "lab-witness-local"


def gateway(deployment: Deployment) -> tuple[str, str]:
    """The router's id, and the name of its QoS policy as Neutron says it."""
    program = (
        "import json, openstack; c = openstack.connect();"
        f"r = next(r for r in c.network.routers() if r.name == '{ROUTER}');"
        "print(json.dumps([r.id, c.network.get_qos_policy(r.external_gateway_info['qos_policy_id']).name]))"
    )
    found, policy = json.loads(deployment.run(STACK, ["python", "-c", program]).stdout)
    return found, policy


@pytest.fixture
def deployed(deployment: Deployment) -> Iterator[Deployment]:
    """The witness, with the smallest gateway; its file is as it was afterwards."""
    path = deployment.directory / f"Pulumi.{STACK}.yaml"
    before = path.read_text()
    try:
        deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
        yield deployment
    finally:
        path.write_text(before)
        deployment.pulumi(STACK, "destroy", "--yes", "--skip-preview")


def test_another_size_is_an_update_and_so_is_the_first_one(deployed: Deployment) -> None:
    """Larger; and back to the smallest on a router of the version before, which was given no policy."""
    router, policy = gateway(deployed)
    assert policy == "small_router"
    configure(deployed.directory, STACK, {"gateway": "xl"})
    assert changes(deployed.preview(STACK)) == {ROUTER: "update"}
    deployed.pulumi(STACK, "up", "--yes", "--skip-preview")
    assert gateway(deployed) == (router, "XL_router")

    program = (
        f"import openstack; c = openstack.connect(); r = c.network.get_router('{router}');"
        "info = {'network_id': r.external_gateway_info['network_id'], 'qos_policy_id': None};"
        "c.network.update_router(r, external_gateway_info=info)"
    )
    deployed.run(STACK, ["python", "-c", program])
    configure(deployed.directory, STACK, {"gateway": "s"})
    deployed.pulumi(STACK, "refresh", "--yes", "--skip-preview")
    assert changes(deployed.preview(STACK)) == {ROUTER: "update"}
    deployed.pulumi(STACK, "up", "--yes", "--skip-preview")
    assert gateway(deployed) == (router, "small_router")
