"""An image of one's own: baked from the stock one in a region, and booted while no mirror and no registry answers."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fleet.stacks import stacks
from lab import Lab, demo
from lab.cloud.layout import SERVICES_HOST
from lab.deployment import REGIONS, Deployment
from lab.workspace import WITNESS
from ops.bake.builder import LABEL
from settings.image import Image

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

NAME = "baked-tests"
REGION = REGIONS[WITNESS]
CUT = f"""\
table inet cut {{
    chain input {{
        type filter hook input priority -10; policy accept;
        ip daddr {SERVICES_HOST} tcp dport {{ 80, 443, 5000 }} drop
    }}
}}
"""


@pytest.fixture(scope="module")
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """The witness' stack, prepared and of the stock image, in a lab of its region alone."""
    given = request.config.getoption("--lab")
    lab = Lab(given or NAME)
    lab.up(region_names=(REGION,))
    prepared = Deployment(lab)
    prepared.prepare(names=(WITNESS,))
    yield prepared
    if not given:
        lab.down()


@pytest.fixture(scope="module", autouse=True)
def settings() -> None:
    """None of those that the other tests' stacks have."""


def cloud(deployment: Deployment, code: str) -> str:
    """What a program prints that has the region as `c`."""
    program = f"import openstack; c = openstack.connect(); {code}"
    return deployment.run(WITNESS, ["python", "-c", program]).stdout.strip()


def image(deployment: Deployment) -> Image:
    """The image that the stack's file names."""
    (stack,) = stacks([WITNESS], deployment.directory)
    return Image.model_validate(stack.raw()["image"])


@contextmanager
def cut_off(lab: Lab) -> Iterator[None]:
    """Nobody reaches the lab's package repository, nor its registry: packets vanish, as on the way to a lost host."""
    assert lab.run(["sh", "-c", f"nft -f - <<'EOF'\n{CUT}EOF\n"], quiet=True).returncode == 0
    try:
        yield
    finally:
        lab.run(["nft", "delete", "table", "inet", "cut"], quiet=True)


def test_a_baked_server_gets_ready_without_mirror_and_registry(deployment: Deployment) -> None:
    """The builder leaves the image alone behind; the server of it installs nothing, and updates nothing by itself.

    It cannot show a meeting server's container: on these servers podman wants what the stock-like image lacks.
    """
    stock = image(deployment)
    deployment.run(WITNESS, ["python", "-m", "ops", "images", WITNESS, "--bake"], timeout=1200)
    baked = image(deployment)
    assert baked.baked
    assert baked.baked.stock == stock.name
    assert baked.id != stock.id
    left = f"[s.name for s in c.compute.servers() if s.metadata.get('{LABEL}')], " + ", ".join(
        f"[r.id for r in c.network.{kind}() if '{LABEL}' in (r.description or '')]"
        for kind in ("ports", "security_groups")
    )
    assert cloud(deployment, f"print({left})") == "[] [] []"
    with cut_off(deployment.lab):
        demo.deploy(deployment, (WITNESS,))
    (server,) = deployment.outputs(WITNESS).servers.values()
    assert cloud(deployment, f"print(c.compute.get_server('{server.id}').image.id)") == baked.id
    console = cloud(deployment, f"print(c.compute.get_server_console_output('{server.id}', length=5000)['output'])")
    assert "Setting up " not in console
    deployment.run(WITNESS, ["python", "-m", "ops", "images", WITNESS, "--stock"])
    assert image(deployment) == stock
