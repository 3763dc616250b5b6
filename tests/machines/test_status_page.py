"""The status page's filter of addresses, IPAddressAllow and IPAddressDeny of its unit: the kernel drops its packets."""

import subprocess
from collections.abc import Iterator

import pytest

from boot.monitoring.status_page import STATUS_PAGE
from lab.cloud.layout import SERVICES_HOST
from settings.status_page import PORT
from tests.daemons.monitoring_host import Caught
from tests.lab.waiting import eventually
from tests.machines.conftest import Site

pytestmark = [pytest.mark.machines, pytest.mark.timeout(2400)]

EDGE = "10.17.0.4/22"
NO_ANSWER = "28"  # curl: in the time that it was given
# The page is made at each half minute.
MADE_SECONDS = 120
UNIT = "/sys/fs/cgroup/system.slice/status-page-server.service/cgroup.procs"


@pytest.fixture(scope="module")
def edge(site: Site) -> Iterator[str]:
    """A place on the backbone that is an edge's."""
    subprocess.run(["ip", "address", "add", EDGE, "dev", "vrack"], check=True)
    yield EDGE.partition("/")[0]
    subprocess.run(["ip", "address", "delete", EDGE, "dev", "vrack"], check=True)


def test_only_the_edges_get_the_page(site: Site, caught: Caught, edge: str) -> None:
    """Security groups let all of the backbone in here: what keeps others out is the unit's filter alone."""
    url = f"http://{site.witness.backbone_address}:{PORT}/{STATUS_PAGE.rpartition('/')[2]}"
    eventually(lambda: _asked(url, edge), "0 200", deadline=MADE_SECONDS, what="the page, as an edge asks for it")
    other = site.fleet.servers[0]
    assert other.role == "redis"
    asked = f"curl --silent --output /dev/null --max-time 10 {url}; echo $?"
    assert site.shell(other, asked).split() == [NO_ANSWER]
    reached = f"redis-cli -h {site.witness.backbone_address} ping"
    assert site.shell(other, reached), "another port of the witness answers the same server"


def test_the_server_of_the_page_reaches_nobody_else(site: Site) -> None:
    """The same question from the witness itself, and from among the unit's processes."""
    ask = f"curl --silent --output /dev/null --max-time 10 http://{SERVICES_HOST}/"
    assert site.shell(site.witness, f"{ask}; echo $?").split() == ["0"]
    within = f"sudo sh -c 'echo $$ >{UNIT} && {ask}; echo $?'"
    assert site.shell(site.witness, within).split() == [NO_ANSWER]


def _asked(url: str, place: str) -> str:
    argv = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "10"]
    done = subprocess.run([*argv, "--interface", place, url], capture_output=True, text=True, check=False)
    return f"{done.returncode} {done.stdout}"
