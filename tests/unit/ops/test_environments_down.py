"""A teardown leaves nothing, whatever it meets, and touches nothing that is not a test environment's."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from keystoneauth1.exceptions import ConnectFailure, HttpServerError, TooManyRequests
from openstack.exceptions import ConflictException, HttpException

from fleet.outputs import DnsRecord
from fleet.stacks import StackError
from ops.environments.backend import StackState, read
from ops.environments.down import PATIENCE, down
from ops.environments.locks import locks, sees_all
from tests.configuration import ROOT
from tests.unit.ops.clouds import Region, description
from tests.unit.ops.fakes import GONE, NOW, SITES, Fake, locked
from tests.unit.waiting import eventually

EMPTY: dict[str, list[str]] = {region: [] for region in SITES.values()}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """The environment pr-42, up."""
    monkeypatch.setenv("OS_REGION_NAME", "")
    fake = Fake.at(tmp_path)
    fake.deploy("pr-42")
    return fake


def test_all_sites_go_side_by_side_and_the_stacks_after(fake: Fake) -> None:
    """One run of the engine, without a refresh; the stacks' files go too, and those of the base stay."""
    file = fake.directory / "Pulumi.pr-42-gra.yaml"
    file.write_text("encryptionsalt: v1:left by the engine\n")
    down(fake.tools, "pr-42")
    assert fake.remains == EMPTY
    assert fake.states == {}
    assert not file.exists()
    assert (fake.directory / "Pulumi.gra.yaml").exists()
    (commands,) = fake.ran
    assert list(commands) == ["pr-42-gra", "pr-42-sbg", "pr-42-witness"]
    assert list(commands["pr-42-sbg"][:2]) == ["pulumi", "destroy"]
    assert "--refresh" not in commands["pr-42-sbg"]
    assert fake.slept == []


def test_another_environment_stays(fake: Fake) -> None:
    """Also one whose name begins with the same letters."""
    fake.deploy("pr-4")
    before = {region: [i for i in ids if i.startswith("pr-4-")] for region, ids in fake.remains.items()}
    down(fake.tools, "pr-42")
    assert fake.remains == before
    assert set(fake.states) == {"pr-4-gra", "pr-4-sbg", "pr-4-witness"}


@pytest.mark.parametrize("said", ["409 Conflict: port still in use", "500 Internal Server Error"])
def test_a_site_that_fails_is_tried_again_alone_and_refreshed(fake: Fake, said: str) -> None:
    """For as long as the API refuses, in growing pauses; the others are not asked again."""
    fake.failures = {"pr-42-gra": [said, said]}
    down(fake.tools, "pr-42")
    assert fake.remains == EMPTY
    assert [list(commands) for commands in fake.ran[1:]] == [["pr-42-gra"], ["pr-42-gra"]]
    assert all("--refresh" in commands["pr-42-gra"] for commands in fake.ran[1:])
    assert fake.slept == [5, 10]


def test_names_that_outlive_their_addresses_are_told(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    """Which records to take out, before anything goes; and afterwards those that still stand, or may."""
    gone, stands = (
        DnsRecord(name=f"{label}-pr-42.organisation.fr.", type="A", ttl=60, value=f"198.51.100.{end}")
        for label, end in (("a", 1), ("b", 2))
    )
    zone = DnsRecord(name="ha-pr-42.organisation.fr.", type="NS", ttl=60, value="ns1.ha-pr-42.organisation.fr.")
    fake.records = {"pr-42-gra": [gone, zone], "pr-42-sbg": [stands, zone]}
    fake.resolved = {(stands.name, "A"): frozenset({"198.51.100.2"}), (zone.name, "NS"): "NoNameservers"}
    down(fake.tools, "pr-42")
    told = capsys.readouterr().err
    before, _, after = told.partition("WARNING")
    for record in (gone, stands, zone):
        assert before.count(f"take out {record.name} 60 IN {record.type} {record.value}") == 1
    assert "b-pr-42.organisation.fr. 60 IN A 198.51.100.2 still stands: whoever gets the address next" in after
    assert "ns1.ha-pr-42.organisation.fr.: whether it still stands cannot be asked: NoNameservers" in after
    assert "a-pr-42.organisation.fr. 60 IN A 198.51.100.1 " not in after


def test_an_api_that_never_recovers_ends_it_with_the_log(fake: Fake) -> None:
    """After a quarter of an hour; the stack stays known, so that the next one can finish."""
    fake.failures = {"pr-42-gra": ["500 Internal Server Error"] * 1000}
    with pytest.raises(StackError, match=r"pr-42-gra could not be destroyed in 900 s; its log is .*pr-42-gra.log\n500"):
        down(fake.tools, "pr-42")
    assert sum(fake.slept) <= PATIENCE
    assert "pr-42-gra" in fake.states
    fake.failures.clear()
    down(fake.tools, "pr-42")
    assert fake.remains == EMPTY


@pytest.mark.skipif(not sees_all(), reason="a container does not see who is gone")
def test_the_lock_of_a_killed_engine_is_taken_away(fake: Fake) -> None:
    fake.failures = {"pr-42-sbg": [locked()]}
    down(fake.tools, "pr-42")
    assert fake.unlocked == ["pr-42-sbg"]
    assert fake.remains == EMPTY


@pytest.mark.parametrize(("since", "taken"), [("2026-11-24T01:30:00Z", False), ("2026-11-24T00:50:00Z", True)])
def test_the_lock_of_another_machine_is_respected_for_an_hour(fake: Fake, since: str, taken: bool) -> None:
    """Nobody can see from here whether the other one still works."""
    fake.failures = {"pr-42-sbg": [locked("runner-7", since=since)] * (1 if taken else 1000)}
    if taken:
        down(fake.tools, "pr-42")
        assert fake.remains == EMPTY
    else:
        with pytest.raises(
            StackError, match=rf"locked by process {GONE} on runner-7, .* pulumi cancel --stack pr-42-sbg"
        ):
            down(fake.tools, "pr-42")
    assert fake.unlocked == (["pr-42-sbg"] if taken else [])


@pytest.mark.skipif(os.geteuid() != 0 or not sees_all(), reason="makes a container's process ids")
def test_a_lock_of_a_container_that_has_this_machines_name_is_respected(fake: Fake) -> None:
    """Its process has another number here; a process of the machine is not seen from the container at all."""
    free = max(int(process.name) for process in Path("/proc").glob("[0-9]*")) + 100
    script = f"echo {free - 1} >/proc/sys/kernel/ns_last_pid; sleep 60 & echo $!; wait"
    line = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as container:
        try:
            assert container.stdout
            inside = int(container.stdout.readline())
            assert not Path(f"/proc/{inside}").exists()
            (held,) = locks(locked(pid=inside))
            assert not held.is_abandoned(NOW)
        finally:
            container.kill()
    eventually(lambda: held.is_abandoned(NOW), bool, seconds=10, what="nobody holds it any more")
    from_inside = "import sys, tests.unit.ops.fakes as f; from ops.environments.locks import locks; "
    from_inside += f"sys.exit(locks(f.locked(pid={os.getpid()}))[0].is_abandoned(f.NOW))"
    line = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", from_inside]
    assert subprocess.run(line, cwd=ROOT, check=False).returncode == 0


def test_who_is_alone_respects_no_lock(fake: Fake) -> None:
    """A workflow that has cancelled the other one."""
    fake.failures = {"pr-42-sbg": [locked("runner-7")]}
    down(fake.tools, "pr-42", alone=True)
    assert fake.unlocked == ["pr-42-sbg"]
    assert fake.remains == EMPTY


def test_what_no_state_holds_goes_too(fake: Fake) -> None:
    """A create that was cut off: on the network, the engine could not delete it; its own port is nobody's either."""
    gra = fake.regions["GRA11"]
    gra.add(
        "port", "pr-42-gra-lost", description=description("pr-42", "gra"), device_id="", device_owner="", on="pr-42-gra"
    )
    fake.failures = {"pr-42-gra": ["409 Conflict: network in use"]}
    down(fake.tools, "pr-42")
    assert fake.remains == EMPTY
    assert gra.deleted[0] == "pr-42-gra-lost"


def test_a_whole_site_whose_state_is_lost_goes_in_the_order_that_works(fake: Fake) -> None:
    """Servers before ports, interfaces before routers, ports before networks and groups."""
    fake.states["pr-42-gra"] = StackState()
    down(fake.tools, "pr-42")
    assert fake.remains == EMPTY
    assert [id_.rsplit("-", 1)[1] for id_ in fake.regions["GRA11"].deleted] == [
        *("server", "group", "ip", "port", "interface", "router", "subnet", "network", "secgroup")
    ]


@pytest.mark.parametrize(
    "refusal", [ConflictException, HttpException, HttpServerError, ConnectFailure, TooManyRequests]
)
def test_the_proof_waits_for_an_api_that_does_not_answer(fake: Fake, refusal: type[Exception]) -> None:
    """What cannot be asked is not taken for gone."""
    fake.states["pr-42-gra"] = StackState()
    fake.regions["GRA11"].failures = [refusal("not now") for _ in range(3)]
    down(fake.tools, "pr-42")
    assert fake.remains == EMPTY
    assert fake.slept[:3] == [2, 5, 10]


def test_what_cannot_be_removed_is_named_and_the_stacks_stay(fake: Fake) -> None:
    """A stranger's port is on the network."""
    fake.states["pr-42-gra"] = StackState()
    fake.regions["GRA11"].add("port", "stranger", device_id="", device_owner="compute:nova", on="pr-42-gra")
    with pytest.raises(StackError, match="the API still has subnets: pr-42-gra-subnet; networks") as refused:
        down(fake.tools, "pr-42")
    assert "in use by ['stranger']" in str(refused.value)
    assert "pr-42-gra" in fake.states


def test_the_same_again_is_refused_for_there_is_none(fake: Fake) -> None:
    """With those that there are."""
    fake.deploy("pr-43")
    down(fake.tools, "pr-42")
    with pytest.raises(StackError, match=r"NAME = 'pr-42': no such test environment; there are: pr-43"):
        down(fake.tools, "pr-42")
    down(fake.tools, "pr-42", missing_ok=True)
    assert len(fake.ran) == 1


def test_production_is_refused_whatever_it_is_called(fake: Fake) -> None:
    """By its name, by its protection, by its file, by having no expiry; nothing is touched."""
    fake.deploy("hidden", expires=None)
    fake.deploy("shielded")
    fake.states["shielded-gra"] = replace(fake.states["shielded-gra"], protected=("shielded-gra-edge-1",))
    fake.deploy("written")
    (fake.directory / "Pulumi.written-gra.yaml").write_text("config:\n  multiparty-meeting:environment: written\n")
    before = fake.remains
    for name, says in {
        "production": "is the production environment of that name in Pulumi.yaml",
        "hidden": "nothing says when hidden-gra expires",
        "shielded": r"is protected \(shielded-gra: shielded-gra-edge-1\)",
        "written": "its files say that it is no test environment",
    }.items():
        with pytest.raises(StackError, match=says):
            down(fake.tools, name)
    assert fake.remains == before
    assert fake.ran == []


def test_a_state_tells_what_a_teardown_has_to_know() -> None:
    """Of resources and of creates that were cut off, in labels of either kind."""
    labels = description("pr-42", "gra")
    urn = "urn:pulumi:pr-42-gra::multiparty-meeting::openstack:networking/port:Port::pr-42-gra-edge-1-local"
    port = {"urn": urn, "type": "openstack:networking/port:Port", "id": "p-1", "inputs": {"description": labels}}
    command = {"urn": urn, "type": "command:local:Command", "id": "c-1", "inputs": {}}
    assert read({"deployment": {"resources": [port | {"protect": True}, command]}}) == StackState(
        frozenset({"p-1"}), "2026-11-24T02:00Z", ("pr-42-gra-edge-1-local",)
    )
    server = {"urn": urn, "type": "x", "inputs": {"metadata": {"project": "multiparty-meeting", "expires": "then"}}}
    assert read({"deployment": {"pending_operations": [{"resource": server, "type": "creating"}]}}) == StackState(
        expires="then", pending=frozenset({"x"}), begun=(server,)
    )
    assert read({"deployment": {"manifest": {}}}) == StackState()


def test_regions_refuse_as_neutron_does() -> None:
    """Else the order above would show nothing."""
    region = Region()
    region.has("x", "gra")
    for kind in ("network", "subnet", "security_group", "router"):
        with pytest.raises(ConflictException):
            getattr(region, f"delete_{kind}")(f"x-gra-{kind.replace('security_group', 'secgroup')}")
