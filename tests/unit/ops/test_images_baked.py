"""`make images BAKE=1`: the builder's life in a region that answers as OpenStack does, and what is written of it."""

from dataclasses import dataclass, field
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from openstack.exceptions import ConflictException, NotFoundException

from fleet.stacks import Stack
from ops.bake import builder
from ops.bake.bake import bake
from ops.bake.builder import LABEL, Builder
from ops.bake.order import BakeError, Order
from ops.images import main, to_stock
from tests.configuration import IMAGE_ID, deployable
from tests.unit.boot.test_image import IN_TIME

ORDER = Order(
    region="GRA11",
    stack="gra",
    name="multiparty-meeting-2026-11-27-1432",
    stock=IMAGE_ID,
    flavors=frozenset({"b3-8", "d2-2"}),
    network="Ext-Net",
    user_data="#cloud-config\n",
    baked="BAKED",
    failed="FAILED",
)


@dataclass
class Region:
    """One region; a port cannot go before its server, nor a group before its port."""

    console: str = "... BAKED builder-gra"
    snapshot: str = "active"
    stop: Event = field(default_factory=Event)
    held: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {k: {} for k in ("server", "port", "group", "image")}
    )
    asked: dict[str, Any] = field(default_factory=dict)

    @property
    def compute(self) -> "Region":
        return self

    network = image = compute

    def _make(self, kind: str, **attributes: Any) -> Any:  # noqa: ANN401 - the SDK has no types
        made = SimpleNamespace(id=f"{kind}-1", **{"status": "ACTIVE", "description": "", "metadata": {}, **attributes})
        self.held[kind][made.id] = made
        return made

    def find_network(self, name: str, *, ignore_missing: bool) -> Any:  # noqa: ANN401 - as above
        return SimpleNamespace(id=f"{name}-{ignore_missing}")

    def flavors(self, *, details: bool) -> list[Any]:
        sizes = (("b3-8", 50, 8), ("d2-2", 25, 2), ("d2-1", 10, 1))
        return [SimpleNamespace(id=n, name=n, disk=disk, ram=ram) for n, disk, ram in sizes if details]

    def create_security_group(self, **given: str) -> Any:  # noqa: ANN401 - as above
        return self._make("group", **given)

    def create_port(self, **given: Any) -> Any:  # noqa: ANN401 - as above
        return self._make("port", **given)

    def create_server(self, **given: Any) -> Any:  # noqa: ANN401 - as above
        self.asked = given
        return self._make("server", fault={"message": "No valid host was found"}, **given)

    def get_server_console_output(self, server: str, *, length: int) -> dict[str, str]:
        if self.console == "interrupted":
            self.stop.set()
        if self.console == "ERROR":
            self.held["server"][server].status = "ERROR"
            raise ConflictException
        return {"output": self.console[-length:]}

    def get_server(self, server: str) -> Any:  # noqa: ANN401 - as above
        return self.held["server"][server]

    def stop_server(self, server: str) -> None:
        self.held["server"][server].status = "SHUTOFF"

    def create_server_image(self, server: str, name: str, metadata: dict[str, str]) -> Any:  # noqa: ANN401 - as above
        assert self.held["server"][server].status == "SHUTOFF"
        if self.snapshot == "interrupted":
            self.stop.set()
        status = "queued" if self.snapshot == "interrupted" else self.snapshot
        return self._make("image", name=name, properties=metadata, status=status)

    def get_image(self, image: str) -> Any:  # noqa: ANN401 - as above
        if self.snapshot == "gone":
            raise NotFoundException
        return self.held["image"][image]

    def servers(self, *, details: bool) -> list[Any]:
        return list(self.held["server"].values()) if details else []

    def ports(self) -> list[Any]:
        return list(self.held["port"].values())

    def security_groups(self) -> list[Any]:
        return list(self.held["group"].values())

    def images(self) -> list[Any]:
        return list(self.held["image"].values())

    def delete_server(self, id_: str) -> None:
        del self.held["server"][id_]

    def delete_port(self, id_: str) -> None:
        if self.held["server"]:
            raise ConflictException
        del self.held["port"][id_]

    def delete_security_group(self, id_: str) -> None:
        if self.held["port"]:
            raise ConflictException
        del self.held["group"][id_]

    def delete_image(self, id_: str) -> None:
        del self.held["image"][id_]

    @property
    def left(self) -> dict[str, list[str]]:
        return {kind: sorted(found) for kind, found in self.held.items() if found}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLOUD", "nobody's")


def _build(region: Region) -> str:
    return Builder(region, ORDER, region.stop, pause=0.0).image()


def test_the_builders_disk_becomes_the_image_and_the_builder_goes() -> None:
    """On the smallest disk of those that will boot it, on the external network, where no rule lets anybody in."""
    region = Region()
    assert _build(region) == "image-1"
    assert region.left == {"image": ["image-1"]}
    assert region.asked["flavor_id"] == "d2-2"
    assert region.asked["networks"] == [{"port": "port-1"}]
    assert region.asked["metadata"] == region.held["image"]["image-1"].properties == {LABEL: "gra"}
    assert "key_name" not in region.asked


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"console": "E: Unable to fetch\nFAILED builder-gra boot step: 10-image-packages"}, "Unable to fetch"),
        ({"console": "ERROR"}, "the builder is in ERROR: No valid host was found"),
        ({"console": "interrupted"}, "was interrupted"),
        ({"snapshot": "interrupted"}, "was interrupted"),
        ({"snapshot": "gone"}, "the image is deleted"),
    ],
    ids=str,
)
def test_a_bake_that_fails_half_way_leaves_nothing(state: dict[str, str], said: str) -> None:
    region = Region(**state)  # type: ignore[arg-type]
    with pytest.raises(BakeError, match=said):
        _build(region)
    assert {kind: found for kind, found in region.left.items() if region.snapshot != "gone" or kind != "image"} == {}


def test_what_a_killed_bake_left_goes_before_the_next_one_and_no_other_stacks() -> None:
    region = Region()
    region.held["image"]["unfinished"] = SimpleNamespace(id="unfinished", status="queued", properties={LABEL: "gra"})
    region.held["image"]["older"] = SimpleNamespace(id="older", status="active", properties={LABEL: "gra"})
    region.held["server"]["old"] = SimpleNamespace(id="old", metadata={LABEL: "gra"})
    region.held["port"]["old"] = SimpleNamespace(id="old", description=f"{LABEL}=gra")
    region.held["group"]["theirs"] = SimpleNamespace(id="theirs", description=f"{LABEL}=sbg")
    _build(region)
    assert region.left == {"group": ["theirs"], "image": ["image-1", "older"]}


def test_what_cannot_be_removed_is_named_beside_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "REMOVED", 0.0)
    region = Region(console="FAILED builder-gra boot step: seal")
    monkeypatch.setattr(region, "delete_server", lambda _: None, raising=False)
    with pytest.raises(BakeError) as refused:
        _build(region)
    assert "a step of the builder failed" in str(refused.value)
    assert "server server-1" in str(refused.value)
    assert "`make images STACK=gra BAKE=1` removes it first" in str(refused.value)


@pytest.fixture
def written(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:  # noqa: ANN401 - a path
    """What the CLI was told, by stack; regions answer."""
    found: dict[str, Any] = {"directory": deployable(tmp_path)}

    def pulumi(stack: Stack, *words: str, **_: object) -> str:
        found.setdefault(stack.name, []).append(words)
        return ""

    regions = {"GRA11": Region(), "SBG7": Region(console="FAILED builder-sbg boot step: 20-caddy-version")}
    stock = [SimpleNamespace(id=IMAGE_ID, status="active")]

    def connection(name: str) -> Any:  # noqa: ANN401 - the SDK has no types
        region = regions[name]
        monkeypatch.setattr(region, "images", lambda **asked: stock if asked else list(region.held["image"].values()))
        region.console = region.console.replace("BAKED", "MULTIPARTY-BAKED").replace("FAILED", "MULTIPARTY-FAILED")
        return region

    monkeypatch.setattr(Stack, "pulumi", pulumi)
    monkeypatch.setattr("ops.bake.bake.connect", lambda name, seconds: connection(name))
    monkeypatch.setattr(builder, "PAUSE", 0.0)
    return found


def _stacks(written: dict[str, Any], *names: str) -> list[Stack]:
    return [Stack(name, written["directory"] / f"Pulumi.{name}.yaml") for name in names]


def test_each_region_has_its_image_and_one_that_fails_keeps_no_other_from_it(
    written: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """All of an image's facts are written by one call of the CLI; of what failed nothing is."""
    assert not bake(_stacks(written, "gra", "sbg"), IN_TIME)
    (words,) = written["gra"]
    assert words[:3] == ("config", "set-all", "--path")
    said = dict(word.removeprefix("multiparty-meeting:").split("=", 1) for word in words[4::2])
    assert said.pop("image.baked.release").startswith("sha256:")
    assert said == {
        "image.name": "multiparty-meeting-2026-12-27-1432",
        "image.id": "image-1",
        "image.baked.date": "2026-12-27T14:32Z",
        "image.baked.stock": "Debian 12",
    }
    assert "sbg" not in written
    assert "stack sbg: SBG7: a step of the builder failed" in capsys.readouterr().err


def test_back_to_the_providers_image(written: dict[str, Any]) -> None:
    (stack,) = _stacks(written, "gra")
    baked = "    baked: {date: '2026-11-27T14:32Z', release: sha256:0123456789ab, stock: Debian 12}\n"
    stack.file.write_text(stack.file.read_text().replace("    name: Debian 12", f"{baked}    name: ours"))
    to_stock(stack)
    assert written["gra"] == [
        ("config", "set", "--path", "multiparty-meeting:image.name", "Debian 12"),
        ("config", "rm", "--path", "multiparty-meeting:image.baked"),
    ]


def test_one_thing_at_a_time(written: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="one of --refresh, --bake and --stock"):
        main(["gra"], bake=True, stock=True, directory=written["directory"])
