"""Pulumi.yaml as it is shipped: refused by name until an image is set, deployed at every site once it is."""

from typing import Any

import pytest
import yaml

from settings.load import SettingsError
from tests.component.cloud import INSTANCE, deploy
from tests.configuration import DIGEST, ROOT, public_image, settings

_IMAGE = "env.meeting.delivery.image"


def _public() -> dict[str, Any]:
    changes = public_image()
    changes[_IMAGE] = f"{changes['env.meeting']['delivery']['image'].partition('@')[0]}@{DIGEST}"
    return changes


def test_no_image_is_shipped_and_that_is_said_by_name() -> None:
    """The requirements' own build, which knows Sentinel: nobody but its users has it."""
    shipped = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]["multiparty-meeting:environments"]["value"]
    assert shipped["production"]["meeting"]["server"] == "multiparty-meeting"
    assert "redis" not in shipped["production"]
    assert "image" not in shipped["production"]["meeting"]["delivery"]
    with pytest.raises(
        SettingsError, match=r"^stack gra: environments\.production\.meeting\.delivery\.image: is missing"
    ):
        settings("gra", {_IMAGE: None})


def test_the_commented_block_lacks_a_digest_alone() -> None:
    """Upstream's public image, of a kind that goes with the way to Redis that stands beside it."""
    with pytest.raises(SettingsError) as refused:
        settings("gra", public_image())
    (line,) = str(refused.value).splitlines()
    assert "meeting.delivery.image" in line
    assert "is a placeholder: name your image by its digest" in line


@pytest.mark.parametrize("stack", ["gra", "sbg", "witness"])
@pytest.mark.parametrize("changes", [{}, _public()], ids=["own build", "public image"])
def test_both_deploy_as_they_stand(stack: str, changes: dict[str, Any]) -> None:
    """Every server of the site; the meeting node's is of the kind and the image that the file says."""
    deployed = deploy(stack, changes)
    servers = {one.name: one.inputs for one in deployed.registered if one.type == INSTANCE}
    assert len(servers) == (1 if stack == "witness" else 3)
    if stack != "witness":
        assert ("BASEDIR=/opt" in str(servers[f"production-{stack}-meeting-1"]["userData"])) == bool(changes)
