"""What a roll takes away from people: of the meeting servers only those that go, and nothing that it cannot give."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import PROJECT
from tests.commands.deployment import Deployment, deployment
from tests.commands.stacks import server

INSTANCE, READY = "openstack:compute/instance:Instance", "command:local:Command"
COMPONENT = "urn:pulumi:gra::multiparty-meeting::multiparty-meeting:site:Site$multiparty-meeting:meeting:MeetingNode"
ROLL_NODE = ("ops", "roll", "gra", "sbg", "witness", "--authority", "authority.pem", "--node", "gra-meeting-2")
STEPS = ("send new rooms", "wait for its rooms", "close what is", "pulumi up", "wait until its", "let rooms in")
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


def another(found: Deployment) -> str:
    """GRA has another meeting server; its name."""
    name = server("gra", "meeting").replace("-1", "-2")
    file, outputs = edit(found, "outputs")
    outputs["servers"][name] = {**outputs["servers"][server("gra", "meeting")], "id": name}
    file.write_text(json.dumps(outputs))
    found.cloud.regions["GRA11"].held["servers"] += [{"id": name, "name": name, "status": "ACTIVE", "metadata": {}}]
    found.answers[name] = {**found.answers[server("gra", "meeting")]}
    return name


def previewed(found: Deployment, op: str, name: str) -> None:
    """The next `pulumi up` deletes a server, or makes it anew."""
    file, preview = edit(found, "preview")
    urn = f"{COMPONENT}${INSTANCE}::{name}"
    state = {"urn": urn, "type": INSTANCE, "inputs": {"metadata": {"role": "meeting"}}}
    preview["steps"] += [{"op": op, "urn": urn, "oldState": state, **({"newState": state} if op != "delete" else {})}]
    file.write_text(json.dumps(preview))


def second_node(found: Deployment) -> str:
    """GRA gets another meeting server, which the next `pulumi up` takes away; its name."""
    name = another(found)
    previewed(found, "delete", name)
    return name


def rolled_node(found: Deployment) -> str:
    """GRA has two meeting servers, and the second one is to be made anew; its name."""
    file = found.directory / "Pulumi.yaml"
    content = yaml.safe_load(file.read_text())
    environment = content["config"][f"{PROJECT}:environments"]["value"]["production"]
    environment["sites"]["gra"]["meeting_nodes"] = 2
    file.write_text(yaml.safe_dump(content))
    name = another(found)
    previewed(found, "replace", name)
    file, state = edit(found, "state")
    state["deployment"]["resources"] += [
        {"type": type_, "urn": f"{COMPONENT}${type_}::{one}", "parent": f"{COMPONENT}::gra-meeting-2"}
        for type_, one in ((INSTANCE, name), (READY, "gra-meeting-2-ready"))
    ]
    file.write_text(json.dumps(state))
    found.table(gra_2="UP")
    return name


def applied(found: Deployment, name: str) -> None:
    """`pulumi up` makes it anew, as another server of the cloud's."""
    _, outputs = edit(found, "outputs")
    outputs["servers"][name]["id"] = "anew"
    (found.directory / "backend/gra.made").write_text(json.dumps(outputs))
    found.cloud.regions["GRA11"].held["servers"] += [{"id": "anew", "name": name, "status": "ACTIVE", "metadata": {}}]


def table(found: Deployment, site: str) -> dict[str, str]:
    """What an edge has of the instances."""
    states: dict[str, str] = json.loads((found.fleet / f"{server(site, 'edge')}.table").read_text())
    return states


def calls(found: Deployment, command: str) -> list[str]:
    """How the CLI was called for something."""
    lines = (found.directory / "backend/calls").read_text().splitlines()
    return [line for line in lines if line.startswith(f"{command} ")]


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


def test_one_node_is_made_anew(deployed: Deployment) -> None:
    """Nothing else: its rooms end, it is closed, `pulumi up` of it alone, a room opens, it takes rooms again.

    Its empty room holds nobody up.
    """
    name = rolled_node(deployed)
    deployed.answers[name]["urllib.request"] = "edumeet_rooms 3\nedumeet_peers 0"
    applied(deployed, name)
    ended = deployed.run(*ROLL_NODE)
    assert (ended.status, ended.last) == (0, "gra-meeting-2 is rolled, healthy and in service"), ended.out
    said = ended.out.splitlines()
    assert said[0] == f"preview: replaced: meeting server {name}"
    assert [line.partition(" ")[2][: len(step)] for line, step in zip(said[1:], STEPS, strict=False)] == list(STEPS)
    assert "nobody is left" in said
    for site in ("gra", "sbg"):
        assert table(deployed, site) == {"gra-1": "UP", "gra-2": "UP", "sbg-1": "UP"}
    instance, ready = f"{COMPONENT}${INSTANCE}::{name}", f"{COMPONENT}${READY}::gra-meeting-2-ready"
    only = f"--replace {instance} --target {instance} --target {ready}"
    assert [only in line for command in ("preview", "up") for line in calls(deployed, command)] == [True, True]


@pytest.mark.parametrize("left", ["DRAIN", "MAINT"])
def test_a_nodes_roll_goes_on_from_where_it_was_cut_off(deployed: Deployment, left: str) -> None:
    """By the same command: of one that is closed nobody is waited for, of one that is drained its rooms are."""
    name = rolled_node(deployed)
    deployed.table(gra_2=left)
    applied(deployed, name)
    deployed.answers[name]["urllib.request"] = "edumeet_rooms 1\nedumeet_peers 2"
    ended = deployed.run(*ROLL_NODE, "--deadline", "0")
    assert (ended.status, ended.last) == (0, "gra-meeting-2 is rolled, healthy and in service"), ended.out
    assert ("the deadline has passed: 1 rooms with 2 people" in ended.out) == (left == "DRAIN")
    assert table(deployed, "sbg")["gra-2"] == "UP"


def test_a_nodes_roll_that_stops_says_what_to_run(deployed: Deployment) -> None:
    """`pulumi up` fails: the node stays closed, its neighbour serves; undone it takes rooms again."""
    rolled_node(deployed)
    ended = deployed.run(*ROLL_NODE, "--deadline", "0")
    assert (ended.status, ended.last) == (1, "  put it back as it is: make roll NODE=gra-meeting-2 UNDO=1"), ended.out
    assert "left: production-sbg-edge-1 has gra-2 in MAINT\n" in ended.out
    assert "go on: make roll NODE=gra-meeting-2\n" in ended.out
    assert table(deployed, "sbg") == {"gra-1": "UP", "gra-2": "MAINT", "sbg-1": "UP"}
    said = deployed.run("ops", "status", "gra", "sbg", "witness", "--authority", "authority.pem").out
    assert "gra-2 MAINT, sbg-1 UP; 3 rooms; make undrain NODE=gra-meeting-2 lets rooms in again\n" in said
    undone = deployed.run(*ROLL_NODE, "--undo")
    assert (undone.status, undone.last) == (0, "gra-meeting-2 is in service as it is"), undone.out
    assert table(deployed, "sbg")["gra-2"] == "UP"


def test_no_node_is_taken_away_while_the_other_edge_is_dead(deployed: Deployment) -> None:
    """It would not be told; undone, what could not be told is said, and the other one was."""
    rolled_node(deployed)
    deployed.dead.append(server("sbg", "edge"))
    deployed.table(gra_2="DRAIN")
    ended = deployed.run(*ROLL_NODE, "--undo")
    assert ended.status == 1
    assert "STOPPED: production-sbg-edge-1: no answer: " in ended.out, ended.out
    assert (table(deployed, "gra")["gra-2"], table(deployed, "sbg")["gra-2"]) == ("UP", "DRAIN")


def test_a_server_that_could_not_be_made_again_is_not_deleted(deployed: Deployment) -> None:
    """Its image is gone: a change of nothing keeps it as it is, and so does a roll."""
    name = rolled_node(deployed)
    file, preview = edit(deployed, "preview")
    gone = (
        f"stack gra: image.id: GRA11 has no image of this id any more; {name} stays as it is, and cannot be made anew."
    )
    preview["diagnostics"] = [{"severity": "warning", "message": gone}]
    file.write_text(json.dumps(preview))
    ended = deployed.run(*ROLL_NODE)
    assert ended.status == 1
    assert f"STOPPED: {gone}" in ended.out, ended.out
    assert table(deployed, "gra")["gra-2"] == "UP"
    assert not calls(deployed, "up")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--node", "gra-meeting-9"),
            "--node gra-meeting-9: must be one of gra-meeting-1, gra-meeting-2, sbg-meeting-1",
        ),
        (
            ("--node", "sbg-meeting-1"),
            "sbg has no other meeting server: what sends new rooms to the other site is make roll SITE=sbg",
        ),
        (
            ("--node", "gra-meeting-2"),
            "gra has meeting_nodes: 1, so it is one too many: what drains and deletes it is make roll SITE=gra",
        ),
        ((), "a site or a meeting server: SITE=gra (--site), or NODE=gra-meeting-2 (--node)"),
        (("--site", "gra", "--node", "gra-meeting-2"), "--site gra, --node gra-meeting-2: only one of them"),
    ],
    ids=["unknown", "alone", "one too many", "none", "both"],
)
def test_a_node_that_cannot_be_rolled_alone_is_refused(deployed: Deployment, words: tuple[str, ...], said: str) -> None:
    """By its name, with what to run instead; nothing is asked of the cloud or told an edge."""
    another(deployed)
    deployed.table(gra_2="UP")
    ended = deployed.run(*ROLL[:-2], *words)
    assert ended.status == 1
    assert said in ended.last, ended.out
    assert table(deployed, "gra") == {"gra-1": "UP", "gra-2": "UP", "sbg-1": "UP"}


DRAIN = ("ops", "drain", "gra", "sbg", "witness", "--node", "gra-meeting-2")


def test_a_node_is_drained_and_put_back(deployed: Deployment) -> None:
    """At both edges, told twice or once; its neighbour takes the rooms."""
    rolled_node(deployed)
    for _ in range(2):
        ended = deployed.run(*DRAIN)
        assert ended.status == 0, ended.out
        assert "ok   production-sbg-edge-1: gra-1 UP, sbg-1 UP, gra-2 DRAIN" in ended.out
        assert table(deployed, "gra") == {"gra-1": "UP", "gra-2": "DRAIN", "sbg-1": "UP"}
    undone = deployed.run(*DRAIN, "--undo")
    assert undone.status == 0, undone.out
    assert table(deployed, "sbg") == {"gra-1": "UP", "gra-2": "UP", "sbg-1": "UP"}


def test_an_edge_that_could_not_be_told_of_a_node_is_named(deployed: Deployment) -> None:
    """Exit status 1; the other one was told."""
    rolled_node(deployed)
    deployed.dead.append(server("sbg", "edge"))
    ended = deployed.run(*DRAIN)
    assert ended.status == 1
    assert "BAD  production-sbg-edge-1: could not be told: no answer: " in ended.out, ended.out
    assert (table(deployed, "gra")["gra-2"], table(deployed, "sbg")["gra-2"]) == ("DRAIN", "UP")


def test_the_last_node_that_takes_rooms_is_not_drained(deployed: Deployment) -> None:
    """New rooms would be opened where operators want none."""
    rolled_node(deployed)
    deployed.table(gra_1="DRAIN", gra_2="UP", sbg_1="DOWN")
    ended = deployed.run(*DRAIN)
    assert ended.status == 1
    assert "error: --node gra-meeting-2: no other meeting server takes rooms, as production-gra-edge-1" in ended.out
    assert table(deployed, "gra")["gra-2"] == "UP"


def test_secrets_are_not_given_to_one_node_alone(deployed: Deployment) -> None:
    """The stack would note that all its servers have them, and the next round would come too early."""
    rolled_node(deployed)
    file, outputs = edit(deployed, "outputs")
    outputs["secrets"] = {"cookie_secret": "another"}
    file.write_text(json.dumps(outputs))
    ended = deployed.run(*ROLL_NODE)
    assert ended.status == 1
    said = "stack gra: its servers have not taken cookie_secret yet, and one alone must not: make roll SITE=gra"
    assert f"STOPPED: {said}\n" in ended.out, ended.out
    assert not calls(deployed, "preview")
