"""What an update that was cut off left is found and removed, and nothing else is."""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.leftovers import UNDER_WAY_SECONDS
from tests.commands.deployment import Deployment, deployment

LABELS = "project=multiparty-meeting stack=gra environment=production site=gra"
NETWORK = "openstack:networking/network:Network"


@pytest.fixture
def cut_off(tmp_path: Path) -> Iterator[Deployment]:
    """The engine was killed while it made a network: the cloud has it, the state has the intention."""
    with deployment(tmp_path, dns=False) as found:
        held = found.cloud.regions["GRA11"].held
        held["networks"] = [_network("orphan", LABELS), _network("held", LABELS), _network("another's", "")]
        held["security-groups"] = [_network("a-group", LABELS)]
        write(found, pending=[NETWORK])
        yield found


def _network(id_: str, description: str) -> dict[str, Any]:
    return {"id": id_, "name": id_, "description": description}


def write(found: Deployment, *, pending: Collection[str] | Mapping[str, object], ago: float = 0) -> None:
    """GRA's state, as it was written some seconds ago."""
    held = {"type": NETWORK, "id": "held", "urn": "urn::held", "inputs": {}}
    inputs = pending if isinstance(pending, Mapping) else {kind: {} for kind in pending}
    begun = [
        {"resource": {"type": kind, "urn": "urn::x", "inputs": given}, "type": "creating"}
        for kind, given in inputs.items()
    ]
    manifest = {"time": (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()}
    state = {"deployment": {"manifest": manifest, "resources": [held], "pending_operations": begun}}
    (found.directory / "backend/gra.state").write_text(json.dumps(state))


def test_it_is_listed_and_removed_when_told(cut_off: Deployment) -> None:
    """What the state holds stays, and so do others' and what is of a kind that was not being made."""
    ended = cut_off.run("ops", "leftovers", "gra")
    assert (ended.status, ended.last) == (1, "make leftovers STACK=gra YES=1 removes it"), ended.out
    assert "leftover  networks: orphan (GRA11, orphan)" in ended.out
    assert cut_off.cloud.regions["GRA11"].deleted == []
    ended = cut_off.run("ops", "leftovers", "gra", "--yes")
    assert (ended.status, ended.last) == (0, "all of it is removed: pulumi up --stack gra"), ended.out
    assert cut_off.cloud.regions["GRA11"].deleted == ["orphan"]
    # What `up` would keep, and a roll would stop at for ever.
    ended = cut_off.run("ops", "leftovers", "gra")
    assert (ended.status, ended.last) == (0, "gra: no update of it was cut off: pulumi up --stack gra"), ended.out


class _UnderWay(list[dict[str, Any]]):
    """A collection in which something shows only when it has been asked for once."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        seen = self[:]
        if not any(one["id"] == "late" for one in seen):
            self.append(_network("late", LABELS))
        return iter(seen)


def test_what_the_api_was_still_making_is_waited_for(cut_off: Deployment) -> None:
    """Its request was under way when the engine was killed: the next `up` would be told that it is there already."""
    region = cut_off.cloud.regions["GRA11"]
    region.held["networks"] = _UnderWay([_network("held", LABELS)])
    # As much later as a busy machine takes to begin to look.
    write(cut_off, pending=[NETWORK], ago=-120)
    ended = cut_off.run("ops", "leftovers", "gra", "--yes")
    assert (ended.status, ended.last) == (0, "all of it is removed: pulumi up --stack gra"), ended.out
    assert "1 of the networks may still be under way: looked for again" in ended.out
    assert region.deleted == ["late"]


def test_what_was_never_asked_for_is_not_waited_for_for_long(cut_off: Deployment) -> None:
    """The engine says what it is about to make before it asks for it; later no request is under way."""
    cut_off.cloud.regions["GRA11"].held["networks"] = [_network("held", LABELS)]
    write(cut_off, pending=[NETWORK], ago=UNDER_WAY_SECONDS)
    ended = cut_off.run("ops", "leftovers", "gra")
    assert (ended.status, ended.last) == (0, "gra: nothing is left of it: pulumi up --stack gra"), ended.out
    assert "under way" not in ended.out


def test_what_has_no_labels_is_told_by_what_it_was_to_be(cut_off: Deployment) -> None:
    """The next `up` would be told that it is there already, for ever; a rule that somebody added stays."""
    rule = {"security_group_id": "held", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}
    ports = {"port_range_min": 80, "port_range_max": 80, "remote_ip_prefix": "0.0.0.0/0"}
    inputs: dict[str, object] = {"portRangeMin": 80, "portRangeMax": 80, "remoteIpPrefix": "0.0.0.0/0"}
    inputs |= {"securityGroupId": "held", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}
    region = cut_off.cloud.regions["GRA11"]
    region.held["security-group-rules"] = [
        {**rule, **ports, "id": "left"},
        {**rule, **ports, "id": "held"},
        {**rule, **ports, "id": "added", "port_range_min": 81, "port_range_max": 81},
    ]
    address = {"subnet_id": "a-subnet", "ip_address": "192.168.64.1"}
    region.held["ports"] = [
        {"id": "interface", "device_id": "a-router", "fixed_ips": [address], "description": ""},
        {
            "id": "gateway",
            "device_id": "a-router",
            "fixed_ips": [{**address, "subnet_id": "outside"}],
            "description": "",
        },
    ]
    begun = {
        "openstack:networking/secGroupRule:SecGroupRule": inputs,
        "openstack:networking/routerInterface:RouterInterface": {"routerId": "a-router", "subnetId": "a-subnet"},
    }
    write(cut_off, pending=begun)
    ended = cut_off.run("ops", "leftovers", "gra", "--yes")
    assert ended.status == 0, ended.out
    assert sorted(region.deleted) == ["interface", "left"]


def test_a_state_that_was_lost_has_no_leftovers(cut_off: Deployment) -> None:
    """Everything would look like one."""
    write(cut_off, pending=[])
    ended = cut_off.run("ops", "leftovers", "gra", "--yes")
    assert (ended.status, ended.last) == (0, "gra: no update of it was cut off: pulumi up --stack gra"), ended.out
    assert cut_off.cloud.regions["GRA11"].deleted == []


def test_what_an_api_made_before_it_broke_off_is_found_when_told_so(cut_off: Deployment) -> None:
    """The engine took the broken connection for an error: it is creating nothing. What is not labelled stays."""
    write(cut_off, pending=[])
    cut_off.cloud.regions["GRA11"].held["ports"] = [{**_network("port", LABELS), "fixed_ips": [], "device_id": ""}]
    words = ("ops", "leftovers", "gra", "--unanswered")
    ended = cut_off.run(*words)
    assert (ended.status, ended.last) == (1, "make leftovers STACK=gra UNANSWERED=1 YES=1 removes it"), ended.out
    assert cut_off.cloud.regions["GRA11"].deleted == []
    ended = cut_off.run(*words, "--yes")
    assert (ended.status, ended.last) == (0, "all of it is removed: pulumi up --stack gra"), ended.out
    assert sorted(cut_off.cloud.regions["GRA11"].deleted) == ["a-group", "orphan", "port"]
    ended = cut_off.run(*words)
    assert (ended.status, ended.last) == (0, "gra: nothing is left of it: pulumi up --stack gra"), ended.out


def test_in_a_state_that_holds_nothing_nothing_is_missed(cut_off: Deployment) -> None:
    """It was lost: all that serves would be removed."""
    (cut_off.directory / "backend/gra.state").write_text(json.dumps({"deployment": {"resources": []}}))
    ended = cut_off.run("ops", "leftovers", "gra", "--unanswered", "--yes")
    assert ended.status == 1
    assert "its state holds nothing; is it lost? docs/runbook.md#state-lost" in ended.out
    assert cut_off.cloud.regions["GRA11"].deleted == []


def test_a_roll_does_not_go_over_it(cut_off: Deployment) -> None:
    """`pulumi up` would make a second network, and say so in a line among hundreds."""
    words = ("gra", "sbg", "witness", "--site", "gra", "--authority", "authority.pem")
    ended = cut_off.run("ops", "roll", *words)
    assert ended.status == 1
    assert "STOPPED: stack gra: an earlier `pulumi up` was cut off" in ended.out
