"""Monitoring as it is deployed: the witness is pushed what it needs to know, and nobody else is."""

from typing import Any

import pytest
import yaml

from tests.component.cloud import FLOATING_IP, INSTANCE, REMOTE_COMMAND, RULE, Deployed, deploy
from tests.configuration import OTHER_IMAGE_ID
from tests.unit.boot.golden import BAKED, DNS, MONITORED

WITNESS = "production-witness-witness-1"
SITES: dict[str, dict[str, Any]] = {
    "organization/multiparty-meeting/gra": {
        "edge_address": "203.0.113.61",
        "public_mbit": 200,
        "holds": 50,
        "image_date": "2026-11-01T14:30Z",
    },
    "organization/multiparty-meeting/sbg": {"edge_address": "203.0.113.62", "public_mbit": None, "holds": 100},
}
_OLD = {"baked": {**BAKED["image.baked"], "date": "2026-11-01T14:30Z"}}
PUSHED = ("blackbox", "prometheus", "alertmanager")


@pytest.fixture(scope="module")
def witness() -> Deployed:
    """The witness of a monitored environment whose two sites are deployed."""
    return deploy("witness", MONITORED, SITES)


def _files(site: Deployed, bundle: str) -> dict[str, str]:
    text = site.one(REMOTE_COMMAND, f"{WITNESS}-{bundle}").inputs["stdin"]
    files: dict[str, str] = yaml.safe_load(text)["files"]
    return files


def _targets(text: str, job: str) -> list[str]:
    jobs: list[dict[str, Any]] = yaml.safe_load(text)["scrape_configs"]
    (found,) = [one for one in jobs if one["job_name"] == job]
    return [group["labels"].get("__param_target", group["targets"][0]) for group in found["static_configs"]]


def test_the_witness_is_pushed_what_the_sites_know(witness: Deployed) -> None:
    """Public addresses and gateways from the other stacks, planned addresses from the settings; one after the other."""
    assert [command.name for command in witness.all(REMOTE_COMMAND)] == [f"{WITNESS}-{name}" for name in PUSHED]
    for before, after in zip(witness.all(REMOTE_COMMAND), witness.all(REMOTE_COMMAND)[1:], strict=False):
        assert before.urn in after.depends_on
    prometheus = _files(witness, "prometheus")
    assert _targets(prometheus["prometheus.yml"], "edge") == [
        "https://203.0.113.61/health",
        "https://203.0.113.62/health",
    ]
    assert _targets(prometheus["prometheus.yml"], "instance") == [
        "https://10.17.0.64:3443/health",
        "https://10.17.1.64:3443/health",
    ]
    told = [
        rule
        for rule in yaml.safe_load(prometheus["rules.yml"])["groups"][0]["rules"]
        if rule["expr"].startswith("vector") and "record" in rule
    ]
    assert told == [
        {"record": "gateway:cap:mbit", "expr": "vector(200)", "labels": {"site": "gra"}},
        {"record": "site:capacity:people", "expr": "vector(50)", "labels": {"site": "gra"}},
        {"record": "site:capacity:people", "expr": "vector(100)", "labels": {"site": "sbg"}},
        {"record": "image:date:seconds", "expr": "vector(1793543400)", "labels": {"site": "gra"}},
        {"record": "image:date:seconds", "expr": "vector(1795789920)", "labels": {"site": "witness"}},
    ]


@pytest.mark.parametrize(
    ("changes", "created", "date"),
    [
        ({}, {}, "2026-11-27T14:32Z"),
        # The oldest server's; the provider says it in UTC.
        ({}, {"production-gra-redis-1": "2026-10-02 01:00:09 +0000 UTC"}, "2026-10-02T01:00Z"),
        (BAKED, {}, BAKED["image.baked"]["date"]),
        # Made before the image was baked: of another one.
        (BAKED, {"production-gra-edge-1": "2026-10-02 01:00:09 +0000 UTC"}, "2026-10-02T01:00Z"),
        # Baked for one role alone.
        ({"images.redis": {"name": "ours", "id": OTHER_IMAGE_ID} | _OLD}, {}, "2026-11-01T14:30Z"),
    ],
)
def test_a_stack_says_how_old_what_its_servers_boot_is(
    changes: dict[str, Any], created: dict[str, str], date: str
) -> None:
    """An image of one's own by when it was baked; a stock one was current at the latest when the server was made."""
    assert deploy("gra", changes, created=created).exported["image_date"] == date


def test_receivers_are_secret_and_the_rest_is_to_be_read(witness: Deployed) -> None:
    hidden = {name: witness.one(REMOTE_COMMAND, f"{WITNESS}-{name}").is_secret("stdin") for name in PUSHED}
    assert hidden == {"blackbox": False, "prometheus": False, "alertmanager": True}


def test_the_witness_is_reached_by_operators_alone(witness: Deployed) -> None:
    """It has a public address to be pushed to, open for their login; nothing of monitoring is open to anybody."""
    assert witness.one(FLOATING_IP, WITNESS)
    public = [rule for rule in witness.all(RULE) if rule.name.startswith("production-witness-witness-public")]
    assert [(rule.inputs["portRangeMin"], rule.inputs["remoteIpPrefix"]) for rule in public] == [
        (22, "198.51.100.0/28")
    ]
    assert not {rule.inputs["portRangeMin"] for rule in witness.all(RULE)} & {9090, 9093, 9100, 9115, 9121}


def test_only_what_is_deployed_is_watched() -> None:
    """The other site has no address yet, and is not missed."""
    site = deploy("witness", MONITORED | {"env.deployed": ["sbg"]}, SITES)
    text = _files(site, "prometheus")["prometheus.yml"]
    assert _targets(text, "edge") == ["https://203.0.113.62/health"]
    assert not [target for target in _targets(text, "node") if target.startswith("10.17.0.")]


def test_a_witness_that_comes_first_watches_itself() -> None:
    """On the first day no site is deployed."""
    text = _files(deploy("witness", MONITORED | {"env.deployed": []}, {}), "prometheus")["prometheus.yml"]
    assert _targets(text, "edge") == []
    assert len(_targets(text, "node")) == 1


def test_a_service_site_asks_nobody_and_says_what_its_gateway_carries() -> None:
    site = deploy("gra", MONITORED)
    assert (site.exported["public_mbit"], site.exported["holds"]) == (200, 50)
    assert deploy("gra", MONITORED | {"public_address": "external-port"}).exported["public_mbit"] is None
    assert "public_mbit" not in deploy("gra").exported
    assert "prometheus-node-exporter" in site.one(INSTANCE, "production-gra-redis-1").inputs["userData"]


def test_zone_and_monitoring_are_pushed_one_after_the_other() -> None:
    """One login at a time."""
    site = deploy("witness", DNS | MONITORED, SITES)
    assert [command.name for command in site.all(REMOTE_COMMAND)] == [
        f"{WITNESS}-{name}" for name in ("gdnsd", *PUSHED)
    ]
    zone = site.one(REMOTE_COMMAND, f"{WITNESS}-gdnsd").urn
    assert zone in site.one(REMOTE_COMMAND, f"{WITNESS}-blackbox").depends_on
    assert _targets(_files(site, "prometheus")["prometheus.yml"], "dns")[-1] == "192.168.64.7:53"
