"""What an `up` takes for itself: the network that it has, or one that nobody has; never somebody else's name."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest
import yaml

from fleet.stacks import StackError
from ops.environments.plots import Plot, choose
from ops.environments.up import find_plot
from tests.unit.ops.grounds import Ground

FIRST = choose("pr-42", 22, [], [])


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """Three empty regions."""
    monkeypatch.setenv("OS_REGION_NAME", "")
    return Ground.at(tmp_path)


def found(ground: Ground, name: str = "pr-42") -> Plot:
    """The plot that an `up` would take."""
    hands = ground.hands
    return find_plot(hands, name, hands.base.places(name))


def write(ground: Ground, environment: str, plot: Plot, *, expires: str | None = "2026-11-24T02:00Z") -> None:
    """The file of an environment's site in GRA."""
    backbone = {"type": "vrack", "vlan": plot.vlan, "cidr": str(plot.cidr)}
    shared = {environment: {"kind": "test", "backbone": backbone} | ({"expires": expires} if expires else {})}
    config = {"multiparty-meeting:environments": shared}
    (ground.directory / f"Pulumi.{environment}-gra.yaml").write_text(yaml.safe_dump({"config": config}))


def test_nobody_has_it(ground: Ground) -> None:
    assert found(ground) == FIRST


def test_the_cloud_has_its_addresses_or_its_vlan(ground: Ground) -> None:
    """In any region."""
    ground.regions["DE1"].add("subnet", "s", cidr=str(FIRST.cidr))
    assert found(ground).vlan == FIRST.vlan + 1
    ground.regions["SBG7"].add("network", "n", provider_segmentation_id=FIRST.vlan + 1)
    assert found(ground).vlan == FIRST.vlan + 2


def test_another_environments_file_has_it(ground: Ground) -> None:
    """Its networks may not be made yet."""
    write(ground, "pr-7", FIRST)
    assert found(ground).vlan == FIRST.vlan + 1


def test_an_environment_keeps_its_own(ground: Ground) -> None:
    """Whatever it would choose today; its own networks do not stand in its way when its files are lost."""
    ground.deploy("pr-42")
    own = Plot(3999, IPv4Network("10.143.156.0/22"))
    write(ground, "pr-42", own)
    assert found(ground) == own
    (ground.directory / "Pulumi.pr-42-gra.yaml").unlink()
    assert found(ground) == FIRST


def test_a_stale_file_keeps_nothing(ground: Ground) -> None:
    """The environment was taken down elsewhere; somebody else may have its network by now."""
    write(ground, "pr-42", Plot(3999, IPv4Network("10.143.156.0/22")))
    assert found(ground) == FIRST


def test_a_name_that_collides_is_refused(ground: Ground) -> None:
    """With a stack that somebody made by hand, and with what a lost one left."""
    write(ground, "staging", FIRST, expires=None)
    with pytest.raises(StackError, match="there is a stack staging-gra that env-up did not make: take another name"):
        found(ground, "staging")
    ground.regions["GRA11"].has("pr-42", "gra")
    with pytest.raises(StackError, match=r"NAME = 'pr-42': the cloud has 8 resources .* make env-sweep"):
        found(ground)
