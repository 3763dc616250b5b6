"""Changes to the running service: an instance that stops, and a setting that replaces servers.

The last file of the folder: the others look at the service as it was first deployed.
"""

from functools import partial

import pytest

from lab import demo
from lab.deployment import Deployment
from lab.workspace import DOMAIN
from ops import probes
from ops.fleet import Fleet, described
from tests.engine.preview import replaced
from tests.lab import faults
from tests.lab.conftest import Shell, edge, meeting
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

# The seed's values: a check every 10 s that waits 5 s, and what a request in flight may try.
DETECTION_SECONDS = 10 + 5 + 5


def test_requests_go_on_through_sbg_when_gra_stops(deployment: Deployment, fleet: Fleet) -> None:
    """GRA's instance is powered off: both edges route to SBG within the seed's times; back on, to GRA again."""
    gra, sbg = meeting(fleet, "gra"), meeting(fleet, "sbg")

    def instance(site: str) -> str:
        answer = probes.ask(str(edge(fleet, site).public_address), DOMAIN, authority=deployment.authority)
        return answer.headers.get("x-instance", f"status {answer.status}")

    assert instance("gra") == gra.name
    faults.act(deployment, gra, "stop")
    try:
        for site in ("gra", "sbg"):
            eventually(
                partial(instance, site), sbg.name, deadline=DETECTION_SECONDS, what=f"the edge of {site} routes to SBG"
            )
    finally:
        faults.act(deployment, gra, "start")
    for site in ("gra", "sbg"):
        eventually(partial(instance, site), gra.name, deadline=420, what=f"the edge of {site} routes to GRA again")


def test_cookie_name_replaces_the_meeting_server_and_keeps_its_address(
    deployment: Deployment, fleet: Fleet, shell: Shell
) -> None:
    """The preview names GRA's meeting server alone; afterwards it has its address, and its sessions the new name."""
    stack, node = "lab-gra", meeting(fleet, "gra")
    deployment.prepare({"meeting": {"cookie_name": "other.sid"}})
    assert replaced(deployment.preview(stack)) == {node.name, "gra-meeting-1-ready"}
    demo.deploy(deployment, (stack,))
    now = described([deployment.outputs(stack)])
    renewed = meeting(now, "gra")
    assert renewed.id != node.id
    assert renewed.public_address == node.public_address
    assert {s.id for s in now.servers if s.role != "meeting"} == {
        s.id for s in fleet.servers if s.site == "gra" and s.role != "meeting"
    }
    address = str(edge(fleet, "gra").public_address)
    eventually(
        lambda: probes.ask(address, DOMAIN, "/session", authority=deployment.authority).headers.get("set-cookie", ""),
        "other.sid=",
        deadline=60,
        what="a session with the new cookie name",
    )
