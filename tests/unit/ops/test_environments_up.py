"""What an `up` takes for itself: the network that it has, or one that nobody has; never somebody else's name."""

from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import yaml

from fleet.stacks import StackError
from ops.environments import derive
from ops.environments.backend import StackState
from ops.environments.network_slots import Slot, choose
from ops.environments.up import find_slot, up
from settings.environment import Environment
from tests.configuration import OPERATOR_KEY, production
from tests.unit.ops.fakes import Fake

FIRST = choose("pr-42", 22, [], [])
OTHER = Slot(3999, IPv4Network("10.143.156.0/22"), IPv4Network("10.207.156.0/22"))


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Three empty regions."""
    monkeypatch.setenv("OS_REGION_NAME", "")
    return Fake.at(tmp_path)


def found(fake: Fake, name: str = "pr-42") -> Slot:
    """The slot that an `up` would take."""
    tools = fake.tools
    return find_slot(tools, name, tools.base.places(name))


def write(fake: Fake, environment: str, slot: Slot, *, expires: str | None = "2026-11-24T02:00Z") -> None:
    """The file of an environment's site in GRA."""
    backbone = {"type": "vrack", "vlan": slot.vlan, "cidr": str(slot.cidr)}
    facts = {"kind": "test", "backbone": backbone, "local_cidr": str(slot.local)}
    shared = {environment: facts | ({"expires": expires} if expires else {})}
    config = {"multiparty-meeting:environments": shared}
    (fake.directory / f"Pulumi.{environment}-gra.yaml").write_text(yaml.safe_dump({"config": config}))


def test_nobody_has_it(fake: Fake) -> None:
    assert found(fake) == FIRST


def test_the_cloud_has_its_addresses_or_its_vlan(fake: Fake) -> None:
    """In any region."""
    fake.regions["DE1"].add("subnet", "s", cidr=str(FIRST.cidr))
    assert found(fake).vlan == FIRST.vlan + 1
    fake.regions["SBG7"].add("network", "n", provider_segmentation_id=FIRST.vlan + 1)
    assert found(fake).vlan == FIRST.vlan + 2
    fake.regions["GRA11"].add("subnet", "l", cidr=str(IPv4Network((int(FIRST.local[0]) + 2048, 24))))
    assert found(fake).vlan == FIRST.vlan + 3


def test_another_environments_file_has_it(fake: Fake) -> None:
    """Its networks may not be made yet."""
    write(fake, "pr-7", FIRST)
    assert found(fake).vlan == FIRST.vlan + 1


def test_an_environment_keeps_its_own(fake: Fake) -> None:
    """Whatever it would choose today; its own networks do not stand in its way when its files are lost."""
    fake.deploy("pr-42")
    write(fake, "pr-42", OTHER)
    assert found(fake) == OTHER
    (fake.directory / "Pulumi.pr-42-gra.yaml").unlink()
    assert found(fake) == FIRST


def test_one_of_before_keeps_the_local_networks_of_production(fake: Fake) -> None:
    """They are made, and no subnet in use can change; until then it takes some of its own."""
    write(fake, "pr-42", FIRST)
    file = fake.directory / "Pulumi.pr-42-gra.yaml"
    file.write_text(file.read_text().replace(f"local_cidr: {FIRST.local}", ""))
    fake.states["pr-42-gra"] = StackState()
    fake.regions["GRA11"].add("subnet", "production", cidr="192.168.64.0/24")
    assert found(fake).local.subnet_of(IPv4Network("10.128.0.0/9"))
    fake.deploy("pr-42")
    assert found(fake) == replace(FIRST, local=IPv4Network("192.168.64.0/22"))


def test_a_stale_file_keeps_nothing(fake: Fake) -> None:
    """The environment was taken down elsewhere; somebody else may have its network by now."""
    write(fake, "pr-42", OTHER)
    assert found(fake) == FIRST


def test_a_name_that_collides_is_refused(fake: Fake) -> None:
    """With a stack that somebody made by hand, and with what a lost one left."""
    write(fake, "staging", FIRST, expires=None)
    with pytest.raises(StackError, match="there is a stack staging-gra that env-up did not make: take another name"):
        found(fake, "staging")
    fake.regions["GRA11"].has("pr-42", "gra")
    with pytest.raises(StackError, match=r"NAME = 'pr-42': the cloud has 8 resources .* make env-sweep"):
        found(fake)


def test_two_that_are_made_at_once_have_two_slots(fake: Fake) -> None:
    """Before either has a network: numbers of pull requests differ, and of other names the later one moves on."""
    assert choose("pr-2", 22, [], []) != choose("pr-37", 22, [], [])
    first, second = "a23", "a37"
    assert choose(first, 22, [], []) == choose(second, 22, [], [])
    for name in (first, second):
        fake.states[f"{name}-gra"] = StackState()
    assert found(fake, first) == choose(first, 22, [], [])
    assert found(fake, second).vlan == found(fake, first).vlan + 1


def test_it_moves_on_while_it_has_no_network_of_its_own(fake: Fake) -> None:
    """Its file has the slot, and the network of it is another's; with one of its own it stays."""
    write(fake, "pr-42", FIRST)
    fake.states["pr-42-gra"] = StackState()
    assert found(fake) == FIRST
    fake.regions["SBG7"].add("network", "n", provider_segmentation_id=FIRST.vlan)
    fake.regions["SBG7"].add("subnet", "s", cidr=str(FIRST.cidr))
    assert found(fake).vlan == FIRST.vlan + 1
    fake.regions["GRA11"].has("pr-42", "gra")
    assert found(fake) == FIRST


@pytest.mark.parametrize("operators", [True, False])
def test_it_is_made_beside_a_monitored_production(operators: bool) -> None:
    """Whose receivers are production's, and whose operators may not log in where a workflow makes it."""
    environment = production() | {
        "monitoring": {"webhook": True, "dead_mans_switch": True},
        "operators": {"cidrs": ["198.51.100.0/24"], "ssh_public_key": OPERATOR_KEY},
    }
    expires = "2026-11-24T02:00Z"
    derived = derive.environment(environment, "pr-42", expires=expires, slot=FIRST, operators=operators)
    Environment.model_validate(derived)
    assert "monitoring" not in derived


def test_what_is_refused_is_refused_before_anything_is_made(fake: Fake) -> None:
    file = fake.directory / "Pulumi.yaml"
    file.write_text(file.read_text().replace("participants: 50", "participants: many"))
    with pytest.raises(StackError, match=r"NAME = 'pr-42': participants: "):
        up(fake.tools, "pr-42", "8h", operators=True)
    assert fake.states == {}
    assert not list(fake.directory.glob("Pulumi.pr-42*"))
