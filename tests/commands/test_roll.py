"""What a roll takes away from people: of the meeting servers only those that go, and nothing that it cannot give."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.deployment import Deployment, deployment
from tests.commands.stacks import server

INSTANCE = "openstack:compute/instance:Instance"
ROLL = ("ops", "roll", "gra", "sbg", "witness", "--authority", "authority.pem", "--site", "gra")


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    """All is well."""
    with deployment(tmp_path) as found:
        yield found


def edit(found: Deployment, name: str) -> tuple[Path, Any]:
    """A file of GRA's stack, and what it holds."""
    file = found.directory / f"backend/gra.{name}"
    return file, json.loads(file.read_text())


def second_node(found: Deployment) -> str:
    """GRA gets another meeting server, which the next `pulumi up` takes away; its name."""
    name = server("gra", "meeting").replace("-1", "-2")
    file, outputs = edit(found, "outputs")
    outputs["servers"][name] = {**outputs["servers"][server("gra", "meeting")], "id": name}
    file.write_text(json.dumps(outputs))
    found.cloud.regions["GRA11"].held["servers"] += [{"id": name, "name": name, "status": "ACTIVE", "metadata": {}}]
    found.answers[name] = found.answers[server("gra", "meeting")]
    file, preview = edit(found, "preview")
    urn = f"urn:pulumi:gra::multiparty-meeting::{INSTANCE}::{name}"
    state = {"urn": urn, "type": INSTANCE, "inputs": {"metadata": {"role": "meeting"}}}
    preview["steps"] += [{"op": "delete", "urn": urn, "oldState": state}]
    file.write_text(json.dumps(preview))
    return name


def test_a_node_less_drains_that_node_alone(deployed: Deployment) -> None:
    """Rooms on the other one stay, and new ones come to it; `pulumi up` is refused by the stand-in."""
    second_node(deployed)
    deployed.table(gra_2="UP")
    ended = deployed.run(*ROLL, "--deadline", "0")
    assert "pulumi up --stack gra failed" in ended.out, ended.out
    for site in ("gra", "sbg"):
        table = json.loads((deployed.fleet / f"{server(site, 'edge')}.table").read_text())
        assert table == {"gra-1": "UP", "gra-2": "MAINT", "sbg-1": "UP"}, ended.out


def test_a_node_that_is_gone_is_not_waited_for(deployed: Deployment) -> None:
    """GRA is rolled, and SBG's stack not applied yet: its edge still has the instance, closed."""
    deployed.table()
    file = deployed.fleet / f"{server('sbg', 'edge')}.table"
    file.write_text(json.dumps({"gra-1": "UP", "gra-2": "MAINT", "sbg-1": "UP"}))
    ended = deployed.run(*ROLL)
    assert (ended.status, ended.last) == (0, "gra: in service, and as described: nothing to do"), ended.out
    said = deployed.run("ops", "status", "gra", "sbg", "witness", "--authority", "authority.pem").out
    assert "gra-2 MAINT; 3 rooms; gra-2 is no server's any more: pulumi up of this edge's stack\n" in said


def test_what_keeps_the_sites_apart_is_refused(deployed: Deployment) -> None:
    """A roll promises an instance at each edge all the time; a port that the other site has not is none."""
    file, preview = edit(deployed, "preview")
    preview["steps"][0]["oldState"]["outputs"]["agreement"] = {"meeting.listening_port": "4443"}
    file.write_text(json.dumps(preview))
    ended = deployed.run(*ROLL, "--deadline", "0")
    assert ended.status == 1
    assert "STOPPED: meeting.listening_port from 4443 to 3443: until every site has it, each edge" in ended.out
    assert not list(deployed.fleet.glob("*.operator"))
    assert "preview" in (deployed.directory / "backend/calls").read_text()
    assert " up " not in (deployed.directory / "backend/calls").read_text()
