"""The delegated zone on booted nameservers, and the edge's options 2 and 3: who is led where, also during losses."""

from collections.abc import Iterator
from functools import partial

import pytest

from fleet import https, nameservers
from fleet.fleet import DeployedServer, Fleet, described
from lab import demo, outages
from lab.deployment import Deployment
from lab.workspace import DOMAIN, SITES, STACKS
from settings.dns import EdgeCheck
from tests.engine.preview import changes
from tests.lab.conftest import edge, meeting
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

ZONE = "ha.lab.example"
DNS = {"edge": {"routing": "dns"}, "dns": {"zone": ZONE}}
DEPLOYED = DNS | {"deployed": list(SITES)}
# gdnsd's own detection, and what emulated nameservers take, asked one after the other.
LOST_SECONDS = EdgeCheck().detection_seconds + 12
BACK_SECONDS = EdgeCheck().up_thresh * EdgeCheck().interval + 30


@pytest.fixture(scope="module")
def zone(deployment: Deployment) -> Iterator[Fleet]:
    """The fleet with the zone on all three nameservers; afterwards the service is as it was."""
    try:
        deployment.prepare(DNS)
        for stack in STACKS:
            assert not {op for op in changes(deployment.preview(stack)).values() if "replace" in op}
        demo.deploy(deployment)
        deployment.prepare(DEPLOYED)
        demo.deploy(deployment)
        deployment.set_dns_records()
        yield described([deployment.outputs(stack) for stack in STACKS])
    finally:
        deployment.prepare()
        demo.deploy(deployment)
        deployment.set_dns_records()


def says(server: DeployedServer, label: str, client: str | None = None) -> str:
    """The addresses that a nameserver has for a name of the zone, sorted."""
    answer = nameservers.ask(str(server.public_address), f"{label}.{ZONE}", client=client)
    return " ".join(sorted(answer.addresses))


def all_say(zone: Fleet, label: str, wanted: list[str], *, deadline: float, without: str = "") -> None:
    """Wait until every nameserver, but the one of a site that is lost, names these addresses."""
    for server in zone.nameservers:
        if server.site != without:
            what = f"{server.name} names {label}"
            eventually(partial(says, server, label), " ".join(sorted(wanted)), deadline=deadline, what=what)


def addresses(zone: Fleet) -> dict[str, str]:
    """The edges' public addresses by site."""
    return {server.site: str(server.public_address) for server in zone.of("edge")}


def instance(deployment: Deployment, zone: Fleet, site: str) -> str:
    """Which instance answers through a site's edge."""
    answer = https.ask(addresses(zone)[site], DOMAIN, authority=deployment.authority)
    return answer.headers.get("x-instance", f"status {answer.status}")


def test_every_nameserver_names_both_edges(zone: Fleet) -> None:
    """The requirements' three names, with the configured time to live, at each of the three."""
    both = addresses(zone)
    assert {server.site for server in zone.nameservers} == set(SITES)
    all_say(zone, "meeting", list(both.values()), deadline=BACK_SECONDS)
    for site in ("gra", "sbg"):
        all_say(zone, f"meeting-{site}", [both[site]], deadline=BACK_SECONDS)
    for server in zone.nameservers:
        assert nameservers.ask(str(server.public_address), f"meeting.{ZONE}").ttl == 30


def test_each_edge_prefers_its_own_instance_and_falls_back(deployment: Deployment, zone: Fleet) -> None:
    """Option 3's Caddy: SBG's instance behind SBG's edge, GRA's when it is lost; the DNS has nothing to change."""
    for site in ("gra", "sbg"):
        assert instance(deployment, zone, site) == meeting(zone, site).name
    with outages.paused(meeting(zone, "sbg")):
        wanted = meeting(zone, "gra").name
        eventually(partial(instance, deployment, zone, "sbg"), wanted, deadline=30, what="SBG's edge falls back")
        all_say(zone, "meeting", list(addresses(zone).values()), deadline=BACK_SECONDS)
    wanted = meeting(zone, "sbg").name
    eventually(partial(instance, deployment, zone, "sbg"), wanted, deadline=90, what="SBG's own instance again")


def test_a_lost_edge_leaves_every_answer_and_returns(deployment: Deployment, zone: Fleet) -> None:
    """Its name leads to the other edge meanwhile."""
    both = addresses(zone)
    with outages.paused(edge(zone, "sbg")):
        all_say(zone, "meeting", [both["gra"]], deadline=LOST_SECONDS, without="sbg")
        all_say(zone, "meeting-sbg", [both["gra"]], deadline=LOST_SECONDS, without="sbg")
    all_say(zone, "meeting", list(both.values()), deadline=BACK_SECONDS)
    all_say(zone, "meeting-sbg", [both["sbg"]], deadline=BACK_SECONDS)


def test_a_site_is_drained_by_hand(deployment: Deployment, zone: Fleet) -> None:
    """All nameservers leave it out though its edge is well, until it is undone."""
    both = addresses(zone)
    drain = ["python", "-m", "ops.drain", *STACKS, "--site", "gra", "--ssh", str(deployment.ssh_directory)]
    identity = ["--identity", str(deployment.identity)]
    deployment.run(STACKS[0], [*drain, *identity], timeout=180)
    all_say(zone, "meeting", [both["sbg"]], deadline=BACK_SECONDS)
    deployment.run(STACKS[0], [*drain, *identity, "--undo"], timeout=180)
    all_say(zone, "meeting", list(both.values()), deadline=BACK_SECONDS)


@pytest.mark.long
def test_people_are_led_to_the_nearest_edge(deployment: Deployment, zone: Fleet) -> None:
    """Option 2: networks of the west to GRA, of the east to SBG, by a push alone; a lost edge's people to the other."""
    both = addresses(zone)
    networks = {"gra": "198.51.100.0/24", "sbg": "198.18.0.0/24"}
    nearest = {"map": {site: {"networks": [network]} for site, network in networks.items()}}
    deployment.prepare(DEPLOYED | {"edge": {"routing": "geographic"}, "dns": DNS["dns"] | nearest})
    for stack in STACKS:
        assert set(changes(deployment.preview(stack)).values()) == {"update"}
    demo.deploy(deployment)
    for server in zone.nameservers:
        for site, network in networks.items():
            what = f"{server.name} leads {network}"
            eventually(partial(says, server, "meeting", network), both[site], deadline=BACK_SECONDS, what=what)
    (witness,) = zone.of("witness")
    with outages.paused(edge(zone, "gra")):
        led = partial(says, witness, "meeting", networks["gra"])
        eventually(led, both["sbg"], deadline=LOST_SECONDS, what="the west is led to SBG")
    eventually(led, both["gra"], deadline=BACK_SECONDS, what="the west is led to GRA again")
