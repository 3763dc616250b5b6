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
    seen: list[tuple[str, str | None]] = []

    def connected(*, region_name: str, **_: object) -> None:
        seen.append((region_name, os.environ.get("OS_REGION_NAME")))

    def refused(*, region_name: str, **_: object) -> None:
        connected(region_name=region_name)
        raise OSError("no route to the cloud")

    monkeypatch.setattr(openstack, "connect", connected)
    connect("SBG7")
    monkeypatch.setattr(openstack, "connect", refused)
    with pytest.raises(OSError, match="no route"):
        connect("DE1")
    # What is not set is neither set nor taken out: a thread that goes through the environment would lose its place.
    assert seen == [(region, region if before else None) for region in ("SBG7", "DE1")]
    assert os.environ.get("OS_REGION_NAME") == before
