"""What an `up` takes for itself: the network that it has, or one that nobody has; never somebody else's name."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest
import yaml

from fleet.stacks import StackError
from ops.environments.network_slots import Slot, choose
from ops.environments.up import find_slot
from tests.unit.ops.fakes import Fake

FIRST = choose("pr-42", 22, [], [])


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
    shared = {environment: {"kind": "test", "backbone": backbone} | ({"expires": expires} if expires else {})}
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


def test_another_environments_file_has_it(fake: Fake) -> None:
    """Its networks may not be made yet."""
    write(fake, "pr-7", FIRST)
    assert found(fake).vlan == FIRST.vlan + 1


def test_an_environment_keeps_its_own(fake: Fake) -> None:
    """Whatever it would choose today; its own networks do not stand in its way when its files are lost."""
    fake.deploy("pr-42")
    own = Slot(3999, IPv4Network("10.143.156.0/22"))
    write(fake, "pr-42", own)
    assert found(fake) == own
    (fake.directory / "Pulumi.pr-42-gra.yaml").unlink()
    assert found(fake) == FIRST


def test_a_stale_file_keeps_nothing(fake: Fake) -> None:
    """The environment was taken down elsewhere; somebody else may have its network by now."""
    write(fake, "pr-42", Slot(3999, IPv4Network("10.143.156.0/22")))
    assert found(fake) == FIRST


def test_a_name_that_collides_is_refused(fake: Fake) -> None:
    """With a stack that somebody made by hand, and with what a lost one left."""
    write(fake, "staging", FIRST, expires=None)
    with pytest.raises(StackError, match="there is a stack staging-gra that env-up did not make: take another name"):
        found(fake, "staging")
    fake.regions["GRA11"].has("pr-42", "gra")
    with pytest.raises(StackError, match=r"NAME = 'pr-42': the cloud has 8 resources .* make env-sweep"):
        found(fake)
