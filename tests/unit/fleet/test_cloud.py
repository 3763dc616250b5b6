"""A connection to a region, and what is left of it in the environment."""

import os

import openstack
import pytest

from fleet.cloud import connect


@pytest.mark.parametrize("before", [None, "GRA11"])
def test_programs_that_are_run_later_find_the_region_as_it_was(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    """`pulumi up` refuses a region that is not its stack's."""
    monkeypatch.delenv("OS_REGION_NAME", raising=False)
    if before:
        monkeypatch.setenv("OS_REGION_NAME", before)
    seen: list[str | None] = []

    def connected(**_: object) -> None:
        seen.append(os.environ.get("OS_REGION_NAME"))

    def refused(**_: object) -> None:
        connected()
        raise OSError("no route to the cloud")

    monkeypatch.setattr(openstack, "connect", connected)
    connect("SBG7")
    monkeypatch.setattr(openstack, "connect", refused)
    with pytest.raises(OSError, match="no route"):
        connect("DE1")
    assert seen == ["SBG7", "DE1"]
    assert os.environ.get("OS_REGION_NAME") == before
