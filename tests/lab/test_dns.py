"""The delegated zone on booted nameservers, and the edge's options 2 and 3: who is led where, also during losses."""

from functools import partial

import pytest

from fleet import https as probes
from fleet import nameservers
from fleet.fleet import Fleet
from lab import demo, outages
from lab.deployment import Deployment
from lab.workspace import DOMAIN, SITES, STACKS
from tests.engine.preview import changes
from tests.lab.configured import ZONE, Configured
from tests.lab.conftest import edge, meetings
from tests.lab.names import BACK_SECONDS, LOST_SECONDS, addresses, all_say, says
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

SETTINGS = {"edge": {"routing": "dns"}}


def instance(deployment: Deployment, fleet: Fleet, site: str) -> str:
    """Which instance answers through a site's edge."""
    answer = probes.ask(addresses(fleet)[site], DOMAIN, authority=deployment.authority)
    return answer.headers.get("x-instance", f"status {answer.status}")


def test_every_nameserver_names_both_edges(fleet: Fleet) -> None:
    """The requirements' three names, with the configured time to live, at each of the three."""
    both = addresses(fleet)
    assert {server.site for server in fleet.nameservers} == set(SITES)
    all_say(fleet, "meeting", list(both.values()), deadline=BACK_SECONDS)
    for site in ("gra", "sbg"):
        all_say(fleet, f"meeting-{site}", [both[site]], deadline=BACK_SECONDS)
    for server in fleet.nameservers:
        assert nameservers.ask(str(server.public_address), f"meeting.{ZONE}").ttl == 30


def test_each_edge_prefers_its_own_instance_and_falls_back(deployment: Deployment, fleet: Fleet) -> None:
    """Option 3's Caddy: SBG's instance behind SBG's edge, GRA's when it is lost; the DNS has nothing to change."""
    for site in ("gra", "sbg"):
        assert instance(deployment, fleet, site) == meetings(fleet, site)[0].name
    with outages.paused(*meetings(fleet, "sbg")):
        wanted = meetings(fleet, "gra")[0].name
        eventually(partial(instance, deployment, fleet, "sbg"), wanted, deadline=30, what="SBG's edge falls back")
        all_say(fleet, "meeting", list(addresses(fleet).values()), deadline=BACK_SECONDS)
    wanted = meetings(fleet, "sbg")[0].name
    eventually(partial(instance, deployment, fleet, "sbg"), wanted, deadline=90, what="SBG's own instance again")


def test_a_lost_edge_leaves_every_answer_and_returns(deployment: Deployment, fleet: Fleet) -> None:
    """Its name leads to the other edge meanwhile."""
    both = addresses(fleet)
    with outages.paused(edge(fleet, "sbg")):
        all_say(fleet, "meeting", [both["gra"]], deadline=LOST_SECONDS, without="sbg")
        all_say(fleet, "meeting-sbg", [both["gra"]], deadline=LOST_SECONDS, without="sbg")
    all_say(fleet, "meeting", list(both.values()), deadline=BACK_SECONDS)
    all_say(fleet, "meeting-sbg", [both["sbg"]], deadline=BACK_SECONDS)


def test_a_site_is_drained_by_hand(deployment: Deployment, fleet: Fleet) -> None:
    """All nameservers leave it out though its edge is well, until it is undone."""
    both = addresses(fleet)
    drain = ["python", "-m", "ops", "drain", *STACKS, "--site", "gra", "--ssh", str(deployment.ssh_directory)]
    identity = ["--identity", str(deployment.identity)]
    deployment.run(STACKS[0], [*drain, *identity], timeout=180)
    all_say(fleet, "meeting", [both["sbg"]], deadline=BACK_SECONDS)
    deployment.run(STACKS[0], [*drain, *identity, "--undo"], timeout=180)
    all_say(fleet, "meeting", list(both.values()), deadline=BACK_SECONDS)


def test_people_are_led_to_the_nearest_edge(deployment: Deployment, configured: Configured, fleet: Fleet) -> None:
    """Option 2: networks of the west to GRA, of the east to SBG, by a push alone; a lost edge's people to the other."""
    both = addresses(fleet)
    networks = {"gra": "198.51.100.0/24", "sbg": "198.18.0.0/24"}
    nearest = {"map": {site: {"networks": [network]} for site, network in networks.items()}}
    objective = {"seconds": 240}  # people who have one address
    configured.write({"edge": {"routing": "geographic"}, "dns": nearest, "recovery_objective": objective})
    for stack in STACKS:
        assert set(changes(deployment.preview(stack)).values()) == {"update"}
    demo.deploy(deployment)
    for server in fleet.nameservers:
        for site, network in networks.items():
            what = f"{server.name} leads {network}"
            eventually(partial(says, server, "meeting", network), both[site], deadline=BACK_SECONDS, what=what)
    (witness,) = fleet.of("witness")
    with outages.paused(edge(fleet, "gra")):
        led = partial(says, witness, "meeting", networks["gra"])
        eventually(led, both["sbg"], deadline=LOST_SECONDS, what="the west is led to SBG")
    eventually(led, both["gra"], deadline=BACK_SECONDS, what="the west is led to GRA again")


def test_an_environment_with_or_without_a_zone_has_the_same_servers(
    deployment: Deployment, configured: Configured, fleet: Fleet
) -> None:
    """The preview without it replaces nothing."""
    configured.write({"dns": None})
    for stack in STACKS:
        assert {op for op in changes(deployment.preview(stack)).values() if "replace" in op} == set()
