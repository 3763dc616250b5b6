"""Monitoring on booted servers: everything is asked, people see how things are, nobody else can look."""

import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from functools import partial

import pytest

from boot.monitoring.alerts import Alert
from fleet import https as probes
from fleet import ssh
from fleet.fleet import DeployedServer, Fleet
from fleet.https import Answer
from lab.deployment import Deployment
from lab.workspace import DOMAIN, SERVICE_SITES
from ops.checklist.monitored import alert_findings
from ops.checklist.ports import reach
from tests.daemons.monitoring_host import Caught
from tests.lab.conftest import edge
from tests.lab.waiting import eventually
from tests.lab.watching import said

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

# Made every minute, fetched every minute; twice that.
PAGE_SECONDS = 240
# Until each of dozens answers in one round: on a busy machine one may be late now and then.
ALL_SECONDS = 420
# Of a port that no rule lets in; a busy server takes a connection within it.
SILENCE_SECONDS = 10


def _missing(deployment: Deployment, fleet: Fleet) -> str:
    try:
        now = said(deployment, fleet)
    except ValueError as error:
        return str(error)
    unwatched = {server.name for server in fleet.servers} - now.watched
    return "nothing" if not (unwatched or now.missing) else f"unwatched {sorted(unwatched)}, silent {now.missing}"


def test_everything_is_asked_and_answers(deployment: Deployment, fleet: Fleet) -> None:
    """Every server and every exporter, over backbone and public addresses, through the rules that are there."""
    look = partial(_missing, deployment, fleet)
    eventually(look, "nothing", deadline=ALL_SECONDS, what="what monitoring does not reach")


def test_the_checklist_ticks_the_alerts(deployment: Deployment, fleet: Fleet) -> None:
    config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)

    def ticked() -> str:
        (found,) = alert_findings(fleet, partial(ssh.run, config))
        print(found.said)
        return "ticked" if found.good else found.said

    eventually(ticked, "ticked", deadline=ALL_SECONDS, what="the alerts")


def test_the_dead_mans_switch_hears(caught: Caught) -> None:
    """It is told every minute on the lab, and Alertmanager tries again at its own pace."""
    eventually(
        lambda: "heard" if caught.first("/switch", Alert.WATCHDOG) else "silence",
        "heard",
        deadline=ALL_SECONDS,
        what="the dead man's switch",
    )


def _page(deployment: Deployment, door: DeployedServer) -> Answer:
    """The status page, as an edge of the fleet serves it to everybody."""
    return probes.ask(str(door.public_address), DOMAIN, "/status", authority=deployment.authority)


@pytest.mark.parametrize("site", SERVICE_SITES)
def test_both_edges_serve_the_status_page(deployment: Deployment, fleet: Fleet, site: str) -> None:
    """The witness makes it, the edges fetch it: a whole page, not older than two rounds of both, which knows all."""
    page = ""

    def seen() -> str:
        nonlocal page
        answer = _page(deployment, edge(fleet, site))
        if answer.status != 200:
            return f"status {answer.status}: {answer.body[:200]!r}"
        age = time.time() - parsedate_to_datetime(answer.headers["last-modified"]).timestamp()
        page = answer.body.decode()
        # The first one may have been made before the witness knew whom to ask.
        unknown = [name for name in SERVICE_SITES if name.upper() not in page]
        return "fresh" if age < PAGE_SECONDS and not unknown else f"{age:.0f} s old, without {unknown}"

    eventually(seen, "fresh", deadline=2 * PAGE_SECONDS, what="the status page")
    assert len(page.encode()) < 100_000
    assert page.rstrip().endswith("</html>")
    for server in fleet.servers:
        assert str(server.backbone_address) not in page


def test_nobody_looks_from_outside(fleet: Fleet) -> None:
    """From a client's place, which is an operator's too: only the login is there."""
    (witness,) = fleet.of("witness")
    asked = [(str(witness.public_address), port) for port in (22, 9090, 9093, 9100, 9115, 9121)]
    asked += [(str(door.public_address), port) for door in fleet.of("edge") for port in (2020, 8405, 9100)]
    with ThreadPoolExecutor(len(asked)) as pool:
        found = dict(zip(asked, pool.map(lambda one: reach(*one, patience=SILENCE_SECONDS), asked), strict=True))
    assert found == dict.fromkeys(asked, "filtered") | {asked[0]: "open"}
