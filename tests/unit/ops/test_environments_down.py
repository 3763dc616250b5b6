"""A teardown leaves nothing, whatever it meets, and touches nothing that is not a test environment's."""

from dataclasses import replace
from pathlib import Path

import pytest
from keystoneauth1.exceptions import ConnectFailure, HttpServerError
from openstack.exceptions import ConflictException, HttpException

from fleet.stacks import StackError
from ops.environments.backend import State, read
from ops.environments.down import PATIENCE, down
from tests.unit.ops.clouds import Region, description
from tests.unit.ops.grounds import GONE, SITES, Ground, locked

EMPTY: dict[str, list[str]] = {region: [] for region in SITES.values()}


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """The environment pr-42, up."""
    monkeypatch.setenv("OS_REGION_NAME", "")
    ground = Ground.at(tmp_path)
    ground.deploy("pr-42")
    return ground


def test_all_sites_go_side_by_side_and_the_stacks_after(ground: Ground) -> None:
    """One run of the engine, without a refresh; the stacks' files go too, and those of the base stay."""
    file = ground.directory / "Pulumi.pr-42-gra.yaml"
    file.write_text("encryptionsalt: v1:left by the engine\n")
    down(ground.hands, "pr-42")
    assert ground.remains == EMPTY
    assert ground.states == {}
    assert not file.exists()
    assert (ground.directory / "Pulumi.gra.yaml").exists()
    (commands,) = ground.ran
    assert list(commands) == ["pr-42-gra", "pr-42-sbg", "pr-42-witness"]
    assert list(commands["pr-42-sbg"][:2]) == ["pulumi", "destroy"]
    assert "--refresh" not in commands["pr-42-sbg"]
    assert ground.slept == []


def test_another_environment_stays(ground: Ground) -> None:
    """Also one whose name begins with the same letters."""
    ground.deploy("pr-4")
    before = {region: [i for i in ids if i.startswith("pr-4-")] for region, ids in ground.remains.items()}
    down(ground.hands, "pr-42")
    assert ground.remains == before
    assert set(ground.states) == {"pr-4-gra", "pr-4-sbg", "pr-4-witness"}


@pytest.mark.parametrize("said", ["409 Conflict: port still in use", "500 Internal Server Error"])
def test_a_site_that_fails_is_tried_again_alone_and_refreshed(ground: Ground, said: str) -> None:
    """For as long as the API refuses, in growing pauses; the others are not asked again."""
    ground.failures = {"pr-42-gra": [said, said]}
    down(ground.hands, "pr-42")
    assert ground.remains == EMPTY
    assert [list(commands) for commands in ground.ran[1:]] == [["pr-42-gra"], ["pr-42-gra"]]
    assert all("--refresh" in commands["pr-42-gra"] for commands in ground.ran[1:])
    assert ground.slept == [5, 10]


def test_an_api_that_never_recovers_ends_it_with_the_log(ground: Ground) -> None:
    """After a quarter of an hour; the stack stays known, so that the next one can finish."""
    ground.failures = {"pr-42-gra": ["500 Internal Server Error"] * 1000}
    with pytest.raises(StackError, match=r"pr-42-gra could not be destroyed in 900 s; its log is .*pr-42-gra.log\n500"):
        down(ground.hands, "pr-42")
    assert sum(ground.slept) <= PATIENCE
    assert "pr-42-gra" in ground.states
    ground.failures.clear()
    down(ground.hands, "pr-42")
    assert ground.remains == EMPTY


def test_the_lock_of_a_killed_engine_is_taken_away(ground: Ground) -> None:
    ground.failures = {"pr-42-sbg": [locked()]}
    down(ground.hands, "pr-42")
    assert ground.unlocked == ["pr-42-sbg"]
    assert ground.remains == EMPTY


@pytest.mark.parametrize(("since", "taken"), [("2026-11-24T01:30:00Z", False), ("2026-11-24T00:50:00Z", True)])
def test_the_lock_of_another_machine_is_respected_for_an_hour(ground: Ground, since: str, taken: bool) -> None:
    """Nobody can see from here whether the other one still works."""
    ground.failures = {"pr-42-sbg": [locked("runner-7", since=since)] * (1 if taken else 1000)}
    if taken:
        down(ground.hands, "pr-42")
        assert ground.remains == EMPTY
    else:
        with pytest.raises(
            StackError, match=rf"locked by process {GONE} on runner-7, .* pulumi cancel --stack pr-42-sbg"
        ):
            down(ground.hands, "pr-42")
    assert ground.unlocked == (["pr-42-sbg"] if taken else [])


def test_who_is_alone_respects_no_lock(ground: Ground) -> None:
    """A workflow that has cancelled the other one."""
    ground.failures = {"pr-42-sbg": [locked("runner-7")]}
    down(ground.hands, "pr-42", alone=True)
    assert ground.unlocked == ["pr-42-sbg"]
    assert ground.remains == EMPTY


def test_what_no_state_holds_goes_too(ground: Ground) -> None:
    """A create that was cut off: on the network, the engine could not delete it; its own port is nobody's either."""
    gra = ground.regions["GRA11"]
    gra.add(
        "port", "pr-42-gra-lost", description=description("pr-42", "gra"), device_id="", device_owner="", on="pr-42-gra"
    )
    ground.failures = {"pr-42-gra": ["409 Conflict: network in use"]}
    down(ground.hands, "pr-42")
    assert ground.remains == EMPTY
    assert gra.deleted[0] == "pr-42-gra-lost"


def test_a_whole_site_whose_state_is_lost_goes_in_the_order_that_works(ground: Ground) -> None:
    """Servers before ports, interfaces before routers, ports before networks and groups."""
    ground.states["pr-42-gra"] = State()
    down(ground.hands, "pr-42")
    assert ground.remains == EMPTY
    assert [id_.rsplit("-", 1)[1] for id_ in ground.regions["GRA11"].deleted] == [
        *("server", "group", "ip", "port", "interface", "router", "subnet", "network", "secgroup")
    ]


@pytest.mark.parametrize("refusal", [ConflictException, HttpException, HttpServerError, ConnectFailure])
def test_the_proof_waits_for_an_api_that_does_not_answer(ground: Ground, refusal: type[Exception]) -> None:
    """What cannot be asked is not taken for gone."""
    ground.states["pr-42-gra"] = State()
    ground.regions["GRA11"].failures = [refusal("not now") for _ in range(3)]
    down(ground.hands, "pr-42")
    assert ground.remains == EMPTY
    assert ground.slept[:3] == [2, 5, 10]


def test_what_cannot_be_removed_is_named_and_the_stacks_stay(ground: Ground) -> None:
    """A stranger's port is on the network."""
    ground.states["pr-42-gra"] = State()
    ground.regions["GRA11"].add("port", "stranger", device_id="", device_owner="compute:nova", on="pr-42-gra")
    with pytest.raises(StackError, match="the API still has subnets: pr-42-gra-subnet; networks") as refused:
        down(ground.hands, "pr-42")
    assert "in use by ['stranger']" in str(refused.value)
    assert "pr-42-gra" in ground.states


def test_the_same_again_is_refused_for_there_is_none(ground: Ground) -> None:
    """With those that there are."""
    ground.deploy("pr-43")
    down(ground.hands, "pr-42")
    with pytest.raises(StackError, match=r"NAME = 'pr-42': no such test environment; there are: pr-43"):
        down(ground.hands, "pr-42")
    down(ground.hands, "pr-42", missing_ok=True)
    assert len(ground.ran) == 1


def test_production_is_refused_whatever_it_is_called(ground: Ground) -> None:
    """By its name, by its protection, by its file, by having no expiry; nothing is touched."""
    ground.deploy("hidden", expires=None)
    ground.deploy("shielded")
    ground.states["shielded-gra"] = replace(ground.states["shielded-gra"], protected=("shielded-gra-edge-1",))
    ground.deploy("written")
    (ground.directory / "Pulumi.written-gra.yaml").write_text("config:\n  multiparty-meeting:environment: written\n")
    before = ground.remains
    for name, says in {
        "production": "is the production environment of that name in Pulumi.yaml",
        "hidden": "nothing says when hidden-gra expires",
        "shielded": r"is protected \(shielded-gra: shielded-gra-edge-1\)",
        "written": "its files say that it is no test environment",
    }.items():
        with pytest.raises(StackError, match=says):
            down(ground.hands, name)
    assert ground.remains == before
    assert ground.ran == []


def test_a_state_tells_what_a_teardown_has_to_know() -> None:
    """Of resources and of creates that were cut off, in labels of either kind."""
    labels = description("pr-42", "gra")
    urn = "urn:pulumi:pr-42-gra::multiparty-meeting::openstack:networking/port:Port::pr-42-gra-edge-1-local"
    port = {"urn": urn, "type": "openstack:networking/port:Port", "id": "p-1", "inputs": {"description": labels}}
    command = {"urn": urn, "type": "command:local:Command", "id": "c-1", "inputs": {}}
    assert read({"deployment": {"resources": [port | {"protect": True}, command]}}) == State(
        frozenset({"p-1"}), "2026-11-24T02:00Z", ("pr-42-gra-edge-1-local",)
    )
    server = {"urn": urn, "type": "x", "inputs": {"metadata": {"project": "multiparty-meeting", "expires": "then"}}}
    assert read({"deployment": {"pending_operations": [{"resource": server, "type": "creating"}]}}) == State(
        expires="then", busy=True
    )
    assert read({"deployment": {"manifest": {}}}) == State()


def test_regions_refuse_as_neutron_does() -> None:
    """Else the order above would show nothing."""
    region = Region()
    region.has("x", "gra")
    for kind in ("network", "subnet", "security_group", "router"):
        with pytest.raises(ConflictException):
            getattr(region, f"delete_{kind}")(f"x-gra-{kind.replace('security_group', 'secgroup')}")
