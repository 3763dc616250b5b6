"""`make preflight` against wrong clouds: each is named by a line of its own, before anything is made.

The cloud, the resolver, the registry and the bucket are servers of the test, asked over their own protocols. What it
cannot show is that OVHcloud answers as they do.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.preflight import command, names
from tests.commands.cloud import AWAY, Away
from tests.commands.ground import STACKS, Ground, ground
from tests.commands.wrong_clouds import ENDS, WRONG, clash


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Ground]:
    with ground(tmp_path) as found:
        yield found


def preflight(
    given: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str]]:
    """Its exit status, and its lines."""
    for name in [*os.environ]:
        if name.startswith(("OS_", "AWS_", "PULUMI_")):
            monkeypatch.delenv(name)
    for name, value in given.variables.items():
        monkeypatch.setenv(name, value)
    # All who are asked are threads of this process, on a machine that may be busy.
    monkeypatch.setattr(names, "_SECONDS", 60.0)
    capsys.readouterr()
    status = command.main(tuple(STACKS), resolver=[given.names.address], directory=given.directory)
    return status, capsys.readouterr().out.splitlines()


def bad(lines: list[str]) -> list[str]:
    return [line.removeprefix("BAD").strip() for line in lines if line.startswith("BAD ")]


def test_where_nothing_lacks_it_says_so_and_what_nobody_can_see(
    given: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines = preflight(given, monkeypatch, capsys)
    assert bad(lines) == []
    assert status == 0
    hidden = [line for line in lines if line.startswith("unknown")]
    for region in STACKS.values():
        assert any(f"{region}: whether the project has a vRack, and who else has VLAN 1702 in it" in h for h in hidden)
    assert any("whether this machine goes out by 198.51.100.7/32" in line for line in hidden)
    assert lines[-1] == "nothing lacks that can be seen from here"
    assert given.cloud.changes == []


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_cloud_is_named_by_one_line(
    name: str, given: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    WRONG[name].make(given)
    status, lines = preflight(given, monkeypatch, capsys)
    assert status == 1
    (line,) = bad(lines)
    assert line.startswith(WRONG[name].line)
    assert ENDS.get(name, "") in line
    what, _, do = line.rpartition(": ")
    assert what
    assert do
    assert lines[-1] == "1 lacking"
    assert given.cloud.changes == []


def test_there_are_thirty_and_no_two_have_the_same_line() -> None:
    said = [(wrong.line, ENDS.get(name, "")) for name, wrong in WRONG.items()]
    assert len(said) >= 30
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("away", AWAY)
def test_one_region_s_api_is_away_and_the_others_are_asked(
    away: Away, given: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a lack elsewhere is found all the same; two rounds at most are waited for, which is within a minute."""
    assert 2 * command.PATIENCE < 60
    if away == "hanging":
        monkeypatch.setattr(command, "PATIENCE", 20.0)
    given.gra.away = away
    given.cloud.regions["SBG7"].quotas["router"] = 10
    begun = time.monotonic()
    status, lines = preflight(given, monkeypatch, capsys)
    assert time.monotonic() - begun < 60
    assert status == 1
    found = bad(lines)
    assert [line.split(":")[0] for line in found] == ["GRA11 compute", "GRA11 image", "GRA11 network", "SBG7"]
    assert any(line.startswith("ok") and "DE1: flavors d2-2" in line for line in lines)


def test_what_the_stacks_have_already_takes_no_quota_a_second_time(
    given: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = {"project": "multiparty-meeting", "stack": "gra", "environment": "production", "site": "gra"}
    described = {"id": "r", "name": "router", "description": " ".join(f"{key}={text}" for key, text in labels.items())}
    given.gra.held |= {
        "routers": [described],
        "servers": [{"id": "s", "name": "s", "metadata": labels, "flavor": {"id": "d2-4"}}],
    }
    given.gra.quotas["router"] = 10
    given.gra.limits |= {"maxTotalInstances": 9, "maxTotalCores": 10, "maxServerGroups": 0}
    status, lines = preflight(given, monkeypatch, capsys)
    assert bad(lines) == []
    assert status == 0


@pytest.mark.parametrize(
    ("cidr", "description"),
    [
        ("192.168.67.0/24", ""),  # the quarter that no site has
        ("192.168.64.0/24", "project=multiparty-meeting stack=sbg environment=production site=sbg"),
    ],
)
def test_a_network_that_is_in_nobody_s_way_is_no_lack(
    cidr: str, description: str, given: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clash(cidr, description)(given)
    status, lines = preflight(given, monkeypatch, capsys)
    assert bad(lines) == []
    assert status == 0


def test_local_networks_of_another_openstack_are_apart_anyway(
    given: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only of OVH's vRack is it known that they are on one wire."""
    given.edit("", "type: vrack", "type: provider\n          network_type: vlan\n          physical_network: physnet1")
    clash("192.168.64.0/24")(given)
    _, lines = preflight(given, monkeypatch, capsys)
    assert bad(lines) == []


def test_files_that_are_not_filled_in_are_a_lack_of_each_key(
    given: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given.edit("", "meeting.organisation.fr", "meeting.example.com")
    status, lines = preflight(given, monkeypatch, capsys)
    assert status == 1
    (line,) = bad(lines)
    assert "environments.production.domain = 'meeting.example.com': is reserved" in line
