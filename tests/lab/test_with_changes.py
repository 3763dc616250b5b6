"""A setting that replaces a meeting server, while people ask for pages.

The last file of the folder: the others look at the service as it was first deployed.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from lab import demo
from lab.deployment import Deployment
from lab.workspace import DOMAIN
from ops import probes
from ops.fleet import Fleet, described
from participant.asking import Asking
from tests.engine.preview import replaced
from tests.lab.conftest import edge, meeting
from tests.lab.waiting import eventually

# Not tried again: the change would have been made already.
pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(2400), pytest.mark.flaky(reruns=0)]

# What a page in flight may try (`lb_try_duration`), Caddy's check, and an emulated edge that answers slowly.
SILENCE_SECONDS = 5 + 10 + 5


@pytest.fixture
def put_back(request: pytest.FixtureRequest, deployment: Deployment) -> Iterator[None]:
    """A lab that is left up has one cookie name at both sites: with two, nobody's session is another site's."""
    yield
    if request.config.getoption("--lab"):
        deployment.prepare()
        demo.deploy(deployment)


@pytest.mark.usefixtures("put_back")
def test_cookie_name_replaces_the_meeting_server_and_keeps_its_address(deployment: Deployment, fleet: Fleet) -> None:
    """The preview names GRA's meeting server alone; afterwards it has its address, and its sessions the new name.

    Meanwhile SBG answers through both edges; and GRA again once it is back.
    """
    stack, node = "lab-gra", meeting(fleet, "gra")
    addresses = {site: str(edge(fleet, site).public_address) for site in ("gra", "sbg")}
    seen: dict[str, set[str]] = {site: set() for site in addresses}

    def ask(site: str) -> bool:
        answer = probes.ask(addresses[site], DOMAIN, authority=deployment.authority)
        seen[site].add(answer.headers.get("x-instance", ""))
        return answer.status == 200

    deployment.prepare({"meeting": {"cookie_name": "other.sid"}})
    assert replaced(deployment.preview(stack)) == {node.name, "gra-meeting-1-ready"}
    with ExitStack() as people:
        asking = [people.enter_context(Asking(partial(ask, site), interval=1)) for site in addresses]
        begun = time.monotonic()
        demo.deploy(deployment, (stack,))
        silences = [asked.silence(begun) for asked in asking]
    print(f"meeting server replaced: nobody answered for {max(silences):.1f} s at the longest")
    assert max(silences) < SILENCE_SECONDS
    assert all(meeting(fleet, "sbg").name in instances for instances in seen.values())

    now = described([deployment.outputs(stack)])
    renewed = meeting(now, "gra")
    assert renewed.id != node.id
    assert renewed.public_address == node.public_address
    assert {s.id for s in now.servers if s.role != "meeting"} == {
        s.id for s in fleet.servers if s.site == "gra" and s.role != "meeting"
    }

    def cookie(address: str) -> str:
        answer = probes.ask(address, DOMAIN, "/session", authority=deployment.authority)
        return answer.headers.get("set-cookie", "")

    for site, address in addresses.items():
        eventually(partial(cookie, address), "other.sid=", deadline=60, what=f"a new session through {site}'s edge")
