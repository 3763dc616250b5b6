"""Other stacks are asked by the real engine: what it says of one that is not there, and what the program then says."""

import json

import pytest

from settings import PROJECT
from tests.configuration import ROOT
from tests.toolchain.conftest import Project

PROGRAM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from components.peers import check_peers, peer_addresses, peer_stacks
from tests.configuration import settings
from tests.unit.boot.golden import DNS
given = settings("gra", DNS | {{"env.deployed": ["sbg", "witness"]}})
check_peers(given)
for site, address in peer_addresses(given, peer_stacks(given, pulumi.ResourceOptions())).items():
    pulumi.export(site, address)
"""


@pytest.fixture
def meeting(project: Project) -> Project:
    """The project under its own name, with the stacks gra and sbg."""
    file = project.directory / "Pulumi.yaml"
    file.write_text(file.read_text().replace("trial", PROJECT))
    for stack in ("sbg", "gra"):
        project.pulumi("stack", "init", stack)
    return project


def _deploy(project: Project, stack: str, **outputs: str) -> None:
    project.write("".join(f"pulumi.export({name!r}, {value!r})\n" for name, value in outputs.items()))
    project.pulumi("up", "--yes", "--skip-preview", "--stack", stack)


def test_peers_are_read_or_named(meeting: Project) -> None:
    """Not there, there without the output, there: the first two are refused in words, with nothing registered."""
    meeting.write(PROGRAM)
    refused = meeting.pulumi("preview", "--stack", "gra", check=False)
    said = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert (
        f"stack gra: environments.production.deployed = 'sbg': stack organization/{PROJECT}/sbg has no output "
        "edge_address yet: pulumi up --stack sbg first, or leave sbg out"
    ) in said
    assert (
        f"stack gra: environments.production.deployed = 'witness': unknown stack \"organization/{PROJECT}/witness\"; "
        "deployed may name only sites whose stacks are there"
    ) in said
    assert "Traceback" not in said
    assert "StackReference" not in said

    meeting.pulumi("stack", "init", "witness")
    _deploy(meeting, "sbg", edge_address="198.51.100.62")
    _deploy(meeting, "witness", nameserver_address="198.51.100.63")
    meeting.write(PROGRAM)
    meeting.pulumi("up", "--yes", "--skip-preview", "--stack", "gra")
    outputs = json.loads(meeting.pulumi("stack", "output", "--json", "--stack", "gra").stdout)
    assert outputs == {"sbg": "198.51.100.62", "witness": "198.51.100.63"}
