"""`make status` compares each gateway's size with what the cloud says."""

from types import SimpleNamespace
from typing import Any

import pytest

from fleet import gateways
from fleet.bounded import AskingError
from fleet.fleet import described
from fleet.outputs import StackOutputs

POLICIES = [SimpleNamespace(id="1", name="small_router"), SimpleNamespace(id="2", name="XL_router")]


def _region(**routers: str | None) -> Any:  # noqa: ANN401 - a connection has no type
    found = [
        SimpleNamespace(name=f"production-{site}-local", external_gateway_info={"qos_policy_id": policy})
        for site, policy in routers.items()
    ]
    return SimpleNamespace(network=SimpleNamespace(qos_policies=lambda: POLICIES, routers=lambda: found))


def test_a_gateway_that_is_not_as_large_as_the_stack_says_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another size, or of none; a region that does not say, and one without the router, have findings elsewhere."""
    regions = {"GRA11": _region(gra="2"), "SBG7": _region(sbg="1", witness=None), "DE1": None}

    def told(region: str, question: Any) -> Any:  # noqa: ANN401 - as above
        if regions[region] is None:
            raise AskingError(f"{region} does not say: HTTP 503")
        return question(regions[region])

    monkeypatch.setattr(gateways, "told", told)
    sites = [
        ("gra", "GRA11", "xl"),
        ("sbg", "SBG7", "m"),
        ("witness", "SBG7", "s"),
        ("lost", "DE1", "s"),
        ("new", "SBG7", ""),
    ]
    fleet = described(
        [StackOutputs(environment="production", site=site, region=region, gateway=size) for site, region, size in sites]
    )
    found = {finding.what: (finding.good, finding.said) for finding in gateways.gateway_findings(fleet)}
    assert found == {
        "gateway production-gra-local": (True, "size xl is XL_router; the cloud has XL_router"),
        "gateway production-sbg-local": (False, "size m is medium_router; the cloud has small_router"),
        "gateway production-witness-local": (False, "size s is small_router; the cloud has none"),
    }
