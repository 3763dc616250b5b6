"""Nothing is deleted to be made anew of what the region no longer has."""

import hashlib
from typing import Any

import pulumi
import pytest

from tests.component.cloud import INSTANCE, Cloud, Deployed, deploy
from tests.configuration import IMAGE_ID


def _state(site: Deployed) -> dict[str, Any]:
    """What the engine keeps of a site's instances, as the provider gives it back."""
    return {
        server.urn: {
            "type": INSTANCE,
            "outputs": {
                "name": server.name,
                "region": "GRA11",
                "imageId": server.inputs["imageId"],
                "flavorName": server.inputs["flavorName"],
                "userData": hashlib.sha1(server.inputs["userData"].encode(), usedforsecurity=False).hexdigest(),
                "networks": server.inputs["networks"],
            },
        }
        for server in site.all(INSTANCE)
    }


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    return said


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (IMAGE_ID, f"stack gra: image.id = '{IMAGE_ID}': GRA11 has no image of this id any more"),
        ("d2-4", "stack gra: flavors.edge = 'd2-4': GRA11 does not say: Your query returned no results"),
    ],
)
def test_what_is_gone_is_no_reason_to_delete(missing: str, words: str) -> None:
    """A first server, another flavor, another boot document: refused, with the way to a new image."""
    gone = frozenset({missing})
    state = _state(deploy("gra"))
    for changes, made in (({}, "made"), ({"generation": 2}, "made anew"), ({"flavors.edge": "d2-4"}, "made anew")):
        before = {} if made == "made" else state
        if "flavors.edge" in changes:
            before = {urn: {**r, "outputs": {**r["outputs"], "flavorName": "d2-8"}} for urn, r in state.items()}
        with pytest.raises(pulumi.RunError) as refused:
            deploy("gra", changes, missing=gone, state=before)
        said = str(refused.value)
        assert said.startswith(words), said
        assert f" would have to be {made}: nothing is deleted. `make images STACK=gra REFRESH=1`, then" in said


@pytest.mark.parametrize("missing", [IMAGE_ID, "d2-4"])
def test_a_server_that_stays_as_it_is_waits_for_no_image(missing: str, warned: list[str]) -> None:
    """What is pushed to it goes on; that it cannot be made anew is said."""
    site = deploy("gra", missing=frozenset({missing}), state=_state(deploy("gra")))
    assert {server.inputs["imageId"] for server in site.all(INSTANCE)} == {IMAGE_ID}
    stays = [words for words in warned if "stays as it is, and cannot be made anew" in words]
    assert len(stays) == (3 if missing == IMAGE_ID else 1)


def test_an_image_that_has_lost_its_name_is_said_before_it_is_gone(warned: list[str]) -> None:
    """As OVHcloud does it: the newer one has the name, the older one is there for some months."""
    deploy("gra", missing=frozenset({"Debian 12"}))
    (said,) = warned
    assert f"GRA11 calls another image 'Debian 12' by now: the id {IMAGE_ID} will be gone some day" in said


def test_a_zone_that_is_none_of_the_regions_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match="availability_zones = 'eu-west-par-d': GRA11 has eu-west-par-a, eu-west"):
        deploy("gra", {"availability_zones": ["eu-west-par-d"]})


def test_each_thing_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call for the image and one for each flavor, however many servers: OVHcloud takes 20 a second."""
    asked: list[str] = []
    call = Cloud.call

    def counted(self: Cloud, args: pulumi.runtime.MockCallArgs) -> Any:  # noqa: ANN401 - the mock's own
        asked.append(args.token.rpartition(":")[2])
        return call(self, args)

    monkeypatch.setattr(Cloud, "call", counted)
    deploy("gra", {"env.sites.gra.meeting_nodes": 5})
    assert sorted(asked) == ["getFlavor"] * 3 + ["getImageIds", "getNetwork", "getQosPolicy"]
