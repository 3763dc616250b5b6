"""The cloud changed by hand behind the engine's back, against a real API: told, and nothing is written."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.deployment import Deployment
from tests.engine.conftest import inventory

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

STACK = "lab-witness"
SERVER = "lab-witness-witness-1"

RULES = """
import openstack
network = openstack.connect().network
group = network.find_security_group("lab-witness-witness-backbone")
rule = next(r for r in network.security_group_rules(security_group_id=group.id) if r.direction == "ingress")
network.delete_security_group_rule(rule)
network.create_security_group_rule(security_group_id=group.id, direction="ingress", ethertype="IPv4", protocol="tcp",
                                   port_range_min=6379, port_range_max=6379, remote_ip_prefix="0.0.0.0/0")
"""
NAME = """
import openstack
compute = openstack.connect().compute
compute.update_server(compute.find_server("lab-witness-witness-1"), name="somebodys")
"""


@pytest.fixture(scope="module")
def deployed(deployment: Deployment) -> Iterator[Deployment]:
    """The stack deployed; it is destroyed afterwards."""
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
    yield deployment
    deployment.pulumi(STACK, "destroy", "--yes", "--skip-preview")
    assert inventory(deployment, STACK) == {}


def by_hand(deployment: Deployment, program: str) -> None:
    """Change the cloud as its user, without Pulumi."""
    deployment.run(STACK, ["python", "-c", program])


def state(deployment: Deployment) -> dict[str, str]:
    """Every file of the backend, by its content."""
    files = [path for path in Path(deployment.lab.home / "state").rglob("*") if path.is_file()]
    assert files
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def drift(deployment: Deployment) -> "subprocess.CompletedProcess[str]":
    """Compare as `make drift` does; not a byte of the state is another one afterwards, and no file more."""
    before = state(deployment)
    refreshed = deployment.pulumi(STACK, "refresh", "--preview-only", "--json")
    file = deployment.directory / "drift.json"
    file.write_text(refreshed.stdout)
    done = deployment.run(STACK, ["python", "-m", "ops", "drift", f"witness={file}"], check=False)
    assert state(deployment) == before
    for key in ("cookie_secret", "redis_password"):
        assert deployment.secret(key) not in refreshed.stdout + done.stdout + done.stderr
    return done


def test_what_was_just_made_does_not_differ(deployed: Deployment) -> None:
    """Status 0: what the API adds by itself - defaults, addresses, times - is no drift, and no rule a stranger."""
    done = drift(deployed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing differs." in done.stdout
    assert "were not looked for" not in done.stdout


def test_changes_by_hand_are_told(deployed: Deployment) -> None:
    """A rule deleted, a rule added, a server renamed: each by name, status 2."""
    by_hand(deployed, RULES)
    by_hand(deployed, NAME)
    done = drift(deployed)
    assert done.returncode == 2, done.stdout + done.stderr
    told = " ".join(done.stdout.split())
    assert "- gone: rule of a security group lab-witness-witness-backbone-" in told
    assert "- added: rule of a security group lab-witness-witness-backbone: tcp, 6379, from 0.0.0.0/0" in told
    assert f"- changed: witness {SERVER}: name" in told
    assert f"pulumi up --refresh --stack {STACK.removeprefix('lab-')}" in told


def test_an_up_with_refresh_mends_it(deployed: Deployment) -> None:
    """As the text says; the added rule stays, and is still told."""
    deployed.pulumi(STACK, "up", "--refresh", "--yes", "--skip-preview")
    done = drift(deployed)
    assert done.returncode == 2, done.stdout + done.stderr
    told = " ".join(done.stdout.split())
    assert "- gone:" not in told and "- changed:" not in told
    assert "- added: rule of a security group lab-witness-witness-backbone" in told
